import type { EventLoop } from '../event-loop.ts'
import type { Random } from '../random.ts'
import type { StoreTrouble } from '../simulated-store.ts'

/** A world with a store. */
interface WithStore {
  readonly loop: EventLoop
  readonly trouble: StoreTrouble
}

/** What becomes of a store for a while, in any world. */
export const storeTrouble = [
  {
    name: 'outage',
    share: 3,
    fault: 'outage',
    act: (world: WithStore, random: Random) => `the store does not answer for ${lasts(world, random, 'down')} ms`,
  },
  {
    name: 'full',
    share: 3,
    fault: 'full',
    act: (world: WithStore, random: Random) => `the disk is full for ${lasts(world, random, 'full')} ms`,
  },
] as const

/** Returns for how long, in milliseconds. */
function lasts({ loop, trouble }: WithStore, random: Random, kind: 'down' | 'full'): number {
  const ms = random.pick([20, 500, 5_000]) ?? 20
  trouble[kind] = true
  loop.after(ms, () => (trouble[kind] = false))
  return ms
}
