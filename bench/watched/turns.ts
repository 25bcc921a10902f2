import { describeMachine } from '../lib/machine.ts'
import { digits } from '../lib/table.ts'
import { withTempDirectory } from '../lib/temp.ts'
import type { WatchedSystem } from './system.ts'

/** Every system once, then every system again, round by round; those that this machine lacks are named and left out. */
export async function takeTurns<T>(
  systems: readonly WatchedSystem[],
  rounds: number,
  take: (system: WatchedSystem, directory: string) => Promise<T>,
): Promise<ReadonlyMap<WatchedSystem, readonly T[]>> {
  const taken = new Map<WatchedSystem, T[]>()
  await withTempDirectory(async (directory) => {
    const { cpu, cores, node, fdatasyncMs } = describeMachine(directory)
    console.log(`${cpu}, ${cores} cores, Node ${node}, 4 KiB fdatasync ${digits(fdatasyncMs)} ms`)
    const present = systems.filter((system) => {
      const reason = system.missing?.()
      if (reason !== undefined) console.log(`skipped: ${system.name}, because ${reason}`)
      return reason === undefined
    })
    for (let round = 0; round < rounds; round += 1)
      for (const system of present) taken.set(system, [...(taken.get(system) ?? []), await take(system, directory)])
  })
  return taken
}
