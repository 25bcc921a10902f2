import { expect, test } from 'vitest'
import type { SessionEvent, Store } from '@headrace/core'
import { RoomHub } from '../src/hub.ts'
import { noMeter } from '../src/hub-types.ts'
import { Notifier, type NoticeChannel } from '../src/notify/notifier.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { FakeClock, settled } from './support/fake-clock.ts'
import { ada, key, text } from './support/hub.ts'
import { writer } from './support/story.ts'

type Told = Awaited<ReturnType<NoticeChannel['tell']>>

interface Stage {
  readonly clock: FakeClock
  readonly notifier: Notifier
  readonly hub: RoomHub
  /** Those that were begun, in order. */
  readonly calls: PromiseWithResolvers<Told>[]
  outcomes(): Promise<readonly string[]>
  [Symbol.asyncDispose](): Promise<void>
}

interface Server {
  readonly hub: RoomHub
  readonly notifier: Notifier
  readonly calls: PromiseWithResolvers<Told>[]
}

function serverOf(store: Store, clock: FakeClock, node: string): Server {
  const calls: PromiseWithResolvers<Told>[] = []
  const hub: RoomHub = new RoomHub({
    node,
    store,
    clock,
    meter: noMeter,
    onError: (error) => expect.fail(error.message),
    onChange: (room) => notifier.changed(room),
  })
  const notifier = new Notifier({
    clock,
    room: (one) => hub.room(one),
    onError: () => undefined,
    ...(store.capabilities.shared && { node }),
    channels: [
      {
        tell() {
          const call = Promise.withResolvers<Told>()
          calls.push(call)
          return call.promise
        },
      },
    ],
  })
  return { hub, notifier, calls }
}

/** Somebody who is away has asked for a run, and it is over. */
async function open(store: Store = createMemoryStore()): Promise<Stage> {
  const clock = new FakeClock()
  const { hub, notifier, calls } = serverOf(store, clock, 'node-1')
  await hub.submit(key, { grant: ada, body: { type: 'create' } })
  await hub.submit(key, { grant: ada, body: { type: 'send', parts: text('go') } })
  await hub.submit(key, { grant: writer, body: { type: 'claim', run: 'r3', worker: 'w', leaseMs: 600_000 } })
  const ops = [{ op: 'end', reason: 'complete' }] as const
  await hub.submit(key, { grant: writer, body: { type: 'write', run: 'r3', attempt: 1, n: 1, ops } })
  return {
    clock,
    notifier,
    hub,
    calls,
    async outcomes() {
      const events = await store.read(key, 0, { maxEvents: 1_000, maxChars: 1e9 })
      return events
        .map((event) => JSON.parse(event) as SessionEvent)
        .flatMap((event) => (event.type === 'notice.settled' ? [event.data.outcome] : []))
    },
    async [Symbol.asyncDispose]() {
      await notifier.close()
      await hub.close()
    },
  }
}

test('P4: somebody is told once, also where their session was let go while they were being told', async () => {
  await using stage = await open()
  const { clock, calls, hub } = stage
  await clock.advance(5_000)
  calls[0]?.reject(new Error('not now'))
  await settled()
  await clock.advance(5_000)
  calls[1]?.reject(new Error('not now'))
  await settled()
  await clock.advance(30_000)
  expect(calls).toHaveLength(3)
  const room = await hub.room(key)
  await clock.advance(40_000)
  expect(await hub.room(key)).not.toBe(room)
  calls[2]?.resolve('sent')
  await settled()
  await clock.advance(600_000)
  expect(calls).toHaveLength(3)
  expect(await stage.outcomes()).toEqual(['sent'])
})

test('P4: a server that is closed while it tells somebody writes down that they were told', async () => {
  await using stage = await open()
  await stage.clock.advance(5_000)
  let isClosed = false
  const closing = stage.notifier.close().then(() => (isClosed = true))
  await settled()
  expect(isClosed).toBe(false)
  stage.calls[0]?.resolve('sent')
  await closing
  expect(await stage.outcomes()).toEqual(['sent'])
  expect(stage.calls).toHaveLength(1)
})

test('P4: a server that is closed does not wait for long', async () => {
  await using stage = await open()
  await stage.clock.advance(5_000)
  const closing = stage.notifier.close()
  await stage.clock.advance(3_000)
  await closing
  expect(await stage.outcomes()).toEqual([])
})

test('P4b of servers that share a store one tells somebody, and another one where it dies over that', async () => {
  const inner = createMemoryStore()
  const store: Store = { ...inner, capabilities: { ...inner.capabilities, shared: true } }
  await using stage = await open(store)
  const { clock, calls } = stage
  const other = serverOf(store, clock, 'node-2')
  await other.hub.view(key, ada)
  await clock.advance(5_000)
  expect([calls.length, other.calls.length]).toEqual([1, 0])
  // The first one says nothing any more.
  await clock.advance(59_999)
  expect([calls.length, other.calls.length]).toEqual([1, 0])
  await clock.advance(1)
  expect([calls.length, other.calls.length]).toEqual([1, 1])
  other.calls[0]?.resolve('sent')
  await settled()
  calls[0]?.reject(new Error('not now'))
  await clock.advance(600_000)
  expect([calls.length, other.calls.length]).toEqual([1, 1])
  expect(await stage.outcomes()).toEqual(['sent'])
  await other.notifier.close()
  await other.hub.close()
})
