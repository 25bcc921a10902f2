import type { Clock } from '../clock.ts'

/**
 * Waits for something, but not for ever.
 *
 * @throws what `late` makes, when it has taken too long
 */
export async function timed<T>(
  work: Promise<T>,
  { clock, ms, late }: { readonly clock: Clock; readonly ms: number; readonly late: () => Error },
): Promise<T> {
  const over = Promise.withResolvers<never>()
  const cancel = clock.after(ms, () => over.reject(late()))
  try {
    return await Promise.race([work, over.promise])
  } finally {
    cancel()
    work.catch(() => undefined) // what it does when nobody waits for it is of no interest
  }
}
