import type { Step } from './step.ts'

/** What a detector can find. */
export const findingKinds = [
  'same-call',
  'same-call-rewritten',
  'retried-around',
  'similar-call',
  'cycle',
  'listing-elsewhere',
  'cut-again',
  'edit-again',
  'scratch-churn',
  'same-failure',
  'error-streak',
  'nothing-new',
  'talk',
  'claims-success',
  'tokens-without-change',
  'plan-still',
  'out-of-scope',
  'rule',
] as const

export type FindingKind = (typeof findingKinds)[number]

/** One fact against a step, with what shows it. */
export interface Finding {
  readonly kind: FindingKind
  /** From 0 to 1: how sure it is that the step repeats what was done before. */
  readonly score: number
  /** How much the step counts for doing something about it; see `createLadder`. */
  readonly weight: number
  /** The fact in words that people and the agent itself can check. */
  readonly evidence: string
}

/** What is said of one step. */
export interface Verdict {
  /** Number of the step in its lane, from 0. */
  readonly step: number
  /** The highest score of the findings; 0 without any. */
  readonly score: number
  /** The score has reached the threshold of the lane. */
  readonly flagged: boolean
  /** The agent waits for something on purpose: never a repetition. */
  readonly waiting: boolean
  /** The strongest first. */
  readonly findings: readonly Finding[]
  /** The rule would end or halt the agent here. Detectors with a ladder leave that to it. */
  readonly stop: boolean
}

/** Judges the steps of one lane, one after the other, with bounded memory. */
export interface Detector {
  readonly name: string
  step(step: Step): Verdict
}

/** A detector that takes its time: that of a plugin, in a thread of its own. */
export interface SlowDetector {
  readonly name: string
  /** Asked about one step after the other. @throws whatever says why it can't judge */
  step(step: Step): Promise<Verdict>
  close(): Promise<void>
}
