/** Rules that nobody ships, as a measure: what the simplest ideas are worth. */
import { callOf } from '../call.ts'
import type { Detector } from '../detector.ts'
import { similarity, withoutNumbers, wordsOf } from '../text.ts'
import { callKey } from './call-key.ts'
import { ruleDetector } from './rule-detector.ts'

/** The same call as the one before. */
export function identicalDetector(): Detector {
  let last: string | undefined
  return ruleDetector('identical', (step) => {
    const key = callKey(step)
    const isSame = key !== undefined && key === last
    last = key
    return { score: isSame ? 1 : 0, evidence: 'the same call as before', stop: false }
  })
}

/** The same call as the one before but for numbers, folder and variables. */
export function canonicalDetector(): Detector {
  let last: string | undefined
  return ruleDetector('canonical', (step) => {
    const key = step.tool === '' ? undefined : withoutNumbers(callOf(step).core).toLowerCase()
    const isSame = key !== undefined && key === last
    last = key
    return { score: isSame ? 1 : 0, evidence: 'the same call as before, but for numbers', stop: false }
  })
}

/** Nine tenths of the words of the call before. */
export function similarDetector(): Detector {
  const enough = 0.9
  let last: ReadonlyMap<number, number> | undefined
  return ruleDetector('similar', (step) => {
    const words = step.tool === '' ? undefined : wordsOf(callOf(step).exact)
    const near = words && last ? similarity(words, last) : 0
    last = words
    return { score: near / enough, evidence: `${Math.round(100 * near)} % the words of the call before`, stop: false }
  })
}
