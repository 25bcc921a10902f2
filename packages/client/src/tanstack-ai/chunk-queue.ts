import { HeadraceError } from '@headrace/core'

/** Chunks that wait for a reader; a chat takes one for each paint. */
const maxWaiting = 100_000

interface Waiting<T> {
  readonly item: T
  readonly source: string | undefined
}

/** What one reader is still to get. It ends when its signal aborts. */
export class ChunkQueue<T> implements AsyncIterable<T> {
  readonly #signal: AbortSignal | undefined
  #waiting: Waiting<T>[] = []
  #failure: HeadraceError | undefined
  #isOver = false
  #wake: () => void = () => undefined

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
    signal?.addEventListener('abort', () => this.end())
    if (signal?.aborted) this.#isOver = true
  }

  /** `source`: what they are of, to {@link drop} them by. */
  push(items: readonly T[], source?: string): void {
    if (this.#isOver || items.length === 0) return
    if (this.#waiting.length + items.length > maxWaiting) {
      const text = `${maxWaiting} chunks wait for the chat to read them. Reload the page to go on.`
      return this.fail(
        new HeadraceError('limit_exceeded', text, { detail: { limit: 'maxWaiting', allowed: maxWaiting } }),
      )
    }
    for (const item of items) this.#waiting.push({ item, source })
    this.#wake()
  }

  /** What waits, or what waits of a source, is not read any more. */
  drop(source?: string): void {
    this.#waiting = source === undefined ? [] : this.#waiting.filter((waiting) => waiting.source !== source)
  }

  fail(error: HeadraceError): void {
    this.#failure ??= error
    this.end()
  }

  /** No more comes; what waits is still read, unless nobody wants it. Idempotent. */
  end(): void {
    this.#isOver = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    while (!this.#signal?.aborted) {
      const next = this.#waiting.shift()
      if (next) {
        yield next.item
        continue
      }
      if (this.#failure) throw this.#failure
      if (this.#isOver) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
