import type { TestCounts } from './test-counts.ts'
import { runGate, type FailureClass, type GateOptions } from './run-gate.ts'

/** What a gate says of a checkout. What {@link runGate} gives is one. */
export type GateOpinion =
  | { readonly verdict: 'green'; readonly tests?: TestCounts }
  | {
      readonly verdict: 'red'
      readonly class: FailureClass
      /** In words for a person, and for the agent. */
      readonly why: string
      /** What was printed; its end is shown. */
      readonly output?: string
    }

/**
 * Judges a clean checkout (X2). The tests are one; others are asked after those are green, in the same checkout, and one
 * that is red is enough.
 */
export interface Gate {
  /** Lower case with dashes. */
  readonly name: string
  /** What it looks for, in a sentence. */
  readonly about: string
  /** `options.test` and `options.setup` are the commands of the floor. What is run belongs into `options.sandbox`. */
  judge(options: GateOptions): Promise<GateOpinion>
}

/** The gate that nothing goes without: the tests of the repository. */
export const testsGate: Gate = {
  name: 'tests',
  about: 'The tests of the repository: some ran, none failed, and not fewer than in the base.',
  judge: runGate,
}
