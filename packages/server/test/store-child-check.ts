import { expect } from 'vitest'
import type { Store } from '@headrace/core'

/** The entries of the highest floor and of the newest blob that were acknowledged; no session has such an id. */
const compacted = ' floor'
const newestBlob = ' blob'
const everything = { maxEvents: 1_000_000, maxChars: 1_000_000_000 }

/** Adds what lines of `store-child.ts` acknowledge: session → highest seq. Gives the number of acknowledgements. */
export function addAcknowledged(acknowledged: Map<string, number>, lines: readonly string[]): number {
  let acks = 0
  for (const line of lines) {
    const [word, id = '', seq = ''] = line.split(' ')
    if (word === 'floor') acknowledged.set(compacted, Number(id))
    if (word === 'blob') acknowledged.set(newestBlob, Number(id))
    if (word !== 'ack') continue
    acks += 1
    acknowledged.set(id, Math.max(acknowledged.get(id) ?? 0, Number(seq)))
  }
  return acks
}

/** Checks a store that `store-child.ts` wrote to, and that was cut off. */
export async function checkStore(store: Store, acknowledged: ReadonlyMap<string, number>): Promise<void> {
  const due: string[] = []
  const work: string[] = []
  const inbox: string[] = []
  let sessions = 0
  for (const [id, seq] of acknowledged) {
    if (id === compacted || id === newestBlob) continue
    const key = `acme!${id}` as const
    const events = (await store.read(key, 0, everything)).map(
      (event) => JSON.parse(event) as { seq: number; size: number; place: number },
    )
    expect(events.length).toBeGreaterThanOrEqual(seq)
    expect(events.length).toBe(await store.head(key))
    expect(events.every((event, index) => event.seq === index + 1)).toBe(true)
    const last = events.at(-1)
    expect(last?.place).toBe(last?.size)
    // Row and message came with the last batch.
    const head = events.length
    expect((await store.row(key))?.metadata).toEqual({ head })
    expect((await store.readMessages(key, Number.MAX_SAFE_INTEGER, 1)).map((message) => message.seq)).toEqual([head])
    const found = await store.search({ tenant: 'acme', words: [id, 'head'], limit: 10 })
    expect(found).toEqual({ hits: [{ session: id, seq: 1 }] })
    expect((await store.search({ tenant: 'acme', words: [id, `head${head}`], limit: 10 })).hits).toHaveLength(1)
    if (head % 2 === 0) inbox.push(id)
    if (head % 5 === 0) due.push(key)
    if (head % 3 === 0) work.push(key)
    sessions += 1
  }
  // Its purge was done or not begun, and nothing between.
  const purged = await store.read('acme!purged', 0, everything)
  expect([0, 2_500]).toContain(purged.length)
  expect(purged).toHaveLength(await store.head('acme!purged'))

  await checkCompacted(store, acknowledged.get(compacted) ?? 0)
  await checkBlobs(store, acknowledged.get(newestBlob) ?? 0)

  const known = (key: string): boolean => acknowledged.has(key.slice('acme!'.length))
  expect(
    (await store.due(Number.MAX_SAFE_INTEGER, 100))
      .map((entry) => entry.key)
      .filter(known)
      .sort(),
  ).toEqual(due.sort())
  expect((await store.work('writer', 100)).filter(known)).toEqual(work.sort())
  const waiting = await store.inbox({ tenant: 'acme', for: ['user:ada'], limit: 100 })
  expect(waiting.rows.map((row) => row.id).sort()).toEqual(inbox.sort())
  const { rows } = await store.list({ tenant: 'acme', limit: 100 })
  expect(rows.filter((row) => acknowledged.has(row.id))).toHaveLength(sessions)
}

/** The last event of each round is left, and the round above the floor is whole. */
async function checkCompacted(store: Store, acknowledged: number): Promise<void> {
  const key = 'acme!compacted'
  const [head, floor] = [await store.head(key), await store.floor(key)]
  expect(floor).toBeGreaterThanOrEqual(acknowledged)
  expect([0, 1_500]).toContain(head - floor)
  const events = (await store.read(key, 0, everything)).map((event) => (JSON.parse(event) as { seq: number }).seq)
  const left = Array.from({ length: floor / 1_500 }, (_, round) => (round + 1) * 1_500)
  expect(events).toEqual([...left, ...Array.from({ length: head - floor }, (_, index) => floor + index + 1)])
  const state = floor === 0 ? undefined : { seq: floor, state: JSON.stringify({ head: floor }) }
  expect([await store.floorSnapshot(key), await store.getSnapshot(key)]).toEqual([state, state])
}

/** The newest is there, and all bytes of each that is. One stays for ever where a kill came before its removal. */
async function checkBlobs(store: Store, acknowledged: number): Promise<void> {
  const key = 'acme!blobs'
  const numbers = (await store.blobs(key)).map(({ id }) => Number(id))
  expect(Math.max(0, ...numbers)).toBeGreaterThanOrEqual(acknowledged)
  for (const number of numbers) {
    const content = await store.getBlob(key, String(number))
    expect(content?.length).toBe(600_000)
    expect(content?.every((byte) => byte === number % 256)).toBe(true)
  }
}
