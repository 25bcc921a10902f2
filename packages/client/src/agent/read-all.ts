import { openSource, type Stream } from './source.ts'

/**
 * Reads a stream to its end, one item after the other. Stops in the middle when the signal aborts, also while the source
 * is making up its mind, and tells the source so.
 *
 * @throws what the source throws, what `each` throws, or the signal's reason
 */
export async function readAll<T>(
  stream: Stream<T>,
  signal: AbortSignal,
  each: (item: T) => void | Promise<void>,
): Promise<void> {
  const source = openSource(stream)
  let abort: (() => void) | undefined
  const onAbort = (): void => abort?.()
  signal.addEventListener('abort', onAbort)
  // Not Promise.race: each of its calls would leave a reaction on a promise that lives as long as the run.
  const next = (): ReturnType<typeof source.next> =>
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
