import path from 'node:path'
import type { FaultKind } from '../fault-kind.ts'
import { createDiskImage, missingDisks } from '../lib/disk-image.ts'
import { createServerProcess } from '../lib/server-process.ts'
import { startLoad } from '../lib/load.ts'
import { survive } from '../lib/survive.ts'
import { injecting, syncCalls } from '../lib/tracing.ts'

/**
 * Pulls the plug: the server stands still, its disk is copied as it is, the server is killed, and another one starts on
 * the copy. What was only in the kernel's memory is gone.
 */
export const power: FaultKind = {
  name: 'power',
  perRound: 20,
  short: 20,
  long: { faults: 500 },
  missing: missingDisks,
  async run({ faults: times, isOver, random, directory, name, patienceMs, mutant }) {
    let disk = await createDiskImage(directory)
    try {
      await using server = createServerProcess({
        data: path.join(disk.mounted, 'data'),
        // The mutant is the real server on a disk that keeps nothing it is told to keep.
        ...(mutant === 'no-sync' ? { under: injecting(syncCalls, 'retval=0') } : mutant && { mutant }),
      })
      await server.start()
      const load = await startLoad({
        server,
        name,
        sessions: 30,
        readers: { client: 1, wire: 1 },
        agents: true,
        paceMs: 60,
        patienceMs,
        random,
      })
      try {
        const faults = await survive(load, {
          kind: 'power',
          times,
          random,
          patienceMs,
          isOver,
          async strike() {
            await server.freeze()
            const replace = await disk.copy()
            await server.kill()
            disk = await replace()
            await server.start(path.join(disk.mounted, 'data'))
          },
        })
        return { journals: [await load.finish(faults)], notes: {} }
      } finally {
        await load.close()
        await server.kill()
      }
    } finally {
      await disk[Symbol.asyncDispose]()
    }
  },
}
