import { expect } from 'vitest'
import { everything, makeEvents, type StoreTests } from './fixture.ts'

const key = 'acme!chat-1'

export function readContract({ test }: StoreTests): void {
  test('S3 a read after k gives exactly k+1 and on', async (store) => {
    const events = makeEvents('event', 25)
    await store.append(key, 0, { events })
    for (let after = 0; after <= events.length; after += 1) {
      expect(await store.read(key, after, everything)).toEqual(events.slice(after))
    }
    expect(await store.read(key, 1_000, everything)).toEqual([])
  })

  test('S3 a read gives at most maxEvents', async (store) => {
    const events = makeEvents('event', 2_500)
    await store.append(key, 0, { events })
    for (const maxEvents of [1, 2, 999, 1_000, 1_001, 2_500, 2_501]) {
      expect(await store.read(key, 0, { ...everything, maxEvents })).toEqual(events.slice(0, maxEvents))
    }
    expect(await store.read(key, 2_499, { ...everything, maxEvents: 5 })).toEqual(events.slice(2_499))
  })

  test('S3 a read stops after the event that reaches maxChars, and gives one at least', async (store) => {
    const events = ['x', 'yy', 'zzz', 'w'].map((text) => JSON.stringify(text))
    const [first = '', second = ''] = events
    await store.append(key, 0, { events })
    const count = async (after: number, maxChars: number): Promise<number> =>
      (await store.read(key, after, { ...everything, maxChars })).length
    expect(await count(0, 0)).toBe(1)
    expect(await count(0, 1)).toBe(1)
    expect(await count(0, first.length)).toBe(1)
    expect(await count(0, first.length + 1)).toBe(2)
    expect(await count(0, first.length + second.length)).toBe(2)
    expect(await count(0, 1_000)).toBe(4)
    expect(await count(3, 1)).toBe(1)
    expect(await count(4, 1)).toBe(0)
  })

  test('S3 reads in pieces give the whole log once', async (store) => {
    const events = makeEvents('event', 300)
    await store.append(key, 0, { events })
    const found: string[] = []
    for (;;) {
      const piece = await store.read(key, found.length, { maxEvents: 37, maxChars: 200 })
      if (piece.length === 0) break
      found.push(...piece)
    }
    expect(found).toEqual(events)
  })

  test('S2 the newest snapshot is kept, in whatever order they come', async (store) => {
    await store.append(key, 0, { events: makeEvents('event', 30) })
    await store.putSnapshot(key, { seq: 10, state: '{"at":10}' })
    expect(await store.getSnapshot(key)).toEqual({ seq: 10, state: '{"at":10}' })
    await store.putSnapshot(key, { seq: 5, state: '{"at":5}' })
    expect(await store.getSnapshot(key)).toEqual({ seq: 10, state: '{"at":10}' })
    await Promise.all(
      [20, 30, 15, 25].map((seq) => store.putSnapshot(key, { seq, state: JSON.stringify({ at: seq }) })),
    )
    expect(await store.getSnapshot(key)).toEqual({ seq: 30, state: '{"at":30}' })
  })

  test('S2 a snapshot is never ahead of the log', async (store) => {
    await store.putSnapshot(key, { seq: 3, state: '"of nothing"' })
    expect(await store.getSnapshot(key)).toBeUndefined()
    await store.append(key, 0, { events: makeEvents('event', 2) })
    await store.putSnapshot(key, { seq: 3, state: '"of an earlier session with this id"' })
    expect(await store.getSnapshot(key)).toBeUndefined()
    await store.putSnapshot(key, { seq: 2, state: '"right"' })
    expect(await store.getSnapshot(key)).toEqual({ seq: 2, state: '"right"' })
  })

  test('S2 a snapshot and what follows it make the whole, also while events arrive', async (store) => {
    for (let seq = 0; seq < 30; seq += 1) {
      const append = store.append(key, seq, { events: makeEvents(`at ${seq}`, 1) })
      const snapshot = await store.getSnapshot(key)
      const rest = await store.read(key, snapshot?.seq ?? 0, everything)
      expect((snapshot?.seq ?? 0) + rest.length).toBeGreaterThanOrEqual(seq)
      await append
      await store.putSnapshot(key, { seq: seq + 1, state: JSON.stringify(`state ${seq + 1}`) })
    }
    expect(await store.getSnapshot(key)).toEqual({ seq: 30, state: '"state 30"' })
  })

  test('S2 a large snapshot comes back whole', async (store) => {
    const state = JSON.stringify({ text: 'état : 👍 '.repeat(100_000) })
    await store.append(key, 0, { events: makeEvents('event', 1) })
    await store.putSnapshot(key, { seq: 1, state })
    expect((await store.getSnapshot(key))?.state).toBe(state)
  })

  test('S2a message rows are read by page, newest first to last page', async (store) => {
    // Positions have gaps: not every event is a message.
    const messages = Array.from({ length: 25 }, (_, index) => ({
      seq: 1 + index * 40,
      json: JSON.stringify(`m${index}`),
    }))
    await store.append(key, 0, { events: makeEvents('event', 1_000), messages: messages.slice(0, 10) })
    await store.append(key, 1_000, { events: makeEvents('more', 1), messages: messages.slice(10) })

    expect(await store.readMessages(key, Number.MAX_SAFE_INTEGER, 10)).toEqual(messages.slice(15))
    expect(await store.readMessages(key, 601, 10)).toEqual(messages.slice(5, 15))
    expect(await store.readMessages(key, 201, 10)).toEqual(messages.slice(0, 5))
    expect(await store.readMessages(key, 202, 1)).toEqual(messages.slice(5, 6))
    expect(await store.readMessages(key, 1, 10)).toEqual([])
  })

  test('S2a a message row at the same position is replaced', async (store) => {
    await store.append(key, 0, { events: makeEvents('event', 3), messages: [{ seq: 2, json: '"old"' }] })
    await store.append(key, 3, { events: makeEvents('more', 1), messages: [{ seq: 2, json: '"new"' }] })
    expect(await store.readMessages(key, 10, 10)).toEqual([{ seq: 2, json: '"new"' }])
  })
}
