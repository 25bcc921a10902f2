import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { FaultKind } from '../fault-kind.ts'
import { startLoad } from '../lib/load.ts'
import { between } from '../lib/random.ts'
import { createServerProcess } from '../lib/server-process.ts'
import { survive } from '../lib/survive.ts'

const library = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu']
  .map((folder) => `${folder}/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file))
/** A day: the token of the load is good for longer. */
const mostSeconds = 86_400

/** The server's clock jumps, forward and back: times in a log never go backwards, and nobody waits for tomorrow. */
export const clock: FaultKind = {
  name: 'clock',
  perRound: 20,
  short: 20,
  long: { faults: 200 },
  missing: async () => (library === undefined ? 'libfaketime is not installed' : undefined),
  async run({ faults: times, isOver, random, directory, name, patienceMs, mutant }) {
    const now = path.join(directory, 'now')
    await writeFile(now, '+0')
    await using server = createServerProcess({
      data: path.join(directory, 'data'),
      env: {
        LD_PRELOAD: library ?? '',
        FAKETIME_TIMESTAMP_FILE: now,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
      ...(mutant && { mutant }),
    })
    await server.start()
    const load = await startLoad({
      server,
      name,
      sessions: 10,
      readers: { client: 1, wire: 1 },
      // A jump is longer than any lease, so agents lose their runs: that is what leases are for.
      agents: false,
      paceMs: 20,
      patienceMs,
      random,
    })
    try {
      const faults = await survive(load, {
        kind: 'clock',
        times,
        random,
        patienceMs,
        isOver,
        strike: () => writeFile(now, `${between(random, -mostSeconds, mostSeconds)}`.replace(/^(?!-)/, '+')),
      })
      return { journals: [await load.finish(faults)], notes: {} }
    } finally {
      await load.close()
    }
  },
}
