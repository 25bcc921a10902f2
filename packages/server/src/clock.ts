/** Time as the server reads it: injected, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs something once after so many milliseconds; returns what cancels it. */
  after(ms: number, run: () => void): () => void
}

/** The machine's clock. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), 2_147_483_647))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
