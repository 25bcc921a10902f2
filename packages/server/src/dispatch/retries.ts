import type { HeadraceError } from '@headrace/core'
import { againMs } from '../refused-for-now.ts'
import type { Clock } from '../clock.ts'

export interface RetriesOptions {
  readonly clock: Clock
  readonly onError: (error: HeadraceError) => void
}

/** What the dispatcher does later, until it is closed: a look into the store, a claim or a word to a worker that failed. */
export class Retries {
  readonly #options: RetriesOptions
  #closed = false

  constructor(options: RetriesOptions) {
    this.#options = options
  }

  /** Something failed and is tried again. */
  later(error: HeadraceError, run: () => void): void {
    if (this.#closed) return
    this.report(error)
    this.again(run)
  }

  /** What was reported already is tried again. */
  again(run: () => void): void {
    this.#after(againMs, run)
  }

  /** At a moment of this server's clock. */
  at(moment: number, run: () => void): void {
    this.#after(moment - this.#options.clock.now(), run)
  }

  report(error: HeadraceError): void {
    if (error.code === 'internal') this.#options.onError(error)
  }

  close(): void {
    this.#closed = true
  }

  #after(ms: number, run: () => void): void {
    if (this.#closed) return
    this.#options.clock.after(ms, () => {
      if (!this.#closed) run()
    })
  }
}
