import type { Priority } from '../floor/task.ts'

/** Facts that speak for urgency. */
export interface Urgency {
  /** Nothing can be merged, or most of what is offered fails for reasons of the machine. */
  readonly blocksAll?: boolean
  /** Whoever made it warns of it as unsafe. */
  readonly isUnsafe?: boolean
  /** Nobody keeps it any more. */
  readonly isGivenUp?: boolean
  /** So many tasks or reports were hit by it. */
  readonly hit?: number
  /** Major versions behind. */
  readonly majors?: number
  /** Somebody marked it as wrong and not only as undone. */
  readonly isKnownWrong?: boolean
  /** The highest priority that those who look after it gave it. */
  readonly given?: Priority
}

/**
 * P0 to P3, from facts alone (F10d): P0 only where everything stands, P1 what is unsafe or hits many, P2 what is wrong, given up
 * or far behind, P3 the rest. What a report says of its own urgency does not count; what its keepers gave it does.
 */
export function triage(facts: Urgency): Priority {
  const { blocksAll, isUnsafe, isGivenUp, hit = 0, majors = 0, isKnownWrong, given = 3 } = facts
  const own: Priority = blocksAll
    ? 0
    : isUnsafe || hit >= 5
      ? 1
      : isGivenUp || isKnownWrong || hit >= 3 || majors >= 2
        ? 2
        : 3
  return given < own ? given : own
}
