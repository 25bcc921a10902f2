/** What the end of a run brings with it: its requests are withdrawn, and steers that nobody took become the next input. */
import type { EventData } from '../events.ts'
import type { Actor, MessageId } from '../ids.ts'
import type { Message, Run } from '../view.ts'
import { queuedRuns, type Draft } from './draft.ts'
import { withdrawRequests } from './withdraw.ts'

type End = Omit<EventData['run.ended'], 'attempt'>

interface Writer {
  readonly actor?: Actor
  readonly n?: number
}

export function endRun(draft: Draft, run: Run, end: End, writer: Writer = {}): void {
  withdrawRequests(draft, run.id, 'The run is over.', writer.actor)
  draft.emit('run.ended', { ...end, attempt: run.attempt }, { ...writer, run: run.id })
  carryOver(draft, run, { reason: end.reason, ...(writer.actor !== undefined && { actor: writer.actor }) })
}

/**
 * Steers that the agent has not taken. They are drained together: the last one that is to be carried becomes the next
 * input, and the line that leads to it has those before it. What somebody stopped does not go on by itself.
 */
function carryOver(draft: Draft, run: Run, { reason, actor }: Pick<End, 'reason'> & Pick<Writer, 'actor'>): void {
  const missed = (run.steers ?? []).filter((steer) => steer.status === 'pending')
  if (missed.length === 0) return
  const last = reason === 'cancelled' || reason === 'budget' ? undefined : missed.findLast((steer) => steer.carry)
  const next = last && hasRoom(draft) ? queueNext(draft, run, last) : undefined
  const line = last ? lineTo(draft.view.messages, last.message) : new Set()
  for (const { message } of missed) {
    const data = {
      message,
      why: `The run ended (${reason}) before its agent took it.`,
      ...(next !== undefined && line.has(message) && { next }),
    }
    draft.emit('steer.missed', data, { run: run.id, ...(actor !== undefined && { actor }) })
  }
}

/** A message and those above it. What not everybody sees has nothing below it that they see. */
function lineTo(messages: readonly Message[], leaf: MessageId): ReadonlySet<MessageId> {
  const line = new Set<MessageId>()
  for (let id: MessageId | null | undefined = leaf; id !== null && id !== undefined;) {
    line.add(id)
    const above: MessageId = id
    id = messages.find((message) => message.id === above)?.parent
  }
  return line
}

function hasRoom(draft: Draft): boolean {
  return queuedRuns(draft.view) < draft.limits.queuedRuns
}

function queueNext(draft: Draft, run: Run, steer: { readonly message: string; readonly by: Actor }): string {
  const id = `r${draft.nextSeq}`
  const { agent, policy, budget } = run
  const data = {
    id,
    agent,
    input: steer.message,
    policy,
    maxAttempts: draft.view.maxAttempts,
    ...(budget && { budget }),
  }
  draft.emit('run.queued', data, { run: id, actor: steer.by })
  return id
}
