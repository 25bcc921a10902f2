import type { Detector, Verdict } from '../detector.ts'
import { climb, groundState, type LadderPolicy, type Rung } from '../ladder.ts'
import type { Trajectory } from '../trajectories/trajectory.ts'
import type { Judged } from './metrics.ts'

/** A run, as a detector judged it. */
export interface JudgedRun {
  readonly agent: string
  readonly run: string
  readonly resolved?: boolean
  readonly steps: number
  readonly verdicts: readonly Verdict[]
  /** The steps that have a label, in order. */
  readonly judged: readonly Judged[]
  /** Number of the step at which the agent would have been halted, and not only told. */
  readonly stoppedAt?: number
  /** Rungs of the ladder, with the steps at which they would have been taken had the agent not listened. */
  readonly rungs: readonly { readonly step: number; readonly rung: Rung }[]
}

/** Lets a fresh detector go through a run, seeing of each step only what was there by then. */
export function judgeRun(trajectory: Trajectory, detector: Detector, policy: Partial<LadderPolicy> = {}): JudgedRun {
  const { agent, run, resolved, steps } = trajectory
  const verdicts = steps.map(({ step }) => detector.step(step))
  const rungs: { step: number; rung: Rung }[] = []
  if (detector.name === 'ours') {
    let state = groundState
    for (const verdict of verdicts) {
      const { state: next, action } = climb(state, verdict, policy)
      state = next
      if (action) rungs.push({ step: verdict.step, rung: action.rung })
    }
  }
  const stop =
    rungs.find(({ rung }) => rung === 'fresh' || rung === 'nuke' || rung === 'park') ??
    verdicts.find((verdict) => verdict.stop)
  const judged = steps.flatMap(({ label }, index): readonly Judged[] => {
    const verdict = verdicts[index]
    return label === undefined || !verdict
      ? []
      : [{ score: verdict.score, flagged: verdict.flagged, isRepetition: label === 'Repetition' }]
  })
  return {
    agent,
    run,
    ...(resolved !== undefined && { resolved }),
    steps: steps.length,
    verdicts,
    judged,
    ...(stop && { stoppedAt: stop.step }),
    rungs,
  }
}
