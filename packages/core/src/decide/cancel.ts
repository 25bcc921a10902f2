/** Rules for stopping (C3): by run, agent, own or all; before a claim, during work, and while the agent is down. */
import type { CancelTarget } from '../commands.ts'
import type { Run } from '../view.ts'
import { refuse, type Draft } from './draft.ts'

/** How long an agent may take to stop by itself before the run ends without it. */
export const cancelGraceMs = 3_000

export function cancel(draft: Draft, target: CancelTarget): void {
  if ('run' in target && !draft.view.runs.some((run) => run.id === target.run)) {
    refuse('run_not_found', `This session has no open or recent run ${target.run}.`, { run: target.run })
  }
  const { actor } = draft.command.grant
  for (const run of draft.view.runs.filter((candidate) => meant(candidate, target, actor))) cancelRun(draft, run)
}

function meant(run: Run, target: CancelTarget, actor: string): boolean {
  if ('run' in target) return run.id === target.run
  if ('agent' in target) return run.agent === target.agent
  if ('own' in target) return run.by === actor
  return target.all
}

/** Nothing happens to a run that is over or already being stopped: its command is a no-op. */
export function cancelRun(draft: Draft, run: Run): void {
  const origin = { run: run.id }
  if (run.status === 'queued') draft.emit('run.ended', { reason: 'cancelled', attempt: run.attempt }, origin)
  if (run.status === 'active' && !run.cancel) draft.emit('run.cancel-requested', { graceMs: cancelGraceMs }, origin)
}
