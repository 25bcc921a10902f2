import type { Detector } from '../detector.ts'
import { nth } from '../text.ts'
import { callKey } from './call-key.ts'
import { ruleDetector, rowCounter } from './rule-detector.ts'

/** Roo Code: three times the same call in a row; the call is blocked and the user asked. */
export function rooDetector(): Detector {
  const count = rowCounter<string>()
  return ruleDetector('roo', (step) => {
    const times = count(callKey(step))
    return { score: times > 1 ? times / 3 : 0, evidence: `same call, ${nth(times)} time`, stop: true }
  })
}

/** Cline: three times the same call in a row is told, five times ends it. */
export function clineDetector(): Detector {
  const count = rowCounter<string>()
  return ruleDetector('cline', (step) => {
    const times = count(callKey(step))
    return { score: times > 1 ? times / 3 : 0, evidence: `same call, ${nth(times)} time`, stop: times >= 5 }
  })
}
