/**
 * Says how far this participant has read: only forward, one command at a time, and at most one a second however often
 * somebody scrolls.
 *
 *   idle ──mark──▶ sent ──answered, everyMs over──▶ idle, or sent again if somebody read on meanwhile
 */
import { HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'

const everyMs = 1_000

export interface ReadMarkerOptions {
  readonly clock: Clock
  readonly submit: (seq: number) => Promise<unknown>
  readonly onError: (error: HeadraceError) => void
}

export class ReadMarker {
  readonly #options: ReadMarkerOptions
  #wanted = 0
  #said = 0
  #isBusy = false
  #cancel: () => void = () => undefined

  constructor(options: ReadMarkerOptions) {
    this.#options = options
  }

  mark(seq: number): void {
    this.#wanted = Math.max(this.#wanted, seq)
    if (!this.#isBusy) void this.#say()
  }

  /** The connection is gone for good. */
  close(): void {
    this.#cancel()
  }

  async #say(): Promise<void> {
    if (this.#wanted <= this.#said) return
    const { clock, submit, onError } = this.#options
    this.#isBusy = true
    this.#said = this.#wanted
    const waited = new Promise<void>((resolve) => (this.#cancel = clock.after(everyMs, resolve)))
    try {
      await submit(this.#said)
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (error.code !== 'closed') onError(error)
    }
    await waited
    this.#isBusy = false
    void this.#say()
  }
}
