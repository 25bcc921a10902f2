/** How long to wait between attempts, in milliseconds. */
export interface BackoffOptions {
  /** The first wait is random between 0 and this. Default 200. */
  readonly minMs?: number
  /** No wait is longer than this. Default 10,000. */
  readonly maxMs?: number
}

/**
 * Exponential back-off with full jitter: each wait is random between 0 and a ceiling that doubles. After an outage the
 * clients of a server come back spread out and not all at once.
 */
export class Backoff {
  readonly #minMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #failures = 0

  constructor(options: BackoffOptions, random: () => number) {
    this.#minMs = options.minMs ?? 200
    this.#maxMs = options.maxMs ?? 10_000
    this.#random = random
  }

  /** The next wait. */
  next(): number {
    const ceiling = Math.min(this.#maxMs, this.#minMs * 2 ** this.#failures)
    this.#failures = Math.min(this.#failures + 1, 30)
    return Math.round(this.#random() * ceiling)
  }

  /** Begins again with short waits. */
  reset(): void {
    this.#failures = 0
  }
}
