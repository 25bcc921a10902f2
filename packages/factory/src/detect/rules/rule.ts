import type { Finding } from '../detector.ts'
import type { DetectorLimits } from '../limits.ts'
import type { Fact, Memory } from '../memory.ts'
import type { Step } from '../step.ts'

/** What a rule looks at. The memory holds what was before the step. */
export interface RuleContext {
  readonly now: Fact
  readonly step: Step
  readonly memory: Memory
  readonly limits: DetectorLimits
}

/** Looks for one kind of fact. It may note in the memory what only it needs. */
export type Rule = (context: RuleContext) => Finding | undefined
