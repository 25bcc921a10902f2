/** Time as the client reads it. Give your own in tests, so that nothing has to sleep. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs something once after so many milliseconds; returns what cancels it. */
  after(ms: number, run: () => void): () => void
}

/** A timer can't wait longer than this; what it runs looks again. */
const longestMs = 2_147_483_647

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), longestMs))
    return () => clearTimeout(timer)
  },
}
