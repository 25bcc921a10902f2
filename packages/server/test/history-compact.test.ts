import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  HeadraceError,
  emptyView,
  foldView,
  isRaw,
  systemGrant,
  type Command,
  type HiddenEvent,
  type Reader,
  type SessionEvent,
  type SessionView,
  type Store,
} from '@headrace/core'
import { createMemoryStore } from '../src/store/memory.ts'
import { ada, faulty, key, openHub, text, type TestHub } from './support/hub.ts'
import { settled } from './support/fake-clock.ts'
import { beats, bob, play, sue, writer } from './support/story.ts'

/** A reader's copy: each event is the next one, or there is a gap. */
class Replica {
  view: SessionView = emptyView('demo/1')

  apply(events: readonly (SessionEvent | HiddenEvent)[]): void {
    for (const event of events) {
      expect(event.seq).toBe(this.view.seq + 1)
      this.view = foldView(this.view, event)
    }
  }
}

/** What a reader with the events up to a seq ends with: as the client does it, with a snapshot where it is told so. */
async function resume({ hub }: TestHub, reader: Reader, known: Replica): Promise<SessionView> {
  const after = known.view.seq
  try {
    const follower = await hub.follow(key, reader, { after, wake: () => undefined })
    for (let page = await follower.next(); page; page = await follower.next()) {
      const events = page.events.map((event) => JSON.parse(event) as SessionEvent | HiddenEvent)
      known.apply(events)
    }
    follower.close()
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'compacted' })
    known.view = roundTrip(await hub.view(key, reader))
  }
  return known.view
}

function roundTrip<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** Copies of a session at every seq, as readers have that were there. */
async function replicasOf({ hub }: TestHub, reader: Reader): Promise<readonly Replica[]> {
  const { events } = await hub.events(key, reader, { after: 0, maxEvents: 1e6, maxChars: 1e9 })
  return [0, ...events.map((_, index) => index + 1)].map((seq) => {
    const replica = new Replica()
    replica.apply(events.slice(0, seq).map((event) => JSON.parse(event) as SessionEvent))
    return replica
  })
}

describe('compaction', () => {
  test('S4 S3a from every old seq every reader comes to the same state before and after', async () => {
    await fc.assert(
      fc.asyncProperty(beats, fc.nat({ max: 2_000 }), async (story, keepMs) => {
        await using server = openHub()
        await play(server, story)
        const readers = [ada, bob, sue]
        const before = await Promise.all(readers.map((reader) => replicasOf(server, reader)))
        await server.hub.history.compact(key, server.clock.now() - keepMs)
        for (const [index, reader] of readers.entries()) {
          const now = roundTrip(await server.hub.view(key, reader))
          for (const replica of before[index] ?? []) {
            const { seq } = replica.view
            const after = await resume(server, reader, replica)
            if (!isDeepStrictEqual(after, now)) expect(after, `${reader.actor} from ${seq}`).toEqual(now)
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  test('S4 only output of closed parts is dropped, and the state stays', async () => {
    await using server = openHub()
    const run = await running(server)
    await say(server, run, 1, 'p1', ['a', 'b', 'c'])
    await say(server, run, 2, 'p2', ['d', 'e'])
    await close(server, run, 3, 'p1')
    const log = await server.log()
    const view = await server.hub.view(key, ada)
    await server.clock.advance(1)
    const { floor, dropped } = await server.hub.history.compact(key, server.clock.now())
    expect([floor, dropped]).toEqual([view.seq, 3])
    const left = await server.log()
    expect(left.filter((event) => event.type !== 'log.compacted')).toEqual(
      log.filter((event) => !(isRaw(event) && 'part' in event.data && event.data.part === '1.p1')),
    )
    expect(left.at(-1)).toMatchObject({ type: 'log.compacted', actor: 'system:headrace', data: { floor } })
    // It is no sign of life.
    expect(left.at(-1)?.at).toBe(view.at)
    const { seq, compactedTo, ...same } = await server.hub.view(key, ada)
    expect([seq, compactedTo]).toEqual([view.seq + 1, view.seq])
    expect(same).toEqual(without(view))
    // A part that was open goes on, and can be dropped the next time.
    await say(server, run, 4, 'p2', ['f'], { isOpen: true })
    await close(server, run, 5, 'p2')
    await server.clock.advance(1)
    expect((await server.hub.history.compact(key, server.clock.now())).dropped).toBe(3)
    expect((await server.log()).some(isRaw)).toBe(false)
    expect(textsOf(await server.hub.view(key, ada))).toEqual(['hello', 'abc', 'def'])
  })

  test('S4 what was compacted is read again from its floor after a restart', async () => {
    const store = createMemoryStore()
    const first = openHub(store)
    const run = await running(first)
    await say(first, run, 1, 'p1', ['a', 'b'])
    await close(first, run, 2, 'p1')
    await first.hub.history.compact(key, first.clock.now())
    const state = (await first.hub.room(key)).state
    await using second = openHub(store, 'node-2')
    expect((await second.hub.room(key)).state).toEqual(roundTrip(state))
    await first.hub.close()
  })

  test('S4 a long log is compacted in steps, each with the gaps that its event can name', async () => {
    await using server = openHub()
    const run = await running(server)
    for (let n = 1; n <= 1_300; n += 1) await say(server, run, n, `p${n}`, ['x'], { andClose: true })
    const { dropped } = await server.hub.history.compact(key, server.clock.now())
    expect(dropped).toBe(1_300)
    const events = (await server.log()).flatMap((event) =>
      event.type === 'log.compacted' ? [event.data.gaps.length] : [],
    )
    expect(events).toEqual([500, 500, 300])
    expect((await server.log()).some(isRaw)).toBe(false)
  })

  test('S4 cut short at any call of the store, it is finished by the next server', async () => {
    for (const cut of ['before the event', 'after the event', 'before the drop', 'after the drop'] as const) {
      const inner = createMemoryStore()
      const store = Object.assign(faulty(inner), { compact: inner.compact.bind(inner) })
      const first = openHub(store)
      const run = await running(first)
      await say(first, run, 1, 'p1', ['a', 'b'])
      await close(first, run, 2, 'p1')
      await first.ask({ type: 'update', retention: { rawMs: 60_000 } })
      const { clock } = first
      const dead = (): never => {
        throw new HeadraceError('store_unavailable', 'The process was killed here.')
      }
      if (cut === 'before the event') store.beforeAppend = async () => dead()
      if (cut === 'after the event') store.afterAppend = async () => dead()
      if (cut === 'before the drop') store.compact = async () => dead()
      if (cut === 'after the drop') {
        store.compact = async (...args: Parameters<Store['compact']>) => {
          await inner.compact(...args)
          dead()
        }
      }
      const outcome = await first.hub.history.compact(key, clock.now()).catch((thrown: unknown) => thrown)
      expect(outcome, cut).toMatchObject({ code: 'store_unavailable' })
      // It is gone without a word: nothing it would still do reaches the store.
      store.beforeAppend = async () => dead()
      store.compact = async () => dead()
      await using second = openHub(inner, 'node-2', clock)
      await clock.advance(80_000)
      await settled()
      const log = await second.log()
      expect(log.some(isRaw), cut).toBe(false)
      expect(
        log.filter(({ type }) => type === 'log.compacted'),
        cut,
      ).toHaveLength(1)
      expect(await inner.floor(key), cut).toBe((await second.hub.view(key, ada)).compactedTo)
      expect(await inner.due(clock.now(), 10), cut).toEqual([])
      expect(second.errors).toEqual([])
      await first.hub.close()
    }
  })

  test('S4 raw output is dropped when it is older than it is kept, and then nothing is due', async () => {
    await using server = openHub()
    const run = await running(server, { retention: { rawMs: 3_600_000 } })
    await say(server, run, 1, 'p1', ['a', 'b'])
    await server.ask(
      { type: 'write', run, attempt: 1, n: 2, ops: [{ op: 'end', reason: 'complete' }] },
      undefined,
      writer,
    )
    for (const { id } of (await server.hub.room(key)).state.guard.notices)
      await server.hub.submit(key, {
        grant: systemGrant('default'),
        body: { type: 'settle-notice', id, outcome: 'seen' },
      })
    await server.clock.advance(3_500_000)
    expect((await server.log()).some(isRaw)).toBe(true)
    await server.clock.advance(200_000)
    expect((await server.log()).some(isRaw)).toBe(false)
    expect(await server.store.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([])
    expect(server.errors).toEqual([])
  })

  test('S4 in a session that never rests, raw output goes when it is a quarter older than it is kept at the latest', async () => {
    await using server = openHub()
    const rawMs = 4_000_000
    const run = await running(server, { retention: { rawMs } })
    for (let n = 1; n <= 60; n += 1) {
      await say(server, run, n, `p${n}`, ['a'], { andClose: true })
      await server.clock.advance(200_000)
      const raw = (await server.log()).filter(isRaw)
      for (const { at } of raw) expect(server.clock.now() - at).toBeLessThanOrEqual(rawMs * 1.25 + 220_000)
    }
    expect((await server.log()).filter(isRaw).length).toBeLessThan(30)
    expect(server.errors).toEqual([])
  })

  test('S4 raw output goes at the latest a quarter of that late, also where the store did not answer when it should have', async () => {
    const memory = createMemoryStore()
    const store = { ...memory }
    await using server = openHub(store)
    const run = await running(server, { retention: { rawMs: 100_000 } })
    await say(server, run, 1, 'p1', ['a', 'b'], { andClose: true })
    store.floorSnapshot = () => Promise.reject(new HeadraceError('store_unavailable', 'not now'))
    await server.clock.advance(110_000)
    store.floorSnapshot = (...args) => memory.floorSnapshot(...args)
    expect((await server.log()).some(isRaw)).toBe(true)
    await server.clock.advance(15_000)
    expect((await server.log()).some(isRaw)).toBe(false)
    expect(server.errors).toEqual([])
  })

  test('S4 raw output of a part that was open when it was looked for goes in time too', async () => {
    await using server = openHub()
    const run = await running(server, { retention: { rawMs: 100_000 } })
    await say(server, run, 1, 'p1', ['a', 'b'])
    await server.clock.advance(110_000)
    await close(server, run, 2, 'p1')
    await server.clock.advance(40_000)
    expect((await server.log()).some(isRaw)).toBe(false)
  })

  test('S3a a follower that a compaction overtakes is told so', async () => {
    await using server = openHub()
    const run = await running(server)
    for (let n = 1; n <= 30; n += 1)
      await say(server, run, n, `p${n}`, Array<string>(60).fill('some words '), { andClose: true })
    const follower = await server.hub.follow(key, ada, { after: 0, wake: () => undefined })
    expect(await follower.next()).toBeDefined()
    await server.hub.history.compact(key, server.clock.now())
    await expect(async () => {
      while (await follower.next());
    }).rejects.toMatchObject({ code: 'compacted' })
    await expect(server.hub.follow(key, ada, { after: 5, wake: () => undefined })).rejects.toMatchObject({
      code: 'compacted',
      detail: { after: 5, floor: (await server.hub.view(key, ada)).compactedTo ?? -1 },
    })
  })

  test('S4 a server that is overtaken by another one goes on from what is true', async () => {
    const store = createMemoryStore()
    await using first = openHub(store)
    await first.ask({ type: 'create' })
    await using second = openHub(store, 'node-2', first.clock)
    expect((await second.hub.view(key, ada)).seq).toBe(1)
    const run = await running(first)
    await say(first, run, 1, 'p1', ['a', 'b'])
    await close(first, run, 2, 'p1')
    await first.hub.history.compact(key, first.clock.now())
    expect(await second.ask({ type: 'post', parts: text('late') })).toMatchObject({ outcome: 'accepted' })
    expect((await second.hub.room(key)).state.view.seq).toBe(await store.head(key))
    expect(textsOf(await second.hub.view(key, ada))).toEqual(['hello', 'ab', 'late'])
  })
})

describe('retention', () => {
  test('S5f an idle session is deleted when it is due, and not before', async () => {
    const store = createMemoryStore()
    await using server = openHub(store)
    await server.ask({ type: 'create', retention: { sessionMs: 100_000 } })
    await server.clock.advance(90_000)
    await server.ask({ type: 'post', parts: text('still here') })
    await server.clock.advance(90_000)
    expect(await store.head(key)).toBe(2)
    await server.clock.advance(30_000)
    expect([await store.head(key), await store.row(key)]).toEqual([0, undefined])
    await expect(server.hub.view(key, ada)).rejects.toMatchObject({ code: 'session_not_found' })
    // Its id can be used again.
    expect(await server.ask({ type: 'create' })).toMatchObject({ outcome: 'accepted', seq: 1 })
    expect(server.errors).toEqual([])
  })

  test('S5f what is accepted at the moment when a session is to be deleted keeps it', async () => {
    const store = faulty(createMemoryStore())
    await using server = openHub(store)
    await server.ask({ type: 'create', retention: { sessionMs: 100_000 } })
    await server.clock.advance(95_000)
    const written = Promise.withResolvers<void>()
    store.afterAppend = () => written.promise
    const posted = server.ask({ type: 'post', parts: text('still here') })
    await server.clock.advance(15_000)
    written.resolve()
    expect(await posted).toEqual({ outcome: 'accepted', seq: 2 })
    await settled()
    expect(await server.ask({ type: 'post', parts: text('and after it') })).toEqual({ outcome: 'accepted', seq: 3 })
    await server.clock.advance(80_000)
    expect(await store.head(key)).toBe(3)
    expect(server.errors).toEqual([])
  })

  test('S5f a server that starts later deletes what is due', async () => {
    const store = createMemoryStore()
    const first = openHub(store)
    await first.ask({ type: 'create', retention: { sessionMs: 100_000 } })
    await first.hub.close()
    await first.clock.advance(200_000)
    await using second = openHub(store, 'node-2', first.clock)
    await second.clock.advance(0)
    expect(await store.head(key)).toBe(0)
  })

  test('S5f followers of a session that is deleted are told', async () => {
    await using server = openHub()
    await server.ask({ type: 'create', retention: { sessionMs: 100_000 } })
    const follower = await server.hub.follow(key, ada, { after: 1, wake: () => undefined })
    await server.clock.advance(120_000)
    await expect(follower.next()).rejects.toMatchObject({ code: 'session_not_found' })
  })
})

type Settings = Omit<Extract<Command['body'], { readonly type: 'create' }>, 'type'>

/** Creates the session, and has an agent work in it. */
async function running(server: TestHub, settings: Settings = {}): Promise<string> {
  await server.ask({ type: 'create', ...settings })
  await server.ask({ type: 'send', parts: text('hello') })
  const run = (await server.hub.view(key, ada)).runs.at(-1)?.id ?? ''
  await server.ask({ type: 'claim', run, worker: 'w1', leaseMs: 600_000 }, undefined, writer)
  return run
}

interface SayOptions {
  readonly isOpen?: boolean
  readonly andClose?: boolean
}

async function say(
  server: TestHub,
  run: string,
  n: number,
  part: string,
  texts: readonly string[],
  { isOpen = false, andClose = false }: SayOptions = {},
): Promise<void> {
  const outcome = await server.ask(
    {
      type: 'write',
      run,
      attempt: 1,
      n,
      ops: [
        ...(isOpen ? [] : [{ op: 'open' as const, message: 'm', part, start: { kind: 'text' as const } }]),
        ...texts.map((words) => ({ op: 'delta' as const, message: 'm', part, text: words })),
        ...(andClose ? [{ op: 'close' as const, message: 'm', part }] : []),
      ],
    },
    undefined,
    writer,
  )
  expect(outcome.outcome).toBe('accepted')
}

async function close(server: TestHub, run: string, n: number, part: string): Promise<void> {
  const body = { type: 'write' as const, run, attempt: 1, n, ops: [{ op: 'close' as const, message: 'm', part }] }
  expect(await server.ask(body, undefined, writer)).toMatchObject({ outcome: 'accepted' })
}

function textsOf({ messages }: SessionView): readonly string[] {
  return messages.flatMap(({ parts }) => parts.flatMap((part) => ('text' in part ? [part.text ?? ''] : [])))
}

function without({ seq: _, compactedTo: __, ...rest }: SessionView): object {
  return rest
}
