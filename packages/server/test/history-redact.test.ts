import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  HeadraceError,
  emptyView,
  foldView,
  verifyExport,
  type Message,
  type SessionView,
  type Store,
} from '@headrace/core'
import { createMemoryStore } from '../src/store/memory.ts'
import { openEmbeddedStore } from '../src/store/embedded.ts'
import { ada, faulty, key, openHub, text, type TestHub } from './support/hub.ts'
import { settled } from './support/fake-clock.ts'
import { beats, play, sue, writer } from './support/story.ts'

const canary = 'canary0xCAFE'

async function messagesOf(server: TestHub): Promise<readonly Message[]> {
  const rows = await server.store.readMessages(key, Number.MAX_SAFE_INTEGER, 10_000)
  return [...rows.map(({ json }) => JSON.parse(json) as Message), ...(await server.hub.room(key)).state.view.messages]
}

/** All that a store of this server gives out about the session. */
async function everythingOf({ store }: TestHub): Promise<string> {
  const events = await store.read(key, 0, { maxEvents: 1e6, maxChars: 1e9 })
  const rows = await store.readMessages(key, Number.MAX_SAFE_INTEGER, 10_000)
  const states = [await store.getSnapshot(key), await store.floorSnapshot(key)]
  return JSON.stringify([events, rows, states, await store.row(key)])
}

async function fileText(directory: string): Promise<string> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1').catch(() => '')))
  return texts.join('\n')
}

/** A session with the canary in a person's message, in all an agent can write, in a cold message and behind a floor. */
async function withCanaries(server: TestHub): Promise<readonly string[]> {
  const write = (n: number, ops: Extract<Parameters<TestHub['ask']>[0], { type: 'write' }>['ops']): Promise<unknown> =>
    server.ask({ type: 'write', run: 'r3', attempt: 1, n, ops }, undefined, writer)
  await server.ask({ type: 'create' })
  await server.ask({ type: 'send', parts: text(`first ${canary}`) })
  await server.ask({ type: 'claim', run: 'r3', worker: 'w1', leaseMs: 600_000 }, undefined, writer)
  await write(1, [
    { op: 'open', message: 'm', part: 't', start: { kind: 'text', text: `I say ${canary}` } },
    { op: 'delta', message: 'm', part: 't', text: `more ${canary}` },
    { op: 'close', message: 'm', part: 't' },
    { op: 'open', message: 'm', part: 'c', start: { kind: 'tool', name: canary, callId: 'c', input: { q: canary } } },
    { op: 'set', message: 'm', part: 'c', fields: { output: [canary] } },
    { op: 'close', message: 'm', part: 'c', fields: { error: `"${canary}"` } },
    {
      op: 'open',
      message: 'm',
      part: 'f',
      start: { kind: 'file', url: `https://x/${canary}`, mediaType: 'a/b', name: canary },
    },
    { op: 'close', message: 'm', part: 'f' },
    { op: 'end', reason: 'complete' },
  ])
  await server.ask({ type: 'post', parts: text(`near ${canary}`) })
  await server.hub.history.compact(key, server.clock.now())
  for (let index = 0; index < 52; index += 1) await server.ask({ type: 'post', parts: text(`filling ${index}`) })
  await server.ask({ type: 'post', parts: text(`last ${canary}`) })
  const carrying = (await messagesOf(server)).filter((message) => JSON.stringify(message).includes(canary))
  expect(carrying).toHaveLength(4)
  return carrying.map(({ id }) => id)
}

describe('a redaction', () => {
  test('S5h nothing of it is in the store when it is erased: hot, cold, behind a floor, in words; the export verifies', async () => {
    await using server = openHub()
    for (const message of await withCanaries(server)) {
      expect(await server.ask({ type: 'redact', message, reason: 'asked to' })).toMatchObject({ outcome: 'accepted' })
    }
    await settled()
    expect(await everythingOf(server)).not.toContain(canary)
    expect((await server.hub.history.search(ada, { query: canary, limit: 10 })).hits).toEqual([])
    expect((await server.hub.history.search(ada, { query: 'filling', limit: 100 })).hits).toHaveLength(52)
    const { guard, view } = (await server.hub.room(key)).state
    expect(guard.erasing).toEqual([])
    expect((await server.log()).filter(({ type }) => type === 'content.erased')).toHaveLength(4)
    expect((await server.log()).find(({ type }) => type === 'content.erased')).toMatchObject({
      actor: 'system:headrace',
    })
    // Readers who come now, at any place, get nothing of it either; not from what the room keeps in memory.
    const page = await server.hub.events(key, ada, { after: 0, maxEvents: 1e6, maxChars: 1e9, sparse: true })
    expect(page.events.join('')).not.toContain(canary)
    const follower = await server.hub.follow(key, ada, { after: view.compactedTo ?? 0, wake: () => undefined })
    for (let next = await follower.next(); next; next = await follower.next()) {
      expect(next.events.join('')).not.toContain(canary)
    }
    const lines: string[] = []
    for await (const some of await server.hub.history.export(key, sue)) lines.push(...some)
    expect(lines.join('\n')).not.toContain(canary)
    const result = await verifyExport(
      (async function* () {
        yield* lines
      })(),
    )
    expect(result).toMatchObject({ ok: true, report: { redacted: 7 } })
    expect(server.errors).toEqual([])
  })

  test('S5h what is left is the fold of what is left, with or without a floor', async () => {
    await fc.assert(
      fc.asyncProperty(beats, fc.array(fc.nat(), { maxLength: 6 }), fc.boolean(), async (story, picks, isCompacted) => {
        await using server = openHub()
        await play(server, story)
        if (isCompacted) await server.hub.history.compact(key, server.clock.now() - 2_000)
        for (const pick of picks) {
          const messages = await messagesOf(server)
          const message = messages[pick % Math.max(1, messages.length)]
          const part = pick % 3 === 0 ? message?.parts[0]?.id : undefined
          if (message) await server.ask({ type: 'redact', message: message.id, ...(part !== undefined && { part }) })
        }
        await settled()
        const { state } = await server.hub.room(key)
        expect(state.guard.erasing).toEqual([])
        const floor = await server.store.floorSnapshot(key)
        let view: SessionView = floor ? (JSON.parse(floor.state) as { view: SessionView }).view : emptyView('demo/1')
        for (const event of await server.log()) if (event.seq > view.seq) view = foldView(view, event)
        expect(JSON.stringify(view)).toBe(JSON.stringify(state.view))
        // Each redacted message and part is blank, hot or cold, and no other one lost anything.
        for (const message of await messagesOf(server)) {
          for (const part of message.parts) {
            if (part.redacted && 'text' in part) expect((part.text ?? '').replaceAll('█', '')).toBe('')
          }
        }
        await using again = openHub(server.store, 'node-2', server.clock)
        expect(JSON.stringify((await again.hub.room(key)).state)).toBe(JSON.stringify(state))
        expect(server.errors).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  test('S5h cut short at any call of the store, it is finished by the next server', async () => {
    for (const cut of ['before', 'after', 'said'] as const) {
      const inner = createMemoryStore()
      const dead = (): never => {
        throw new HeadraceError('store_unavailable', 'The process was killed here.')
      }
      const store = Object.assign(faulty(inner), {
        async redact(...args: Parameters<Store['redact']>) {
          if (cut === 'before') dead()
          await inner.redact(...args)
          if (cut === 'after') dead()
          store.beforeAppend = async () => dead()
        },
      })
      const first = openHub(store)
      await first.ask({ type: 'create' })
      await first.ask({ type: 'post', parts: text(canary) })
      await first.ask({ type: 'redact', message: 'm2' })
      await settled()
      expect((await first.hub.room(key)).state.guard.erasing).toHaveLength(1)
      store.beforeAppend = async () => dead()
      await using second = openHub(inner, 'node-2', first.clock)
      await second.clock.advance(0)
      expect(await everythingOf(second)).not.toContain(canary)
      expect((await second.log()).filter(({ type }) => type === 'content.erased')).toHaveLength(1)
      expect([first.errors, second.errors]).toEqual([[], []])
      await first.hub.close()
    }
  })

  test('S5h a copy, a look back and an export wait until what is redacted is out', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    await server.ask({ type: 'post', parts: text(canary) })
    await server.ask({ type: 'post', parts: text('more') })
    const redacted = server.ask({ type: 'redact', message: 'm2' })
    await redacted
    const [view, forked] = await Promise.all([
      server.hub.history.viewAt(key, { seq: 3 }),
      server.hub.history.fork(key, ada, { id: 'copy', at: 3 }),
    ])
    expect(JSON.stringify(view)).not.toContain(canary)
    expect(forked.outcome).toBe('accepted')
    expect(JSON.stringify(await server.hub.view('default!copy', ada))).not.toContain(canary)
  })

  test('S5a S5h the bytes are in no file when a redaction is done, nor those of a session that was deleted', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headrace-redact-'))
    try {
      const store = await openEmbeddedStore({ directory, onError: () => undefined })
      const server = openHub(store)
      const ids = await withCanaries(server)
      expect(await fileText(directory)).toContain(canary)
      for (const message of ids) await server.ask({ type: 'redact', message })
      await done(server)
      expect(await fileText(directory)).not.toContain(canary)
      await server.ask({ type: 'post', parts: text(`again ${canary}`) })
      expect(await fileText(directory)).toContain(canary)
      await server.hub.purge(key)
      expect(await fileText(directory)).not.toContain(canary)
      expect(server.errors).toEqual([])
      await server.hub.close()
      await store.close()
      expect(await fileText(directory)).not.toContain(canary)
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

/** Waits until all that was redacted is said to be erased. */
async function done(server: TestHub): Promise<void> {
  const room = await server.hub.room(key)
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = (): void => {
    if (room.state.guard.erasing.length === 0) resolve()
  }
  const follower = await server.hub.follow(key, ada, { after: room.head, wake: look })
  look()
  await promise
  follower.close()
}

test('S5h an erasure that fails for good is told, and not tried again for ten minutes', async () => {
  const inner = createMemoryStore()
  const damage = new HeadraceError('store_corrupt', 'It is not readable.')
  let tries = 0
  let isDamaged = true
  const redact: Store['redact'] = (...args) => {
    tries += 1
    return isDamaged ? Promise.reject(damage) : inner.redact(...args)
  }
  await using server = openHub({ ...inner, redact })
  await server.ask({ type: 'create' })
  await server.ask({ type: 'post', parts: text('x') })
  await server.ask({ type: 'redact', message: 'm2' })
  await server.clock.advance(590_000)
  expect([tries, server.errors]).toEqual([1, [damage]])
  isDamaged = false
  await server.clock.advance(20_000)
  expect(tries).toBe(2)
  expect((await server.hub.room(key)).state.guard.erasing).toEqual([])
})
