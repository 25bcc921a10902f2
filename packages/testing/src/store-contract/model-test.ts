import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AppendConflict,
  sessionKey,
  type Redaction,
  type SessionKey,
  type SessionRow,
  type Snapshot,
  type Store,
} from '@headrace/core'
import { inboxAll, listAll, makeRow, searchAll, workAll, type OpenStore } from './fixture.ts'
import { StoreModel } from './model.ts'

const tenants = ['a', 'a1']
const ids = ['s', 's1', 's:', 'S']
const vocabulary = ['plan', 'plane', 'planet', 'a', 'an']
const agents = ['writer', 'critic']
const actors = ['user:ada', 'user:bob', '*']

/** A step of the test. Numbers are bent to fit the state in which the step finds the session. */
type Step =
  | {
      readonly do: 'append'
      readonly key: SessionKey
      readonly off: number
      readonly size: number
      readonly row: RowFields
      readonly at: number
      readonly words: readonly string[]
    }
  | {
      readonly do: 'read'
      readonly key: SessionKey
      readonly after: number
      readonly maxEvents: number
      readonly maxChars: number
    }
  | { readonly do: 'messages'; readonly key: SessionKey; readonly before: number; readonly limit: number }
  | { readonly do: 'snapshot'; readonly key: SessionKey; readonly seq: number }
  | { readonly do: 'begin'; readonly key: SessionKey; readonly floor: number; readonly size: number }
  | {
      readonly do: 'compact'
      readonly key: SessionKey
      readonly floor: number
      readonly drop: readonly (readonly [number, number])[]
    }
  | { readonly do: 'redact'; readonly key: SessionKey; readonly pick: number; readonly withFloor: boolean }
  | { readonly do: 'lists'; readonly limit: number; readonly time: number }
  | { readonly do: 'purge'; readonly key: SessionKey }
  | { readonly do: 'reopen' }

type RowFields = Pick<SessionRow, 'updatedAt' | 'due' | 'work' | 'status' | 'archived' | 'inbox'> | null

const key = fc.tuple(fc.constantFrom(...tenants), fc.constantFrom(...ids)).map(([tenant, id]) => sessionKey(tenant, id))
const time = fc.integer({ min: 0, max: 12 })
const row: fc.Arbitrary<RowFields> = fc.option(
  fc.record({
    updatedAt: time,
    due: fc.option(time),
    work: fc.subarray(agents),
    status: fc.constantFrom('active', 'idle'),
    archived: fc.boolean(),
    inbox: fc.array(
      fc.record({ kind: fc.constant('unread'), for: fc.constantFrom(...actors), ref: fc.constant('m'), at: time }),
      { maxLength: 3 },
    ),
  }),
)
const small = fc.integer({ min: 0, max: 12 })
const limit = fc.integer({ min: 1, max: 5 })

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      key,
      // Mostly the right place.
      off: fc.constantFrom(0, 0, 0, 0, -1, 1),
      size: fc.integer({ min: 1, max: 4 }),
      row,
      at: small,
      words: fc.subarray(vocabulary),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      key,
      after: small,
      maxEvents: limit,
      maxChars: fc.nat(60),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('messages' as const), key, before: small, limit }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('snapshot' as const), key, seq: small }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      key,
      floor: fc.integer({ min: 1, max: 12 }),
      size: small,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('compact' as const),
      key,
      floor: small,
      drop: fc.array(fc.tuple(small, small), { maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('redact' as const), key, pick: small, withFloor: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lists' as const), limit, time }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('purge' as const), key }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
)

/** Random programs of single steps, answer by answer. fast-check prints the seed of one that fails, and shrinks it. */
export function modelContract(open: OpenStore): void {
  test('S1 a store answers as the model does, whatever is done to it', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { store: first, reopen, dispose } = await open()
        let store = first
        try {
          const model = new StoreModel()
          for (const [index, next] of steps.entries()) {
            if (next.do !== 'reopen') await check(store, model, next, index)
            else if (reopen !== undefined) store = await reopen()
          }
        } finally {
          await store.close()
          await dispose?.()
        }
      }),
      { numRuns: 60 },
    )
  })
}

async function check(
  store: Store,
  model: StoreModel,
  next: Exclude<Step, { do: 'reopen' }>,
  index: number,
): Promise<void> {
  switch (next.do) {
    case 'append':
      return checkAppend(store, model, next, index)
    case 'read': {
      const { maxEvents, maxChars } = next
      expect(await store.read(next.key, next.after, { maxEvents, maxChars })).toEqual(
        model.read(next.key, next.after, { maxEvents, maxChars }),
      )
      return
    }
    case 'messages':
      expect(await store.readMessages(next.key, next.before, next.limit)).toEqual(
        model.readMessages(next.key, next.before, next.limit),
      )
      return
    case 'snapshot': {
      const snapshot: Snapshot = { seq: next.seq, state: JSON.stringify(`state ${index}`) }
      await store.putSnapshot(next.key, snapshot)
      model.putSnapshot(next.key, snapshot)
      expect(await store.getSnapshot(next.key)).toEqual(model.getSnapshot(next.key))
      return
    }
    case 'begin': {
      const floor: Snapshot = { seq: next.floor, state: JSON.stringify(`floor ${index}`) }
      const batch = {
        events: Array.from({ length: next.size }, (_, event) => JSON.stringify(`step ${index} event ${event}`)),
      }
      const expected = await outcomeOf(() => model.begin(next.key, floor, batch))
      expect(await outcomeOf(() => store.begin(next.key, floor, batch))).toBe(expected)
      return checkTips(store, model, next.key)
    }
    case 'compact': {
      const seq = Math.min(next.floor, model.head(next.key))
      if (seq === 0) return
      const compaction = {
        floor: { seq, state: JSON.stringify(`floor ${index}`) },
        drop: next.drop.flatMap(([a, b]) => {
          const [first, last] = [Math.max(1, Math.min(a, b)), Math.min(seq, Math.max(a, b))]
          return first <= last ? [[first, last] as const] : []
        }),
      }
      await store.compact(next.key, compaction)
      model.compact(next.key, compaction)
      return checkTips(store, model, next.key)
    }
    case 'redact':
      return checkRedaction(store, model, next, index)
    case 'lists':
      return checkLists(store, model, next.limit, next.time)
    case 'purge':
      await store.purge(next.key)
      model.purge(next.key)
      expect(await store.head(next.key)).toBe(0)
      return
  }
}

async function checkAppend(
  store: Store,
  model: StoreModel,
  next: Extract<Step, { do: 'append' }>,
  index: number,
): Promise<void> {
  const expectedSeq = Math.max(0, model.head(next.key) + next.off)
  const id = next.key.slice(next.key.indexOf('!') + 1)
  const batch = {
    events: Array.from({ length: next.size }, (_, event) => JSON.stringify(`step ${index} event ${event}`)),
    ...(next.row === null ? {} : { row: makeRow(id, { ...next.row, messages: index }) }),
    messages: [{ seq: next.at, json: JSON.stringify(`message ${index}`) }],
    // The time is that of the message, which does not change.
    ...(next.words.length > 2 ? {} : { words: [{ seq: next.at, at: next.at, words: next.words }] }),
  }
  const expected = await outcomeOf(() => model.append(next.key, expectedSeq, batch))
  expect(await outcomeOf(() => store.append(next.key, expectedSeq, batch))).toBe(expected)
  expect(await store.head(next.key)).toBe(model.head(next.key))
  expect(await store.row(next.key)).toEqual(model.row(next.key))
}

function byId(a: SessionRow, b: SessionRow): number {
  return a.id < b.id ? -1 : 1
}

async function checkRedaction(
  store: Store,
  model: StoreModel,
  next: Extract<Step, { do: 'redact' }>,
  index: number,
): Promise<void> {
  const [head, floor] = [model.head(next.key), model.floor(next.key)]
  if (head === 0) return
  const { events, messages } = model.seqs(next.key)
  const json = JSON.stringify(`redacted ${index}`)
  const redacted = (seqs: readonly number[]): { seq: number; json: string }[] =>
    seqs.flatMap((seq) => ((seq + next.pick) % 3 === 0 ? [{ seq, json }] : []))
  const redaction: Redaction = {
    events: redacted(events),
    messages: redacted(messages),
    snapshot: { seq: Math.max(1, floor, head - next.pick), state: json },
    ...(floor > 0 && next.withFloor ? { floor: { seq: floor, state: json } } : {}),
    ...(next.pick % 4 === 0 ? { words: [{ seq: next.pick, at: next.pick, words: ['planet'] }] } : {}),
  }
  await store.redact(next.key, redaction)
  model.redact(next.key, redaction)
  return checkTips(store, model, next.key)
}

/** Where the log really ends, or that it went on. */
async function outcomeOf(append: () => void | Promise<void>): Promise<number | 'done'> {
  try {
    await append()
    return 'done'
  } catch (thrown) {
    if (thrown instanceof AppendConflict) return thrown.actual
    throw thrown
  }
}

async function checkTips(store: Store, model: StoreModel, session: SessionKey): Promise<void> {
  expect(await store.head(session)).toBe(model.head(session))
  expect(await store.floor(session)).toBe(model.floor(session))
  expect(await store.floorSnapshot(session)).toEqual(model.floorSnapshot(session))
  expect(await store.getSnapshot(session)).toEqual(model.getSnapshot(session))
}

async function checkLists(store: Store, model: StoreModel, limit: number, before: number): Promise<void> {
  for (const tenant of tenants) {
    const rows = await listAll(store, tenant, limit)
    expect(rows.map((found) => found.updatedAt)).toEqual(rows.map((found) => found.updatedAt).sort((a, b) => b - a))
    expect(rows.sort(byId)).toEqual(model.list(tenant))
    const filtered = await listAll(store, tenant, limit, { status: 'idle', archived: false })
    expect(filtered.sort(byId)).toEqual(model.list(tenant).filter((row) => row.status === 'idle' && !row.archived))
    for (const word of vocabulary) {
      for (const beginning of ['', 'pla', 'planet', 'a']) {
        const hits = await searchAll(store, { tenant, words: [word, beginning], limit })
        expect(hits.sort()).toEqual(model.search(tenant, word, beginning).sort())
      }
    }
    for (const asked of [['user:ada'], ['*', 'user:bob'], actors]) {
      const waiting = await inboxAll(store, { tenant, for: asked, limit })
      const expected = model.inbox(tenant, asked)
      const times = new Map(expected.map(({ id, at }) => [id, at]))
      expect(waiting.map((row) => times.get(row.id))).toEqual(expected.map(({ at }) => at))
      expect(waiting.map((row) => row.id).sort()).toEqual(expected.map(({ id }) => id).sort())
    }
  }
  const due = await store.due(before, 1_000)
  expect(due.map(({ at }) => at)).toEqual(model.due(before).map(({ at }) => at))
  expect([...due].sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1))).toEqual(model.due(before))
  for (const agent of agents) expect(await workAll(store, agent, limit)).toEqual(model.work(agent))
}
