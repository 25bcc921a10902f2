/** How good a detector is on labelled runs, agent by agent. Pure: the same runs and seed give the same figures. */
import type { JudgedRun } from './judge-run.ts'
import { f1Of, metricsOf, type Judged, type StepMetrics } from './metrics.ts'
import { seeded } from './random.ts'

/** From the 2.5th to the 97.5th of a hundred. */
export type Interval = readonly [low: number, high: number]

export interface AgentEvaluation {
  readonly agent: string
  readonly runs: number
  readonly metrics: StepMetrics
  /** 95 % bootstrap intervals over runs. */
  readonly intervals: {
    readonly precision?: Interval
    readonly recall?: Interval
    readonly f1: Interval
    readonly prAuc?: Interval
  }
  /** The threshold by which it was flagged. Absent where the detector has none to choose. */
  readonly cut?: number
  readonly outcome: OutcomeMetrics
}

/** What stopping would have done. */
export interface OutcomeMetrics {
  readonly solved: number
  readonly unsolved: number
  /** Solved runs that would have been halted, per hundred. */
  readonly falseStopsPer100: number
  /** Solved runs that would have been given up, per hundred. */
  readonly falseNukesPer100: number
  /** Solved runs in which something would have been said to the agent, per hundred. */
  readonly toldPer100: number
  readonly stoppedUnsolved: number
  /** Steps of unsolved runs after they were halted, and of how many. */
  readonly savedSteps: number
  readonly unsolvedSteps: number
}

export interface EvaluateOptions {
  /** Seed of the bootstrap. Default 1. */
  readonly seed?: number
  /** Samples of the bootstrap. Default 2,000. */
  readonly samples?: number
  /** Threshold by agent, for a detector that has one; see {@link fitCuts}. */
  readonly cuts?: ReadonlyMap<string, number>
}

/** Thresholds that are tried. */
const grid: readonly number[] = [0.5, 0.6, 0.7, 0.8, 0.9, 1]

export function evaluate(runs: readonly JudgedRun[], options: EvaluateOptions = {}): readonly AgentEvaluation[] {
  const { seed = 1, samples = 2_000, cuts } = options
  return [...Map.groupBy(runs, ({ agent }) => agent)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([agent, own]) => {
      const cut = cuts?.get(agent)
      const steps = own.map(({ judged }) => (cut === undefined ? judged : flaggedFrom(judged, cut)))
      return {
        agent,
        runs: own.length,
        metrics: metricsOf(steps.flat()),
        intervals: intervalsOf(steps, seed, samples),
        ...(cut !== undefined && { cut }),
        outcome: outcomeOf(own),
      }
    })
}

/**
 * The threshold for each agent that is best on the *other* agents: nothing that it is judged on was used to choose it.
 * Of thresholds that are equally good there the lowest is taken. With one agent there is nothing to choose from.
 */
export function fitCuts(runs: readonly JudgedRun[], fallback: number): ReadonlyMap<string, number> {
  const agents = [...new Set(runs.map(({ agent }) => agent))]
  return new Map(
    agents.map((agent) => {
      const others = runs.filter((run) => run.agent !== agent).flatMap(({ judged }) => judged)
      const positives = others.filter(({ isRepetition }) => isRepetition).length
      if (positives === 0) return [agent, fallback] as const
      let best = { cut: fallback, f1: -1 }
      for (const cut of grid) {
        const flagged = others.filter(({ score }) => score >= cut)
        const f1 = f1Of(flagged.filter(({ isRepetition }) => isRepetition).length, flagged.length, positives)
        if (f1 > best.f1) best = { cut, f1 }
      }
      return [agent, best.cut] as const
    }),
  )
}

function flaggedFrom(judged: readonly Judged[], cut: number): readonly Judged[] {
  return judged.map((each) => ({ ...each, flagged: each.score >= cut }))
}

function intervalsOf(
  runs: readonly (readonly Judged[])[],
  seed: number,
  samples: number,
): AgentEvaluation['intervals'] {
  const random = seeded(seed)
  const drawn = Array.from({ length: samples }, () =>
    metricsOf(runs.flatMap(() => runs[Math.floor(random() * runs.length)] ?? [])),
  )
  const precision = intervalOf(drawn.flatMap((each) => each.precision ?? []))
  const recall = intervalOf(drawn.flatMap((each) => each.recall ?? []))
  const prAuc = intervalOf(drawn.flatMap((each) => each.prAuc ?? []))
  return {
    ...(precision && { precision }),
    ...(recall && { recall }),
    f1: intervalOf(drawn.map(({ f1 }) => f1)) ?? [0, 0],
    ...(prAuc && { prAuc }),
  }
}

function intervalOf(values: readonly number[]): Interval | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const low = sorted[Math.floor(0.025 * (sorted.length - 1))]
  const high = sorted[Math.ceil(0.975 * (sorted.length - 1))]
  return low === undefined || high === undefined ? undefined : [low, high]
}

function outcomeOf(runs: readonly JudgedRun[]): OutcomeMetrics {
  const solved = runs.filter(({ resolved }) => resolved === true)
  const unsolved = runs.filter(({ resolved }) => resolved === false)
  const per100 = (fits: (run: JudgedRun) => boolean): number =>
    solved.length === 0 ? 0 : (100 * solved.filter(fits).length) / solved.length
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  return {
    solved: solved.length,
    unsolved: unsolved.length,
    falseStopsPer100: per100(({ stoppedAt }) => stoppedAt !== undefined),
    falseNukesPer100: per100(({ rungs }) => rungs.some(({ rung }) => rung === 'nuke' || rung === 'park')),
    toldPer100: per100(({ rungs, stoppedAt }) => rungs.length > 0 || stoppedAt !== undefined),
    stoppedUnsolved: unsolved.filter(({ stoppedAt }) => stoppedAt !== undefined).length,
    savedSteps: sum(unsolved.map(({ steps, stoppedAt }) => (stoppedAt === undefined ? 0 : steps - 1 - stoppedAt))),
    unsolvedSteps: sum(unsolved.map(({ steps }) => steps)),
  }
}
