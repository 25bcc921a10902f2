import { describe, expect, test } from 'vitest'
import { HeadraceError, type Store, type SubscriptionConfig } from '@headrace/core'
import { noMeter } from '../src/hub-types.ts'
import { createOutgoing } from '../src/outgoing/outgoing.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { createStreamServices, type StreamServices } from '../src/streams/stream-services.ts'
import { readWakeToken } from '../src/streams/wake-token.ts'
import type { SystemLog } from '../src/system-log.ts'
import { FakeClock, settled } from './support/fake-clock.ts'

/** Says that there is one tenant with subscriptions. */
const oneTenant: SystemLog = {
  append: async () => undefined,
  read: async () => ({ entries: [{ name: 'tenant', value: 't' }], after: 1 }),
  remove: async () => undefined,
}
const config: SubscriptionConfig = {
  type: 'pull-wake',
  pattern: 'jobs/*',
  streams: [],
  wakeStream: 'wakes',
  leaseMs: 60_000,
}
const nothing = { contentType: 'application/json', closed: false, body: Buffer.alloc(0) }
const one = { contentType: 'application/json', body: Buffer.from('1'), close: false }

function open(store: Store, clock: FakeClock, log = oneTenant): StreamServices {
  return createStreamServices({
    store,
    clock,
    meter: noMeter,
    log,
    outgoing: createOutgoing(),
    callbackUrl: () => '',
    onError: () => undefined,
  })
}

async function wakesOf({ plain }: StreamServices): Promise<number> {
  const stream = await plain.open('t', 'wakes', false)
  return (await stream.pieces({ after: 0, maxChars: 100_000 })).length
}

test('D11a: a server that starts while its store does not answer looks at what is new when it does', async () => {
  const store = createMemoryStore()
  const clock = new FakeClock()
  const first = open(store, clock)
  await first.plain.create('t', 'wakes', nothing)
  await first.plain.create('t', 'jobs/a', nothing)
  await first.subscriptions.create('t', 's', { config, base: '' })
  await settled()
  await first.close()
  // It grew, and no server was there to tell.
  const silent = open({ ...store, list: async () => ({ rows: [] }) }, clock, {
    ...oneTenant,
    read: async () => ({ entries: [], after: 0 }),
  })
  await silent.plain.append('t', 'jobs/a', one)
  await silent.close()
  let isDown = true
  const second = open(store, clock, {
    ...oneTenant,
    async read(...args) {
      if (isDown) throw new HeadraceError('store_unavailable', 'not now')
      return oneTenant.read(...args)
    },
  })
  await clock.advance(2_500)
  expect(await wakesOf(second)).toBe(0)
  isDown = false
  await clock.advance(1_000)
  expect(await wakesOf(second)).toBe(1)
  await second.close()
})

test('D11a: a server whose store does not say which subscriptions there are asks it again', async () => {
  const memory = createMemoryStore()
  const store = { ...memory }
  const clock = new FakeClock()
  const first = open(store, clock)
  await first.plain.create('t', 'wakes', nothing)
  await first.subscriptions.create('t', 's', { config, base: '' })
  await first.close()
  store.list = () => Promise.reject(new HeadraceError('store_unavailable', 'not now'))
  const second = open(store, clock)
  await second.plain.create('t', 'jobs/a', { ...nothing, body: Buffer.from('1') })
  await clock.advance(2_500)
  expect(await wakesOf(second)).toBe(0)
  store.list = (query) => memory.list(query)
  await clock.advance(1_000)
  expect(await wakesOf(second)).toBe(1)
  await second.close()
})

test('D11a: what is there after all, though nobody could tell so, wakes', async () => {
  const memory = createMemoryStore()
  const clock = new FakeClock()
  const store = { ...memory }
  const services = open(store, clock)
  await services.plain.create('t', 'wakes', nothing)
  await services.plain.create('t', 'jobs/a', nothing)
  await services.subscriptions.create('t', 's', { config, base: '' })
  await settled()
  store.append = async (...args) => {
    store.append = (...later) => memory.append(...later)
    clock.after(2_000, () => void memory.append(...args))
    throw new HeadraceError('unknown_outcome', 'The store broke off.')
  }
  await expect(services.plain.append('t', 'jobs/a', one)).rejects.toMatchObject({ code: 'unknown_outcome' })
  await clock.advance(1_500)
  expect(await wakesOf(services)).toBe(0)
  await clock.advance(4_000)
  expect(await wakesOf(services)).toBe(1)
  await services.close()
})

test('D9a D11a: what is made in the place of a stream is new to subscriptions, however much of that one they had handled', async () => {
  const memory = createMemoryStore()
  const clock = new FakeClock()
  const store = { ...memory }
  const services = open(store, clock)
  const { plain, subscriptions } = services
  await plain.create('t', 'wakes', nothing)
  await plain.create('t', 'jobs/a', { ...nothing, body: Buffer.from('1') })
  await subscriptions.create('t', 's', { config, base: '' })
  await settled()
  expect((await subscriptions.get('t', 's')).links).toMatchObject([{ path: 'jobs/a', acked: 2 }])
  store.append = (key, ...rest) =>
    key.includes('sub')
      ? Promise.reject(new HeadraceError('store_unavailable', 'not now'))
      : memory.append(key, ...rest)
  await expect(plain.remove('t', 'jobs/a')).rejects.toMatchObject({ code: 'store_unavailable' })
  // Nobody is told that they may have its path yet.
  await expect(plain.create('t', 'jobs/a', nothing)).rejects.toMatchObject({ code: 'store_unavailable' })
  store.append = (...args) => memory.append(...args)
  await plain.create('t', 'jobs/a', { ...nothing, body: Buffer.from('2') })
  await settled()
  expect((await subscriptions.get('t', 's')).links).toMatchObject([{ path: 'jobs/a', acked: 0 }])
  expect(await wakesOf(services)).toBe(1)
  await services.close()
})

test('D11 D11a: a stream that belongs to a subscription by its pattern stays when it is named no more, and is not given again', async () => {
  const services = open(createMemoryStore(), new FakeClock())
  const { plain, subscriptions } = services
  await plain.create('t', 'wakes', nothing)
  await subscriptions.create('t', 's', { config, base: '' })
  await subscriptions.link('t', 's', ['jobs/a', 'other'])
  await plain.create('t', 'jobs/a', { ...nothing, body: Buffer.from('1') })
  await settled()
  await subscriptions.unlink('t', 's', 'jobs/a')
  await subscriptions.unlink('t', 's', 'other')
  expect((await subscriptions.get('t', 's')).links).toEqual([{ path: 'jobs/a', by: ['glob'], acked: 0 }])
  await services.close()
})

describe('servers that share a store', () => {
  function twoServers(): { readonly a: StreamServices; readonly b: StreamServices; readonly clock: FakeClock } {
    const capabilities = { name: 'shared', durability: 'none', shared: true } as const
    const store = { ...createMemoryStore(), capabilities }
    const clock = new FakeClock()
    return { a: open(store, clock), b: open(store, clock), clock }
  }

  const isMissing = expect.objectContaining({ code: 'not_found' })

  test('D11: whichever is asked removes a subscription', async () => {
    const { a, b } = twoServers()
    await expect(b.subscriptions.get('t', 's')).rejects.toEqual(isMissing)
    await a.subscriptions.create('t', 's', { config, base: '' })
    await b.subscriptions.remove('t', 's')
    await expect(a.subscriptions.get('t', 's')).rejects.toEqual(isMissing)
    await Promise.all([a.close(), b.close()])
  })

  test('D11: what is in streams is not new to a subscription that is made in the place of one that another server removed', async () => {
    const { a, b } = twoServers()
    await a.plain.create('t', 'wakes', nothing)
    await a.plain.create('t', 'jobs/a', { ...nothing, body: Buffer.from('1') })
    await b.subscriptions.create('t', 's', { config, base: '' })
    await a.subscriptions.remove('t', 's')
    await b.subscriptions.create('t', 's', { config, base: '' })
    await settled()
    expect((await a.subscriptions.get('t', 's')).links).toMatchObject([{ path: 'jobs/a', acked: 2 }])
    expect(await wakesOf(a)).toBe(0)
    await Promise.all([a.close(), b.close()])
  })

  test('D11a: a stream that is named to whichever belongs to a subscription by its pattern too', async () => {
    const { a, b } = twoServers()
    await expect(b.subscriptions.get('t', 's')).rejects.toEqual(isMissing)
    await a.subscriptions.create('t', 's', { config, base: '' })
    await b.subscriptions.link('t', 's', ['jobs/a'])
    expect((await a.subscriptions.get('t', 's')).links).toMatchObject([{ path: 'jobs/a', by: ['explicit', 'glob'] }])
    await Promise.all([a.close(), b.close()])
  })

  test('D11: whichever is asked gives out what another server has woken somebody for', async () => {
    const { a, b, clock } = twoServers()
    await a.plain.create('t', 'wakes', nothing)
    await expect(b.subscriptions.get('t', 's')).rejects.toEqual(isMissing)
    await a.subscriptions.create('t', 's', { config, base: '' })
    await a.plain.create('t', 'jobs/a', { ...nothing, body: Buffer.from('1') })
    await clock.advance(1_000)
    expect(await wakesOf(a)).toBe(1)
    expect(await b.subscriptions.claim('t', 's', 'w')).toMatchObject({ generation: 1, streams: [{ path: 'jobs/a' }] })
    await Promise.all([a.close(), b.close()])
  })
})

test('D12: who held an earlier wake can do nothing with what they read of the one that is on', async () => {
  const services = open(createMemoryStore(), new FakeClock())
  const { plain, subscriptions } = services
  await plain.create('t', 'jobs/a', { ...nothing, body: Buffer.from('1') })
  await subscriptions.create('t', 's', { config: { ...config, streams: ['jobs/a'] }, base: '' })
  await plain.append('t', 'jobs/a', one)
  await settled()
  const first = await subscriptions.claim('t', 's', 'ann')
  const proofOf = ({ wake_id: wake, generation }: typeof first): { wake: string; generation: number } => ({
    wake,
    generation,
  })
  await subscriptions.release('s', readWakeToken(first.token), proofOf(first))
  const second = await subscriptions.claim('t', 's', 'bob')
  const isFenced = { code: 'fenced' }
  for (const proof of [proofOf(first), proofOf(second), { ...proofOf(second), generation: first.generation }]) {
    const token = readWakeToken(first.token)
    await expect(subscriptions.release('s', token, proof)).rejects.toMatchObject(isFenced)
    const ended = subscriptions.acknowledge('s', token, { ...proof, acks: [], done: true })
    await expect(ended).rejects.toMatchObject(isFenced)
  }
  const forged = { ...readWakeToken(first.token), generation: second.generation }
  await expect(subscriptions.release('s', forged, proofOf(second))).rejects.toMatchObject({ code: 'unauthenticated' })
  await subscriptions.acknowledge('s', readWakeToken(second.token), {
    ...proofOf(second),
    acks: [{ path: 'jobs/a', seq: 3 }],
    done: true,
  })
  expect(await subscriptions.get('t', 's')).toMatchObject({ wake: null, links: [{ acked: 3 }] })
  await services.close()
})

test('D11a: a subscription that could not be removed goes on', async () => {
  const memory = createMemoryStore()
  const store = { ...memory }
  const services = open(store, new FakeClock())
  const { plain, subscriptions } = services
  await plain.create('t', 'wakes', nothing)
  await subscriptions.create('t', 's', { config, base: '' })
  store.purge = () => Promise.reject(new HeadraceError('store_unavailable', 'not now'))
  await expect(subscriptions.remove('t', 's')).rejects.toMatchObject({ code: 'store_unavailable' })
  await plain.create('t', 'jobs/a', { ...nothing, body: Buffer.from('1') })
  await settled()
  expect(await wakesOf(services)).toBe(1)
  store.purge = (key) => memory.purge(key)
  await subscriptions.remove('t', 's')
  await expect(subscriptions.get('t', 's')).rejects.toMatchObject({ code: 'not_found' })
  await services.close()
})
