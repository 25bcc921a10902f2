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
  /** What cancels those that are to come. */
  readonly #timers = new Set<() => void>()
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

  /** After so many milliseconds. */
  in(ms: number, run: () => void): void {
    this.#after(ms, run)
  }

  report(error: HeadraceError): void {
    if (error.code === 'internal') this.#options.onError(error)
  }

  close(): void {
    this.#closed = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  #after(ms: number, run: () => void): void {
    if (this.#closed) return
    const cancel = this.#options.clock.after(ms, () => {
      this.#timers.delete(cancel)
      run()
    })
    this.#timers.add(cancel)
  }
}
