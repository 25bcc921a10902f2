import type { Outcome } from '@headrace/core'

/** What the server itself does in a session, and failed or was refused for now, is tried again after so long. */
export const againMs = 1_000

export function isForNow(outcome: Outcome): boolean {
  return outcome.outcome === 'refused' && outcome.error.retry === 'later'
}
