import type { AttemptResult } from '../floor/task.ts'
import type { Offer, Verdict } from '../merge/offer.ts'

/** What the gate's verdict on an offer makes of the attempt; nothing where it has another round. */
export function resultOfVerdict(
  verdict: Verdict,
  { attempt, head }: Pick<Offer, 'attempt' | 'head'>,
  isLast: boolean,
): AttemptResult | undefined {
  const { why, failure, commit, branch, facts } = verdict
  const beside = { ...(failure !== undefined && { failure }), ...(facts && { facts }) }
  switch (verdict.verdict) {
    case 'merged':
      return { outcome: 'merged', why, ...(commit !== undefined && { commit }), ...beside }
    case 'branched':
      return {
        outcome: 'branched',
        why,
        ...(branch !== undefined && { ref: branch }),
        ...(commit !== undefined && { commit }),
        ...beside,
      }
    case 'judged':
      return { outcome: 'judged', why, ref: `refs/agents/${attempt}`, commit: head, ...beside }
    case 'red':
    case 'blocked':
    case 'nothing':
      return isLast ? { outcome: 'rejected', why, failure: failure ?? verdict.verdict, ...beside } : undefined
    case 'conflict':
      // The clone began from another base; a fresh one is the cheapest way to the new one.
      return { outcome: 'rejected', why, failure: 'conflict', ...beside }
    case 'refused':
      return { outcome: 'rejected', why, failure: failure ?? 'refused', ...beside }
    case 'base':
      // What is wrong with the base is in the words; that it is the base is what the foreman goes by.
      return { outcome: 'failed', why, ...beside, failure: 'base' }
    default:
      return verdict.verdict satisfies never
  }
}
