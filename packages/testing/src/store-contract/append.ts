import { expect } from 'vitest'
import { AppendConflict, type Store } from '@headrace/core'
import { conflictOf, everything, makeEvents, makeRow, type StoreTests } from './fixture.ts'

const key = 'acme!chat-1'

export function appendContract({ test }: StoreTests): void {
  test('L1 a session that nobody wrote to has an empty log', async (store) => {
    expect(await store.head(key)).toBe(0)
    expect(await store.read(key, 0, everything)).toEqual([])
    expect(await store.row(key)).toBeUndefined()
    expect(await store.getSnapshot(key)).toBeUndefined()
    expect(await store.readMessages(key, 10, 10)).toEqual([])
  })

  test('L1 seq is dense from 1 over batches of any size', async (store) => {
    const events = makeEvents('event', 1_111)
    for (const [from, to] of [
      [0, 1],
      [1, 11],
      [11, 111],
      [111, 1_111],
    ] as const) {
      await store.append(key, from, { events: events.slice(from, to) })
      expect(await store.head(key)).toBe(to)
    }
    expect(await store.read(key, 0, everything)).toEqual(events)
  })

  test('L5 events come back character by character', async (store) => {
    const texts = [
      'ASCII',
      'nul \u0000 and separators \u2028 \u2029',
      'emoji 👩‍👩‍👧 and a lone surrogate \ud800',
      '"quotes" \\ and % _ !',
      '',
      'x'.repeat(262_144),
    ]
    const events = texts.map((text) => JSON.stringify(text))
    await store.append(key, 0, { events })
    expect(await store.read(key, 0, everything)).toEqual(events)
  })

  test('L2 an append that resolved is there for every read', async (store) => {
    for (let seq = 0; seq < 20; seq += 1) {
      await store.append(key, seq, { events: makeEvents(`at ${seq}`, 1) })
      const [head, events] = await Promise.all([store.head(key), store.read(key, seq, everything)])
      expect({ head, events }).toEqual({ head: seq + 1, events: makeEvents(`at ${seq}`, 1) })
    }
  })

  test('L2 a batch is seen whole or not at all', async (store) => {
    const size = 7
    let isWriting = true
    const writing = (async (): Promise<void> => {
      for (let batch = 0; batch < 30; batch += 1) {
        const seq = batch * size
        await store.append(key, seq, {
          events: makeEvents(`batch ${batch}`, size),
          row: makeRow('chat-1', { messages: seq + size }),
          messages: [{ seq: seq + 1, json: JSON.stringify(`message ${batch}`) }],
        })
      }
      isWriting = false
    })()
    while (isWriting) {
      // In this order what is read later is never older.
      const events = await store.read(key, 0, everything)
      const row = await store.row(key)
      const messages = await store.readMessages(key, Number.MAX_SAFE_INTEGER, 1_000)
      expect(events.length % size).toBe(0)
      expect(row?.messages ?? 0).toBeGreaterThanOrEqual(events.length)
      expect(messages.length * size).toBeGreaterThanOrEqual(row?.messages ?? 0)
    }
    await writing
    expect(await store.head(key)).toBe(30 * size)
  })

  test('L3 an append that does not continue the log is a conflict and writes nothing', async (store) => {
    await store.append(key, 0, { events: makeEvents('first', 3), row: makeRow('chat-1', { messages: 3 }) })
    for (const expectedSeq of [0, 1, 2, 4, 1_000]) {
      const append = store.append(key, expectedSeq, {
        events: makeEvents('wrong', 2),
        row: makeRow('chat-1', { messages: 99, work: ['writer'], due: 1 }),
        messages: [{ seq: 1, json: '"wrong"' }],
      })
      expect(await conflictOf(append)).toBe(3)
    }
    expect(await store.read(key, 0, everything)).toEqual(makeEvents('first', 3))
    expect(await store.row(key)).toEqual(makeRow('chat-1', { messages: 3 }))
    expect(await store.readMessages(key, 10, 10)).toEqual([])
    expect(await store.work('writer', 10)).toEqual([])
    expect(await store.due(10, 10)).toEqual([])
  })

  test('L3 the same append again is a conflict, so a retry never applies twice', async (store) => {
    const batch = { events: makeEvents('once', 2) }
    await store.append(key, 0, batch)
    expect(await conflictOf(store.append(key, 0, batch))).toBe(2)
    expect(await store.read(key, 0, everything)).toEqual(batch.events)
  })

  test('L3 of appends after the same seq exactly one wins, and the others can read as far as they are told', async (store) => {
    for (let round = 0; round < 20; round += 1) {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, async (_, writer) => {
          try {
            await store.append(key, round, { events: [JSON.stringify(`round ${round} writer ${writer}`)] })
            return writer
          } catch (thrown) {
            if (!(thrown instanceof AppendConflict)) throw thrown
            expect(thrown.actual).toBe(round + 1)
            expect(await store.head(key)).toBe(round + 1)
            expect(await store.read(key, round, everything)).toHaveLength(1)
            return undefined
          }
        }),
      )
      const winners = outcomes.filter((writer) => writer !== undefined)
      expect(winners).toHaveLength(1)
      expect(await store.read(key, round, everything)).toEqual([JSON.stringify(`round ${round} writer ${winners[0]}`)])
    }
  })

  test('L3 writers that race and retry lose nothing and write nothing twice', async (store) => {
    const writers = 8
    const each = 15
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let number = 0; number < each; number += 1) await appendAtEnd(store, JSON.stringify([writer, number]))
      }),
    )
    const events = await store.read(key, 0, everything)
    expect(events).toHaveLength(writers * each)
    for (let writer = 0; writer < writers; writer += 1) {
      const own = events.map((event) => JSON.parse(event) as [number, number]).filter(([from]) => from === writer)
      expect(own.map(([, number]) => number)).toEqual(Array.from({ length: each }, (_, number) => number))
    }
  })

  test('L1 many sessions at once stay apart', async (store) => {
    const keys = Array.from({ length: 200 }, (_, index) => `acme!session-${index}` as const)
    await Promise.all(
      keys.map(async (session) => {
        for (let seq = 0; seq < 5; seq += 1)
          await store.append(session, seq, { events: [JSON.stringify([session, seq])] })
      }),
    )
    for (const session of keys) {
      const expected = Array.from({ length: 5 }, (_, seq) => JSON.stringify([session, seq]))
      expect(await store.read(session, 0, everything)).toEqual(expected)
    }
  })

  async function appendAtEnd(store: Store, event: string): Promise<void> {
    for (let seq = await store.head(key); ;) {
      try {
        await store.append(key, seq, { events: [event] })
        return
      } catch (thrown) {
        if (!(thrown instanceof AppendConflict)) throw thrown
        seq = thrown.actual
      }
    }
  }
}
