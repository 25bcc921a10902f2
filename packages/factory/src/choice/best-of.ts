import { gateFactsOf, rewardOf } from './reward.ts'
import type { AttemptResult } from '../floor/task.ts'

/** One of several attempts at the same task, judged by the gate. */
export interface Candidate {
  readonly id: string
  readonly result: AttemptResult
}

/**
 * The best of several: what landed or would, by its reward; of the same reward the smaller change, then the cheaper one, then
 * the one that was first. Pure.
 *
 * @returns nothing where none is good
 */
export function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  const good = candidates.flatMap((candidate, index) => {
    const { outcome, facts, used } = candidate.result
    const reward = rewardOf(candidate.result)?.value ?? 0
    if ((outcome !== 'merged' && outcome !== 'branched' && outcome !== 'judged') || reward === 0) return []
    const lines = gateFactsOf(facts).change?.lines ?? Infinity
    const tokens = (used?.inputTokens ?? 0) + (used?.outputTokens ?? 0)
    return [{ candidate, reward, lines, tokens, index }]
  })
  const [best] = good.toSorted(
    (a, b) => b.reward - a.reward || compare(a.lines, b.lines) || a.tokens - b.tokens || a.index - b.index,
  )
  return best?.candidate
}

/** Two that are unknown are the same. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}
