import type { Run, SessionView } from '@headrace/core'

/** Whether words for these agents can be handed to one at its work: it is one agent, and it works. */
export function atWork({ runs }: SessionView, agents: readonly string[]): boolean {
  const [agent, ...others] = agents
  return agent !== undefined && others.length === 0 && runs.some((run) => run.agent === agent && isSteerable(run))
}

function isSteerable(run: Run): boolean {
  return run.status === 'active' && run.parent === undefined && !run.cancel
}

/** Whether what its agent was told at its work is still of interest: it works, or nothing was asked since. */
export function isLately(run: Run, index: number, all: readonly Run[]): boolean {
  return run.status !== 'ended' || index === all.length - 1
}
