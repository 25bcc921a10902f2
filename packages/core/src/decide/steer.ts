/** Rules for changing what an agent does while it works (C5), and for holding it (C6). */
import type { CommandBody } from '../commands.ts'
import type { Audience } from '../audience.ts'
import type { PartStart } from '../parts.ts'
import type { Actor, MessageId, RunId } from '../ids.ts'
import type { Run, SessionView } from '../view.ts'
import { refuse, within, type Draft } from './draft.ts'
import { addMessage, type FindMessage } from './messages.ts'

type Body<T extends CommandBody['type']> = Extract<CommandBody, { readonly type: T }>

interface Steering {
  readonly parts: readonly PartStart[]
  readonly to?: Audience
  readonly mentions?: readonly Actor[]
  readonly carry?: boolean
  readonly parent?: MessageId
}

export function steer(draft: Draft, { run: id, ...body }: Body<'steer'>): void {
  const run = draft.run(id)
  if (run.status === 'ended') {
    refuse('run_ended', `Run ${id} is over, so it can't be steered. Send the message as a new input.`, { run: id })
  }
  if (run.status === 'active' && run.cancel) {
    refuse('run_ended', `Run ${id} is being stopped, so it can't be steered. Send the message as a new input.`, {
      run: id,
    })
  }
  steerRun(draft, run, body, () => undefined)
}

export function steerRun(draft: Draft, run: Run, steering: Steering, find: FindMessage): void {
  const { parts, to, mentions, parent, carry = true } = steering
  within((run.steers?.length ?? 0) + 1, draft.limits, 'steersPerRun', 'Send it as a new input.')
  const message = addMessage(
    draft,
    {
      parts,
      asked: [run.agent],
      ...(to !== undefined && { to }),
      ...(mentions && { mentions }),
      ...(parent !== undefined && { parent }),
    },
    find,
  )
  draft.emit('run.steered', { message, carry }, { run: run.id })
}

interface Consumer {
  readonly run: Run
  readonly origin: { readonly run: RunId; readonly actor: Actor; readonly n: number }
}

/** The agent says that it has taken a steer into account; saying so again changes nothing. */
export function consume(draft: Draft, { run, origin }: Consumer, message: MessageId, step: string | undefined): void {
  const found = draft.run(run.id).steers?.find((candidate) => candidate.message === message)
  if (!found) refuse('message_not_found', `Run ${run.id} was not steered by the message ${message}.`, { message })
  if (found.status !== 'pending') return
  const data = { message, attempt: run.attempt, ...(step !== undefined && { step }) }
  draft.emit('steer.consumed', data, origin)
}

export function pause(draft: Draft, { run: id }: Body<'pause'>): void {
  const run = draft.run(id)
  if (run.status === 'ended') refuse('run_ended', `Run ${id} is over, so it can't be paused.`, { run: id })
  if (!run.paused) draft.emit('run.paused', {}, { run: id })
}

/** Lets a run go on, whatever it was held by: a pause, or its own waiting. For what is over there is nothing to do. */
export function resume(draft: Draft, { run: id }: Body<'resume'>): void {
  const run = draft.run(id)
  if (run.status === 'ended') return
  if (run.paused) draft.emit('run.resumed', {}, { run: id })
  if (run.status === 'suspended') draft.emit('run.woken', { attempt: run.attempt }, { run: id })
}

/** Whether no output of the run is taken now, and nobody may claim it. */
export function isHeld({ floor }: Partial<Pick<SessionView, 'floor'>>, run: Run): boolean {
  return run.status !== 'ended' && (run.paused !== undefined || floor?.holder !== undefined)
}

export function reorder(draft: Draft, { run: id, before }: Body<'reorder'>): void {
  const run = draft.run(id)
  const next = before === null ? undefined : draft.run(before)
  for (const other of [run, next]) {
    if (other && other.status !== 'queued') {
      refuse('bad_request', `Run ${other.id} is ${other.status}; only queued runs have a place in the queue.`, {
        run: other.id,
      })
    }
  }
  const { runs } = draft.view
  const index = runs.findIndex((other) => other.id === id)
  const isThere = before === null ? index === runs.length - 1 : runs[index + 1]?.id === before
  if (before !== id && !isThere) draft.emit('run.moved', { before }, { run: id })
}

export function retry(draft: Draft, { run: id }: Body<'retry'>): void {
  const run = draft.run(id)
  if (run.status === 'ended')
    refuse('run_ended', `Run ${id} is over. Ask for another answer with regenerate.`, { run: id })
  if (run.undelivered) draft.emit('run.retried', {}, { run: id })
}
