import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FaultKind, RoundOptions } from '../fault-kind.ts'
import type { Fault, Journals } from '../journals.ts'
import { startLoad } from '../lib/load.ts'
import { createLossyLink, missingLinks, type LinkCounts, type Loss } from '../lib/lossy-link.ts'
import { Stuck } from '../lib/progress.ts'
import { between } from '../lib/random.ts'
import { createServerProcess } from '../lib/server-process.ts'

const readers = { client: 4, wire: 4 }
/** Of the packets of one direction, at most. */
const mostLost = 0.1
/** One reconnect in so many meets a network that is cut for a moment: TCP bridges that by itself. */
const shortCuts = 10
const mostShortMs = 1_500
/** After so many reconnects the network is cut until everybody has noticed. */
const perPartition = 600
/** Peers are silent for 30 s before they are taken for dead. */
const noticeMs = 45_000

/** Ways to cut a network in two: the other way still works when it is cut one way only. */
const cuts: Readonly<Record<string, Loss>> = {
  'both ways': { there: 1, back: 1 },
  'to the server': { there: 1, back: 0 },
  'from the server': { there: 0, back: 1 },
}

/**
 * Servers in network namespaces, each on a wire that loses packets at random and is cut in one of three ways: for moments, and for
 * so long that everybody notices. A fault is a connection that a reader got again over such a wire, or a cut that was noticed.
 */
export const loss: FaultKind = {
  name: 'loss',
  perRound: 2_000,
  short: 2_000,
  long: { faults: 20_000 },
  missing: missingLinks,
  async run(options) {
    const { faults, name } = options
    const ways = Object.entries(cuts)
    const parts = await Promise.all(
      ways.map(([way, cut], index) => {
        const share = Math.ceil((faults - index) / ways.length)
        return loseOn({ ...options, faults: share, name: `${name}-${index}` }, way, cut)
      }),
    )
    const sum = (of: (part: Part) => number): number => parts.reduce((total, part) => total + of(part), 0)
    return {
      journals: parts.map(({ journals }) => journals),
      notes: {
        'packets lost': sum(({ lost }) => lost),
        'sent again by servers': sum(({ sentAgain }) => sentAgain),
        'noticed cuts': sum(({ noticed }) => noticed),
      },
    }
  },
}

interface Part extends LinkCounts {
  readonly journals: Journals
  readonly noticed: number
}

/** Where no packet was lost, or none was missed, there was no fault, whatever it was meant to be. */
export function unlessNothingWasLost(journals: Journals, { lost, sentAgain }: LinkCounts): Journals {
  return lost > 0 && sentAgain > 0 ? journals : { ...journals, faults: [] }
}

async function loseOn(
  { faults: times, isOver, random, directory, name, patienceMs, mutant }: RoundOptions,
  way: string,
  cut: Loss,
): Promise<Part> {
  await using link = await createLossyLink()
  await using server = createServerProcess({
    data: path.join(directory, name),
    host: link.host,
    under: link.inside,
    ...(mutant && { mutant }),
  })
  await server.start()
  const load = await startLoad({
    server,
    name,
    sessions: 4,
    readers,
    agents: true,
    twins: true,
    paceMs: 10,
    fill: 600,
    patienceMs,
    random,
  })
  try {
    const faults: Fault[] = []
    let noticed = 0
    try {
      await load.online(patienceMs)
      const before = load.reconnects.count
      const done = (): number => load.reconnects.count - before
      while (done() + faults.length < times && !isOver()) {
        await link.lose({ there: mostLost * random(), back: mostLost * random() })
        await load.given.reach(load.given.count + between(random, 1, 60), patienceMs)
        if (random() * shortCuts < 1) {
          await link.lose(cut)
          await pause(mostShortMs * random())
          await link.lose({ there: mostLost * random(), back: mostLost * random() })
        }
        load.drop()
        // The others are dropped again while they are still on their way back.
        await load.reconnects.reach(
          load.reconnects.count + between(random, 1, readers.client + readers.wire),
          patienceMs,
        )
        if (done() >= (noticed + 1) * perPartition) {
          faults.push({ kind: `cut ${way}`, recoveryMs: await cutUntilNoticed() })
          noticed += 1
        }
      }
      await link.lose({ there: 0, back: 0 })
      for (let left = done(); left > 0; left -= 1) faults.push({ kind: 'reconnect' })
    } catch (thrown) {
      if (!(thrown instanceof Stuck)) throw thrown
      load.hung(thrown)
      await link.lose({ there: 0, back: 0 })
    }
    const journals = await load.finish(faults)
    const counts = await link.counts()
    return { journals: unlessNothingWasLost(journals, counts), ...counts, noticed }
  } finally {
    await load.close()
  }

  /** From when the wire is whole again until every reader is back. */
  async function cutUntilNoticed(): Promise<number> {
    await link.lose({ there: 0, back: 0 })
    await load.online(patienceMs)
    const losses = load.losses.count
    await link.lose(cut)
    await load.losses.reach(losses + readers.client + readers.wire, patienceMs + noticeMs)
    await link.lose({ there: 0, back: 0 })
    const began = performance.now()
    await load.online(patienceMs)
    return performance.now() - began
  }
}
