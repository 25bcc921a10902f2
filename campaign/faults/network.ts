import { setTimeout as pause } from 'node:timers/promises'
import type { FaultKind } from '../fault-kind.ts'
import type { Fault } from '../journals.ts'
import { startBehindProxy } from '../lib/behind-proxy.ts'
import { startLoad, type Load } from '../lib/load.ts'
import { between } from '../lib/random.ts'

const readers = { client: 4, wire: 4 }
/** How long the network stands still before it breaks: nobody notices that it is half open. */
const mostStallMs = 40
const mostRefuseMs = 20

/**
 * Readers and people behind a network that resets connections at any byte, stands still half open, refuses, and cuts
 * frames into pieces; every post is sent on two connections at once. A fault is a connection that somebody got again.
 */
export const network: FaultKind = {
  name: 'network',
  perRound: 2_000,
  short: 2_000,
  long: { faults: 20_000 },
  missing: async () => undefined,
  async run(options) {
    const { faults: times, isOver, random, name, patienceMs } = options
    await using behind = await startBehindProxy(options)
    const { server, proxy, through } = behind
    let stalls = 0
    const load = await startLoad({
      server,
      through,
      name,
      sessions: 4,
      readers,
      agents: false,
      twins: true,
      paceMs: 8,
      fill: 600,
      patienceMs,
      random,
    })
    // Anywhere: in the handshake, in the welcome, in the middle of a frame, after many of them.
    proxy.resetAfter(() => between(random, 100, 100 + 40_000 * random() ** 3))
    try {
      while (load.reconnects.count < times && !isOver()) {
        proxy.split(between(random, 1, 700))
        await load.reconnects.reach(load.reconnects.count + between(random, 5, 40), patienceMs)
        stalls += 1
        await trouble()
        proxy.reset()
      }
      proxy.resetAfter(undefined)
      proxy.split(undefined)
      const recoveryMs = await recovery(load)
      const faults: Fault[] = Array.from({ length: load.reconnects.count }, () => ({ kind: 'reconnect', recoveryMs }))
      const journals = await load.finish(faults)
      return { journals: [journals], notes: { 'half-open and refused': stalls } }
    } finally {
      await load.close()
    }

    async function trouble(): Promise<void> {
      if (random() < 0.5) {
        proxy.stall(true)
        await pause(random() * mostStallMs)
        proxy.stall(false)
      } else {
        proxy.refuse(true)
        await pause(random() * mostRefuseMs)
        proxy.refuse(false)
      }
    }

    /** From when the network heals until every reader has been given something. */
    async function recovery(load: Load): Promise<number> {
      const began = performance.now()
      proxy.reset()
      await load.given.reach(load.given.count + readers.client + readers.wire, patienceMs)
      return performance.now() - began
    }
  },
}
