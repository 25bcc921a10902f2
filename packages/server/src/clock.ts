/** Time as the server reads it: injected, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs something once after so many milliseconds; returns what cancels it. */
  after(ms: number, run: () => void): () => void
}

/** What cancels a timer that is not set. One for all: each connection has several, and a closure of its own for each adds up. */
export const cancelNothing = (): void => undefined

/** The machine's clock. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), 2_147_483_647))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/**
 * Runs something once when a time has come, however far away it is: a timer can't wait as long as some tokens live.
 *
 * @returns what cancels it
 */
export function runAt(clock: Clock, time: number, run: () => void): () => void {
  let cancel = cancelNothing
  const wait = (): void => {
    cancel = clock.after(time - clock.now(), () => (clock.now() < time ? wait() : run()))
  }
  wait()
  return () => cancel()
}

/**
 * How much is left of a time that began at a moment, in milliseconds; nothing or less when it has passed. Nothing either
 * where the clock was set back since: a wait must not last an hour because a clock did.
 */
export function restOf(ms: number, began: number, clock: Clock): number {
  const now = clock.now()
  return now < began ? 0 : began + ms - now
}
