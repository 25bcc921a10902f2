import { HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'
import { Rates } from '../rate.ts'
import { tooFast } from '../too-fast.ts'

export interface AttemptsOptions {
  readonly clock: Clock
  /** Refused tokens and tickets of one address that are taken per minute, and at once after a rest. */
  readonly failuresPerMinute: number
}

/**
 * Slows down who shows one wrong token after another. Tokens can't be guessed; this is about what checking them costs,
 * and about logs. An address that may not try for now may still use tokens that were checked a moment ago.
 */
export class Attempts {
  readonly #failures: Rates
  readonly #perMinute: number

  constructor({ clock, failuresPerMinute }: AttemptsOptions) {
    this.#failures = new Rates({ clock, perSecond: failuresPerMinute / 60, burst: failuresPerMinute })
    this.#perMinute = failuresPerMinute
  }

  /** Returns `too_many_requests` while an address may not try. */
  refusal(address: string | undefined): HeadraceError | undefined {
    const waitMs = address === undefined ? 0 : this.#failures.waitMs(address)
    if (waitMs === 0) return undefined
    return tooFast({
      limit: 'failuresPerMinute',
      allowed: this.#perMinute,
      waitMs,
      what: 'wrong tokens from your address',
    })
  }

  /** Counts an attempt, if it was the fault of who tried. */
  failed(address: string | undefined, thrown: unknown): void {
    if (address !== undefined && thrown instanceof HeadraceError && thrown.status === 401) this.#failures.take(address)
  }
}
