import { performance } from 'node:perf_hooks'
import type { Clock } from './clock.ts'

/**
 * How long a connection's next write may wait for more to go with it.
 *
 * About three quarters of a delivery is the kernel's socket write, so under load fewer and larger writes are what makes
 * room; without load waiting would only add delay. The window is 0 until the event loop has no time left and then widens,
 * up to 50 ms.
 */
export interface Pacing {
  /** Milliseconds; 0 while there is time to spare. */
  readonly windowMs: number
  /** Runs something at the end of this turn of the event loop, when all that came in it has been handled. */
  soon(run: () => void): void
}

/** Measures this process. */
export class Pace implements Pacing {
  #windowMs = 0
  #last = performance.eventLoopUtilization()
  #cancel: () => void
  readonly #clock: Clock
  /** What runs at the end of this turn. One immediate for all: Node looks after its own queues between any two of them. */
  #soon: (() => void)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
    this.#cancel = this.#next()
  }

  get windowMs(): number {
    return this.#windowMs
  }

  soon(run: () => void): void {
    this.#soon.push(run)
    if (this.#soon.length === 1) setImmediate(this.#runSoon)
  }

  readonly #runSoon = (): void => {
    const due = this.#soon
    this.#soon = []
    for (const run of due) run()
  }

  #next(): () => void {
    return this.#clock.after(sampleMs, () => {
      const current = performance.eventLoopUtilization()
      this.#windowMs = nextWindow(this.#windowMs, performance.eventLoopUtilization(current, this.#last).utilization)
      this.#last = current
      this.#cancel = this.#next()
    })
  }

  close(): void {
    this.#cancel()
  }
}

const sampleMs = 200
const maxWindowMs = 50
const firstWindowMs = 8

/**
 * Widens while the event loop has no time left, narrows again as soon as it has some: where readers get less than one
 * event in a window, a wider one saves nothing, and a busy loop is not yet a late one.
 */
export function nextWindow(windowMs: number, utilization: number): number {
  if (utilization > 0.97) return Math.min(maxWindowMs, Math.max(firstWindowMs, windowMs * 1.5))
  return windowMs <= firstWindowMs ? 0 : windowMs / 1.25
}
