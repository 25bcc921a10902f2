/** Rules for stopping (C3): by run, subtree, agent, own or all; before a claim, during work, and while the agent is down. */
import type { CancelTarget } from '../commands.ts'
import { askedBy, lineage } from '../fold/spent.ts'
import type { Run } from '../view.ts'
import { endRun } from './end-run.ts'
import { withdrawRequests } from './withdraw.ts'
import type { Draft } from './draft.ts'

/** How long an agent may take to stop by itself before the run ends without it. */
export const cancelGraceMs = 3_000

export function cancel(draft: Draft, target: CancelTarget): void {
  if ('run' in target) draft.run(target.run)
  if ('subtree' in target) draft.run(target.subtree)
  for (const run of draft.view.runs.filter((candidate) => meant(draft, candidate, target))) cancelRun(draft, run)
}

function meant(draft: Draft, run: Run, target: CancelTarget): boolean {
  if ('run' in target) return run.id === target.run
  if ('subtree' in target) return lineage(draft.view, run.id).includes(target.subtree)
  if ('agent' in target) return run.agent === target.agent
  if ('own' in target) return [run.by, askedBy(draft.view, run.id)].includes(draft.command.grant.actor)
  return target.all
}

/** Nothing happens to a run that is over or already being stopped: its command is a no-op. */
export function cancelRun(draft: Draft, run: Run): void {
  if (run.status === 'ended') return
  if (run.status !== 'active') return endRun(draft, run, { reason: 'cancelled' })
  if (run.cancel) return
  draft.emit('run.cancel-requested', { graceMs: cancelGraceMs }, { run: run.id })
  withdrawRequests(draft, run.id, 'The run is being stopped.')
}
