import type { Detector } from '../detector.ts'
import { hashOf } from '../text.ts'
import { callKey } from './call-key.ts'
import { ruleDetector } from './rule-detector.ts'

const maxCycle = 5
const rounds = 5
const chunkChars = 50
const chunkTimes = 10
const maxGap = 250
const maxPeriods = 5
const maxText = 5_000

/**
 * Gemini CLI: a cycle of one to five calls that is gone through five times, or a piece of text that comes ten times
 * close together. Its third check asks a model and is left out.
 */
export function geminiDetector(): Detector {
  let calls: number[] = []
  let text = ''
  return ruleDetector('gemini', (step) => {
    const key = callKey(step)
    text = `${key === undefined ? text : ''}${withoutCode(step.text ?? '')}`.slice(-maxText)
    if (repeatsText(text)) return { score: 1, evidence: 'the same piece of text ten times', stop: true }
    if (key === undefined) return { score: 0, evidence: '', stop: false }
    calls = [...calls, hashOf(key)].slice(-maxCycle * rounds)
    const best = Math.max(...lengths.map((length) => roundsOf(calls, length)))
    return { score: best > 1 ? best / rounds : 0, evidence: `a cycle of calls, ${best} rounds`, stop: true }
  })
}

const lengths = Array.from({ length: maxCycle }, (_, index) => index + 1)

/** How often the last calls are gone through in turn. */
function roundsOf(calls: readonly number[], length: number): number {
  let same = 0
  for (let index = calls.length - 1; index >= length; index--) {
    if (calls[index] !== calls[index - length]) break
    same++
  }
  return 1 + Math.floor(same / length)
}

function withoutCode(text: string): string {
  return text.replaceAll(/```[\s\S]*?(?:```|$)/g, '')
}

function repeatsText(text: string): boolean {
  if (text.length < chunkChars * 2) return false
  const chunk = text.slice(-chunkChars)
  const at: number[] = []
  for (let index = text.indexOf(chunk); index !== -1; index = text.indexOf(chunk, index + 1)) at.push(index)
  if (at.length < chunkTimes) return false
  const last = at.slice(-chunkTimes)
  const gaps = last.slice(1).map((position, index) => position - (last[index] ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  return mean <= maxGap && new Set(gaps).size <= maxPeriods
}
