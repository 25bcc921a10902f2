/** When to try again: at once, then after a wait that doubles with each failure. */
export interface Backoff {
  isDue(): boolean
  failed(): void
  succeeded(): void
}

const longestMs = 5_000

/** @param firstMs - the wait after the first failure; 0 never waits */
export function createBackoff(firstMs: number): Backoff {
  let waitMs = firstMs
  let due = 0
  return {
    isDue: () => performance.now() >= due,
    failed() {
      due = performance.now() + waitMs
      waitMs = Math.min(waitMs * 2, longestMs)
    },
    succeeded() {
      waitMs = firstMs
      due = 0
    },
  }
}
