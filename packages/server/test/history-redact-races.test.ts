import { describe, expect, test } from 'vitest'
import type { Outcome, Redaction, Store, WriteOp } from '@headrace/core'
import { createMemoryStore } from '../src/store/memory.ts'
import { settled } from './support/fake-clock.ts'
import { ada, faulty, key, openHub, text, type TestHub } from './support/hub.ts'
import { writer } from './support/story.ts'

const canary = 'canary0xCAFE'
const whole = { maxEvents: 1_000, maxChars: 1_000_000 }

interface Gate {
  /** Resolves when somebody stands before it. */
  readonly reached: Promise<void>
  open(): void
  /** Waits, the first time, until it is open. */
  pass(): Promise<void>
}

function gate(): Gate {
  const reached = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  return {
    reached: reached.promise,
    open: () => open.resolve(),
    pass() {
      reached.resolve()
      return open.promise
    },
  }
}

function shared(inner: Store): Store {
  return { ...inner, capabilities: { ...inner.capabilities, shared: true } }
}

/** A store whose erasures wait. */
function slow(inner: Store, erasing: Gate): Store {
  return {
    ...inner,
    async redact(...args) {
      await erasing.pass()
      return inner.redact(...args)
    },
  }
}

async function fill(server: TestHub, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await server.ask({ type: 'post', parts: text(`filling ${index}`) })
}

/** An agent says something in raw output. */
async function answer(server: TestHub, words: string): Promise<void> {
  const sent = await server.ask({ type: 'send', parts: text('hello') })
  const run = sent.outcome === 'accepted' ? `r${sent.seq}` : ''
  await server.ask({ type: 'claim', run, worker: 'w', leaseMs: 600_000 }, undefined, writer)
  const ops = [
    { op: 'open' as const, message: 'm', part: 'p', start: { kind: 'text' as const } },
    { op: 'delta' as const, message: 'm', part: 'p', text: words },
    { op: 'end' as const, reason: 'complete' as const },
  ]
  expect(await server.ask({ type: 'write', run, attempt: 1, n: 1, ops }, undefined, writer)).toMatchObject({
    outcome: 'accepted',
  })
}

async function answered(server: TestHub): Promise<void> {
  await server.ask({ type: 'create' })
  await answer(server, `I say ${canary}`)
}

async function everythingOf(store: Store): Promise<string> {
  const events = await store.read(key, 0, whole)
  const rows = await store.readMessages(key, Number.MAX_SAFE_INTEGER, 1_000)
  return JSON.stringify([events, rows, await store.getSnapshot(key), await store.floorSnapshot(key)])
}

async function isErased(server: TestHub): Promise<void> {
  while ((await server.hub.room(key)).state.guard.erasing.length > 0) await settled()
}

describe('a redaction that is acknowledged and not yet erased', () => {
  test.each([
    ['a message', undefined],
    ['one of its parts', '0'],
  ])('S5j of %s: pages, events, subscriptions and what is found show nothing of it', async (_what, part) => {
    const erasing = gate()
    await using server = openHub(slow(createMemoryStore(), erasing))
    await server.ask({ type: 'create' })
    await server.ask({ type: 'post', parts: [...text(`cold ${canary}`), ...text('beside it')] })
    await fill(server, 52)
    const live = await server.hub.follow(key, ada, { after: 1, wake: () => undefined })
    expect(JSON.stringify(await server.hub.messages(key, ada, { before: 100, limit: 10 }))).toContain(canary)
    const body = { type: 'redact' as const, message: 'm2', ...(part !== undefined && { part }) }
    expect(await server.ask(body)).toMatchObject({ outcome: 'accepted' })
    await erasing.reached
    const { rows } = await server.hub.messages(key, ada, { before: 100, limit: 10 })
    const { events } = await server.hub.events(key, ada, { after: 0, ...whole })
    const page = await live.next()
    const found = await Promise.all(
      [canary, 'beside'].map((query) => server.hub.history.search(ada, { query, limit: 10 })),
    )
    expect(page?.events).toHaveLength(54)
    // Nor does it tell that it was there.
    expect(found.map(({ hits }) => hits.length)).toEqual([0, part === undefined ? 0 : 1])
    const shown = JSON.stringify([rows, events, page?.events, found])
    expect(shown).not.toContain(canary)
    expect(shown.includes('beside it')).toBe(part !== undefined)
    // It makes no difference to a reader when it is erased.
    erasing.open()
    await isErased(server)
    expect((await server.hub.messages(key, ada, { before: 100, limit: 10 })).rows).toEqual(rows)
    expect((await server.hub.events(key, ada, { after: 0, ...whole })).events.slice(0, events.length)).toEqual(events)
    expect(server.errors).toEqual([])
  })

  test('S5j S5e what a later attempt adds to a message after that is shown, before it is erased and afterwards', async () => {
    const erasing = gate()
    await using server = openHub(slow(createMemoryStore(), erasing))
    await server.ask({ type: 'create' })
    await server.ask({ type: 'send', parts: text('hello') })
    const attempt = async (number: number, ...ops: WriteOp[]): Promise<void> => {
      await server.ask({ type: 'claim', run: 'r3', worker: `w${number}`, leaseMs: 1_000 }, undefined, writer)
      const body = { type: 'write' as const, run: 'r3', attempt: number, n: 1, ops }
      expect(await server.ask(body, undefined, writer)).toMatchObject({ outcome: 'accepted' })
    }
    const open = (part: string, words: string): WriteOp => ({
      op: 'open',
      message: 'm',
      part,
      start: { kind: 'text', text: words },
    })
    await attempt(1, open('p', canary), { op: 'close', message: 'm', part: 'p' }, { op: 'close-message', message: 'm' })
    expect(await server.ask({ type: 'redact', message: 'r3.m' })).toMatchObject({ outcome: 'accepted' })
    await erasing.reached
    await server.clock.advance(20_000)
    await attempt(2, open('q', 'later words'), { op: 'end', reason: 'complete' })
    await fill(server, 52)
    const { rows } = await server.hub.messages(key, ada, { before: 100, limit: 10 })
    expect(JSON.stringify(rows)).toContain('later words')
    expect(JSON.stringify(rows)).not.toContain(canary)
    erasing.open()
    await isErased(server)
    expect((await server.hub.messages(key, ada, { before: 100, limit: 10 })).rows).toEqual(rows)
  })

  test('S5j content that is kept beside the log is not given out either', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    const { id, url } = await server.hub.history.putBlob(key, { mediaType: 'text/plain', bytes: Buffer.from(canary) })
    await server.ask({ type: 'post', parts: [{ kind: 'file', url, mediaType: 'text/plain' }] })
    await server.ask({ type: 'redact', message: 'm2' })
    await expect(server.hub.history.getBlob(key, id)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('S5h what goes cold while it is looked for is erased all the same', async () => {
    const looking = gate()
    const inner = createMemoryStore()
    let isHeld = false
    const store: Store = {
      ...inner,
      async readMessages(...args) {
        const rows = await inner.readMessages(...args)
        if (isHeld) await looking.pass()
        return rows
      },
    }
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    await server.ask({ type: 'post', parts: text(canary) })
    isHeld = true
    await server.ask({ type: 'redact', message: 'm2' })
    await looking.reached
    isHeld = false
    await fill(server, 52)
    looking.open()
    await isErased(server)
    expect(await everythingOf(inner)).not.toContain(canary)
  })

  test('S5h a copy that was begun before holds nothing of it', async () => {
    const reading = gate()
    const inner = createMemoryStore()
    let isHeld = false
    const store: Store = {
      ...inner,
      async readMessages(...args) {
        const rows = await inner.readMessages(...args)
        if (isHeld) {
          isHeld = false
          await reading.pass()
        }
        return rows
      },
    }
    await using server = openHub(store)
    await server.ask({ type: 'create' })
    await server.ask({ type: 'post', parts: text(canary) })
    await fill(server, 52)
    isHeld = true
    const copied = server.hub.history.fork(key, ada, { id: 'copy' })
    await reading.reached
    await server.ask({ type: 'redact', message: 'm2' })
    await isErased(server)
    reading.open()
    expect(await copied).toMatchObject({ outcome: 'accepted' })
    const { rows } = await server.hub.messages('default!copy', ada, { before: 100, limit: 10 })
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toContain(canary)
  })
})

describe('servers that share a store', () => {
  test('S4f S5h a compaction that another server was at does not bring back what was erased meanwhile', async () => {
    const inner = shared(createMemoryStore())
    const compacting = gate()
    const late = faulty(inner)
    await using one = openHub(inner, 'node-1')
    await using two = openHub(late, 'node-2')
    await answered(two)
    const message = (await two.hub.view(key, ada)).messages.at(-1)?.id ?? ''
    // It has read the content, and has still to say what it drops.
    late.beforeAppend = () => compacting.pass()
    const compacted = two.hub.history.compact(key, Number.MAX_SAFE_INTEGER)
    await compacting.reached
    expect(await one.ask({ type: 'redact', message })).toMatchObject({ outcome: 'accepted' })
    await isErased(one)
    compacting.open()
    await compacted
    expect(await inner.floor(key)).toBeGreaterThan(0)
    expect(await everythingOf(inner)).not.toContain(canary)
    expect([one.errors, two.errors]).toEqual([[], []])
  })

  test('S4f a compaction that another server overtakes loses nothing of what that one drops', async () => {
    const inner = shared(createMemoryStore())
    const [begun, folding, dropping] = [gate(), gate(), gate()]
    let scans = 0
    const slower: Store = {
      ...inner,
      async read(...args) {
        if (args[2].maxEvents === 1) await begun.pass()
        // The first one looks for gaps, the second one folds.
        if (args[1] === 0 && args[2].maxEvents > 1 && (scans += 1) === 2) await folding.pass()
        return inner.read(...args)
      },
    }
    let drops = 0
    const faster: Store = {
      ...inner,
      async compact(...args) {
        if ((drops += 1) === 2) await dropping.pass()
        return inner.compact(...args)
      },
    }
    await using one = openHub(faster, 'node-1')
    await using two = openHub(slower, 'node-2')
    await answered(one)
    await one.hub.history.compact(key, Number.MAX_SAFE_INTEGER)
    await one.clock.advance(1_000)
    await answer(one, 'what comes next')
    const early = one.clock.now()
    await one.clock.advance(1_000)
    await answer(one, 'and more')
    await two.hub.view(key, ada)
    scans = 0
    const second = two.hub.history.compact(key, Number.MAX_SAFE_INTEGER)
    await begun.reached
    const first = one.hub.history.compact(key, early)
    await dropping.reached
    begun.open()
    await folding.reached
    dropping.open()
    await first
    folding.open()
    await second
    const floor = await inner.floorSnapshot(key)
    expect(floor?.seq).toBeGreaterThan(0)
    expect(floor?.state).toContain('what comes next')
  })

  test('S4f S5h a compaction that another server has still to carry out comes before an erasure', async () => {
    const inner = shared(createMemoryStore())
    const dropping = gate()
    const late: Store = {
      ...inner,
      async compact(...args) {
        await dropping.pass()
        return inner.compact(...args)
      },
    }
    await using one = openHub(inner, 'node-1')
    await using two = openHub(late, 'node-2')
    await answered(two)
    const message = (await two.hub.view(key, ada)).messages.at(-1)?.id ?? ''
    const compacted = two.hub.history.compact(key, Number.MAX_SAFE_INTEGER)
    await dropping.reached
    await one.ask({ type: 'redact', message })
    await isErased(one)
    dropping.open()
    await compacted
    expect(await inner.floor(key)).toBeGreaterThan(0)
    expect(await everythingOf(inner)).not.toContain(canary)
  })

  test('S5h an erasure that comes late brings back nothing that was erased since', async () => {
    const inner = shared(createMemoryStore())
    const [soon, erasing] = [gate(), gate()]
    await using one = openHub(slow(inner, soon), 'node-1')
    await using two = openHub(slow(inner, erasing), 'node-2')
    await one.ask({ type: 'create' })
    await one.ask({ type: 'post', parts: [...text('first'), ...text(canary)] })
    await fill(one, 52)
    await two.hub.view(key, ada)
    const redact = (part: string): Promise<Outcome> => one.ask({ type: 'redact', message: 'm2', part })
    await redact('0')
    // The other one has read the row for this, and writes it when the second part is gone.
    await two.hub.view(key, ada)
    await erasing.reached
    soon.open()
    await isErased(one)
    await redact('1')
    await isErased(one)
    expect(await everythingOf(inner)).not.toContain(canary)
    erasing.open()
    await settled()
    expect(await everythingOf(inner)).not.toContain(canary)
    expect([one.errors, two.errors]).toEqual([[], []])
  })

  test('S5j a redaction that another server acknowledged is one here', async () => {
    const inner = shared(createMemoryStore())
    const erasing = gate()
    await using one = openHub(slow(inner, erasing), 'node-1')
    await using two = openHub(slow(inner, erasing), 'node-2')
    await one.ask({ type: 'create' })
    await one.ask({ type: 'post', parts: text(canary) })
    await fill(one, 52)
    await one.ask({ type: 'post', parts: text(canary) })
    await two.hub.view(key, ada)
    await one.ask({ type: 'redact', message: 'm2' })
    await one.ask({ type: 'redact', message: 'm55' })
    const { rows } = await two.hub.messages(key, ada, { before: 100, limit: 10 })
    const { events } = await two.hub.events(key, ada, { after: 0, ...whole })
    const { hits } = await two.hub.history.search(ada, { query: canary, limit: 10 })
    expect(JSON.stringify([await two.hub.view(key, ada), rows, events, hits])).not.toContain(canary)
    expect(rows.length).toBeGreaterThan(0)
    erasing.open()
  })
})

test('S5b a redaction that was made before another one was written is refused by a store that servers share', async () => {
  const store = createMemoryStore()
  await store.append(key, 0, { events: ['1', '2'] })
  const redaction = (seq: number, since: Redaction['since']): Redaction => ({
    events: [],
    messages: [],
    snapshot: { seq, state: '{}' },
    ...(since && { since }),
  })
  await store.redact(key, redaction(1, { floor: 0, snapshot: 0 }))
  await expect(store.redact(key, redaction(2, { floor: 0, snapshot: 0 }))).rejects.toMatchObject({
    code: 'version_conflict',
    retry: 'later',
  })
  await expect(store.redact(key, redaction(2, { floor: 1, snapshot: 1 }))).rejects.toMatchObject({
    code: 'version_conflict',
  })
  expect(await store.getSnapshot(key)).toMatchObject({ seq: 1 })
  await store.redact(key, redaction(2, { floor: 0, snapshot: 1 }))
  expect(await store.getSnapshot(key)).toMatchObject({ seq: 2 })
})

test('S3e a reader is given nothing of which its server does not know yet', async () => {
  const inner = createMemoryStore()
  const first = openHub(inner)
  await first.ask({ type: 'create' })
  await first.ask({ type: 'post', parts: text('one') })
  await first.hub.close()
  const store = faulty(inner)
  const written = gate()
  await using server = openHub(store, 'node-2', first.clock)
  let isWoken = false
  const reader = await server.hub.follow(key, ada, { after: 1, wake: () => (isWoken = true) })
  // It is durable, and that has not been said to the server yet.
  store.afterAppend = () => written.pass()
  const posted = server.ask({ type: 'post', parts: text('two') })
  await written.reached
  expect((await reader.next())?.last).toBe(2)
  expect(await reader.next()).toBeUndefined()
  expect((await server.hub.view(key, ada)).seq).toBe(2)
  written.open()
  await posted
  expect(isWoken).toBe(true)
  expect((await reader.next())?.last).toBe(3)
})

test('S3e nor is who asks for a page, which ends where they can go on from', async () => {
  const store = faulty(createMemoryStore())
  const written = gate()
  await using server = openHub(store)
  await server.ask({ type: 'create' })
  await server.ask({ type: 'post', parts: text('one') })
  store.afterAppend = () => written.pass()
  const posted = server.ask({ type: 'post', parts: text('two') })
  await written.reached
  const { events, head } = await server.hub.events(key, ada, { after: 0, ...whole })
  written.open()
  await posted
  expect([events.length, head]).toEqual([2, 2])
  expect((await server.hub.events(key, ada, { after: 2, ...whole })).events).toHaveLength(1)
})
