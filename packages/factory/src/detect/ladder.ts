/**
 * What is done about an agent that goes in circles, one rung after the other:
 *
 *   nudge ─▶ narrow ─▶ fresh ─▶ nuke ─▶ park
 *
 * Pure: verdict in, what to do out. Nothing is done at once for a single step, and after each rung the agent gets the
 * chance to do better before the next.
 */
import type { Verdict } from './detector.ts'

/** Tell it the fact; tighten its mandate; a fresh context with the lesson; give up the clone; leave it to a person. */
export const rungs = ['nudge', 'narrow', 'fresh', 'nuke', 'park'] as const
export type Rung = (typeof rungs)[number]

/** When a lane does what. */
export interface LadderPolicy {
  /** Pressure at which the next rung is taken. Default 2. */
  readonly pressure: number
  /** Part of the pressure that is left after a step with nothing against it, 0 to 1. Default 0.8. */
  readonly keep: number
  /** Steps after a rung in which it is not climbed further. Default 4. */
  readonly patience: number
  /** After so many steps in a row with nothing against them it goes down a rung. Default 12. */
  readonly forgive: number
  /** The highest rung that this lane takes by itself. Default `park`. */
  readonly highest: Rung
}

export const defaultLadder: LadderPolicy = { pressure: 2, keep: 0.8, patience: 4, forgive: 12, highest: 'park' }

/** Where a lane is on the ladder. */
export interface LadderState {
  readonly pressure: number
  /** How many rungs were taken. */
  readonly taken: number
  /** Steps since the last rung. */
  readonly since: number
  /** Steps in a row with nothing against them. */
  readonly good: number
}

export const groundState: LadderState = { pressure: 0, taken: 0, since: 0, good: 0 }

export interface Climb {
  readonly state: LadderState
  /** What to do now, with the facts that speak for it. */
  readonly action?: { readonly rung: Rung; readonly evidence: readonly string[] }
}

/** Takes one verdict into account. */
export function climb(
  state: LadderState,
  verdict: Pick<Verdict, 'waiting' | 'findings'>,
  policy: Partial<LadderPolicy> = {},
): Climb {
  const { pressure: limit, keep, patience, forgive, highest } = { ...defaultLadder, ...policy }
  // Waiting is neither good nor bad.
  if (verdict.waiting) return { state: { ...state, since: state.since + 1 } }
  const against = verdict.findings.filter(({ weight }) => weight > 0)
  // The heaviest fact counts: several about one step are the same thing seen from several sides.
  const weight = Math.max(0, ...against.map((finding) => finding.weight))
  const good = weight === 0 ? state.good + 1 : 0
  const since = state.since + 1
  const isForgiven = good >= forgive && state.taken > 0
  const taken = isForgiven ? state.taken - 1 : state.taken
  const pressure = weight === 0 ? state.pressure * keep : state.pressure + weight
  const next = taken < rungs.length ? rungs[Math.min(taken, rungs.indexOf(highest))] : undefined
  const isReady = taken === 0 || since > patience
  if (pressure < limit || weight === 0 || !isReady || next === undefined) {
    return { state: { pressure: Math.min(pressure, limit), taken, since, good: isForgiven ? 0 : good } }
  }
  const evidence = against.toSorted((a, b) => b.weight - a.weight).map((finding) => finding.evidence)
  return { state: { pressure: 0, taken: taken + 1, since: 0, good: 0 }, action: { rung: next, evidence } }
}

/**
 * Its turn is over, and it has changed nothing. No further step can show whether it does better, so nothing is waited
 * for: the first time it is told, after that only a fresh start helps.
 */
export function climbAtEnd(state: LadderState, evidence: string, policy: Partial<LadderPolicy> = {}): Climb {
  const { highest } = { ...defaultLadder, ...policy }
  const wanted = state.taken === 0 ? 0 : Math.max(state.taken, rungs.indexOf('fresh'))
  const rung = rungs[wanted]
  if (rung === undefined || wanted > rungs.indexOf(highest)) return { state }
  return { state: { pressure: 0, taken: wanted + 1, since: 0, good: 0 }, action: { rung, evidence: [evidence] } }
}
