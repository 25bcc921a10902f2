import { cancelNothing, type Clock } from './clock.ts'

/** One timer for what comes next. Setting it to later than it is changes nothing: whoever is woken early sets it again. */
export class DueTimer {
  readonly #clock: Clock
  readonly #run: () => void
  #at = Infinity
  #cancel: () => void = cancelNothing

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock
    this.#run = run
  }

  /** @param at - what it is compared by; @param afterMs - when it goes off */
  set(at: number, afterMs: number): void {
    if (this.#at <= at) return
    this.#cancel()
    this.#at = at
    this.#cancel = this.#clock.after(afterMs, () => {
      this.#at = Infinity
      this.#run()
    })
  }

  /** Idempotent. */
  cancel(): void {
    this.#cancel()
    this.#cancel = cancelNothing
    this.#at = Infinity
  }
}
