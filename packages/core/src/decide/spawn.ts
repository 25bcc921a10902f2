/** Rules for runs that agents start (R5). */
import { lineage } from '../fold/spent.ts'
import type { WriteOp } from '../commands.ts'
import type { Actor, RunId } from '../ids.ts'
import type { ActiveRun, Message } from '../view.ts'
import { addressed, queuedRuns, refuse, within, type Draft } from './draft.ts'
import { sizeOf } from './messages.ts'

interface Spawner {
  readonly run: ActiveRun
  readonly origin: { readonly run: RunId; readonly actor: Actor; readonly n: number }
  readonly input: Message | undefined
}

/** One agent asks another. A later attempt that asks under the same key finds the run that is there. */
export function spawn(
  draft: Draft,
  { run, origin, input: asked }: Spawner,
  op: Extract<WriteOp, { readonly op: 'spawn' }>,
): void {
  const { key, agent, parts, budget } = op
  const children = draft.view.runs.filter((other) => other.parent === run.id)
  if (children.some((other) => other.key === key)) return
  if (run.cancel) refuse('run_ended', `Run ${run.id} is being stopped, so it starts nothing more.`, { run: run.id })
  within(lineage(draft.view, run.id).length + 1, draft.limits, 'runDepth', 'Let the run that asked first do it.')
  within(children.length + 1, draft.limits, 'childRuns', 'Ask for several things in one run.')
  within(queuedRuns(draft.view) + 1, draft.limits, 'queuedRuns', 'Wait until agents have taken some.')
  within(sizeOf(parts), draft.limits, 'eventChars', 'Send big content as a file part with its address.')
  const to = addressed(draft, op.to ?? asked?.to, origin.actor, [agent])
  const input = `m${draft.nextSeq}`
  draft.emit('message.added', { id: input, parent: run.input, role: 'user', parts }, { ...origin, to })
  const id = `r${draft.nextSeq}`
  const { maxAttempts } = draft.view
  const data = {
    id,
    agent,
    input,
    policy: 'parallel' as const,
    maxAttempts,
    parent: run.id,
    key,
    ...(budget && { budget }),
  }
  draft.emit('run.queued', data, { ...origin, run: id })
}
