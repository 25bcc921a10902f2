import type { Clock } from './clock.ts'
import { makeRoom } from './make-room.ts'

export interface RateOptions {
  readonly clock: Clock
  /** How many are allowed for ever. */
  readonly perSecond: number
  /** How many are allowed at once after a rest. */
  readonly burst: number
}

/** Sums of fractions fall a little short: whoever waited as long as was said must get theirs. */
const whole = 1 - 1e-9

/** An allowance that comes back with time (a token bucket). */
export class Rate {
  readonly #options: RateOptions
  #left: number
  #at: number

  constructor(options: RateOptions) {
    this.#options = options
    this.#left = options.burst
    this.#at = options.clock.now()
  }

  /** Takes one. Returns 0, or how many milliseconds later there will be one; then nothing was taken. */
  take(): number {
    const waitMs = this.waitMs
    if (waitMs === 0) this.#left -= 1
    return waitMs
  }

  /** 0 when there is one to take, else how many milliseconds later there will be. */
  get waitMs(): number {
    const { clock, perSecond, burst } = this.#options
    const now = clock.now()
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) / 1_000) * perSecond)
    this.#at = now
    return this.#left >= whole ? 0 : Math.ceil(((1 - this.#left) / perSecond) * 1_000)
  }

  get isFull(): boolean {
    return this.waitMs === 0 && this.#left >= this.#options.burst
  }
}

interface Remembered {
  readonly rate: Rate
  isRecent: boolean
}

/** One {@link Rate} for each of many keys, of which a bounded number is remembered: those longest unused are forgotten. */
export class Rates {
  readonly #options: RateOptions
  readonly #maxKeys: number
  readonly #rates = new Map<string, Remembered>()

  constructor(options: RateOptions & { readonly maxKeys?: number }) {
    this.#options = options
    this.#maxKeys = options.maxKeys ?? 10_000
  }

  get size(): number {
    return this.#rates.size
  }

  take(key: string): number {
    return this.#rate(key).take()
  }

  /** As {@link Rate.waitMs}. What was never used is not remembered for being asked about. */
  waitMs(key: string): number {
    return this.#rates.get(key)?.rate.waitMs ?? 0
  }

  #rate(key: string): Rate {
    const known = this.#rates.get(key)
    if (known) {
      known.isRecent = true
      return known.rate
    }
    const rate = new Rate(this.#options)
    makeRoom(this.#rates, this.#maxKeys)
    this.#rates.set(key, { rate, isRecent: false })
    return rate
  }
}
