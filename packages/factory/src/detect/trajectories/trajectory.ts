import type { Step } from '../step.ts'

/** How a person called a step against the one before it. */
export const stepLabels = ['Follow-up', 'Refinement', 'Divergence', 'Repetition'] as const
export type StepLabel = (typeof stepLabels)[number]

/** A run of an agent, step by step. */
export interface Trajectory {
  readonly agent: string
  readonly run: string
  /** Whether the task was solved; nothing where nobody knows. */
  readonly resolved?: boolean
  readonly steps: readonly LabelledStep[]
}

export interface LabelledStep {
  readonly step: Step
  readonly label?: StepLabel
}
