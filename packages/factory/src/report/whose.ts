import type { EndedAttempt } from '../floor/task.ts'

/** Under which name an attempt stands in a report by agents. No agent can be called as those are that are none. */
export function whose({ agent, lands }: Pick<EndedAttempt, 'agent' | 'lands'>): string {
  return agent ?? (lands === undefined ? 'unknown' : 'none (lands a try)')
}
