import { expect } from 'vitest'
import { sessionKey, type InboxEntry, type SessionRow, type Store } from '@headrace/core'
import { inboxAll, makeEvents, makeRow, type StoreTests } from './fixture.ts'

const ada = 'user:ada'
const bob = 'user:bob'

export function inboxContract({ test }: StoreTests): void {
  test('P5a what waits for somebody is found newest first, each session once', async (store) => {
    await put(store, 'a', [waits(ada, 5), waits(bob, 9)])
    await put(store, 'b', [waits(ada, 7), waits(ada, 1), waits('*', 3)])
    await put(store, 'c', [waits('*', 8)])
    await put(store, 'd', [])
    await put(store, 'e', [waits(ada, 2), waits('*', 6), waits(bob, 4)])
    const idsFor = async (actors: readonly string[], limit: number): Promise<string[]> =>
      (await inboxAll(store, { tenant: 'acme', for: actors, limit })).map((row) => row.id)
    for (const limit of [1, 2, 3, 1_000]) {
      expect(await idsFor([ada], limit)).toEqual(['b', 'a', 'e'])
      expect(await idsFor(['*'], limit)).toEqual(['c', 'e', 'b'])
      expect(await idsFor([ada, '*'], limit)).toEqual(['c', 'b', 'e', 'a'])
      expect(await idsFor(['*', ada, ada, bob], limit)).toEqual(['a', 'c', 'b', 'e'])
      expect(await idsFor(['user:eve', 'user:ad', 'user'], limit)).toEqual([])
      expect((await store.inbox({ tenant: 'acme', for: [ada, '*'], limit })).rows.length).toBeLessThanOrEqual(limit)
    }
    expect(await store.inbox({ tenant: 'other', for: [ada, '*'], limit: 10 })).toEqual({ rows: [] })
  })

  test('P5a a page of one inbox is full, and has a cursor exactly while there is more', async (store) => {
    for (let index = 0; index < 10; index += 1)
      await put(store, `s${index}`, [waits(ada, index), waits(ada, index + 50)])
    for (const limit of [1, 3, 9, 10, 11]) {
      const page = await store.inbox({ tenant: 'acme', for: [ada], limit })
      expect(page.rows).toHaveLength(Math.min(limit, 10))
      expect(page.cursor === undefined).toBe(limit >= 10)
    }
  })

  test('P5a what is answered waits no more, and what moves is found at its new place', async (store) => {
    await put(store, 'a', [waits(ada, 1), waits(bob, 1)])
    await put(store, 'b', [waits(ada, 2)])
    const rows = async (actor: string): Promise<[string, number][]> =>
      (await inboxAll(store, { tenant: 'acme', for: [actor], limit: 1 })).map((row) => [row.id, row.inbox.length])
    expect(await rows(ada)).toEqual([
      ['b', 1],
      ['a', 2],
    ])
    await put(store, 'a', [waits(ada, 3)])
    expect(await rows(ada)).toEqual([
      ['a', 1],
      ['b', 1],
    ])
    expect(await rows(bob)).toEqual([])
    await put(store, 'a', [waits(ada, 3), waits(ada, 0)])
    expect(await rows(ada)).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    await put(store, 'a', [])
    await store.purge('acme!b')
    expect(await rows(ada)).toEqual([])
  })

  test('P5a actors are told apart by every character', async (store) => {
    const actors = [ada, 'user:Ada', 'user:ada!', 'user:ada!1', 'user:a', 'agent:ada', 'user:*', '*', 'user:ä', '!', '']
    for (const [index, actor] of actors.entries()) await put(store, `s${index}`, [waits(actor, 5)])
    for (const [index, actor] of actors.entries()) {
      const found = await inboxAll(store, { tenant: 'acme', for: [actor], limit: 3 })
      expect(found.map((row) => row.id)).toEqual([`s${index}`])
    }
    // All of the same time: each once.
    expect(await inboxAll(store, { tenant: 'acme', for: actors, limit: 3 })).toHaveLength(actors.length)
  })

  test('P5a a cursor that no inbox gave is refused', async (store) => {
    await put(store, 'a', [waits(ada, 1)])
    for (const cursor of ['', 'x', '12!', '-1!s']) {
      await expect(store.inbox({ tenant: 'acme', for: [ada], limit: 1, cursor })).rejects.toMatchObject({
        code: 'bad_request',
      })
    }
  })
}

function waits(actor: string, at: number): InboxEntry {
  return { kind: 'request', for: actor, ref: `r${at}`, at }
}

async function put(store: Store, id: string, inbox: SessionRow['inbox']): Promise<void> {
  const key = sessionKey('acme', id)
  await store.append(key, await store.head(key), { events: makeEvents('put', 1), row: makeRow(id, { inbox }) })
}
