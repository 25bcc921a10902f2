import type { SessionView } from '@headrace/core'

/** Agents that a person can ask here: those the session's metadata names, and those that have worked in it. */
export function knownAgents(view: SessionView): readonly string[] {
  const { agents } = view.metadata
  const named = Array.isArray(agents) ? agents.filter((agent): agent is string => typeof agent === 'string') : []
  const first = named.length > 0 ? named : [view.agent]
  return [...new Set([...first, ...view.runs.map((run) => run.agent)])]
}

/** Who answers when nobody is picked: the session's own agent, or the first that is known. */
export function defaultAgent(view: SessionView): string {
  const known = knownAgents(view)
  return known.includes(view.agent) ? view.agent : (known[0] ?? view.agent)
}

/** Agents that are at work now. */
export function workingAgents(view: SessionView): readonly string[] {
  return [...new Set(view.runs.filter((run) => run.status === 'active').map((run) => run.agent))]
}

/**
 * Who is asked: those the text mentions and those picked by hand. Without either, the default. `picked` is undefined
 * until the person touches the choice; an empty choice asks nobody.
 */
export function recipients(
  mentioned: readonly string[],
  picked: readonly string[] | undefined,
  fallback: string,
): readonly string[] {
  if (picked === undefined && mentioned.length === 0) return [fallback]
  return [...new Set([...(picked ?? []), ...mentioned])]
}
