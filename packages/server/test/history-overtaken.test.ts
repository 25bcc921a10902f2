import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isRaw, sessionKey, type Store, type WriteOp } from '@headrace/core'
import { createMemoryStore } from '../src/store/memory.ts'
import { openEmbeddedStore } from '../src/store/embedded.ts'
import { ada, key, openHub, text, type TestHub } from './support/hub.ts'
import { serve } from './support/serve.ts'
import { writer } from './support/story.ts'

const ops: readonly WriteOp[] = [
  { op: 'open', message: 'm', part: 'p', start: { kind: 'text' } },
  { op: 'delta', message: 'm', part: 'p', text: 'one ' },
  { op: 'delta', message: 'm', part: 'p', text: 'two' },
  { op: 'close', message: 'm', part: 'p' },
]

/** A session in which an agent has said something, at rest in the store. */
async function written(store: Store): Promise<TestHub> {
  const server = openHub(store)
  await server.ask({ type: 'create' })
  await server.ask({ type: 'send', parts: text('hello') })
  await server.ask({ type: 'claim', run: 'r3', worker: 'w', leaseMs: 600_000 }, undefined, writer)
  expect(await server.ask({ type: 'write', run: 'r3', attempt: 1, n: 1, ops }, undefined, writer)).toMatchObject({
    outcome: 'accepted',
  })
  return server
}

test('S3a a reader on a WebSocket that a compaction overtakes begins again with a snapshot that says so, and follows on', async () => {
  const inner = createMemoryStore()
  await (await written(inner)).hub.close()
  const reading = Promise.withResolvers<void>()
  const compacted = Promise.withResolvers<void>()
  const store: Store = {
    ...inner,
    async read(...args) {
      // The pages of a follower: it stands still until its events are gone.
      if (args[0] === key && args[1] === 1) {
        reading.resolve()
        await compacted.promise
      }
      return inner.read(...args)
    },
  }
  await using server = await serve({ store })
  const reader = await server.join()
  reader.send({ type: 'subscribe', session: 'demo/1', after: 1, device: 'tab' })
  await reading.promise
  const now = await server.headrace.hub.history.compact(sessionKey('default', 'demo/1'), Number.MAX_SAFE_INTEGER)
  expect(now.dropped).toBe(2)
  compacted.resolve()
  const snapshot = await reader.next('snapshot')
  expect(snapshot.reset).toBe('compacted')
  expect(snapshot.view.compactedTo).toBe(now.floor)
  await reader.ask('demo/1', { type: 'post', parts: text('more') })
  const { view } = snapshot
  expect(view.messages.map(({ id }) => id)).toEqual(['m2', 'r3.m'])
  // It is still shown as present, and every later event comes.
  let seq = view.seq
  while (seq < view.seq + 1) {
    const { events } = await reader.next('events')
    for (const event of events) expect(event.seq).toBe((seq += 1))
  }
  const after = await server.headrace.hub.view(key, ada)
  expect(after.presence.map(({ device }) => device)).toEqual(['tab'])
  expect(server.errors).toEqual([])
})

test('S4 S4e in the embedded store a compacted session is the same after a restart, and older than its floor is gone', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'headrace-compact-'))
  try {
    const store = await openEmbeddedStore({ directory, onError: () => undefined })
    const first = await written(store)
    const { floor, dropped } = await first.hub.history.compact(key, first.clock.now())
    expect([floor, dropped]).toEqual([9, 2])
    const state = JSON.stringify((await first.hub.room(key)).state)
    await first.hub.close()
    await store.close()
    const again = await openEmbeddedStore({ directory, onError: () => undefined })
    await using second = openHub(again, 'node-2', first.clock)
    expect(JSON.stringify((await second.hub.room(key)).state)).toBe(state)
    expect((await second.log()).some(isRaw)).toBe(false)
    expect((await second.hub.history.viewAt(key, { seq: floor })).messages).toHaveLength(2)
    await expect(second.hub.history.viewAt(key, { seq: floor - 1 })).rejects.toMatchObject({ code: 'compacted' })
    expect(await second.ask({ type: 'post', parts: text('on') })).toMatchObject({ outcome: 'accepted' })
    await second.hub.close()
    await again.close()
  } finally {
    await rm(directory, { recursive: true })
  }
})
