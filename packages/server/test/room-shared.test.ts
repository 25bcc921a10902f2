import { HeadraceError, type Store } from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../src/store/memory.ts'
import { FakeClock, settled } from './support/fake-clock.ts'
import { ada, faulty, grantOf, key, openHub, text, type TestHub } from './support/hub.ts'
import { writer } from './support/story.ts'

const send = { type: 'send' as const, parts: text('hello') }
const all = { type: 'cancel' as const, target: { all: true as const } }
const unknown = (): Promise<never> => Promise.reject(new HeadraceError('unknown_outcome', 'The store broke off.'))

function worker(server: TestHub, signals: string[]): void {
  server.hub.dispatcher.register({
    agent: 'assistant',
    worker: 'w',
    grant: writer,
    capacity: 1,
    assign: () => undefined,
    signal: (_held, { signal }) => signals.push(signal),
  })
}

function shared(inner: Store): Store {
  return { ...inner, capabilities: { ...inner.capabilities, shared: true } }
}

describe('servers that share a store', () => {
  test('L2 C3e: what is refused or already so is so in the store, not only on this server', async () => {
    const store = shared(createMemoryStore())
    await using one = openHub(store, 'node-1')
    await using two = openHub(store, 'node-2')
    expect(await two.ask(send)).toMatchObject({ error: { code: 'session_not_found' } })
    await one.ask({ type: 'create' })
    expect(await two.ask({ type: 'create' })).toEqual({ outcome: 'noop', seq: 1 })
    await one.ask(send)
    // This server has not heard of the run that is to be stopped.
    expect(await two.ask(all)).toEqual({ outcome: 'accepted', seq: 4 })
    expect(await one.ask(all)).toEqual({ outcome: 'noop', seq: 4 })
  })

  test('S3d: whichever server is asked, the answer has all that any of them acknowledged', async () => {
    const store = shared(createMemoryStore())
    await using one = openHub(store, 'node-1')
    await using two = openHub(store, 'node-2')
    await one.ask({ type: 'create' })
    expect((await two.hub.view(key, ada)).seq).toBe(1)
    await one.ask({ type: 'post', parts: text('news') })
    expect((await two.hub.view(key, ada)).seq).toBe(2)
    await one.ask({ type: 'post', parts: text('more news') })
    const { events, head } = await two.hub.events(key, ada, { after: 2, maxEvents: 10, maxChars: 10_000 })
    expect(events).toHaveLength(1)
    expect(head).toBe(3)
  })

  test('S5h: what another server has erased is shown to nobody who comes later', async () => {
    const store = shared(createMemoryStore())
    await using one = openHub(store, 'node-1')
    await using two = openHub(store, 'node-2')
    await one.ask({ type: 'create' })
    await two.hub.view(key, ada)
    await two.ask({ type: 'post', parts: text('a secret') })
    await one.ask({ type: 'redact', message: 'm2' })
    while ((await one.hub.room(key)).state.guard.erasing.length > 0) await settled()
    await two.hub.view(key, ada)
    const follower = await two.hub.follow(key, ada, { after: 1, wake: () => undefined })
    const page = await follower.next()
    expect(page?.events.length).toBeGreaterThan(0)
    expect(JSON.stringify(page?.events)).not.toContain('a secret')
  })

  test('R3: a worker is not told that it lost what it holds, by what its server hears late of an earlier attempt', async () => {
    const inner = shared(createMemoryStore())
    let isDown = false
    const store: Store = {
      ...inner,
      head: (...args) =>
        isDown ? Promise.reject(new HeadraceError('store_unavailable', 'It does not answer.')) : inner.head(...args),
    }
    await using one = openHub(inner, 'node-1')
    await using two = openHub(store, 'node-2')
    const claim = { type: 'claim', run: 'r3', worker: 'w', leaseMs: 1_000 } as const
    await one.ask({ type: 'create' })
    await one.ask(send)
    await one.ask(claim, undefined, writer)
    await two.hub.view(key, ada)
    await one.clock.advance(2_000)
    expect(await one.ask(claim, undefined, writer)).toMatchObject({ outcome: 'accepted' })
    isDown = true
    const signals: string[] = []
    two.hub.dispatcher.register({
      agent: 'assistant',
      worker: 'w',
      grant: writer,
      capacity: 1,
      held: [{ session: 'demo/1', run: 'r3', attempt: 2 }],
      assign: () => expect.fail('It has that run.'),
      signal: (_held, { signal }) => signals.push(signal),
    })
    await settled()
    isDown = false
    await two.clock.advance(1_000)
    expect((await two.hub.view(key, ada)).runs).toMatchObject([{ status: 'active', attempt: 2 }])
    expect(signals).not.toContain('lost')
  })

  test('S3d: also where nothing can be written and something is due', async () => {
    const inner = shared(createMemoryStore())
    let isFull = false
    const store: Store = {
      ...inner,
      append: (...args) =>
        isFull ? Promise.reject(new HeadraceError('store_full', 'The disk is full.')) : inner.append(...args),
    }
    await using one = openHub(inner, 'node-1')
    await using two = openHub(store, 'node-2', one.clock)
    await one.ask({ type: 'create' })
    await one.ask(send)
    await one.ask({ type: 'claim', run: 'r3', worker: 'w', leaseMs: 1_000 }, undefined, writer)
    await two.hub.view(key, ada)
    isFull = true
    await one.ask({ type: 'post', parts: text('news') })
    // By its clock the lease is over, which it can't write down.
    two.clock.shift(5_000)
    expect((await two.hub.view(key, ada)).seq).toBe(5)
    isFull = false
    expect(await two.ask({ type: 'post', parts: text('more news') })).toMatchObject({ outcome: 'accepted' })
  })

  test('R2: who waits for a run that another server gave away waits for the next one', async () => {
    const store = shared(createMemoryStore())
    await using one = openHub(store, 'node-1')
    await using two = openHub(store, 'node-2', one.clock)
    await one.ask({ type: 'create' })
    await one.ask(send)
    const { signal } = new AbortController()
    const claims = [one, two].map(async ({ hub }, index) => {
      const claimed = await hub.claim('assistant', `w${index}`, writer, { waitMs: 20_000, signal })
      return claimed?.run
    })
    const first = await Promise.race(claims)
    expect(first).toBe('r3')
    await settled()
    // It is told of by the server that gives the other one away.
    for (const server of [two, one]) await server.ask({ ...send, policy: 'parallel' })
    expect((await Promise.all(claims)).filter((run) => run !== 'r3')).toEqual([expect.stringMatching(/^r/)])
  })

  test('R2: who goes away while a run is claimed for them is answered when another server was faster', async () => {
    const store = shared(createMemoryStore())
    const late = faulty(store)
    await using one = openHub(store, 'node-1')
    await using two = openHub(late, 'node-2')
    await one.ask({ type: 'create' })
    await one.ask(send)
    const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    late.beforeAppend = () => {
      reached.resolve()
      return goOn.promise
    }
    const leaving = new AbortController()
    const claimed = two.hub.claim('assistant', 'w2', writer, { waitMs: 20_000, signal: leaving.signal })
    await reached.promise
    leaving.abort()
    await one.ask({ type: 'claim', run: 'r3', worker: 'w1' }, undefined, writer)
    goOn.resolve()
    expect(await claimed).toBeUndefined()
    expect(two.hub.stats().workers).toBe(0)
  })

  test('S5: a session that another server removed is gone here, for readers, workers and whoever asks', async () => {
    const inner = shared(createMemoryStore())
    await using one = openHub(inner, 'node-1')
    let looks = 0
    const head: Store['head'] = (of) => {
      // A server that looks again and again would let nobody else do anything.
      if ((looks += 1) > 100) throw new Error('It goes in circles.')
      return inner.head(of)
    }
    await using two = openHub({ ...inner, head }, 'node-2')
    await one.ask({ type: 'create' })
    await one.ask(send)
    const signals: string[] = []
    worker(two, signals)
    await settled()
    const follower = await two.hub.follow(key, ada, { after: 4, wake: () => undefined })
    await one.hub.purge(key)
    await expect(two.hub.view(key, ada)).rejects.toMatchObject({ code: 'session_not_found' })
    await expect(follower.next()).rejects.toMatchObject({ code: 'session_not_found' })
    expect(signals).toEqual(['lost'])
    expect(await two.ask({ type: 'create' })).toEqual({ outcome: 'accepted', seq: 1 })
  })

  test('S5f: a server that has not heard what happened in a session does not remove it', async () => {
    const store = shared(createMemoryStore())
    await using one = openHub(store, 'node-1')
    await using two = openHub(store, 'node-2', one.clock)
    await one.ask({ type: 'create', retention: { rawMs: 60_000, sessionMs: 120_000 } })
    const follower = await two.hub.follow(key, ada, { after: 1, wake: () => undefined })
    await one.clock.advance(100_000)
    await one.ask(send)
    await one.ask({ type: 'claim', run: 'r3', worker: 'w', leaseMs: 600_000 }, undefined, writer)
    const ops = [
      { op: 'open' as const, message: 'm', part: 'p', start: { kind: 'text' as const } },
      { op: 'delta' as const, message: 'm', part: 'p', text: 'old enough to be dropped soon' },
      { op: 'end' as const, reason: 'complete' as const },
    ]
    await one.ask({ type: 'write', run: 'r3', attempt: 1, n: 1, ops }, undefined, writer)
    // Both look at it, for its raw output.
    await one.clock.advance(80_000)
    expect(await store.head(key)).toBeGreaterThan(1)
    follower.close()
    expect([one.errors, two.errors]).toEqual([[], []])
  })

  test('S3: a session that another server made is found', async () => {
    const store = shared(createMemoryStore())
    await using one = openHub(store, 'node-1')
    await using two = openHub(store, 'node-2')
    await expect(two.hub.view(key, ada)).rejects.toMatchObject({ code: 'session_not_found' })
    await one.ask({ type: 'create' })
    expect((await two.hub.view(key, ada)).seq).toBe(1)
  })
})

test('S4: a session that another server compacts while it is opened is opened all the same', async () => {
  const store = shared(createMemoryStore())
  await using one = openHub(store, 'node-1')
  await one.ask({ type: 'create' })
  for (let index = 0; index < 4; index += 1) await one.ask({ type: 'post', parts: text(`${index}`) })
  const { state } = await one.hub.room(key)
  const compact = (): Promise<void> =>
    store.compact(key, { floor: { seq: 5, state: JSON.stringify(state) }, drop: [[3, 4]] })
  let isDone = false
  const overtaken: Store = {
    ...store,
    async read(...args) {
      if (!isDone) await compact()
      isDone = true
      return store.read(...args)
    },
  }
  await using two = openHub(overtaken, 'node-2')
  expect(await two.hub.view(key, ada)).toEqual(state.view)
  expect(isDone).toBe(true)
})

describe('an append whose outcome is unknown', () => {
  test('L2: stays unknown where the log can’t be read either', async () => {
    const inner = createMemoryStore()
    const store = faulty(inner)
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    store.afterAppend = unknown
    store.read = () => Promise.reject(new HeadraceError('store_unavailable', 'The store does not answer.'))
    expect(await server.ask(send, 'c1')).toMatchObject({ error: { code: 'unknown_outcome' } })
    store.afterAppend = () => Promise.resolve()
    store.read = (...args) => inner.read(...args)
    expect(await server.ask(send, 'c1')).toEqual({ outcome: 'accepted', seq: 3 })
    expect(await server.log()).toHaveLength(3)
  })

  test('L2: may be done later, and what is answered meanwhile takes it into account', async () => {
    const inner = createMemoryStore()
    const store = faulty(inner)
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    let arrive = (): Promise<void> => Promise.resolve()
    store.append = (...args) => {
      arrive = () => inner.append(...args)
      return unknown()
    }
    expect(await server.ask(send, 'c1')).toMatchObject({ error: { code: 'unknown_outcome' } })
    await arrive()
    store.append = (...args) => inner.append(...args)
    expect(await server.ask(all)).toMatchObject({ outcome: 'accepted' })
    expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'ended', reason: 'cancelled' }])
  })
})

test('L4 R3b: a lease lapses after its time though the clock was set back while the room opened', async () => {
  const clock = new FakeClock()
  await using server = openHub(createMemoryStore(), 'node-1', clock)
  // Opens the room of a session that does not exist yet: it has no time of its own.
  await server.ask(send)
  clock.shift(-3_600_000)
  await server.ask({ type: 'create' })
  await server.ask(send)
  await server.ask({ type: 'claim', run: 'r3', worker: 'w1' }, undefined, grantOf('agent:host'))
  await clock.advance(6_000)
  expect((await server.hub.view(key, ada)).runs).toMatchObject([{ status: 'queued', attempt: 1 }])
})
