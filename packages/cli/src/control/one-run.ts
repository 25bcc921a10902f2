import type { Run, SessionView } from '@headrace/core'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'

/**
 * The run that a command means: the one that was named, else the only one that is open.
 *
 * @throws Problem when there is none, or several to choose from
 */
export function oneRun(view: SessionView, named: string | undefined): string {
  if (named !== undefined) return named
  const open = view.runs.filter((run) => run.status !== 'ended' && run.parent === undefined)
  const [only, ...more] = open
  if (!only) throw new Problem(exitCode.refused, `No agent is at work or asked for in ${view.id}.`)
  if (more.length === 0) return only.id
  const choices = open.map((run) => `${run.id} (${describe(run)})`).join(', ')
  throw new Problem(exitCode.usage, `Several runs are open in ${view.id}; name one with --run: ${choices}.`)
}

function describe({ agent, status, ...run }: Run): string {
  return `${agent}, ${run.paused ? 'paused' : status}`
}
