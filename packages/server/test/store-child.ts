/**
 * Appends to an embedded store until it is killed, many sessions at once, and prints each acknowledgement:
 * `ack <session> <seq>`. Arguments: directory, seed.
 *
 * Each event says its seq and the size of its batch and its place there, so that a torn batch can be told.
 */
import { EventEmitter, once } from 'node:events'
import process from 'node:process'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { seeded } from '@headrace/testing'

const [directory = '', seed = '1'] = process.argv.slice(2)
const sessions = 25
/** Emits `hundred` with every hundredth acknowledgement: what rewrites files waits for it, to leave time for appends. */
const acknowledgements = new EventEmitter()
let acknowledged = 0
const random = seeded(Number(seed))

process.stdout.write('opening\n')
// A small buffer: tables are written and merged all the time, and kills fall into that too.
const store = await openEmbeddedStore({ directory, writeBufferBytes: 65_536, reserveBytes: 0 })
process.stdout.write('open\n')
await Promise.all([
  purgeForEver(),
  compactForEver(),
  putBlobsForEver(),
  ...Array.from({ length: sessions }, (_, index) => appendForEver(`s${index}`)),
])

async function appendForEver(id: string): Promise<never> {
  const key = `acme!${id}` as const
  for (let head = await store.head(key); ;) {
    const size = 1 + Math.floor(random() * 4)
    const seq = head + size
    await store.append(key, head, {
      events: Array.from({ length: size }, (_, index) =>
        JSON.stringify({ seq: head + index + 1, size, place: index + 1, text: 'x'.repeat(Math.floor(random() * 300)) }),
      ),
      row: {
        id,
        createdAt: 1,
        updatedAt: seq,
        metadata: { head: seq },
        messages: 0,
        status: 'idle',
        openRuns: 0,
        archived: false,
        inbox: seq % 2 === 0 ? [{ kind: 'unread', for: 'user:ada', ref: 'm', at: seq }] : [],
        work: seq % 3 === 0 ? ['writer'] : [],
        due: seq % 5 === 0 ? seq : null,
      },
      messages: [{ seq, json: String(seq) }],
      // Replaced each time.
      words: [{ seq: 1, at: seq, words: [`head${seq}`, id] }],
    })
    head = seq
    process.stdout.write(`ack ${id} ${seq}\n`)
    acknowledged += 1
    if (acknowledged % 100 === 0) acknowledgements.emit('hundred')
    // Snapshots go into the same groups.
    if (random() < 0.02) void store.putSnapshot(key, { seq, state: JSON.stringify('y'.repeat(20_000)) })
  }
}

/** Each time the log grows by this many events, and nearly all are dropped: more than one batch. */
async function compactForEver(): Promise<never> {
  const key = 'acme!compacted'
  for (let head = await store.head(key); ;) {
    const events = Array.from({ length: 1_500 }, (_, index) => JSON.stringify({ seq: head + index + 1 }))
    // The start of a session that a kill came to is compacted again first.
    if ((await store.floor(key)) === head) {
      await store.append(key, head, { events })
      head += events.length
    }
    const floor = await store.floor(key)
    await store.compact(key, { floor: { seq: head, state: JSON.stringify({ head }) }, drop: [[floor + 1, head - 1]] })
    process.stdout.write(`floor ${head}\n`)
    await once(acknowledgements, 'hundred')
  }
}

/** Blobs of several pieces, each of one byte; the one before is removed. */
async function putBlobsForEver(): Promise<never> {
  const key = 'acme!blobs'
  if ((await store.head(key)) === 0) await store.append(key, 0, { events: [JSON.stringify({ seq: 1 })] })
  const newest = Math.max(0, ...(await store.blobs(key)).map(({ id }) => Number(id)))
  for (let number = newest + 1; ; number += 1) {
    await store.putBlob(key, String(number), new Uint8Array(600_000).fill(number))
    process.stdout.write(`blob ${number}\n`)
    const snapshot = { seq: 1, state: String(number) }
    await store.redact(key, { events: [], messages: [], snapshot, blobs: [String(number - 1)] })
    await once(acknowledgements, 'hundred')
  }
}

/** A purge of so many keys takes several batches: a kill can come between them. */
async function purgeForEver(): Promise<never> {
  const key = 'acme!purged'
  for (;;) {
    await store.purge(key)
    const events = Array.from({ length: 2_500 }, (_, index) => JSON.stringify({ seq: index + 1 }))
    await store.append(key, 0, { events })
  }
}
