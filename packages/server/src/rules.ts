import { decide, fold, lookups } from '@headrace/core'

/** What a room asks of the core. */
export interface Rules {
  readonly decide: typeof decide
  readonly fold: typeof fold
  readonly lookups: typeof lookups
}

/** The rules of SPEC.md. Anything else is for tests that must see a broken rule fail. */
export const sessionRules: Rules = { decide, fold, lookups }
