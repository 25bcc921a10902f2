import { expect } from 'vitest'
import { sessionKey, type ListQuery, type SessionRow, type Store } from '@headrace/core'
import { listAll, makeEvents, makeRow, workAll, type StoreTests } from './fixture.ts'

export function listContract({ test }: StoreTests): void {
  test('P6 a row is replaced whole', async (store) => {
    const row = makeRow('s', {
      metadata: { title: 'Plan', tags: ['a', 'b'], nested: { deep: null } },
      status: 'active',
      openRuns: 2,
      work: ['writer', 'critic'],
      due: 5_000,
    })
    await put(store, 'acme', row)
    expect(await store.row('acme!s')).toEqual(row)
    await put(store, 'acme', makeRow('s', { updatedAt: 3_000 }))
    expect(await store.row('acme!s')).toEqual(makeRow('s', { updatedAt: 3_000 }))
  })

  test('P6 an append without a row leaves the row as it is', async (store) => {
    await put(store, 'acme', makeRow('s', { due: 7 }))
    await store.append('acme!s', 1, { events: makeEvents('event', 1) })
    expect(await store.row('acme!s')).toEqual(makeRow('s', { due: 7 }))
    expect(await store.due(7, 10)).toEqual([{ key: 'acme!s', at: 7 }])
  })

  test('P6 the list is newest first, by page, with a cursor exactly while there is more', async (store) => {
    const times = [5, 99_999, 100_000, 7, 1_700_000_000_000, 0, 9, 10, 11, 1_000]
    for (const updatedAt of times) await put(store, 'acme', makeRow(`s${updatedAt}`, { updatedAt }))
    const newestFirst = [...times].sort((a, b) => b - a)
    for (const limit of [1, 3, 9, 10, 11, 1_000]) {
      expect((await listAll(store, 'acme', limit)).map((row) => row.updatedAt)).toEqual(newestFirst)
      const page = await store.list({ tenant: 'acme', limit })
      expect(page.rows).toHaveLength(Math.min(limit, times.length))
      expect(page.cursor === undefined).toBe(limit >= times.length)
    }
    expect(await store.list({ tenant: 'nobody', limit: 10 })).toEqual({ rows: [] })
  })

  test('P6 rows of the same time are each listed once', async (store) => {
    const ids = ['a', 'a1', 'a:', 'a/', 'a-', 'a.', 'A', 'b', '0', 'a/b/c']
    for (const id of ids) await put(store, 'acme', makeRow(id, { updatedAt: 42 }))
    for (const limit of [1, 2, 3, 10]) {
      expect((await listAll(store, 'acme', limit)).map((row) => row.id).sort()).toEqual([...ids].sort())
    }
  })

  test('P6 D11 streams are listed by page too, by paths that are no ids of sessions', async (store) => {
    const paths = ['jobs/a%40b', `jobs/${'%E2%82%AC'.repeat(56)}`, 'x'.repeat(512), 'jobs/plain']
    for (const path of paths) await put(store, 'acme~ds', makeRow(path))
    for (const limit of [1, 3, 4]) {
      expect((await listAll(store, 'acme~ds', limit)).map((row) => row.id).sort()).toEqual([...paths].sort())
    }
  })

  test('P6 rows that move while somebody pages are not listed twice, and the others exactly once', async (store) => {
    const ids = Array.from({ length: 30 }, (_, index) => `s${index}`)
    for (const [index, id] of ids.entries()) await put(store, 'acme', makeRow(id, { updatedAt: 1_000 - index }))
    const seen: string[] = []
    const moved = new Set<string>()
    let page = await store.list({ tenant: 'acme', limit: 4 })
    for (let round = 0; ; round += 1) {
      seen.push(...page.rows.map((row) => row.id))
      // One that was listed, one that is next, one that is far.
      for (const index of [round * 4, round * 4 + 4, 29 - round]) {
        const id = ids[index]
        if (id === undefined || moved.has(id)) continue
        moved.add(id)
        await put(store, 'acme', makeRow(id, { updatedAt: 2_000 + moved.size }))
      }
      if (page.cursor === undefined) break
      page = await store.list({ tenant: 'acme', limit: 4, cursor: page.cursor })
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(ids.filter((id) => !moved.has(id) && !seen.includes(id))).toEqual([])
  })

  test('P6 a cursor that no list gave is refused', async (store) => {
    await put(store, 'acme', makeRow('s'))
    for (const cursor of ['', 'x', '1', '!', '12!', '-1!s', '1!s!t', 'a'.repeat(1_000)]) {
      await expect(store.list({ tenant: 'acme', limit: 1, cursor })).rejects.toMatchObject({ code: 'bad_request' })
    }
  })

  test('P6b a list can be of one status, of archived sessions or not, and of some metadata', async (store) => {
    const all = Array.from({ length: 60 }, (_, index) =>
      makeRow(`s${index}`, {
        updatedAt: 1_000 - index,
        status: (['active', 'waiting', 'idle'] as const)[index % 3] ?? 'idle',
        archived: index % 4 === 0,
        metadata: { team: index % 2 === 0 ? 'red' : 'blue', level: index % 5, done: index % 7 === 0, toString: 'no' },
      }),
    )
    for (const row of all) await put(store, 'acme', row)
    await put(store, 'other', makeRow('s0', { status: 'active' }))
    const expectList = async (filter: Partial<ListQuery>, isWanted: (row: SessionRow) => boolean): Promise<void> => {
      const expected = all.filter(isWanted)
      for (const limit of [1, 7, 1_000]) {
        const found = await listAll(store, 'acme', limit, filter)
        expect(found).toEqual(expected)
        const page = await store.list({ tenant: 'acme', limit, ...filter })
        expect(page.rows.length).toBeLessThanOrEqual(limit)
      }
    }
    await expectList({ status: 'waiting' }, (row) => row.status === 'waiting')
    await expectList({ archived: true }, (row) => row.archived)
    await expectList({ archived: false }, (row) => !row.archived)
    await expectList({ metadata: { team: 'red' } }, (row) => row.metadata['team'] === 'red')
    await expectList(
      { metadata: { level: 3, done: true } },
      (row) => row.metadata['level'] === 3 && row.metadata['done'] === true,
    )
    await expectList({ metadata: {} }, () => true)
    // Another type, or a name that only the prototype has.
    await expectList({ metadata: { level: '3' } }, () => false)
    await expectList({ metadata: { done: 0 } }, () => false)
    await expectList({ metadata: { hasOwnProperty: 'no' } }, () => false)
    await expectList(
      { status: 'idle', archived: false, metadata: { team: 'blue' } },
      (row) => row.status === 'idle' && !row.archived && row.metadata['team'] === 'blue',
    )
  })

  test('P6b a list that leaves out most gets there by its cursor', async (store) => {
    const count = 2_500
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const row = makeRow(`s${index}`, { updatedAt: index, metadata: { rare: index % 1_200 === 7 } })
        await store.append(`acme!s${index}`, 0, { events: ['1'], row })
      }),
    )
    const found = await listAll(store, 'acme', 1, { metadata: { rare: true } })
    expect(found.map((row) => row.id)).toEqual(['s2407', 's1207', 's7'])
  })

  test('R3 sessions are due soonest first, and only once their time has come', async (store) => {
    const times = [5, 99_999, 100_000, 7, 1_700_000_000_000, 9, 10]
    for (const due of times) await put(store, 'acme', makeRow(`s${due}`, { due }))
    await put(store, 'acme', makeRow('never', { due: null }))
    const at = async (before: number, limit = 100): Promise<number[]> =>
      (await store.due(before, limit)).map((entry) => entry.at)
    expect(await at(4)).toEqual([])
    expect(await at(5)).toEqual([5])
    expect(await at(9)).toEqual([5, 7, 9])
    expect(await at(Number.MAX_SAFE_INTEGER)).toEqual([...times].sort((a, b) => a - b))
    expect(await at(Number.MAX_SAFE_INTEGER, 2)).toEqual([5, 7])
    expect((await store.due(5, 1))[0]?.key).toBe('acme!s5')
  })

  test('R3 a session is due at its newest time only', async (store) => {
    await put(store, 'acme', makeRow('s', { due: 5 }))
    await put(store, 'acme', makeRow('s', { due: 50 }))
    expect(await store.due(49, 10)).toEqual([])
    expect(await store.due(50, 10)).toEqual([{ key: 'acme!s', at: 50 }])
    await put(store, 'acme', makeRow('s', { due: null }))
    expect(await store.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([])
  })

  test('R2 work is found by agent, of all tenants, in order of the keys', async (store) => {
    const keys = ['acme!b', 'acme!a', 'acme!a1', 'acme!a:', 'Zeta!z', 'acme-2!a', 'acme!a/b', 'acme!A'] as const
    for (const key of keys) {
      const [tenant = '', id = ''] = key.split('!')
      await put(store, tenant, makeRow(id, { work: id === 'b' ? ['writer', 'critic'] : ['writer'] }))
    }
    await put(store, 'acme', makeRow('other', { work: ['writer-2', 'write'] }))
    for (const limit of [1, 3, 100]) expect(await workAll(store, 'writer', limit)).toEqual([...keys].sort())
    expect(await workAll(store, 'critic', 10)).toEqual(['acme!b'])
    expect(await workAll(store, 'nobody', 10)).toEqual([])
  })

  test('R2 work that is done is not found any more, and paging goes on behind it', async (store) => {
    for (const id of ['a', 'b', 'c', 'd']) await put(store, 'acme', makeRow(id, { work: ['writer'] }))
    expect(await store.work('writer', 2)).toEqual(['acme!a', 'acme!b'])
    await put(store, 'acme', makeRow('b', { work: [] }))
    await put(store, 'acme', makeRow('c', { work: ['critic'] }))
    expect(await store.work('writer', 2, 'acme!b')).toEqual(['acme!d'])
    expect(await store.work('writer', 10)).toEqual(['acme!a', 'acme!d'])
    expect(await store.work('critic', 10)).toEqual(['acme!c'])
  })
}

/** Appends one event with a row. */
async function put(store: Store, tenant: string, row: SessionRow): Promise<void> {
  const key = sessionKey(tenant, row.id)
  await store.append(key, await store.head(key), { events: makeEvents('put', 1), row })
}
