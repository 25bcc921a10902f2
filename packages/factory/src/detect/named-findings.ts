import type { Finding, Verdict } from './detector.ts'
import { quoted } from './text.ts'

const maxFindings = 3
const maxEvidence = 300
/** As much as the heaviest finding of our own, so that no single one of a plugin takes a rung. */
const maxWeight = 1

/**
 * What a detector of somebody else says of a step, under its name and in bounds: its heaviest findings that count. What
 * it takes for waiting speaks for nothing.
 */
export function namedFindings(name: string, { waiting, findings }: Verdict): readonly Finding[] {
  if (waiting) return []
  return findings
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, maxFindings)
    .map(({ kind, score, weight, evidence }) => ({
      kind,
      score: Math.min(score, 1),
      weight: Math.min(weight, maxWeight),
      evidence: `${name}: ${quoted(evidence, maxEvidence)}`,
    }))
}
