import path from 'node:path'
import type { FaultKind } from '../fault-kind.ts'
import { createServerProcess } from '../lib/server-process.ts'
import { startLoad } from '../lib/load.ts'
import { survive } from '../lib/survive.ts'

/** One in so many starts is killed too, before or after it serves. */
const killedStarts = 5

/** Of the long form: agents that stream, and acknowledgements between two kills, at most. */
const streams = 20
const acksBetween = 15_000

/** `kill -9` of the server at random moments of a load, also while it recovers. */
export const kill: FaultKind = {
  name: 'kill',
  perRound: 50,
  short: 50,
  long: { faults: 2_000, perRound: 25 },
  missing: async () => undefined,
  async run({ faults: times, isOver, random, directory, name, patienceMs, isLong, mutant }) {
    await using server = createServerProcess({
      data: path.join(directory, 'data'),
      ...(mutant && { mutant }),
    })
    await server.start()
    const load = await startLoad({
      server,
      name,
      sessions: isLong ? 12 : 40,
      readers: { client: 1, wire: 1 },
      agents: true,
      ...(isLong && { streams }),
      paceMs: 60,
      patienceMs,
      random,
    })
    let inRecovery = 0
    let left = times
    try {
      const faults = await survive(load, {
        kind: 'kill',
        times,
        random,
        patienceMs,
        isOver,
        ...(isLong && { acksBetween }),
        async strike(time) {
          await server.kill()
          if (time % killedStarts === 0 && left > 1) {
            await server.startAndKill(random() * 600)
            inRecovery += 1
          }
          left -= 1
          await server.start()
        },
      })
      return { journals: [await load.finish(faults)], notes: { 'kills in recovery': inRecovery } }
    } finally {
      await load.close()
    }
  },
}
