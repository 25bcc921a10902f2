interface Source<T> {
  next(): Promise<IteratorResult<T, unknown>>
  /** Tells the source that nothing more is wanted. */
  stop(reason: unknown): Promise<unknown>
}

/**
 * Reads a stream to its end, one item after the other. Stops in the middle when the signal aborts, also while the source
 * is making up its mind, and tells the source so.
 *
 * @throws what the source throws, what `each` throws, or the signal's reason
 */
export async function readAll<T>(
  stream: AsyncIterable<T> | ReadableStream<T>,
  signal: AbortSignal,
  each: (item: T) => void | Promise<void>,
): Promise<void> {
  const source = open(stream)
  let abort: (() => void) | undefined
  const onAbort = (): void => abort?.()
  signal.addEventListener('abort', onAbort)
  // Not Promise.race: each of its calls would leave a reaction on a promise that lives as long as the run.
  const next = (): Promise<IteratorResult<T, unknown>> =>
    new Promise((resolve, reject) => {
      abort = () => reject(signal.reason as Error) // a worker's signal aborts with an Error
      source.next().then(resolve, reject)
    })
  try {
    for (;;) {
      signal.throwIfAborted()
      const result = await next()
      if (result.done) return
      await each(result.value)
    }
  } catch (thrown) {
    // A source that is in the middle of something answers when that is done, so nobody waits for it. What it throws then
    // is about the stop, which is known.
    source.stop(thrown).catch(() => undefined)
    throw thrown
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function open<T>(stream: AsyncIterable<T> | ReadableStream<T>): Source<T> {
  // Not every browser can iterate a ReadableStream.
  if ('getReader' in stream) {
    const reader = stream.getReader()
    return {
      next: async () => {
        const { done, value } = await reader.read()
        return done ? { done, value } : { done, value }
      },
      stop: (reason) => reader.cancel(reason),
    }
  }
  const iterator = stream[Symbol.asyncIterator]()
  return { next: () => iterator.next(), stop: async () => iterator.return?.() }
}
