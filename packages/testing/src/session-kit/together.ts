import { setImmediate } from 'node:timers/promises'

/** Begins both at the same moment, now one first and now the other by a turn of the event loop, so that either can win. */
export async function together<A, B>(round: number, a: () => Promise<A>, b: () => Promise<B>): Promise<[A, B]> {
  if (round % 2 === 0) return Promise.all([a(), b()])
  const second = b()
  await setImmediate()
  return Promise.all([a(), second])
}
