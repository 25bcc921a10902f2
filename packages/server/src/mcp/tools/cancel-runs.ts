import { HeadraceError, agentName, object, onlyTrue, optional, serverId, type CancelTarget } from '@headrace/core'
import { session } from '../input.ts'
import { described, settles, tool, type McpTool } from '../tool.ts'

interface Targets {
  readonly run?: string
  readonly with_children?: true
  readonly agent?: string
  readonly all?: true
  readonly own?: true
}

/** Stops work. */
export const cancelRuns: McpTool = tool({
  name: 'cancel_runs',
  title: 'Stop runs',
  description:
    'Stops agents in a session, for good: what they wrote so far stays, marked as interrupted. Works on runs that wait, too. Name exactly one of run, agent, own and all. Stopping what is over already does nothing.',
  effect: settles,
  input: object({
    session,
    run: described(optional(serverId), 'Only this run.'),
    with_children: described(optional(onlyTrue()), 'With `run`: also all runs that it has started.'),
    agent: described(optional(agentName), 'All runs of this agent.'),
    own: described(optional(onlyTrue()), 'true: all runs that your messages have started.'),
    all: described(optional(onlyTrue()), 'true: all runs of the session, also those of others.'),
  }),
  async run({ session: id, ...targets }, { sessions }) {
    const { outcome, seq } = await sessions.submit(id, { type: 'cancel', target: targetOf(targets) })
    return { outcome, session: id, seq, ...(outcome === 'noop' && { note: 'Nothing was to be stopped.' }) }
  },
})

function targetOf({ run, with_children: subtree, agent, all, own }: Targets): CancelTarget {
  const named: readonly CancelTarget[] = [
    ...(run === undefined ? [] : [subtree ? { subtree: run } : { run }]),
    ...(agent === undefined ? [] : [{ agent }]),
    ...(own ? [{ own }] : []),
    ...(all ? [{ all }] : []),
  ]
  const [target, ...others] = named
  if (target && others.length === 0) return target
  throw new HeadraceError('bad_request', 'Say what to stop with exactly one of run, agent, own: true and all: true.')
}
