import type { Fault } from '../journals.ts'
import type { Load } from './load.ts'
import { Stuck } from './progress.ts'
import { between } from './random.ts'

export interface SurviveOptions {
  readonly kind: string
  readonly times: number
  readonly random: () => number
  readonly patienceMs: number
  readonly isOver: () => boolean
  /** Most acknowledgements after a recovery before the next fault comes. */
  readonly acksBetween?: number
  /** Breaks the server, and brings it back. */
  readonly strike: (time: number) => Promise<void>
}

const mostAcksBetween = 120

/**
 * Strikes again and again, each time at a random moment of the load, and waits until people are answered and readers are
 * given events again. Ends early, with the rest undone, when that never happens: the load says so when it is finished.
 */
export async function survive(load: Load, options: SurviveOptions): Promise<readonly Fault[]> {
  const { kind, times, random, patienceMs, isOver, acksBetween = mostAcksBetween, strike } = options
  const faults: Fault[] = []
  for (let time = 0; time < times && !isOver(); time += 1) {
    try {
      await load.acks.reach(load.acks.count + between(random, 1, acksBetween), patienceMs)
      const began = performance.now()
      faults.push({ kind })
      await strike(time)
      await load.acks.reach(load.acks.count + 1, patienceMs)
      await load.given.reach(load.given.count + 1, patienceMs)
      faults[time] = { kind, recoveryMs: performance.now() - began }
    } catch (thrown) {
      if (!(thrown instanceof Stuck)) throw thrown
      load.hung(thrown)
      break
    }
  }
  return faults
}
