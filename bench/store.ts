/**
 * npm run bench -- store [--json] [--seconds=5]
 *
 * Durable appends of one event, by 1, 100 and 1,000 producers over 10,000 sessions. `one sync each` is what the embedded
 * store would be without group commit: the same database, one synced put per event.
 */
import path from 'node:path'
import process from 'node:process'
import { ClassicLevel } from 'classic-level'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { createMemoryStore } from '@headrace/server/store/memory'
import type { Store } from '@headrace/core'
import { measure } from './lib/measure.ts'
import { printReport, rounded, type Cell } from './lib/report.ts'
import { withTempDirectory } from './lib/temp.ts'

const sessions = 10_000
const eventBytes = 150
const producerCounts = [1, 100, 1_000]
const warmUpMs = 1_000
const measureMs = secondsArgument(5) * 1_000

/** Appends the event of a seq to a session. */
interface Target extends AsyncDisposable {
  append(session: number, seq: number): Promise<void>
}

const targets: Readonly<Record<string, (directory: string) => Promise<Target>>> = {
  embedded: async (directory) => storeTarget(await openEmbeddedStore({ directory })),
  'one sync each': levelTarget,
  memory: async () => storeTarget(createMemoryStore()),
}

const rows: Record<string, Cell>[] = []
for (const [name, open] of Object.entries(targets)) {
  for (const producers of producerCounts) {
    rows.push(
      await withTempDirectory(async (directory) => {
        await using target = await open(path.join(directory, 'data'))
        return await run(name, producers, target)
      }),
    )
  }
}

printReport({
  name: 'Durable appends per store',
  command: `npm run bench -- store --seconds=${measureMs / 1_000}`,
  config: { sessions, 'event bytes': eventBytes, 'warm-up s': warmUpMs / 1_000, 'measured s': measureMs / 1_000 },
  rows,
})

async function run(name: string, producers: number, target: Target): Promise<Record<string, Cell>> {
  const heads = new Uint32Array(sessions)
  // A producer goes round the sessions that are its own: no conflicts.
  const next = Array.from({ length: producers }, (_, producer) => producer)
  const measured = await measure({
    producers,
    warmUpMs,
    measureMs,
    request: async (producer) => {
      const session = next[producer] ?? 0
      next[producer] = session + producers < sessions ? session + producers : producer
      const seq = (heads[session] ?? 0) + 1
      await target.append(session, seq)
      heads[session] = seq
    },
  })
  return {
    store: name,
    producers,
    'appends/s': rounded(measured.perSecond),
    'p50 ms': rounded(measured.p50Ms),
    'p99 ms': rounded(measured.p99Ms),
    'max ms': rounded(measured.maxMs),
    'CPU s per million': rounded(measured.cpuSecondsPerMillion),
    samples: measured.samples,
  }
}

function storeTarget(store: Store): Target {
  return {
    append: (session, seq) => store.append(`acme!chat-${session}`, seq - 1, { events: [makeEvent(seq)] }),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

async function levelTarget(directory: string): Promise<Target> {
  const level = new ClassicLevel(directory, { writeBufferSize: 16_777_216 })
  await level.open()
  return {
    append: (session, seq) =>
      level.put(`acme!chat-${session}!${String(seq).padStart(16, '0')}`, makeEvent(seq), { sync: true }),
    [Symbol.asyncDispose]: () => level.close(),
  }
}

function makeEvent(seq: number): string {
  const event = { seq, at: 1_700_000_000_000 + seq, type: 'part.delta', actor: 'agent:writer', data: { text: '' } }
  event.data.text = 'word '.repeat(eventBytes).slice(0, eventBytes - JSON.stringify(event).length)
  return JSON.stringify(event)
}

function secondsArgument(otherwise: number): number {
  const argument = process.argv.find((arg) => arg.startsWith('--seconds='))
  return argument === undefined ? otherwise : Number(argument.slice('--seconds='.length))
}
