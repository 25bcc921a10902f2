import type { Actor, Run, SessionView } from '@headrace/core'
import type { May } from './may.ts'

interface Reader {
  readonly me: Actor | undefined
  readonly may: Pick<May, 'control'>
}

/**
 * Whether words for these agents can be handed to one at its work: it is one agent, and it works on what the reader may
 * steer, which is what they asked for themselves, or anything with the right to control.
 */
export function atWork({ runs, policy }: SessionView, agents: readonly string[], { me, may }: Reader): boolean {
  const [agent, ...others] = agents
  if (agent === undefined || others.length > 0) return false
  const run = runs.findLast((candidate) => candidate.agent === agent && isSteerable(candidate))
  return run !== undefined && (run.by === me || may.control || policy === 'steer')
}

function isSteerable(run: Run): boolean {
  return run.status === 'active' && run.parent === undefined && !run.cancel
}

/** Whether what its agent was told at its work is still of interest: it works, or nothing was asked since. */
export function isLately(run: Run, index: number, all: readonly Run[]): boolean {
  return run.status !== 'ended' || index === all.length - 1
}
