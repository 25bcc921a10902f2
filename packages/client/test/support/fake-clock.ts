import type { Clock } from '@headrace/client'

interface Timer {
  at: number
  readonly run: () => void
}

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now: number
  readonly #timers = new Set<Timer>()

  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(ms, 0), run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Sets the clock, as an administrator would: timers go by what has passed, not by what it says. */
  shift(ms: number): void {
    this.#now += ms
    for (const timer of this.#timers) timer.at += ms
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size
  }

  /** Milliseconds until the next timer, or `undefined`. */
  get nextIn(): number | undefined {
    const next = this.#next()
    return next && next.at - this.#now
  }

  /** Moves time and runs what becomes due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(); next && next.at <= end; next = this.#next()) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = end
  }

  /** Moves time to the next timer and runs it. */
  runNext(): void {
    this.advance(this.nextIn ?? 0)
  }

  #next(): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) if (!next || timer.at < next.at) next = timer
    return next
  }
}
