import { integer, object, optional, type Schema } from '@headrace/core'
import { amount, described } from './shapes.ts'

/** What one attempt may use. */
export interface AttemptBudget {
  readonly tokens?: number
  readonly costUsd?: number
  readonly minutes?: number
}

/** `budget` of the factory and of a lane. */
export const attemptBudget: Schema<AttemptBudget> = object({
  tokens: optional(described(integer(1, 1_000_000_000), { about: 'Most tokens of one attempt, in and out.' })),
  costUsd: optional(described(amount(), { about: 'Most US dollars of one attempt.' })),
  minutes: optional(described(integer(1, 10_080), { about: 'Longest time of one attempt.' })),
})
