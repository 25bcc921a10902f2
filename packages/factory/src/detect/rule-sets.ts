import { geminiDetector } from './baselines/gemini.ts'
import { openhandsDetector } from './baselines/openhands.ts'
import { clineDetector, rooDetector } from './baselines/repeated-calls.ts'
import { canonicalDetector, identicalDetector, similarDetector } from './baselines/simple.ts'
import { createDetector } from './create-detector.ts'
import type { Detector } from './detector.ts'

/** Names of what can judge steps: ours, what others ship, and the simplest ideas. */
export const ruleSetNames = [
  'ours',
  'gemini',
  'openhands',
  'roo',
  'cline',
  'identical',
  'canonical',
  'similar',
] as const

export type RuleSetName = (typeof ruleSetNames)[number]

/** A fresh detector of that name. */
export function createRuleSet(name: RuleSetName): Detector {
  switch (name) {
    case 'ours':
      return createDetector()
    case 'gemini':
      return geminiDetector()
    case 'openhands':
      return openhandsDetector()
    case 'roo':
      return rooDetector()
    case 'cline':
      return clineDetector()
    case 'identical':
      return identicalDetector()
    case 'canonical':
      return canonicalDetector()
    case 'similar':
      return similarDetector()
    default:
      return name satisfies never
  }
}
