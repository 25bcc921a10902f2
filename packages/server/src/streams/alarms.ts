import type { Clock } from '../clock.ts'

/** One timer for each of many things, set for when that is next due. */
export class Alarms {
  readonly #clock: Clock
  readonly #set = new Map<string, { readonly at: number; readonly cancel: () => void }>()
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param at - a time of the thing's own, by which the same alarm is known; `afterMs`: how far that is from now */
  set(
    id: string,
    { at, afterMs, run }: { readonly at: number; readonly afterMs: number; readonly run: () => void },
  ): void {
    if (this.#isClosed || this.#set.get(id)?.at === at) return
    this.cancel(id)
    const cancel = this.#clock.after(afterMs, () => {
      this.#set.delete(id)
      run()
    })
    this.#set.set(id, { at, cancel })
  }

  cancel(id: string): void {
    this.#set.get(id)?.cancel()
    this.#set.delete(id)
  }

  close(): void {
    this.#isClosed = true
    for (const { cancel } of this.#set.values()) cancel()
    this.#set.clear()
  }
}
