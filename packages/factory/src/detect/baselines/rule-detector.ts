import type { Detector } from '../detector.ts'
import type { Step } from '../step.ts'

/** What a rule says of a step: how near it is to firing (1: it fires), and why. */
export interface RuleSaid {
  readonly score: number
  readonly evidence: string
  /** It ends or halts the agent, and does not only say something. */
  readonly stop: boolean
}

/** A published rule behind the interface of a detector: it flags where it fires. */
export function ruleDetector(name: string, say: (step: Step) => RuleSaid): Detector {
  let number = 0
  return {
    name,
    step: (step) => {
      const { score, evidence, stop } = say(step)
      const flagged = score >= 1
      return {
        step: number++,
        score: Math.min(1, score),
        flagged,
        waiting: false,
        findings: score > 0 ? [{ kind: 'rule', score: Math.min(1, score), weight: 0, evidence }] : [],
        stop: flagged && stop,
      }
    },
  }
}

/** Counts how often the same value came in a row. */
export function rowCounter<T>(): (value: T | undefined) => number {
  let last: T | undefined
  let count = 0
  return (value) => {
    count = value === undefined ? 0 : count > 0 && value === last ? count + 1 : 1
    last = value
    return count
  }
}
