import type { Ability } from './abilities.ts'
import type { Area } from './areas.ts'
import type { Stage } from './stage.ts'

/**
 * One thing that is asked of a server.
 *
 * Ids: `Q` are the audit questions, `E` edge cases that each broke a product of this kind once, `X` faults and races.
 */
export interface Scenario {
  readonly id: `${'Q' | 'E' | 'X'}${number}`
  /** The question, as a sentence that is true when it is fulfilled. */
  readonly title: string
  readonly area: Area
  readonly needs?: readonly Ability[]
  /** It does something to the server that others would notice, so it runs alone. */
  readonly isAlone?: true
  /** Why the question can't be put to a server; then it is reported so and not run. */
  readonly notApplicable?: string
  run(stage: Stage): Promise<void>
}
