import type { Outcome } from '@headrace/core'

/** What the server itself has to say to a session, and was refused for now, is said again after so long. */
export const againMs = 1_000

export function isForNow(outcome: Outcome): boolean {
  return outcome.outcome === 'refused' && outcome.error.retry === 'later'
}
