import { HeadraceError } from '@headrace/core'
import { openSource, type Source, type Stream } from '../agent/source.ts'
import { placeFile, type FileOptions } from './file-options.ts'
import type { Chunk, Decoder } from '@headrace/formats'

/**
 * The stream of an SDK as chunks, for `pipe`. It reads an event when the chunks of the one before are taken, and stops the
 * SDK's request at once when nobody wants more, also while that waits for the model. No generator: one that waits is not
 * told.
 */
export class DecodedStream<Event> implements AsyncIterableIterator<Chunk, void, undefined> {
  readonly #stream: Stream<Event>
  readonly #source: Source<Event>
  readonly #decoder: Decoder<Event>
  readonly #options: FileOptions
  #ready: readonly Chunk[] = []
  #isOver = false

  constructor(stream: Stream<Event>, decoder: Decoder<Event>, options: FileOptions = {}) {
    this.#stream = stream
    this.#source = openSource(stream)
    this.#decoder = decoder
    this.#options = options
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Chunk, void>> {
    try {
      while (this.#ready.length === 0 && !this.#isOver) await this.#read()
      const [chunk, ...rest] = this.#ready
      if (!chunk) return { done: true, value: undefined }
      this.#ready = rest
      return { done: false, value: await placeFile(chunk, this.#options) }
    } catch (thrown) {
      if (!this.#isOver) this.return().catch(() => undefined) // what went wrong first is what is told
      throw thrown
    }
  }

  async return(): Promise<IteratorResult<Chunk, void>> {
    this.#isOver = true
    this.#ready = []
    await this.#source.stop(undefined)
    return { done: true, value: undefined }
  }

  async #read(): Promise<void> {
    const result = await this.#source.next().catch((thrown: unknown) => {
      // Who has been told to stop may say so in any way.
      if (this.#isOver) return undefined
      this.#isOver = true
      throw asFailure(thrown)
    })
    if (!result || this.#isOver) return
    if (!result.done) {
      this.#ready = this.#decoder.push(result.value)
      return
    }
    this.#isOver = true
    try {
      this.#ready = this.#decoder.end()
    } catch (thrown) {
      await failureOf(this.#stream)
      throw thrown
    }
  }
}

/**
 * The helpers of OpenAI's and Anthropic's SDKs end as if nothing had happened when they fail while nobody waits for the next
 * event; their `done()` tells.
 */
async function failureOf(stream: object): Promise<void> {
  if (!('done' in stream) || typeof stream.done !== 'function') return
  const done = stream.done as () => Promise<unknown> // what else it may be is awaited just so
  await Promise.resolve(done.call(stream)).catch((thrown: unknown) => {
    throw asFailure(thrown)
  })
}

/** What an SDK throws when the provider fails, with its words; that somebody stopped it stays what it is. */
function asFailure(thrown: unknown): unknown {
  if (thrown instanceof HeadraceError || !(thrown instanceof Error)) return thrown
  if (thrown.name === 'AbortError') return thrown
  const cause = thrown.cause instanceof Error && thrown.cause.message !== '' ? ` (${thrown.cause.message})` : ''
  return new HeadraceError('upstream_failed', `${thrown.message}${cause}`, { cause: thrown })
}
