import { HeadraceError } from '@headrace/core'

/** Listeners of one kind of news. One that throws is reported and stops none of the others. */
export class Listeners<T = void> {
  readonly #all = new Set<{ readonly listener: (value: T) => void }>()
  readonly #onError: (error: HeadraceError) => void

  constructor(onError: (error: HeadraceError) => void) {
    this.#onError = onError
  }

  get size(): number {
    return this.#all.size
  }

  /** Returns what removes it; removing twice is harmless. The same function may be added twice. */
  add(listener: (value: T) => void): () => void {
    const entry = { listener }
    this.#all.add(entry)
    return () => void this.#all.delete(entry)
  }

  emit(value: T): void {
    // A listener that is added by another one hears from the next news on.
    for (const { listener } of Array.from(this.#all)) {
      try {
        listener(value)
      } catch (thrown) {
        this.#onError(HeadraceError.from(thrown))
      }
    }
  }
}
