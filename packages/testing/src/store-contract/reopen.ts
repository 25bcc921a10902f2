import { expect } from 'vitest'
import { HeadraceError, type InboxEntry, type SessionKey, type SessionRow, type Store } from '@headrace/core'
import { conflictOf, everything, listAll, makeEvents, makeRow, type StoreTests } from './fixture.ts'

const key = 'acme!chat-1'

const waits: InboxEntry = { kind: 'request', for: 'user:ada', ref: 'r1', at: 8 }

/** Every method, called with something harmless. */
const calls: Record<Exclude<keyof Store, 'capabilities' | 'close'>, (store: Store) => Promise<unknown>> = {
  append: (store) => store.append(key, 0, { events: makeEvents('late', 1) }),
  head: (store) => store.head(key),
  read: (store) => store.read(key, 0, everything),
  getSnapshot: (store) => store.getSnapshot(key),
  putSnapshot: (store) => store.putSnapshot(key, { seq: 1, state: '{}' }),
  readMessages: (store) => store.readMessages(key, 10, 10),
  begin: (store) => store.begin('acme!fork', { seq: 5, state: '{}' }),
  floor: (store) => store.floor(key),
  floorSnapshot: (store) => store.floorSnapshot(key),
  compact: (store) => store.compact(key, { floor: { seq: 1, state: '{}' }, drop: [[1, 1]] }),
  redact: (store) => store.redact(key, { events: [], messages: [], snapshot: { seq: 1, state: '{}' } }),
  putBlob: (store) => store.putBlob(key, 'b1', new Uint8Array(10)),
  getBlob: (store) => store.getBlob(key, 'b1'),
  blobs: (store) => store.blobs(key),
  row: (store) => store.row(key),
  list: (store) => store.list({ tenant: 'acme', limit: 10 }),
  inbox: (store) => store.inbox({ tenant: 'acme', for: ['*'], limit: 10 }),
  search: (store) => store.search({ tenant: 'acme', words: ['plan'], limit: 10 }),
  due: (store) => store.due(1, 10),
  work: (store) => store.work('writer', 10),
  purge: (store) => store.purge(key),
}

export function reopenContract({ test, testReopen }: StoreTests): void {
  test('a closed store refuses everything, and closes again without complaint', async (store) => {
    await store.append(key, 0, { events: makeEvents('event', 1) })
    await Promise.all([store.close(), store.close()])
    await store.close()
    for (const call of Object.values(calls)) {
      await expect(call(store)).rejects.toMatchObject({ name: 'HeadraceError', code: 'closed' })
    }
  })

  test('every call that close cuts off ends, as done or as closed', async (store) => {
    await store.append(key, 0, { events: makeEvents('event', 1) })
    const underWay = Object.values(calls).map((call) => call(store))
    const closing = store.close()
    for (const outcome of await Promise.allSettled(underWay)) {
      if (outcome.status === 'fulfilled' || isConflict(outcome.reason)) continue
      expect(outcome.reason).toMatchObject({ name: 'HeadraceError', code: 'closed' })
    }
    await closing
  })

  testReopen('L2 what was acknowledged is there after a reopen, also when close cut in', async (store, reopen) => {
    const acknowledged = new Map<SessionKey, number>()
    const appends = Array.from({ length: 100 }, async (_, index) => {
      const session = `acme!s${index % 10}` as const
      const batch = Math.floor(index / 10)
      const events = makeEvents(`${session} ${batch}`, 3)
      try {
        await store.append(session, batch * 3, { events, row: makeRow(`s${index % 10}`) })
        acknowledged.set(session, Math.max(acknowledged.get(session) ?? 0, batch * 3 + 3))
      } catch (thrown) {
        if (!(thrown instanceof HeadraceError && thrown.code === 'closed') && !isConflict(thrown)) throw thrown
      }
    })
    await Promise.race(appends)
    const [again] = await Promise.all([reopen(), ...appends])
    expect(acknowledged.size).toBeGreaterThan(0)
    for (const [session, seq] of acknowledged) {
      const events = await again.read(session, 0, everything)
      expect(events.length).toBeGreaterThanOrEqual(seq)
      expect(events.length % 3).toBe(0)
      expect(events.slice(0, 3)).toEqual(makeEvents(`${session} 0`, 3))
    }
    expect(await listAll(again, 'acme', 3)).toHaveLength(acknowledged.size)
  })

  testReopen('L3 after a reopen the log goes on where it ended', async (store, reopen) => {
    const row = makeRow('chat-1', { due: 5, work: ['writer'], metadata: { title: 'Plan' }, inbox: [waits] })
    const waitsFor = async (open: Store): Promise<readonly SessionRow[]> =>
      (await open.inbox({ tenant: 'acme', for: [waits.for], limit: 10 })).rows
    await store.append(key, 0, { events: makeEvents('event', 10), row, messages: [{ seq: 4, json: '"m"' }] })
    await store.putSnapshot(key, { seq: 6, state: '"six"' })

    const again = await reopen()
    expect(await conflictOf(again.append(key, 9, { events: makeEvents('wrong', 1) }))).toBe(10)
    expect(await again.row(key)).toEqual(row)
    expect(await waitsFor(again)).toEqual([row])
    expect(await again.readMessages(key, 10, 10)).toEqual([{ seq: 4, json: '"m"' }])
    expect(await again.getSnapshot(key)).toEqual({ seq: 6, state: '"six"' })
    await again.putSnapshot(key, { seq: 5, state: '"five"' })
    expect(await again.getSnapshot(key)).toEqual({ seq: 6, state: '"six"' })

    // The entries that the indexes had before belong to the old row.
    await again.append(key, 10, { events: makeEvents('more', 1), row: makeRow('chat-1', { due: 9, work: ['critic'] }) })
    expect(await again.due(100, 10)).toEqual([{ key, at: 9 }])
    expect(await again.work('writer', 10)).toEqual([])
    expect(await waitsFor(again)).toEqual([])
    expect(await again.work('critic', 10)).toEqual([key])
    expect(await listAll(again, 'acme', 1)).toHaveLength(1)
  })

  testReopen('S5 what was purged stays gone after a reopen', async (store, reopen) => {
    await store.append(key, 0, { events: makeEvents('event', 10), row: makeRow('chat-1') })
    await store.append('acme!chat-2', 0, { events: makeEvents('other', 1), row: makeRow('chat-2') })
    await store.purge(key)
    const again = await reopen()
    expect(await again.head(key)).toBe(0)
    expect((await listAll(again, 'acme', 10)).map((row) => row.id)).toEqual(['chat-2'])
  })
}

function isConflict(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AppendConflict'
}
