import type { Shown } from './tape.ts'

export const speeds = [1, 2, 5, 10, 20] as const
export type Speed = (typeof speeds)[number]

/** Silence is not worth waiting for: a longer pause between two events is played as one of this length. */
export const maxPauseMs = 1_500

/** How far a tape has been played. */
export interface Played {
  /** Seq of the last event that is over. */
  readonly seq: number
  /** What is left of the time that was given: it counts towards the next event. */
  readonly restMs: number
}

/**
 * Plays events for a time.
 *
 * @param at - when the last event before them happened
 * @param events - those that come next
 * @param givenMs - session time to play: real time times speed, and what was left the last time
 */
export function play({ seq, at }: Pick<Shown, 'seq' | 'at'>, events: readonly Shown[], givenMs: number): Played {
  let [played, rest, last] = [seq, givenMs, at]
  for (const event of events) {
    const pause = Math.min(Math.max(0, event.at - last), maxPauseMs)
    if (pause > rest) break
    rest -= pause
    played = event.seq
    last = event.at
  }
  return { seq: played, restMs: rest }
}
