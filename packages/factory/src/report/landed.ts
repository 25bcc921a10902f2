import type { EndedAttempt, Outcome } from '../floor/task.ts'

const landed: ReadonlySet<Outcome> = new Set(['merged', 'branched', 'proposed'])
/** A green try neither landed nor failed: what lands it is an attempt of its own. */
const notItsOwn: ReadonlySet<Outcome> = new Set(['nuked', 'cancelled', 'failed', 'lost', 'judged', 'spare'])

/** Its work is merged, or on a branch, or shown to a person. */
export function landedOf({ outcome }: Pick<EndedAttempt, 'outcome'>): boolean {
  return landed.has(outcome)
}

/** It came to an end of its own, not by a person or the machine. That it went in circles is its own doing. */
export function ownEnd({ outcome, failure }: Pick<EndedAttempt, 'outcome' | 'failure'>): boolean {
  return !notItsOwn.has(outcome) || failure === 'waffling'
}
