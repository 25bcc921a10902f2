/** What a lane's session says of an attempt that goes in circles. */
import type { Finding, FindingKind } from './detector.ts'
import type { LadderState, Rung } from './ladder.ts'

/** What is to be done about an attempt, and the facts that speak for it. */
export interface WafflingVerdict {
  /** 1 for the first one of the attempt. */
  readonly verdict: number
  readonly rung: Rung
  /** The heaviest first. */
  readonly evidence: readonly string[]
  readonly kinds: readonly FindingKind[]
  /** Where the attempt is on the ladder after it. */
  readonly ladder: LadderState
}

/** A verdict that a person took back. */
export interface Overruled {
  /** This one and those before it. */
  readonly verdict: number
  readonly by: string
  readonly reason: string
}

/** What detectors of plugins have found in an attempt, where it counts against it and nothing is done yet. */
export interface FoundByOthers {
  /** The heaviest first, each with the name of its detector before its evidence. */
  readonly findings: readonly Finding[]
  /** Where the attempt is on the ladder with it. */
  readonly ladder: LadderState
}

/** A detector of a plugin that failed. It is asked no more in this attempt. */
export interface DetectorFailed {
  readonly detector: string
  readonly why: string
}

/** Data parts of a lane's session, by which an attempt is judged on after a crash as if there had been none. */
export const watchNotes = {
  /** A {@link WafflingVerdict}. */
  verdict: 'factory.waffling',
  /** An {@link Overruled}. */
  overruled: 'factory.overruled',
  /** A {@link FoundByOthers}. */
  found: 'factory.found',
  /** A {@link DetectorFailed}. */
  failed: 'factory.detector-failed',
  /** A turn of the agent is over. */
  turn: 'factory.turn',
} as const
