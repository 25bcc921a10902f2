import type { Clock } from '../../src/clock.ts'

interface Timer {
  at: number
  readonly run: () => void
}

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now: number
  readonly #timers = new Set<Timer>()

  constructor(now = 1_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get pending(): number {
    return this.#timers.size
  }

  /** Sets the clock, as an administrator would: timers go by what has passed, not by what it says. */
  shift(ms: number): void {
    this.#now += ms
    const timers = [...this.#timers]
    this.#timers.clear()
    for (const timer of timers) {
      timer.at += ms
      this.#timers.add(timer)
    }
  }

  /** Moves time, running what becomes due in order, and lets what it started go on. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await settled()
    }
    this.#now = end
    await settled()
  }
}

/** Lets everything that needs no input from outside run to its end. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
