/** What gives items one after the other, and can be told to stop while it is making up its mind. */
export interface Source<T> {
  next(): Promise<IteratorResult<T, unknown>>
  /** Tells the source that nothing more is wanted. */
  stop(reason: unknown): Promise<unknown>
}

export type Stream<T> = AsyncIterable<T> | ReadableStream<T>

export function openSource<T>(stream: Stream<T>): Source<T> {
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
  return {
    next: () => iterator.next(),
    stop: async () => {
      // A generator that waits for its next item hears of a return only after it. SDKs give what it waits on a controller.
      controllerOf(stream)?.abort()
      await iterator.return?.()
    },
  }
}

function controllerOf(stream: object): AbortController | undefined {
  const { controller } = stream as { readonly controller?: unknown } // looked at on the next line
  return controller instanceof AbortController ? controller : undefined
}
