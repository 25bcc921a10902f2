/** What a lane's session says of an attempt that goes in circles. */
import type { FindingKind } from './detector.ts'
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

/** Data parts of a lane's session, by which an attempt is judged on after a crash as if there had been none. */
export const watchNotes = {
  /** A {@link WafflingVerdict}. */
  verdict: 'factory.waffling',
  /** An {@link Overruled}. */
  overruled: 'factory.overruled',
  /** A turn of the agent is over. */
  turn: 'factory.turn',
} as const
