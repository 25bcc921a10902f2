import { expect } from 'vitest'
import type { Redaction, Snapshot, Store } from '@headrace/core'
import { everything, makeRow, searchAll, type StoreTests } from './fixture.ts'

const key = 'acme!chat-1'
const empty: Redaction = { events: [], messages: [], snapshot: stateAt(1) }

export function redactionContract({ test, testReopen }: StoreTests): void {
  test('S5b a redaction replaces events, messages and states where they are, and nothing else', async (store) => {
    const row = makeRow('chat-1', { due: 7, messages: 3 })
    await fill(store, { row })
    await store.putSnapshot(key, { seq: 9, state: '"secret"' })
    await store.redact(key, {
      events: [
        { seq: 3, json: '"***"' },
        { seq: 10, json: '"*"' },
      ],
      messages: [{ seq: 3, json: '"m***"' }],
      snapshot: stateAt(10),
    })
    const events = (await store.read(key, 0, everything)).map((json) => JSON.parse(json) as string)
    expect(events).toEqual(['e1', 'e2', '***', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9', '*'])
    expect(await store.readMessages(key, 100, 10)).toEqual([
      { seq: 1, json: '"m1"' },
      { seq: 3, json: '"m***"' },
      { seq: 5, json: '"m5"' },
    ])
    expect(await store.getSnapshot(key)).toEqual(stateAt(10))
    expect([await store.head(key), await store.floor(key)]).toEqual([10, 0])
    expect(await store.row(key)).toEqual(row)
    await store.append(key, 10, { events: ['"e11"'] })
    expect(await store.read(key, 9, everything)).toEqual(['"*"', '"e11"'])
  })

  test('S5b the snapshot of a redaction stays, also where a newer one was', async (store) => {
    await fill(store)
    await store.putSnapshot(key, { seq: 9, state: '"secret"' })
    await store.redact(key, { ...empty, snapshot: stateAt(4) })
    expect(await store.getSnapshot(key)).toEqual(stateAt(4))
    await store.putSnapshot(key, { seq: 3, state: '"older"' })
    expect(await store.getSnapshot(key)).toEqual(stateAt(4))
    await store.putSnapshot(key, { seq: 10, state: '"newer"' })
    expect(await store.getSnapshot(key)).toEqual({ seq: 10, state: '"newer"' })
  })

  test('S5b a redacted message is not found by what it said', async (store) => {
    await fill(store)
    const found = (word: string): Promise<string[]> => searchAll(store, { tenant: 'acme', words: [word], limit: 1 })
    expect(await found('said')).toEqual(['chat-1 5', 'chat-1 3', 'chat-1 1'])
    await store.redact(key, {
      ...empty,
      messages: [
        { seq: 1, json: '"*"' },
        { seq: 3, json: '"*"' },
      ],
      words: [{ seq: 3, at: 3, words: ['public'] }],
    })
    expect([await found('said'), await found('public')]).toEqual([['chat-1 5'], ['chat-1 3']])
    // One that is not replaced, for example because it is hot.
    await store.redact(key, { ...empty, words: [{ seq: 5, at: 5, words: [] }] })
    expect([await found('said'), await found('')]).toEqual([[], ['chat-1 3']])
  })

  test('S5b the state at the floor is replaced, or dropped', async (store) => {
    await fill(store)
    await store.compact(key, { floor: { seq: 4, state: '"secret"' }, drop: [[2, 3]] })
    await store.redact(key, { ...empty, snapshot: stateAt(8), floor: stateAt(4) })
    expect(await store.floorSnapshot(key)).toEqual(stateAt(4))
    await store.redact(key, { ...empty, snapshot: stateAt(4) })
    expect(await store.floorSnapshot(key)).toBeUndefined()
    expect([await store.floor(key), await store.getSnapshot(key)]).toEqual([4, stateAt(4)])
    expect(await store.read(key, 0, everything)).toHaveLength(8)
    await store.redact(key, { ...empty, snapshot: stateAt(5) })
    expect(await store.floorSnapshot(key)).toBeUndefined()
    await store.compact(key, { floor: stateAt(6), drop: [] })
    expect(await store.floorSnapshot(key)).toEqual(stateAt(6))
  })

  test('S5b a redaction that does not fit is refused and changes nothing', async (store) => {
    await fill(store)
    await store.compact(key, { floor: stateAt(4), drop: [[2, 3]] })
    const snapshot = stateAt(10)
    const good = { events: [{ seq: 1, json: '"*"' }], messages: [{ seq: 1, json: '"*"' }], snapshot }
    const refused: readonly Redaction[] = [
      { ...good, events: [...good.events, { seq: 2, json: '"*"' }] },
      { ...good, events: [...good.events, { seq: 11, json: '"*"' }] },
      { ...good, events: [...good.events, { seq: 0, json: '"*"' }] },
      { ...good, messages: [...good.messages, { seq: 2, json: '"*"' }] },
      { ...good, snapshot: stateAt(3) },
      { ...good, snapshot: stateAt(11) },
      { ...good, floor: stateAt(5) },
      { ...good, floor: stateAt(3) },
    ]
    for (const redaction of refused) {
      await expect(store.redact(key, redaction)).rejects.toMatchObject({ name: 'HeadraceError', code: 'bad_request' })
    }
    // It was made before the floor came to be where it is.
    const since = { floor: 3, snapshot: 4 }
    await expect(store.redact(key, { ...good, since })).rejects.toMatchObject({ code: 'version_conflict' })
    expect(await store.read(key, 0, { ...everything, maxEvents: 1 })).toEqual(['"e1"'])
    expect((await store.readMessages(key, 2, 1))[0]?.json).toBe('"m1"')
    expect([await store.getSnapshot(key), await store.floorSnapshot(key)]).toEqual([stateAt(4), stateAt(4)])
    expect(await searchAll(store, { tenant: 'acme', words: ['said'], limit: 10 })).toHaveLength(3)
    // Without a floor there is no state at it.
    await store.append('acme!other', 0, { events: ['"e1"'] })
    await expect(store.redact('acme!other', { ...empty, floor: stateAt(1) })).rejects.toMatchObject({
      code: 'bad_request',
    })
    await expect(store.redact('acme!nobody', empty)).rejects.toMatchObject({ code: 'session_not_found' })
  })

  test('S5b redactions, appends and reads go on together, and each redaction is seen whole', async (store) => {
    await fill(store)
    let isBusy = true
    const redacting = (async (): Promise<void> => {
      for (let round = 1; round <= 20; round += 1) {
        const events = Array.from({ length: 10 }, (_, index) => ({ seq: index + 1, json: JSON.stringify(round) }))
        await store.redact(key, { ...empty, events, messages: [{ seq: 1, json: JSON.stringify(round) }] })
      }
      isBusy = false
    })()
    let newest = 0
    for (let head = 10; isBusy; head += 1) {
      const [events] = await Promise.all([
        store.read(key, 0, { ...everything, maxEvents: 10 }),
        store.append(key, head, { events: ['"more"'] }),
      ])
      if (events[0] !== '"e1"') {
        expect(new Set(events).size).toBe(1)
        expect(Number(events[0])).toBeGreaterThanOrEqual(newest)
        newest = Number(events[0])
      }
    }
    await redacting
    expect(new Set(await store.read(key, 0, { ...everything, maxEvents: 10 }))).toEqual(new Set(['20']))
  })

  testReopen('S5b a redaction is the same after a reopen', async (store, reopen) => {
    await fill(store)
    await store.compact(key, { floor: { seq: 4, state: '"secret"' }, drop: [[2, 3]] })
    await store.redact(key, {
      events: [{ seq: 7, json: '"***"' }],
      messages: [{ seq: 5, json: '"m***"' }],
      snapshot: stateAt(10),
    })
    const again = await reopen()
    expect((await again.read(key, 6, everything))[0]).toBe('"***"')
    expect(await again.readMessages(key, 100, 1)).toEqual([{ seq: 5, json: '"m***"' }])
    expect([await again.getSnapshot(key), await again.floorSnapshot(key)]).toEqual([stateAt(10), undefined])
    expect(await searchAll(again, { tenant: 'acme', words: ['said'], limit: 1 })).toEqual(['chat-1 3', 'chat-1 1'])
  })
}

/** Events e1 to e10, and messages at 1, 3 and 5. */
async function fill(store: Store, more: { readonly row?: ReturnType<typeof makeRow> } = {}): Promise<void> {
  const seqs = [1, 3, 5]
  await store.append(key, 0, {
    events: Array.from({ length: 10 }, (_, index) => JSON.stringify(`e${index + 1}`)),
    messages: seqs.map((seq) => ({ seq, json: JSON.stringify(`m${seq}`) })),
    words: seqs.map((seq) => ({ seq, at: seq, words: ['said', `word${seq}`] })),
    ...more,
  })
}

function stateAt(seq: number): Snapshot {
  return { seq, state: JSON.stringify({ at: seq }) }
}
