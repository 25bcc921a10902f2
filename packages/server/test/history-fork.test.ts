import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fold,
  emptyState,
  sessionKey,
  visibleView,
  type SessionEvent,
  type SessionState,
  type Store,
} from '@headrace/core'
import { createMemoryStore } from '../src/store/memory.ts'
import { openEmbeddedStore } from '../src/store/embedded.ts'
import { ada, faulty, grantOf, key, openHub, text, type TestHub } from './support/hub.ts'
import { openDoor } from './support/http.ts'
import { beats, bob, play, sue, writer } from './support/story.ts'

const copyKey = sessionKey('default', 'copy')

/** The states of a session, found by folding its whole log. */
async function statesOf(server: TestHub): Promise<readonly SessionState[]> {
  const states = [emptyState('demo/1')]
  for (const event of await server.log()) states.push(fold(states.at(-1) ?? emptyState('demo/1'), event))
  return states
}

function roundTrip<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

async function coldIds(store: Store, of: typeof key): Promise<readonly string[]> {
  const rows = await store.readMessages(of, Number.MAX_SAFE_INTEGER, 10_000)
  return rows.map(({ json }) => (JSON.parse(json) as { readonly id: string }).id)
}

describe('a fork', () => {
  test('L5 S5i a copy says who made it', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await server.hub.history.fork(key, bob, { id: 'copy' })
    const { events } = await server.hub.events(copyKey, ada, { after: 1, maxEvents: 10, maxChars: 10_000 })
    expect(events.map((json) => JSON.parse(json) as SessionEvent)).toMatchObject([
      { seq: 2, type: 'session.forked', actor: 'user:bob', data: { from: 'demo/1', at: 1 } },
    ])
  })

  test('S5i a copy goes on from what the session was at any event, and the original does not notice', async () => {
    await fc.assert(
      fc.asyncProperty(beats, fc.nat(), async (story, pick) => {
        await using server = openHub()
        await play(server, story)
        const states = await statesOf(server)
        const at = 1 + (pick % (states.length - 1))
        const before = await server.log()
        const forked = await server.hub.history.fork(key, ada, { id: 'copy', at })
        expect(forked).toEqual({ outcome: 'accepted', id: 'copy', from: 'demo/1', at, seq: at + 1 })
        expect(await server.log()).toEqual(before)
        const source = roundTrip(states[at]?.view)
        const view = roundTrip(await server.hub.view(copyKey, sue))
        expect(view).toMatchObject({ id: 'copy', seq: at + 1, forkedFrom: { session: 'demo/1', seq: at } })
        expect(view.document).toEqual(source?.document)
        expect(view.runs.every(({ status }) => status === 'ended')).toBe(true)
        const hot = (messages: readonly { id: string }[] = []): readonly string[] => messages.map(({ id }) => id)
        // Nothing is lost and nothing is there twice: what is hot there or cold is what was hot or cold here.
        const was = [...hot(source?.messages)]
        const cold = await coldIds(server.store, copyKey)
        const all = [...cold, ...hot(roundTrip((await server.hub.room(copyKey)).state.view).messages)]
        expect(new Set(all).size).toBe(all.length)
        for (const id of was) expect(all).toContain(id)
        expect(all).toHaveLength(was.length + (source?.older ?? 0) + sum(source?.olderFor))
        // Private content stays private.
        for (const reader of [ada, bob, sue]) {
          const shown = await server.hub.view(copyKey, reader)
          expect(hot(shown.messages)).toEqual(
            hot(visibleView((await server.hub.room(copyKey)).state.view, reader).messages),
          )
          for (const message of shown.messages) {
            if (Array.isArray(message.to)) expect(message.to).toContain(reader.actor)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  test('S5i what was under way is not in the copy, and it goes on by itself', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await server.ask({ type: 'send', parts: text('hello') })
    await server.ask({ type: 'claim', run: 'r3', worker: 'w1', leaseMs: 60_000 }, undefined, writer)
    await server.hub.history.fork(key, ada, { id: 'copy' })
    const inCopy = (body: Parameters<TestHub['ask']>[0], grant = ada): ReturnType<TestHub['ask']> =>
      server.hub.submit(copyKey, { grant, body })
    const beat = { type: 'heartbeat' as const, run: 'r3', attempt: 1 }
    expect(await inCopy(beat, writer)).toMatchObject({ outcome: 'refused' })
    expect(await server.ask(beat, undefined, writer)).toMatchObject({ outcome: 'noop' })
    expect(await inCopy({ type: 'send', parts: text('and here') })).toMatchObject({ outcome: 'accepted' })
    expect((await server.hub.view(copyKey, ada)).runs.map(({ status }) => status)).toEqual(['ended', 'queued'])
    expect((await server.hub.list({ tenant: 'default', limit: 10 })).rows.map(({ id }) => id).sort()).toEqual([
      'copy',
      'demo/1',
    ])
  })

  test('S5i a retry finds its own copy; another id in use, a place past the end and one below the floor are refused', async () => {
    await using server = openHub()
    await play(
      server,
      Array.from({ length: 30 }, (_, index) => ({ kind: index % 16, a: index, b: index * 7 })),
    )
    const { history } = server.hub
    await history.fork(key, ada, { id: 'copy', at: 5 })
    expect(await history.fork(key, ada, { id: 'copy', at: 5 })).toMatchObject({ outcome: 'noop', at: 5, seq: 6 })
    expect(await history.fork(key, ada, { id: 'copy' })).toMatchObject({ outcome: 'noop', at: 5 })
    await expect(history.fork(key, ada, { id: 'copy', at: 6 })).rejects.toMatchObject({ code: 'bad_request' })
    await expect(history.fork(key, ada, { id: 'demo/1', at: 5 })).rejects.toMatchObject({ code: 'bad_request' })
    const head = (await server.hub.room(key)).head
    await expect(history.fork(key, ada, { id: 'x', at: head + 1 })).rejects.toMatchObject({
      code: 'bad_request',
      detail: { path: 'at', at: head + 1, head },
    })
    await expect(history.fork(sessionKey('default', 'nobody'), ada, {})).rejects.toMatchObject({
      code: 'session_not_found',
    })
    const { floor } = await history.compact(key, server.clock.now())
    expect(floor).toBeGreaterThan(5)
    await expect(history.fork(key, ada, { id: 'x', at: 5 })).rejects.toMatchObject({
      code: 'compacted',
      detail: { floor },
    })
    expect(await history.fork(key, ada, { id: 'x', at: floor })).toMatchObject({ outcome: 'accepted' })
    // Of a copy there is a copy, and nobody reads where it has no events.
    expect(await history.fork(copyKey, ada, { id: 'copy/2' })).toMatchObject({ outcome: 'accepted', at: 6, seq: 7 })
    await expect(server.hub.view(sessionKey('default', 'copy/2'), ada)).resolves.toMatchObject({ seq: 7 })
    await expect(server.hub.events(copyKey, ada, { after: 0, maxEvents: 10, maxChars: 1_000 })).rejects.toMatchObject({
      code: 'compacted',
      detail: { floor: 5 },
    })
  })

  test('S5i two at the same moment make one copy, also where somebody waits for the id', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await server.ask({ type: 'post', parts: text('hello') })
    await expect(server.hub.view(copyKey, ada)).rejects.toMatchObject({ code: 'session_not_found' })
    const forks = await Promise.all([1, 2, 3].map(() => server.hub.history.fork(key, ada, { id: 'copy' })))
    expect(forks.map(({ outcome }) => outcome).sort()).toEqual(['accepted', 'noop', 'noop'])
    expect(await server.hub.submit(copyKey, { grant: ada, body: { type: 'post', parts: text('on') } })).toMatchObject({
      outcome: 'accepted',
      seq: 4,
    })
  })

  test('S5i cut short, there is a copy or none', async () => {
    for (const cut of ['before', 'after'] as const) {
      const inner = createMemoryStore()
      const store = Object.assign(faulty(inner), {
        begin: async (...args: Parameters<Store['begin']>) => {
          if (cut === 'after') await inner.begin(...args)
          throw new Error('killed')
        },
      })
      const first = openHub(store)
      await first.ask({ type: 'create' })
      await first.ask({ type: 'post', parts: text('hello') })
      await expect(first.hub.history.fork(key, ada, { id: 'copy' })).rejects.toThrow('killed')
      await using second = openHub(inner, 'node-2', first.clock)
      const again = await second.hub.history.fork(key, ada, { id: 'copy' })
      expect(again.outcome).toBe(cut === 'after' ? 'noop' : 'accepted')
      expect((await second.hub.view(copyKey, ada)).messages).toHaveLength(1)
      await first.hub.close()
    }
  })

  test('S5i a copy in the embedded store outlives a restart, with its old messages and what they are found by', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headrace-fork-'))
    try {
      const first = openHub(await openEmbeddedStore({ directory, onError: () => undefined }))
      await first.ask({ type: 'create' })
      for (let index = 0; index < 70; index += 1)
        await first.ask({ type: 'post', parts: text(`needle number ${index}`) })
      await first.hub.history.fork(key, ada, { id: 'copy', at: 66 })
      await first.hub.close()
      await first.store.close()
      const store = await openEmbeddedStore({ directory, onError: () => undefined })
      await using server = openHub(store)
      const view = await server.hub.view(copyKey, ada)
      expect([view.older, view.messages.length]).toEqual([15, 50])
      expect(await coldIds(store, copyKey)).toHaveLength(15)
      const { hits } = await server.hub.history.search(ada, { query: 'needle', limit: 100 })
      expect(hits.filter(({ session }) => session === 'copy')).toHaveLength(65)
      await server.hub.close()
      await store.close()
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

describe('a look back', () => {
  test('S4e the view at any event and at any time is the one that was', async () => {
    await fc.assert(
      fc.asyncProperty(beats, async (story) => {
        await using server = openHub()
        await play(server, story)
        const states = await statesOf(server)
        const log: readonly SessionEvent[] = await server.log()
        for (let seq = 1; seq < states.length; seq += 3) {
          expect(await server.hub.history.viewAt(key, { seq })).toEqual(states[seq]?.view)
          const { at } = log[seq - 1]!
          const last = log.findLast((event) => event.at <= at)?.seq ?? 0
          expect((await server.hub.history.viewAt(key, { time: at })).seq).toBe(last)
        }
        await server.hub.history.compact(key, server.clock.now())
        const { floor } = await server.hub.room(key)
        if (floor === 0) return
        expect(roundTrip(await server.hub.history.viewAt(key, { seq: floor }))).toEqual(roundTrip(states[floor]?.view))
        if (floor > 1)
          await expect(server.hub.history.viewAt(key, { seq: floor - 1 })).rejects.toMatchObject({ code: 'compacted' })
        expect((await server.hub.history.viewAt(key, { time: 9e12 })).seq).toBe((await server.hub.room(key)).head)
      }),
      { numRuns: 20 },
    )
  })

  test('S4e on HTTP: by event, by time, for whom it is, and with the advice of the table', async () => {
    await using door = await openDoor()
    const post = (words: string, to?: readonly string[]): Promise<unknown> =>
      door.ask('POST /v1/sessions/s/commands', {
        json: { body: { type: 'post', parts: text(words), ...(to && { to }) } },
      })
    await door.ask('POST /v1/sessions', { json: { id: 's' } })
    await post('one')
    await door.clock.advance(1_000)
    await post('two')
    await post('secret', ['user:eve'])
    const token = await door.mint({ sub: 'eve', kind: 'user', cap: [{ s: '**', op: ['read'] }] })
    const count = async (query: string, as = door.token): Promise<unknown> =>
      (await door.ask(`GET /v1/sessions/s?${query}`, { token: as })).body.messages?.length
    expect(await count('at=2')).toBe(1)
    expect(await count('at=3')).toBe(2)
    expect(await count(`time=${door.clock.now() - 1}`)).toBe(1)
    expect(await count(`time=${door.clock.now()}`)).toBe(await count('at=4'))
    expect([await count('at=4', token)]).toEqual([await count('', token)])
    expect(await door.ask('GET /v1/sessions/s?at=99')).toMatchObject({
      status: 400,
      body: { error: { detail: { head: 4 } } },
    })
    expect(await door.ask('GET /v1/sessions/s?at=1&time=1')).toMatchObject({ status: 400 })
    expect(await door.ask('GET /v1/sessions/s?time=5')).toMatchObject({ status: 400 })
  })

  test('S3b below the floor HTTP says compacted, and gives what is left to who asks for it', async () => {
    await using door = await openDoor()
    await door.ask('POST /v1/sessions', { json: { id: 's' } })
    const command = (body: object): ReturnType<typeof door.ask> =>
      door.ask('POST /v1/sessions/s/commands', { json: { body } })
    await command({ type: 'send', parts: text('hi') })
    await command({ type: 'claim', run: 'r3', worker: 'w1' })
    const ops = [
      { op: 'open', message: 'm', part: 'p', start: { kind: 'text' } },
      { op: 'delta', message: 'm', part: 'p', text: 'a' },
      { op: 'delta', message: 'm', part: 'p', text: 'b' },
      { op: 'end', reason: 'complete' },
    ]
    await command({ type: 'write', run: 'r3', attempt: 1, n: 1, ops })
    const limited = await door.mint({ sub: 'eve', cap: [{ s: '**', op: ['read', 'send'] }] })
    expect(await door.ask('POST /v1/sessions/s/compact', { json: {}, token: limited })).toMatchObject({ status: 403 })
    expect((await door.ask('POST /v1/sessions/s/compact', { json: { keepMs: 1 } })).body).toEqual({
      floor: 0,
      dropped: 0,
    })
    const { body } = await door.ask('POST /v1/sessions/s/compact', { json: {} })
    expect(body).toEqual({ floor: 9, dropped: 2 })
    for (const query of ['', '?after=4', '?after=8&live=long-poll', '?after=8&live=sse']) {
      const answer = await door.ask(`GET /v1/sessions/s/events${query}`)
      expect(answer).toMatchObject({
        status: 410,
        body: { error: { code: 'compacted', retry: 'never', detail: { floor: 9 } } },
      })
    }
    const left = await door.ask('GET /v1/sessions/s/events?history=sparse')
    expect(left.body.events.map(({ seq }: SessionEvent) => seq)).toEqual([1, 2, 3, 4, 5, 6, 9, 10])
    expect((await door.ask('GET /v1/sessions/s/events?after=9')).body).toMatchObject({
      events: [{ seq: 10 }],
      head: 10,
    })
    expect(await door.ask('GET /v1/sessions/s/events?after=9&live=sse&history=sparse')).toMatchObject({ status: 400 })
  })

  test('S5i on HTTP a fork needs read and send on the source and send on the copy', async () => {
    await using door = await openDoor()
    await door.ask('POST /v1/sessions', { json: { id: 'a/1' } })
    const fork = async (cap: readonly { s: string; op: readonly string[] }[], json: object): Promise<number> =>
      (await door.ask('POST /v1/sessions/a%2F1/fork', { json, token: await door.mint({ cap } as never) })).status
    const all = [{ s: 'a/*', op: ['read', 'send'] }]
    expect(await fork([{ s: 'a/*', op: ['send'] }], { id: 'a/2' })).toBe(403)
    expect(await fork([{ s: 'a/*', op: ['read'] }], { id: 'a/2' })).toBe(403)
    expect(await fork(all, { id: 'b/2' })).toBe(403)
    expect(await fork(all, { id: 'a/2' })).toBe(201)
    expect(await fork(all, { id: 'a/2' })).toBe(200)
    expect(await fork(all, {})).toBe(201)
    expect(await fork(all, { at: 0 })).toBe(400)
    expect(await fork(all, { at: 99 })).toBe(400)
    const other = grantOf('user:eve', { tenant: 'other' })
    await expect(door.hub.view(sessionKey('other', 'a/2'), other)).rejects.toMatchObject({ code: 'session_not_found' })
  })
})

function sum(counts: Readonly<Record<string, number>> = {}): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
