import { expect } from 'vitest'
import { AppendConflict, type InboxEntry } from '@headrace/core'
import { conflictOf, everything, makeEvents, makeRow, type StoreTests } from './fixture.ts'

const key = 'acme!chat-1'
const waits: InboxEntry = { kind: 'failed', for: '*', ref: 'r1', at: 8 }

export function purgeContract({ test }: StoreTests): void {
  test('S5 a purged session is gone with all that belongs to it, and its id can be used again', async (store) => {
    const row = makeRow('chat-1', { due: 5, work: ['writer'], updatedAt: 9, inbox: [waits] })
    await store.append(key, 0, { events: makeEvents('old', 3_000), row, messages: [{ seq: 2, json: '"old"' }] })
    await store.putSnapshot(key, { seq: 3, state: '"old"' })
    await store.purge(key)

    expect(await store.head(key)).toBe(0)
    expect(await store.read(key, 0, everything)).toEqual([])
    expect(await store.row(key)).toBeUndefined()
    expect(await store.getSnapshot(key)).toBeUndefined()
    expect(await store.readMessages(key, 10_000, 10)).toEqual([])
    expect(await store.list({ tenant: 'acme', limit: 10 })).toEqual({ rows: [] })
    expect(await store.due(10, 10)).toEqual([])
    expect(await store.work('writer', 10)).toEqual([])
    expect(await store.inbox({ tenant: 'acme', for: ['*'], limit: 10 })).toEqual({ rows: [] })

    await store.append(key, 0, { events: makeEvents('new', 2), row: makeRow('chat-1') })
    await store.putSnapshot(key, { seq: 1, state: '"new"' })
    expect(await store.read(key, 0, everything)).toEqual(makeEvents('new', 2))
    expect(await store.row(key)).toEqual(makeRow('chat-1'))
    expect(await store.getSnapshot(key)).toEqual({ seq: 1, state: '"new"' })
    expect(await store.readMessages(key, 10_000, 10)).toEqual([])
    expect(await store.due(10, 10)).toEqual([])
  })

  test('S5 a writer that missed the purge gets a conflict', async (store) => {
    await store.append(key, 0, { events: makeEvents('old', 3) })
    await store.purge(key)
    expect(await conflictOf(store.append(key, 3, { events: makeEvents('late', 1) }))).toBe(0)
    expect(await store.head(key)).toBe(0)
  })

  test('S5 purging a session that does not exist changes nothing', async (store) => {
    await store.purge(key)
    await store.purge(key)
    expect(await store.head(key)).toBe(0)
  })

  test('S5 a purge between appends leaves a whole session or none', async (store) => {
    for (let round = 0; round < 20; round += 1) {
      const first = store.append(key, 0, {
        events: makeEvents(`round ${round}`, 5),
        row: makeRow('chat-1', { due: 1 }),
      })
      const second = store.append(key, 5, { events: makeEvents('more', 5) }).catch(ignoreConflict)
      const purge = store.purge(key)
      const read = store.read(key, 0, everything)
      const late = store.append(key, 10, { events: makeEvents('late', 5) }).catch(ignoreConflict)
      await Promise.all([first, second, purge, late])
      expect([0, 5, 10]).toContain((await read).length)
      expect(await store.read(key, 0, everything)).toHaveLength(await store.head(key))
      await store.purge(key)
      expect(await store.due(10, 10)).toEqual([])
    }
  })
}

function ignoreConflict(thrown: unknown): void {
  if (!(thrown instanceof AppendConflict)) throw thrown
}
