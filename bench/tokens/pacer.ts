import { Samples, quantile } from '../lib/statistics.ts'

/**
 * Calls `emit` for one session after the other, so that each gets `rate` calls per second and all of them are spread
 * evenly. It never waits for anything but time: a system that is slow gets no less to do.
 */
export class Pacer {
  readonly #sessions: number
  readonly #everyMs: number
  readonly #emit: (session: number) => void
  readonly #late = new Samples()
  readonly #began = performance.now()
  #count = 0
  #timer: NodeJS.Timeout

  constructor(sessions: number, rate: number, emit: (session: number) => void) {
    this.#sessions = sessions
    this.#everyMs = 1_000 / (sessions * rate)
    this.#emit = emit
    this.#timer = setTimeout(() => this.#tick(), 1)
  }

  #tick(): void {
    const now = performance.now()
    for (;;) {
      const due = this.#began + this.#count * this.#everyMs
      if (due > now) break
      this.#late.add(now - due)
      this.#emit(this.#count % this.#sessions)
      this.#count += 1
    }
    this.#timer = setTimeout(() => this.#tick(), 1)
  }

  /** Stops, and returns how late calls came at the 99th percentile, in milliseconds: high when this process is too busy. */
  stop(): number {
    clearTimeout(this.#timer)
    return quantile(this.#late.sorted(), 0.99)
  }
}
