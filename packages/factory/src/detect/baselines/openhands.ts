import type { Detector } from '../detector.ts'
import { resultOf } from '../result.ts'
import { hashOf } from '../text.ts'
import { callKey } from './call-key.ts'
import { ruleDetector, type RuleSaid } from './rule-detector.ts'

interface Pair {
  readonly action: number
  readonly seen: number
  readonly failed: boolean
}

const maxPairs = 10

/**
 * OpenHands: four times the same call with the same result; three times the same call with errors, which is told once;
 * three times the same message with nothing seen between; two calls in turn, three rounds. Its fifth rule is about
 * condensed contexts, which no step tells of.
 */
export function openhandsDetector(): Detector {
  let pairs: readonly Pair[] = []
  let messages: readonly string[] = []
  let isTold = false
  const say = (score: number, evidence: string, stop: boolean): RuleSaid => ({ score, evidence, stop })
  return ruleDetector('openhands', (step) => {
    const key = callKey(step)
    if (key === undefined) {
      messages = [...messages, step.text ?? ''].slice(-3)
      const same = messages.length === 3 && new Set(messages).size === 1
      return say(same ? 1 : 0, 'the same message three times', true)
    }
    messages = []
    const pair = { action: hashOf(key), seen: hashOf(step.result ?? ''), failed: resultOf(step).failed }
    pairs = [...pairs, pair].slice(-maxPairs)
    const same = row(pairs, (other) => other.action === pair.action && other.seen === pair.seen)
    if (same >= 4) return say(1, 'the same call and result four times', true)
    if (isInTurn(pairs.slice(-6))) return say(1, 'two calls in turn, three rounds', true)
    const errors = row(pairs, (other) => other.action === pair.action && other.failed)
    if (errors >= 3) {
      const stop = isTold
      isTold = true
      return say(1, 'the same call three times with errors', stop)
    }
    return say(
      Math.max(same > 1 ? same / 4 : 0, errors > 1 ? errors / 3 : 0),
      `the same call and result ${same} times`,
      false,
    )
  })
}

function row(pairs: readonly Pair[], fits: (pair: Pair) => boolean): number {
  const broken = pairs.findLastIndex((pair) => !fits(pair))
  return pairs.length - 1 - broken
}

function isInTurn(pairs: readonly Pair[]): boolean {
  return (
    pairs.length === 6 &&
    pairs[0]?.action !== pairs[1]?.action &&
    pairs.every((pair, index) => {
      const other = pairs[index % 2]
      return other?.action === pair.action && other.seen === pair.seen
    })
  )
}
