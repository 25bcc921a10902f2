import { HeadraceError } from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../src/store/memory.ts'
import { ada, key, openHub } from './support/hub.ts'

describe('presence', () => {
  test('P1: a device is shown while it is here, survives a reload, and goes after a moment', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    const here = async (): Promise<readonly string[]> =>
      (await server.hub.view(key, ada)).presence.map((entry) => `${entry.actor} ${entry.device}`)
    const timers = server.clock.pending
    const leave = await server.hub.presences.join(key, ada, 'tab-1', 'Chrome')
    expect(await here()).toEqual(['user:ada tab-1'])
    expect((await server.hub.view(key, ada)).presence).toMatchObject([{ label: 'Chrome', node: 'node-1' }])
    // What is written is not said again.
    expect(server.clock.pending).toBe(timers)
    leave()
    await server.clock.advance(2_000)
    const back = await server.hub.presences.join(key, ada, 'tab-1', 'Chrome')
    await server.clock.advance(20_000)
    expect(await here()).toEqual(['user:ada tab-1'])
    back()
    back()
    await server.clock.advance(5_000)
    expect(await here()).toEqual([])
    expect((await server.log()).map((event) => event.type)).toEqual([
      'session.created',
      'presence.joined',
      'presence.left',
    ])
  })

  test('P1: a device with two connections is here until both have gone, however often one says so', async () => {
    await using server = openHub()
    await server.ask({ type: 'create' })
    const [one, two] = [
      await server.hub.presences.join(key, ada, 'tab-1', undefined),
      await server.hub.presences.join(key, ada, 'tab-1', undefined),
    ]
    one()
    one()
    await server.clock.advance(60_000)
    expect((await server.hub.view(key, ada)).presence).toMatchObject([{ device: 'tab-1' }])
    two()
    await server.clock.advance(5_000)
    expect((await server.hub.view(key, ada)).presence).toEqual([])
  })

  test('P1: who comes or goes while the session can not be written is shown, or gone, when it can', async () => {
    const store = createMemoryStore()
    const flaky = { ...store }
    await using server = openHub(flaky)
    await server.ask({ type: 'create' })
    const here = async (): Promise<readonly string[]> =>
      (await server.hub.view(key, ada)).presence.map(({ device }) => device)
    const fail = (): void => {
      flaky.append = () => Promise.reject(new HeadraceError('store_full', 'The disk is full.'))
    }
    const heal = async (): Promise<void> => {
      flaky.append = (...args) => store.append(...args)
      await server.clock.advance(1_000)
    }
    fail()
    const leave = await server.hub.presences.join(key, ada, 'tab-1', undefined)
    const leaveSoon = await server.hub.presences.join(key, ada, 'tab-2', undefined)
    leaveSoon()
    await server.clock.advance(3_000)
    expect(await here()).toEqual([])
    await heal()
    expect(await here()).toEqual(['tab-1'])
    fail()
    leave()
    await server.clock.advance(7_000)
    expect(await here()).toEqual(['tab-1'])
    await heal()
    expect(await here()).toEqual([])
    await server.clock.advance(60_000)
    expect(server.hub.presences.has(key)).toBe(false)
    expect((await server.log()).map(({ type }) => type)).toEqual([
      'session.created',
      'presence.joined',
      'presence.left',
    ])
  })

  test('P1: a server that is closed sets no timer for devices that go after that', async () => {
    const server = openHub()
    await server.ask({ type: 'create' })
    const leave = await server.hub.presences.join(key, ada, 'tab-1', undefined)
    await server.hub.close()
    leave()
    expect(server.clock.pending).toBe(0)
  })

  test('P1: devices that a dead server showed go, unless they come back', async () => {
    const store = createMemoryStore()
    await using dead = openHub(store)
    await dead.ask({ type: 'create' })
    await dead.hub.presences.join(key, ada, 'tab-1', undefined)
    await dead.hub.presences.join(key, ada, 'tab-2', undefined)
    await using server = openHub(store, 'node-2')
    const leave = await server.hub.presences.join(key, ada, 'tab-1', undefined)
    await server.clock.advance(6_000)
    expect((await server.hub.view(key, ada)).presence).toMatchObject([{ device: 'tab-1', node: 'node-2' }])
    leave()
    await server.clock.advance(5_000)
    expect((await server.hub.view(key, ada)).presence).toEqual([])
  })

  test('P1: so do those that came back for a moment in which nothing could be written', async () => {
    const store = createMemoryStore()
    await using dead = openHub(store)
    await dead.ask({ type: 'create' })
    await dead.hub.presences.join(key, ada, 'tab-1', undefined)
    const flaky = { ...store }
    await using server = openHub(flaky, 'node-2')
    flaky.append = () => Promise.reject(new HeadraceError('store_full', 'The disk is full.'))
    const leave = await server.hub.presences.join(key, ada, 'tab-1', undefined)
    leave()
    await server.clock.advance(8_000)
    flaky.append = (...args) => store.append(...args)
    await server.clock.advance(1_000)
    expect((await server.hub.view(key, ada)).presence).toEqual([])
  })
})
