import { expect } from 'vitest'
import type { Snapshot, Store } from '@headrace/core'
import { conflictOf, everything, makeEvents, makeRow, seqEvents, seqsOf, type StoreTests } from './fixture.ts'

const key = 'acme!chat-1'

export function compactionContract(tests: StoreTests): void {
  compactTests(tests)
  floorTests(tests)
  beginTests(tests)
}

function compactTests({ test, testReopen }: StoreTests): void {
  test('S4a compaction drops the ranges that it is given and leaves the rest, head and row', async (store) => {
    const row = makeRow('chat-1', { due: 5, work: ['writer'] })
    await store.append(key, 0, { events: seqEvents(0, 30), row, messages: [{ seq: 4, json: '"four"' }] })
    await store.compact(key, {
      floor: stateAt(20),
      drop: [
        [12, 14],
        [1, 3],
        [13, 17],
        [20, 20],
      ],
    })

    expect(await seqsAfter(store, 0)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 18, 19, ...seqs(21, 30)])
    expect(await store.head(key)).toBe(30)
    expect(await store.floor(key)).toBe(20)
    expect(await store.row(key)).toEqual(row)
    expect(await store.readMessages(key, 100, 10)).toEqual([{ seq: 4, json: '"four"' }])
    expect(await conflictOf(store.append(key, 20, { events: makeEvents('wrong', 1) }))).toBe(30)
    await store.append(key, 30, { events: seqEvents(30, 1) })
    expect(await seqsAfter(store, 29)).toEqual([30, 31])
  })

  test('S4a a read gives what is left at or below the floor, then everything above it', async (store) => {
    await store.append(key, 0, { events: seqEvents(0, 40) })
    await store.compact(key, {
      floor: stateAt(30),
      drop: [
        [2, 9],
        [11, 28],
      ],
    })
    const left = [1, 10, 29, 30, ...seqs(31, 40)]
    for (let after = 0; after <= 41; after += 1) {
      expect(await seqsAfter(store, after)).toEqual(left.filter((seq) => seq > after))
      expect(seqsOf(await store.read(key, after, { ...everything, maxEvents: 3 }))).toEqual(
        left.filter((seq) => seq > after).slice(0, 3),
      )
      expect(await store.read(key, after, { ...everything, maxChars: 1 })).toHaveLength(after < 40 ? 1 : 0)
    }
    const pieces: number[] = []
    for (;;) {
      const piece = seqsOf(await store.read(key, pieces.at(-1) ?? 0, { maxEvents: 4, maxChars: 25 }))
      if (piece.length === 0) break
      pieces.push(...piece)
    }
    expect(pieces).toEqual(left)
  })

  test('S4a a log can be compacted whole, and goes on', async (store) => {
    await store.append(key, 0, { events: seqEvents(0, 10) })
    await store.compact(key, { floor: stateAt(10), drop: [[1, 10]] })
    expect([await store.head(key), await store.floor(key)]).toEqual([10, 10])
    expect(await store.read(key, 0, everything)).toEqual([])
    await store.append(key, 10, { events: seqEvents(10, 2) })
    expect(await seqsAfter(store, 0)).toEqual([11, 12])
    expect(await seqsAfter(store, 10)).toEqual([11, 12])
  })

  test('S4a compaction again drops more', async (store) => {
    await store.append(key, 0, { events: seqEvents(0, 30) })
    await store.compact(key, { floor: stateAt(10), drop: [[2, 9]] })
    await store.compact(key, {
      floor: stateAt(20),
      drop: [
        [1, 8],
        [15, 20],
      ],
    })
    expect(await seqsAfter(store, 0)).toEqual([10, 11, 12, 13, 14, ...seqs(21, 30)])
    expect(await store.floorSnapshot(key)).toEqual(stateAt(20))
  })

  test('S4a compaction that does not fit the log is refused and changes nothing', async (store) => {
    await store.append(key, 0, { events: seqEvents(0, 10) })
    const refused = [
      { floor: stateAt(11), drop: [] },
      { floor: stateAt(0), drop: [] },
      { floor: stateAt(1.5), drop: [] },
      { floor: stateAt(5), drop: [[4, 6]] },
      { floor: stateAt(5), drop: [[3, 2]] },
      { floor: stateAt(5), drop: [[0, 2]] },
    ] as const
    for (const compaction of refused) {
      await expect(store.compact(key, compaction)).rejects.toMatchObject({ name: 'HeadraceError', code: 'bad_request' })
    }
    expect([await store.floor(key), await store.floorSnapshot(key)]).toEqual([0, undefined])
    expect(await seqsAfter(store, 0)).toEqual(seqs(1, 10))
    await expect(store.compact('acme!nobody', { floor: stateAt(1), drop: [] })).rejects.toMatchObject({
      code: 'session_not_found',
    })
    expect(await store.head('acme!nobody')).toBe(0)
  })

  test('S4a while appends and reads go on, a compaction is seen whole or not at all', async (store) => {
    const size = 3_500
    await store.append(key, 0, { events: seqEvents(0, size) })
    const drop = Array.from({ length: 30 }, (_, index) => [index * 100 + 2, index * 100 + 100] as const)
    const left = new Set(seqs(1, 3_000).filter((seq) => seq % 100 === 1))
    let isCompacting = true
    const compacting = store.compact(key, { floor: stateAt(3_000), drop }).finally(() => (isCompacting = false))
    const seen = new Set<number>()
    for (let head = size; isCompacting; head += 1) {
      const [found] = await Promise.all([seqsAfter(store, 0), store.append(key, head, { events: seqEvents(head, 1) })])
      const below = found.filter((seq) => seq <= 3_000)
      seen.add(below.length)
      expect([3_000, 30]).toContain(below.length)
      if (below.length === 30) expect(below.every((seq) => left.has(seq))).toBe(true)
      const above = found.filter((seq) => seq > 3_000)
      expect(above).toEqual(seqs(3_001, 3_000 + above.length))
      expect(above.length).toBeGreaterThanOrEqual(head - 3_000)
    }
    await compacting
    expect((await seqsAfter(store, 0)).filter((seq) => seq <= 3_000)).toEqual([...left])
  })

  test('S4a a purge during a compaction leaves nothing, and what comes after is whole', async (store) => {
    for (let round = 0; round < 5; round += 1) {
      await store.append(key, 0, { events: seqEvents(0, 2_500) })
      const compacting = store.compact(key, { floor: stateAt(2_400), drop: [[1, 2_300]] }).catch((thrown: unknown) => {
        expect(thrown).toMatchObject({ code: 'session_not_found' })
      })
      // At several moments of it.
      for (let wait = 0; wait < round * 3; wait += 1) await store.head(key)
      const purging = store.purge(key)
      await Promise.all([compacting, purging])
      expect([await store.head(key), await store.floor(key)]).toEqual([0, 0])
      expect([await store.getSnapshot(key), await store.floorSnapshot(key)]).toEqual([undefined, undefined])
      await store.append(key, 0, { events: seqEvents(0, 3) })
      expect(await seqsAfter(store, 0)).toEqual([1, 2, 3])
      await store.purge(key)
    }
  })

  testReopen('S4a a compacted log is the same after a reopen', async (store, reopen) => {
    await store.append(key, 0, { events: seqEvents(0, 3_000) })
    await store.append('acme!whole', 0, { events: seqEvents(0, 10) })
    await store.compact(key, { floor: stateAt(2_900), drop: [[2, 2_899]] })
    await store.compact('acme!whole', { floor: stateAt(10), drop: [[1, 10]] })
    await store.append('acme!newer', 0, { events: seqEvents(0, 20) })
    await store.putSnapshot('acme!newer', stateAt(20))
    const again = await reopen()
    expect(await seqsAfter(again, 0)).toEqual([1, 2_900, ...seqs(2_901, 3_000)])
    expect([await again.head(key), await again.floor(key)]).toEqual([3_000, 2_900])
    expect(await again.floorSnapshot(key)).toEqual(stateAt(2_900))
    expect([await again.head('acme!whole'), await again.floor('acme!whole')]).toEqual([10, 10])
    await again.append('acme!whole', 10, { events: seqEvents(10, 1) })
    // Nobody has asked for its newest state since.
    await again.compact('acme!newer', { floor: stateAt(15), drop: [[1, 15]] })
    expect([await again.getSnapshot('acme!newer'), await again.floorSnapshot('acme!newer')]).toEqual([
      stateAt(20),
      stateAt(15),
    ])
    await again.append(key, 3_000, { events: seqEvents(3_000, 1) })
    expect(await seqsAfter(again, 2_999)).toEqual([3_000, 3_001])
  })
}

function floorTests({ test }: StoreTests): void {
  test('S4b a floor only moves up, and the same again changes nothing', async (store) => {
    await store.append(key, 0, { events: seqEvents(0, 20) })
    expect([await store.floor(key), await store.floorSnapshot(key)]).toEqual([0, undefined])
    await store.compact(key, { floor: stateAt(10), drop: [[1, 5]] })
    for (const seq of [10, 9, 1]) {
      await store.compact(key, { floor: { seq, state: '"other"' }, drop: [[seq, seq]] })
      expect(await store.floor(key)).toBe(10)
      expect(await store.floorSnapshot(key)).toEqual(stateAt(10))
      expect(await seqsAfter(store, 0)).toEqual(seqs(6, 20))
    }
    await store.compact(key, { floor: stateAt(11), drop: [] })
    expect(await store.floor(key)).toBe(11)
    expect(await seqsAfter(store, 0)).toEqual(seqs(6, 20))
    // Of several at once the highest stays.
    await Promise.all([13, 15, 12, 14].map((seq) => store.compact(key, { floor: stateAt(seq), drop: [[6, seq]] })))
    expect(await store.floorSnapshot(key)).toEqual(stateAt(15))
    expect(await seqsAfter(store, 0)).toEqual(seqs(16, 20))
  })

  test('S4b no snapshot is older than the floor, and a newer one leaves the state at the floor', async (store) => {
    await store.append(key, 0, { events: seqEvents(0, 20) })
    await store.putSnapshot(key, { seq: 5, state: '"old"' })
    await store.compact(key, { floor: stateAt(10), drop: [[1, 9]] })
    expect(await store.getSnapshot(key)).toEqual(stateAt(10))
    await store.putSnapshot(key, { seq: 7, state: '"older"' })
    expect(await store.getSnapshot(key)).toEqual(stateAt(10))
    await store.putSnapshot(key, { seq: 15, state: '"newer"' })
    expect(await store.getSnapshot(key)).toEqual({ seq: 15, state: '"newer"' })
    expect(await store.floorSnapshot(key)).toEqual(stateAt(10))
    await store.compact(key, { floor: stateAt(12), drop: [] })
    expect(await store.getSnapshot(key)).toEqual({ seq: 15, state: '"newer"' })
    expect(await store.floorSnapshot(key)).toEqual(stateAt(12))
  })

  test('S4b while floors move, snapshot and floor are never apart', async (store) => {
    await store.append(key, 0, { events: seqEvents(0, 100) })
    let isMoving = true
    const moving = (async (): Promise<void> => {
      for (let seq = 1; seq <= 100; seq += 1) await store.compact(key, { floor: stateAt(seq), drop: [[seq, seq]] })
      isMoving = false
    })()
    while (isMoving) {
      const before = await store.floor(key)
      const [newest, atFloor] = await Promise.all([store.getSnapshot(key), store.floorSnapshot(key)])
      expect(newest?.seq ?? 0).toBeGreaterThanOrEqual(before)
      expect(atFloor?.seq ?? 0).toBeGreaterThanOrEqual(before)
      const rest = await seqsAfter(store, newest?.seq ?? 0)
      // Whoever finds a gap can tell it from damage: by now it is below the floor.
      const floor = await store.floor(key)
      expect(rest.filter((seq) => seq > floor)).toEqual(seqs(Math.max(newest?.seq ?? 0, floor) + 1, 100))
    }
    await moving
  })
}

function beginTests({ test, testReopen }: StoreTests): void {
  test('S4c a log can begin in the middle', async (store) => {
    const row = makeRow('chat-1', { due: 7 })
    await store.begin(key, stateAt(1_000_000), {
      events: seqEvents(1_000_000, 2),
      row,
      messages: [{ seq: 9, json: '9' }],
    })
    await store.begin('acme!bare', stateAt(41))

    expect([await store.head(key), await store.floor(key)]).toEqual([1_000_002, 1_000_000])
    expect(await store.row(key)).toEqual(row)
    expect(await store.due(7, 1)).toEqual([{ key, at: 7 }])
    expect(await store.readMessages(key, 10, 10)).toEqual([{ seq: 9, json: '9' }])
    expect(await store.getSnapshot(key)).toEqual(stateAt(1_000_000))
    expect(await store.floorSnapshot(key)).toEqual(stateAt(1_000_000))
    for (const after of [0, 999_999, 1_000_000]) expect(await seqsAfter(store, after)).toEqual([1_000_001, 1_000_002])

    expect([await store.head('acme!bare'), await store.floor('acme!bare')]).toEqual([41, 41])
    expect(await store.read('acme!bare', 0, everything)).toEqual([])
    expect(await conflictOf(store.append('acme!bare', 0, { events: makeEvents('wrong', 1) }))).toBe(41)
    await store.append('acme!bare', 41, { events: seqEvents(41, 1) })
    expect(seqsOf(await store.read('acme!bare', 41, everything))).toEqual([42])
  })

  test('S4c a session that exists is not begun again', async (store) => {
    await store.append(key, 0, { events: seqEvents(0, 3) })
    expect(await conflictOf(store.begin(key, stateAt(10)))).toBe(3)
    expect([await store.head(key), await store.floor(key)]).toEqual([3, 0])
    await store.begin('acme!fork', stateAt(5))
    expect(await conflictOf(store.begin('acme!fork', stateAt(5)))).toBe(5)
    for (const seq of [0, -1, 0.5]) {
      await expect(store.begin('acme!other', stateAt(seq))).rejects.toMatchObject({ code: 'bad_request' })
    }
    const outcomes = await Promise.allSettled([1, 2, 3].map((seq) => store.begin('acme!race', stateAt(seq))))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('S4c what began in the middle is purged whole, and its id begins at 1 again', async (store) => {
    await store.begin(key, stateAt(50), { events: seqEvents(50, 2), row: makeRow('chat-1') })
    await store.purge(key)
    expect([await store.head(key), await store.floor(key)]).toEqual([0, 0])
    expect([await store.getSnapshot(key), await store.floorSnapshot(key)]).toEqual([undefined, undefined])
    await store.append(key, 0, { events: seqEvents(0, 2) })
    expect(await seqsAfter(store, 0)).toEqual([1, 2])
    await store.purge(key)
    await store.begin(key, stateAt(3))
    expect([await store.head(key), await store.floor(key)]).toEqual([3, 3])
  })

  testReopen('S4c what began in the middle goes on after a reopen', async (store, reopen) => {
    await store.begin(key, stateAt(50))
    await store.begin('acme!more', stateAt(50), { events: seqEvents(50, 3) })
    const again = await reopen()
    expect([await again.head(key), await again.floor(key)]).toEqual([50, 50])
    expect(await again.getSnapshot(key)).toEqual(stateAt(50))
    expect([await again.head('acme!more'), await again.floor('acme!more')]).toEqual([53, 50])
    await again.append(key, 50, { events: seqEvents(50, 1) })
    expect(await seqsAfter(again, 0)).toEqual([51])
  })
}

function stateAt(seq: number): Snapshot {
  return { seq, state: JSON.stringify({ at: seq }) }
}

function seqs(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}

async function seqsAfter(store: Store, after: number): Promise<number[]> {
  return seqsOf(await store.read(key, after, everything))
}
