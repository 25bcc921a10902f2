import {
  HeadraceError,
  emptyView,
  foldView,
  type AppendBatch,
  type CommandBody,
  type Outcome,
  type SessionEvent,
  type Store,
  type WriteOp,
} from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../src/store/memory.ts'
import { ada, faulty, key, openHub, text } from './support/hub.ts'
import { settled } from './support/fake-clock.ts'
import { writer } from './support/story.ts'
import { textFrames } from '../src/text-frames.ts'
import type { Page } from '../src/hub-types.ts'

const send = { type: 'send' as const, parts: text('hello') }

async function readAll(next: () => Page | undefined | Promise<Page | undefined>): Promise<readonly SessionEvent[]> {
  const events: SessionEvent[] = []
  for (let page = await next(); page; page = await next()) {
    const text = `{"type":"events","session":"demo/1","events":[${page.events.join(',')}]}`
    expect(page.events.length).toBeGreaterThan(0)
    expect(page.frame).toEqual(textFrames([text]))
    for (const event of page.events) events.push(JSON.parse(event) as SessionEvent)
  }
  return events
}

describe('a room', () => {
  test('L2: nothing is answered or shown before the store says durable', async () => {
    const store = faulty(createMemoryStore())
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    let release = (): void => undefined
    store.afterAppend = () => new Promise((resolve) => (release = resolve))
    let woken = 0
    const follower = await server.hub.follow(key, ada, { after: 1, wake: () => (woken += 1) })
    const answers: Outcome[] = []
    const sent = server.ask(send, 'c1').then((outcome) => answers.push(outcome))
    // A no-op that rests on the undurable event has to wait as well.
    const again = server.ask(send, 'c1').then((outcome) => answers.push(outcome))
    await settled()
    expect(answers).toEqual([])
    expect(woken).toBe(0)
    expect(await follower.next()).toBeUndefined()
    expect((await server.hub.view(key, ada)).messages).toEqual([])
    release()
    await Promise.all([sent, again])
    expect(answers).toEqual([
      { outcome: 'accepted', seq: 3 },
      { outcome: 'accepted', seq: 3 },
    ])
    expect(woken).toBe(1)
    expect((await readAll(() => follower.next())).map((event) => event.seq)).toEqual([2, 3])
  })

  test('L3: a retry after a restart gets the first answer, from the log and from a snapshot', async () => {
    const store = createMemoryStore()
    const first = openHub(store)
    await first.ask({ type: 'create' })
    expect(await first.ask(send, 'c1')).toEqual({ outcome: 'accepted', seq: 3 })
    // The first server just stops: no snapshot was written.
    await using second = openHub(store, 'node-2')
    expect(await second.ask(send, 'c1')).toEqual({ outcome: 'accepted', seq: 3 })
    await second.hub.close()
    expect((await store.getSnapshot(key))?.seq).toBe(3)
    await using third = openHub(store, 'node-3')
    expect(await third.ask(send, 'c1')).toEqual({ outcome: 'accepted', seq: 3 })
    expect(await third.log()).toHaveLength(3)
    await first.hub.close()
  })

  test('L1 L2: two servers on one store keep one dense log', async () => {
    const store = createMemoryStore()
    await using one = openHub(store, 'node-1')
    await using two = openHub(store, 'node-2')
    await one.ask({ type: 'create' })
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        (index % 2 ? one : two).ask({ type: 'post', parts: text(String(index)) }),
      ),
    )
    expect(outcomes.every(({ outcome }) => outcome === 'accepted')).toBe(true)
    const log = await one.log()
    expect(log.map((event) => event.seq)).toEqual(Array.from({ length: 61 }, (_, index) => index + 1))
    const words = log
      .flatMap((event) => (event.type === 'message.added' ? event.data.parts : []))
      .map((part) => ('text' in part ? part.text : ''))
    expect(new Set(words).size).toBe(60)
  })

  test('L2: an append whose outcome is unknown is looked up, never guessed', async () => {
    const store = faulty(createMemoryStore())
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    const unknown = (): Promise<never> =>
      Promise.reject(new HeadraceError('unknown_outcome', 'the connection to the store broke'))
    store.afterAppend = unknown
    expect(await server.ask(send, 'was written')).toEqual({ outcome: 'accepted', seq: 3 })
    store.afterAppend = () => Promise.resolve()
    store.beforeAppend = unknown
    expect(await server.ask(send, 'was not written')).toMatchObject({
      outcome: 'refused',
      error: { code: 'unknown_outcome' },
    })
    store.beforeAppend = () => Promise.resolve()
    expect(await server.ask(send, 'was not written')).toEqual({ outcome: 'accepted', seq: 5 })
    expect(await server.log()).toHaveLength(5)
  })

  test('L2: a full store refuses, keeps what it acknowledged and goes on when there is space', async () => {
    const store = faulty(createMemoryStore())
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    store.beforeAppend = () => Promise.reject(new HeadraceError('store_full', 'The disk is full.'))
    const refused = await Promise.all([server.ask(send), server.ask(send)])
    expect(refused).toMatchObject([
      { error: { code: 'store_full', retry: 'later' } },
      { error: { code: 'store_full' } },
    ])
    store.beforeAppend = () => Promise.resolve()
    expect(await server.ask(send)).toEqual({ outcome: 'accepted', seq: 3 })
    expect(server.errors).toEqual([])
  })

  test('A3: more commands than may wait for a slow store are refused for now, and no others', async () => {
    const store = faulty(createMemoryStore())
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    const written = Promise.withResolvers<void>()
    store.afterAppend = () => written.promise
    const first = server.ask(send)
    await settled()
    const waiting = Array.from({ length: 8_192 }, () => server.ask({ type: 'create' }))
    expect(await server.ask({ type: 'create' })).toMatchObject({ error: { code: 'too_many_requests', retry: 'later' } })
    written.resolve()
    expect(await first).toMatchObject({ outcome: 'accepted' })
    expect(new Set((await Promise.all(waiting)).map(({ outcome }) => outcome))).toEqual(new Set(['noop']))
    expect(await server.ask({ type: 'create' })).toMatchObject({ outcome: 'noop' })
  })

  test('a defect of the store reaches onError and not the caller', async () => {
    const store = faulty(createMemoryStore())
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    store.beforeAppend = () => Promise.reject(new TypeError('secret path /x'))
    const outcome = await server.ask(send)
    expect(outcome).toMatchObject({ outcome: 'refused', error: { code: 'internal' } })
    expect(JSON.stringify(outcome)).not.toContain('secret')
    expect(server.errors.map((error) => error.message)).toEqual(['secret path /x'])
  })

  test('S2 S3: a reader from any seq gets exactly what comes after it, from memory or from the store', async () => {
    const store = createMemoryStore()
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    for (let index = 0; index < 3_000; index += 1) void server.ask({ type: 'post', parts: text(`${index}`) })
    await server.ask({ type: 'post', parts: text('last') })
    const log = await server.log()
    for (const after of [0, 1, 500, 1_500, 2_999, 3_001, 3_002]) {
      const follower = await server.hub.follow(key, ada, { after: after, wake: () => undefined })
      expect(await readAll(() => follower.next())).toEqual(log.slice(after))
      follower.close()
    }
  })

  test.each<[string, Error, readonly string[]]>([
    ['for now is no news', new HeadraceError('store_full', 'The disk is full.'), []],
    ['by a defect is told', new TypeError('no such thing'), ['no such thing']],
  ])('S2: a snapshot that can not be written costs nothing but reading again, and %s', async (_, failure, told) => {
    const store = createMemoryStore()
    const server = openHub({ ...store, putSnapshot: () => Promise.reject(failure) })
    await server.ask({ type: 'create' })
    expect(await server.ask(send, 'c1')).toEqual({ outcome: 'accepted', seq: 3 })
    await server.hub.close()
    await settled()
    expect(server.errors.map(({ message }) => message)).toEqual(told)
    await using next = openHub(store, 'node-2')
    expect(await next.ask(send, 'c1')).toEqual({ outcome: 'accepted', seq: 3 })
  })

  test('S2: a reader that leaves while it is read for is given nothing more', async () => {
    const store = createMemoryStore()
    const before = openHub(store)
    await before.ask({ type: 'create' })
    await before.hub.close()
    await using server = openHub(store, 'node-2')
    const follower = await server.hub.follow(key, ada, { after: 0, wake: () => undefined })
    const page = follower.next()
    expect(page).toBeInstanceOf(Promise)
    follower.close()
    expect(await page).toBeUndefined()
  })

  test('S2 S2a: a session is opened from its snapshot, and the joiner’s view is the fold of the log', async () => {
    const store = createMemoryStore()
    await using writer = openHub(store)
    await writer.ask({ type: 'create' })
    for (let index = 0; index < 2_500; index += 1) void writer.ask({ type: 'post', parts: text(`${index}`) })
    await writer.ask({ type: 'post', parts: text('last') })
    const log = await writer.log()
    const reads: number[] = []
    const watched = faulty(store)
    watched.read = (of, after, limits) => {
      reads.push(after)
      return store.read(of, after, limits)
    }
    await using reader = openHub(watched, 'node-2')
    const view = await reader.hub.view(key, ada)
    expect(view).toEqual(log.reduce(foldView, emptyView('demo/1')))
    expect(Math.min(...reads)).toBeGreaterThanOrEqual(2_000)
    expect(view.messages.length).toBeLessThanOrEqual(50)
    const seqs: number[] = []
    for (let before = view.messages[0]?.seq ?? 0; seqs.length < view.older;) {
      const { rows } = await reader.hub.messages(key, ada, { before, limit: 300 })
      seqs.unshift(...rows.map((row) => row.seq))
      before = rows[0]?.seq ?? 0
    }
    expect([...seqs, ...view.messages.map((message) => message.seq)]).toEqual(log.slice(1).map((event) => event.seq))
  })

  test('S6: a command may name a message that is no longer hot', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    for (let index = 0; index < 400; index += 1) void server.ask({ type: 'post', parts: text(`${index}`) })
    await server.ask({ type: 'post', parts: text('last') })
    expect((await server.hub.view(key, ada)).messages.some((message) => message.id === 'm3')).toBe(false)
    expect(await server.ask({ type: 'send', parts: text('edited'), edits: 'm3' })).toMatchObject({
      outcome: 'accepted',
    })
    const added = (await server.log()).findLast((event) => event.type === 'message.added')
    expect(added?.data).toMatchObject({ edits: 'm3', parent: 'm2' })
    expect(await server.ask({ type: 'send', parts: text('x'), edits: 'm9999' })).toMatchObject({
      error: { code: 'message_not_found' },
    })
  })

  test('S6: so may one of the batch by which it went cold', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    for (let index = 0; index < 50; index += 1) await server.ask({ type: 'post', parts: text(`${index}`) })
    const outcomes = await Promise.all([
      server.ask({ type: 'post', parts: text('one more') }),
      server.ask({ type: 'send', parts: text('edited'), edits: 'm2' }),
    ])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted'])
    expect((await server.log()).filter(({ type }) => type === 'message.added').at(-1)?.data).toMatchObject({
      edits: 'm2',
    })
  })

  test('S2: an event that is larger than a page comes all the same, to who keeps up and to who comes later', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    const follower = await server.hub.follow(key, ada, { after: 1, wake: () => undefined })
    for (const words of ['before', 'x'.repeat(100_000), 'after'])
      expect(await server.ask({ type: 'post', parts: text(words) })).toMatchObject({ outcome: 'accepted' })
    expect((await readAll(() => follower.next())).map(({ seq }) => seq)).toEqual([2, 3, 4])
    const second = openHub(server.store, 'node-2')
    const late = await second.hub.follow(key, ada, { after: 1, wake: () => undefined })
    expect((await readAll(() => late.next())).map(({ seq }) => seq)).toEqual([2, 3, 4])
    await second.hub.close()
  })

  test('P6a: what an agent says writes its events and nothing else, until the run is over', async () => {
    const inner = createMemoryStore()
    const written: AppendBatch[] = []
    const append: Store['append'] = (of, expected, batch) => {
      written.push(batch)
      return inner.append(of, expected, batch)
    }
    await using server = openHub({ ...inner, append })
    await server.ask({ type: 'create' })
    await server.ask(send)
    await server.ask({ type: 'claim', run: 'r3', worker: 'w', leaseMs: 600_000 }, undefined, writer)
    const write = (n: number, ...ops: WriteOp[]): Promise<Outcome> =>
      server.ask({ type: 'write', run: 'r3', attempt: 1, n, ops }, undefined, writer)
    await write(1, { op: 'open', message: 'm', part: 'p', start: { kind: 'text' } })
    written.length = 0
    for (let n = 2; n < 6; n += 1) {
      await server.clock.advance(1_000)
      await write(n, { op: 'delta', message: 'm', part: 'p', text: `${n}` })
    }
    expect(written.map((batch) => Object.keys(batch).join())).toEqual(['events', 'events', 'events', 'events'])
    await write(6, { op: 'end', reason: 'complete' })
    expect(written.at(-1)).toMatchObject({
      row: { status: 'idle', openRuns: 0 },
      words: [{ words: expect.anything() }],
    })
  })

  test('C3b C5 C6a: the answers to a holder say that it is to stop, that it is held, and what it was told', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await server.ask(send)
    await server.ask({ type: 'claim', run: 'r3', worker: 'w', leaseMs: 600_000 }, undefined, writer)
    let n = 0
    const answer = (): Promise<Outcome> =>
      server.ask(
        { type: 'write', run: 'r3', attempt: 1, n: (n += 1), ops: [{ op: 'usage', usage: { outputTokens: 1 } }] },
        undefined,
        writer,
      )
    expect(await answer()).toEqual({ outcome: 'accepted', seq: 5 })
    await server.ask({ type: 'steer', run: 'r3', parts: text('shorter') })
    expect(await answer()).toMatchObject({ outcome: 'accepted', steers: 1 })
    await server.ask({ type: 'pause', run: 'r3' })
    expect(await answer()).toMatchObject({ outcome: 'accepted', steers: 1, paused: true })
    await server.ask({ type: 'resume', run: 'r3' })
    await server.ask({ type: 'cancel', target: { run: 'r3' } })
    expect(await answer()).toMatchObject({ outcome: 'accepted', cancel: true })
  })

  test('a session that was never created refuses readers and commands by name', async () => {
    await using server = openHub()
    expect(await server.ask(send)).toMatchObject({
      error: { code: 'session_not_found', detail: { session: 'demo/1' } },
    })
    await expect(server.hub.view(key, ada)).rejects.toMatchObject({ code: 'session_not_found' })
    await expect(server.hub.follow(key, ada, { after: 0, wake: () => undefined })).rejects.toMatchObject({
      code: 'session_not_found',
    })
  })

  test('closing finishes what was accepted and refuses the rest as draining', async () => {
    const store = faulty(createMemoryStore())
    const server = openHub(store)
    await server.ask({ type: 'create' })
    let release = (): void => undefined
    store.afterAppend = () => new Promise((resolve) => (release = resolve))
    const accepted = server.ask(send)
    await settled()
    const closing = server.hub.close()
    const late = server.ask(send)
    await settled()
    release()
    expect(await accepted).toEqual({ outcome: 'accepted', seq: 3 })
    expect(await late).toMatchObject({ error: { code: 'draining', retry: 'reconnect' } })
    await closing
    expect(server.clock.pending).toBe(0)
  })

  test('R3: a server that is closed with a run under its lease waits for nothing', async () => {
    const store = faulty(createMemoryStore())
    const server = openHub(store)
    await server.ask({ type: 'create' })
    await server.ask(send)
    const written = Promise.withResolvers<void>()
    store.afterAppend = () => written.promise
    const claimed = server.ask({ type: 'claim', run: 'r3', worker: 'w' }, undefined, writer)
    await settled()
    const closing = server.hub.close()
    await settled()
    written.resolve()
    expect(await claimed).toMatchObject({ outcome: 'accepted' })
    await closing
    expect(server.clock.pending).toBe(0)
  })

  test('S2 P1 R3: a session is let go when nobody has used it for a minute, and not while something would be missed', async () => {
    await using server = openHub()
    const submit = (session: string, body: CommandBody, grant = ada): Promise<Outcome> =>
      server.hub.submit(`default!${session}`, { grant, body })
    for (const session of ['unused', 'followed', 'leased', 'seen']) await submit(session, { type: 'create' })
    const follower = await server.hub.follow('default!followed', ada, { after: 1, wake: () => undefined })
    await submit('leased', send)
    await submit('leased', { type: 'claim', run: 'r3', worker: 'w', leaseMs: 300_000 }, writer)
    const leave = await server.hub.presences.join('default!seen', ada, 'tab-1', undefined)
    await server.clock.advance(59_000)
    expect(server.hub.stats().rooms).toBe(4)
    await server.clock.advance(70_000)
    expect(server.hub.stats().rooms).toBe(3)
    await submit('followed', { type: 'post', parts: text('news') })
    expect((await follower.next())?.last).toBe(2)
    await server.clock.advance(200_000)
    expect((await server.hub.view('default!leased', ada)).runs).toMatchObject([{ status: 'queued', lapses: 1 }])
    leave()
    follower.close()
    await server.clock.advance(59_000)
    expect(server.hub.stats().rooms).toBeGreaterThan(0)
    await server.clock.advance(70_000)
    expect(server.hub.stats().rooms).toBe(0)
    expect((await server.hub.view('default!seen', ada)).presence).toEqual([])
  })

  test('S5: a purged session is gone and its id can be used again', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await server.ask(send)
    await server.hub.purge(key)
    await expect(server.hub.view(key, ada)).rejects.toMatchObject({ code: 'session_not_found' })
    expect(await server.ask({ type: 'create' })).toEqual({ outcome: 'accepted', seq: 1 })
  })

  test('S5: a session that can not be removed is there still, and its readers are not told that it is gone', async () => {
    const inner = createMemoryStore()
    const full = new HeadraceError('store_unavailable', 'not now')
    const store = { ...inner, purge: (): Promise<void> => Promise.reject(full) }
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    const follower = await server.hub.follow(key, ada, { after: 1, wake: () => undefined })
    await expect(server.hub.purge(key)).rejects.toBe(full)
    await expect(follower.next()).rejects.toMatchObject({ code: 'draining' })
    expect(await server.ask({ type: 'post', parts: text('hello') })).toEqual({ outcome: 'accepted', seq: 2 })
    store.purge = () => inner.purge(key)
    await server.hub.purge(key)
    expect(await inner.head(key)).toBe(0)
  })
})
