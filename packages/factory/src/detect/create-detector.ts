import type { Detector, Finding, Verdict } from './detector.ts'
import { defaultLimits, type DetectorLimits } from './limits.ts'
import { Memory } from './memory.ts'
import { editAgain, sameFailure, scratchChurn } from './rules/edits.ts'
import { cutAgain, listingElsewhere, nothingNew } from './rules/looks.ts'
import { cycle, retriedAround, sameCall, sameCallRewritten, similarCall } from './rules/repeats.ts'
import type { Rule } from './rules/rule.ts'
import { claimsSuccess, errorStreak, outOfScope, planStill, talk, tokensWithoutChange } from './rules/standstill.ts'
import type { Step } from './step.ts'
import { isWaiting } from './waiting.ts'

/** What says that a step was done before; it does not count while the agent waits. */
const repetitions: readonly Rule[] = [sameCall, sameCallRewritten, retriedAround, similarCall, cycle, cutAgain]
const others: readonly Rule[] = [
  listingElsewhere,
  editAgain,
  scratchChurn,
  sameFailure,
  nothingNew,
  errorStreak,
  talk,
  claimsSuccess,
  tokensWithoutChange,
  planStill,
  outOfScope,
]

/**
 * Judges what an agent does, step by step: whether it goes in circles, and by which facts. No model is asked, no clock
 * is read, and what is remembered of a lane is bounded.
 *
 * @param limits where the lines are drawn for this lane; what is left out has a default
 */
export function createDetector(limits: Partial<DetectorLimits> = {}): Detector {
  const all: DetectorLimits = { ...defaultLimits, ...limits }
  const memory = new Memory(all)
  return { name: 'ours', step: (step) => judge(step, memory, all) }
}

function judge(step: Step, memory: Memory, limits: DetectorLimits): Verdict {
  const now = memory.read(step)
  const looksAgain = isWaiting(now, memory)
  const hasMoved = memory.last?.result.shape !== now.result.shape
  memory.waits = !looksAgain ? 0 : hasMoved ? 1 : memory.waits + 1
  const waiting = looksAgain && memory.waits <= limits.waits
  const context = { now, step, memory, limits }
  const found = (rules: readonly Rule[]): readonly Finding[] => rules.flatMap((rule) => rule(context) ?? [])
  const said = [...(waiting ? [] : found(repetitions)), ...found(others)]
  // While it waits, what stands still stands still on purpose.
  const findings = (waiting ? said.filter(({ kind }) => kind === 'out-of-scope') : said).toSorted(
    (a, b) => b.score - a.score,
  )
  memory.keep(now)
  const score = findings[0]?.score ?? 0
  return { step: now.number, score, flagged: score >= limits.cut, waiting, findings, stop: false }
}
