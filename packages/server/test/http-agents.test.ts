import { createServer } from 'node:http'
import { HeadraceError, type SessionKey, type Store } from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { createHeadrace } from '../src/create-headrace.ts'
import { createSecretAuth } from '../src/auth/secret-auth.ts'
import { createHttpAgents, type HttpAgents } from '../src/agents/http-agents.ts'
import type { HttpAgent } from '../src/agents/http-agent.ts'
import type { Hub } from '../src/hub-types.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { createSystemLog } from '../src/system-log.ts'
import { createWebhookSecret } from '../src/outgoing/webhook-signature.ts'
import { FakeClock, settled } from './support/fake-clock.ts'
import { everything, openDoor } from './support/http.ts'

const support = { url: 'https://agents.example.com/chat', format: 'ai-sdk' } as const
const secret = createWebhookSecret()
const withSecrets = { ...support, headers: { Authorization: 'Bearer hunter2' }, secrets: [secret] }

describe('agents behind HTTP', () => {
  test('H1a: they are registered, listed and removed, and no answer has a secret', async () => {
    await using server = await openDoor()
    const shown = { agent: 'support', ...support, headers: ['Authorization'], signed: true }
    expect(await server.ask('PUT /v1/agents/support', { json: withSecrets })).toMatchObject({
      status: 200,
      body: shown,
    })
    expect((await server.ask('GET /v1/agents/support')).body).toEqual(shown)
    const list = await server.ask('GET /v1/agents')
    expect(list.body).toEqual({ agents: [shown] })
    expect(list.text).not.toMatch(/hunter2|whsec_/)
    const changed = { ...support, format: 'sse-text', retry: 'on-loss', idleMs: 5_000 }
    await server.ask('PUT /v1/agents/support', { json: changed })
    expect((await server.ask('GET /v1/agents/support')).body).toEqual({
      agent: 'support',
      ...changed,
      headers: [],
      signed: false,
    })
    expect(await server.ask('DELETE /v1/agents/support')).toMatchObject({ status: 204 })
    expect(await server.ask('GET /v1/agents/support')).toMatchObject({ status: 404 })
    expect(await server.ask('DELETE /v1/agents/support')).toMatchObject({ status: 404 })
    expect((await server.ask('GET /v1/agents')).body).toEqual({ agents: [] })
  })

  test('H1a: removing one again removes what could not be removed at first', async () => {
    const store = createMemoryStore()
    const failing: (() => Promise<void>)[] = [() => Promise.reject(new HeadraceError('store_unavailable', 'not now'))]
    const purge: Store['purge'] = (key) => failing.pop()?.() ?? store.purge(key)
    await using server = await openDoor({ store: { ...store, purge } })
    await server.ask('PUT /v1/agents/support', { json: withSecrets })
    expect(await server.ask('DELETE /v1/agents/support')).toMatchObject({ status: 503 })
    expect((await server.ask('GET /v1/agents')).body).toEqual({ agents: [] })
    expect(await server.ask('DELETE /v1/agents/support')).toMatchObject({ status: 204 })
    expect(await server.ask('DELETE /v1/agents/support')).toMatchObject({ status: 404 })
  })

  test('H1: only whoever administers all sessions may see or change them', async () => {
    await using server = await openDoor()
    await server.ask('PUT /v1/agents/support', { json: support })
    const cap = [{ s: 'team/*', op: ['read', 'send', 'admin'] as const }]
    const token = await server.mint({ cap })
    for (const line of [
      'GET /v1/agents',
      'GET /v1/agents/support',
      'PUT /v1/agents/support',
      'DELETE /v1/agents/support',
    ]) {
      const answered = await server.ask(line, { token, ...(line.startsWith('PUT') && { json: support }) })
      expect(answered).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    }
  })

  test('H1: they are listed by name, whatever the order they came in', async () => {
    await using server = await openDoor()
    for (const name of ['sales', 'archive', 'support', 'billing'])
      await server.ask(`PUT /v1/agents/${name}`, { json: support })
    const { body } = await server.ask('GET /v1/agents')
    expect(body.agents.map(({ agent }: { agent: string }) => agent)).toEqual(['archive', 'billing', 'sales', 'support'])
  })

  test('H1: those of one tenant are not there for another one', async () => {
    await using server = await openDoor()
    const other = await server.mint({ ...everything, ten: 'other' })
    await server.ask('PUT /v1/agents/support', { json: support })
    await server.ask('PUT /v1/agents/sales', { json: support, token: other })
    expect((await server.ask('GET /v1/agents', { token: other })).body).toMatchObject({ agents: [{ agent: 'sales' }] })
    expect(await server.ask('DELETE /v1/agents/support', { token: other })).toMatchObject({ status: 404 })
    expect((await server.ask('GET /v1/agents')).body).toMatchObject({ agents: [{ agent: 'support' }] })
  })

  test.each<[string, object, RegExp]>([
    ['no address', { format: 'ai-sdk' }, /url/],
    ['an unknown format', { ...support, format: 'smoke-signals' }, /ai-sdk, ag-ui, openai-responses/],
    ['a misspelt option', { ...support, retries: 3 }, /known here/],
    ['a header in two lines', { ...support, headers: { A: 'x\r\nHost: evil' } }, /printable ASCII/],
    ['a header that frames the message', { ...support, headers: { 'Content-Length': '1' } }, /not for callers/],
    ['a secret that can’t sign', { ...support, secrets: ['hunter2'] }, /whsec_/],
    ['a capacity of none', { ...support, capacity: 0 }, /capacity/],
  ])('H1: %s is refused with what is wrong', async (_, json, text) => {
    await using server = await openDoor()
    const answered = await server.ask('PUT /v1/agents/support', { json })
    expect(answered).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(text) } } })
    expect(answered.text).not.toContain('hunter2')
    expect((await server.ask('GET /v1/agents')).body).toEqual({ agents: [] })
  })

  test.each([
    'http://127.0.0.1:9/',
    'https://169.254.169.254/',
    'http://example.com/',
    'https://a:hunter2@example.com/',
  ])('H1b: %s can’t be registered', async (url) => {
    await using server = await openDoor()
    const answered = await server.ask('PUT /v1/agents/support', { json: { ...support, url } })
    expect(answered).toMatchObject({ status: 400, body: { error: { detail: { path: 'url' } } } })
    expect(answered.text).not.toContain('hunter2')
  })

  test('H1b: a private address can, where the server was told to trust it', async () => {
    await using server = await openDoor({ outgoing: { allowPrivate: ['127.0.0.1:9'] } })
    const json = { ...support, url: 'http://127.0.0.1:9/' }
    expect(await server.ask('PUT /v1/agents/support', { json })).toMatchObject({ status: 200 })
    expect(await server.ask('PUT /v1/agents/x', { json: { ...support, url: 'http://127.0.0.1:8/' } })).toMatchObject({
      status: 400,
    })
  })

  test('H1: a tenant has as many as the limit says', async () => {
    await using place = await openRegistry()
    for (let count = 0; count < 100; count += 1) await place.agents.put(`a${count}`, support)
    await expect(place.agents.put('one-more', support)).rejects.toMatchObject({
      code: 'limit_exceeded',
      detail: { limit: 'httpAgents', allowed: 100, actual: 101 },
    })
    await place.agents.put('a7', { ...support, format: 'ag-ui' })
    await place.agents.put('first', support, 'other')
    expect(await place.agents.list()).toHaveLength(101)
  })

  test('H1: a server that starts later knows them, and is told of changes', async () => {
    await using place = await openRegistry()
    await place.agents.put('support', withSecrets)
    await place.agents.put('sales', support)
    await place.agents.remove('sales')
    const later = place.another()
    const told: (readonly HttpAgent[])[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = later.watch((agents) => {
      told.push(agents)
      if (told.length === 2) resolve()
    })
    expect(await later.list()).toMatchObject([{ agent: 'support', tenant: 'default', ...withSecrets }])
    await later.put('support', support)
    await promise
    stop()
    await later.remove('support')
    expect(told.map((agents) => agents.map(({ agent, headers }) => [agent, headers]))).toEqual([
      [['support', withSecrets.headers]],
      [['support', undefined]],
    ])
  })

  test('H1: a server that can not read them when it starts knows them when it can', async () => {
    await using place = await openRegistry()
    await place.agents.put('support', support)
    const errors: string[] = []
    let isDown = true
    const store = place.store
    const read: Store['read'] = (...args) =>
      isDown ? Promise.reject(new HeadraceError('store_unavailable', 'not now')) : store.read(...args)
    const log = createSystemLog({ hub: place.hub, store: { read } })
    const onError = ({ code }: HeadraceError): number => errors.push(code)
    const later = createHttpAgents({ log, clock: place.clock, isShared: false, onError })
    const told: (readonly HttpAgent[])[] = []
    const timers = place.clock.pending
    later.watch((agents) => told.push(agents))
    await settled()
    expect([told, errors]).toEqual([[], ['store_unavailable']])
    isDown = false
    // Whoever asks now is answered, and that is no news.
    expect(await later.list()).toHaveLength(1)
    await place.clock.advance(2_000)
    expect(told.map((agents) => agents.map(({ agent }) => agent))).toEqual([['support']])
    isDown = true
    later.watch(() => expect.unreachable())
    later.close()
    expect(place.clock.pending).toBe(timers)
  })

  test('H1: a server that shares the store knows of a change within seconds', async () => {
    await using place = await openRegistry({ isShared: true })
    const other = place.another()
    const seen = Promise.withResolvers<readonly HttpAgent[]>()
    other.watch((agents) => agents.length > 0 && seen.resolve(agents))
    await other.list()
    await place.agents.put('support', support)
    await place.clock.advance(2_000)
    expect(await seen.promise).toMatchObject([{ agent: 'support' }])
  })

  test('H1a: what was replaced or removed is gone from the store', async () => {
    await using place = await openRegistry()
    await place.agents.put('support', withSecrets)
    expect(await place.stored()).toContain('hunter2')
    await place.agents.put('support', support)
    expect(await place.stored()).not.toMatch(/hunter2|whsec_/)
    await place.agents.put('support', withSecrets)
    expect(await place.agents.remove('support')).toBe(true)
    expect(await place.stored()).not.toMatch(/hunter2|whsec_/)
    expect(await place.agents.remove('support')).toBe(false)
  })

  test('H1a: what could not be removed from the store is when it is asked for again, or by the server that starts next', async () => {
    await using place = await openRegistry()
    place.failPurges(2)
    await place.agents.put('support', withSecrets)
    await expect(place.agents.remove('support')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await place.agents.list()).toEqual([])
    expect(await place.stored()).toContain('hunter2')
    await expect(place.agents.remove('support')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await place.agents.remove('support')).toBe(true)
    expect(await place.stored()).not.toMatch(/hunter2|whsec_/)
    await place.agents.put('support', withSecrets)
    place.failPurges(1)
    await expect(place.agents.put('support', support)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await place.stored()).toContain('hunter2')
    expect(await place.another().list()).toMatchObject([{ agent: 'support', ...support }])
    expect(await place.stored()).not.toMatch(/hunter2|whsec_/)
  })
})

describe('a server that dies while an agent is changed', () => {
  // It plans, makes the session of the settings, writes them, names them, and removes the ones before.
  const writes = [0, 1, 2, 3, 4, 5]

  test.each(writes)(
    'H1a: after %i writes the next one has whole settings, and the store no others',
    async (survived) => {
      await using crash = openCrash()
      await crash.agents.put('support', withSecrets)
      const changed = { ...support, headers: { Authorization: 'Bearer hunter3' } }
      crash.after(survived)
      const isDone = await crash.agents.put('support', changed).then(
        () => true,
        () => false,
      )
      expect(isDone).toBe(survived === writes.length - 1)

      const [next, ...others] = await crash.next().list()
      expect(others).toEqual([])
      const isNew = survived >= 4
      expect(next).toMatchObject(isNew ? changed : withSecrets)
      expect(await crash.settings()).toEqual([expect.stringContaining(isNew ? 'hunter3' : 'hunter2')])
    },
  )

  test.each([1, 2, 3, 4])('H1a: after %i writes of a first registration nothing of it is left', async (survived) => {
    await using crash = openCrash()
    crash.after(survived)
    await expect(crash.agents.put('support', withSecrets)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await crash.next().list()).toEqual([])
    expect(await crash.settings()).toEqual([])
  })

  test('H1a: where servers share the store, what another one may be writing is left alone for a minute', async () => {
    await using crash = openCrash({ isShared: true })
    crash.after(4)
    await expect(crash.agents.put('support', withSecrets)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await crash.next().list()).toEqual([])
    expect(await crash.settings()).toHaveLength(1)
    await crash.clock.advance(60_000)
    expect(await crash.next().list()).toEqual([])
    expect(await crash.settings()).toEqual([])
  })

  test('H1a: what it could not write is removed by the next change, without a restart', async () => {
    await using crash = openCrash()
    await crash.agents.put('support', support)
    crash.after(3)
    await expect(crash.agents.put('support', withSecrets)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect((await crash.settings()).join('')).toContain('hunter2')
    crash.after(Infinity)
    await crash.agents.put('support', support)
    expect(await crash.settings()).toEqual([expect.not.stringContaining('hunter2')])
  })
})

describe('tokens for workers in the process', () => {
  test('H1c: allow working as the one agent, whoever signs the tokens of others, and nothing elsewhere', async () => {
    await using server = await openHeadrace()
    await using other = await openHeadrace()
    const token = await server.headrace.tokenFor('support')
    expect(await server.me(token)).toMatchObject({
      actor: 'agent:support',
      tenant: 'default',
      agents: ['support'],
      capabilities: [{ sessions: '**', verbs: ['read', 'write-as-agent'] }],
    })
    expect(await other.me(token)).toMatchObject({ error: { code: 'unauthenticated' } })
    expect(await server.me(token.slice('own.'.length))).toMatchObject({ error: { code: 'unauthenticated' } })
  })
})

interface Registry extends AsyncDisposable {
  readonly agents: HttpAgents
  readonly clock: FakeClock
  readonly store: Store
  readonly hub: Hub
  another(): HttpAgents
  /** The store refuses to remove so many sessions. */
  failPurges(times: number): void
  /** Everything that is in the store. */
  stored(): Promise<string>
}

async function openRegistry({ isShared = false } = {}): Promise<Registry> {
  const store = createMemoryStore()
  const clock = new FakeClock()
  const keys = new Set<string>()
  let failing = 0
  const watched = {
    ...store,
    purge(key: SessionKey) {
      if (failing === 0) return store.purge(key)
      failing -= 1
      return Promise.reject(new HeadraceError('store_unavailable', 'not now'))
    },
    append: (...args: Parameters<typeof store.append>) => {
      keys.add(args[0])
      return store.append(...args)
    },
  }
  const opened: { close(): void }[] = []
  const headrace = createHeadrace({ store: watched, auth: createSecretAuth('x'.repeat(32)), clock })
  const open = (): HttpAgents => {
    const log = createSystemLog({ hub: headrace.hub, store })
    const agents = createHttpAgents({ log, clock, isShared, onError: (error) => expect.unreachable(error.message) })
    opened.push(agents)
    return agents
  }
  return {
    agents: open(),
    clock,
    store,
    hub: headrace.hub,
    another: open,
    failPurges(times) {
      failing = times
    },
    async stored() {
      const pages = [...keys].map((key) => store.read(key as never, 0, { maxEvents: 1_000, maxChars: 1_000_000 }))
      return (await Promise.all(pages)).flat().join('\n')
    },
    async [Symbol.asyncDispose]() {
      for (const agents of opened) agents.close()
      await headrace.close()
    },
  }
}

interface Crash extends AsyncDisposable {
  readonly agents: HttpAgents
  readonly clock: FakeClock
  /** The store takes so many writes more from the first server, and nothing after them. */
  after(writes: number): void
  /** Those of a server that starts on what is in the store. */
  next(): HttpAgents
  /** What is in the store of settings, text by session. */
  settings(): Promise<readonly string[]>
}

function openCrash({ isShared = false } = {}): Crash {
  const store = createMemoryStore()
  const clock = new FakeClock()
  const keys = new Set<SessionKey>()
  let left = Infinity
  const mayWrite = <T>(write: () => Promise<T>): Promise<T> => {
    left -= 1
    return left < 0 ? Promise.reject(new HeadraceError('store_unavailable', 'dead')) : write()
  }
  const dying: Store = {
    ...store,
    purge: (key) => mayWrite(() => store.purge(key)),
    append: (key, ...rest) => {
      keys.add(key)
      return mayWrite(() => store.append(key, ...rest))
    },
  }
  const opened: { close(): unknown }[] = []
  const start = (on: Store): HttpAgents => {
    const headrace = createHeadrace({ store: on, auth: createSecretAuth('x'.repeat(32)), clock })
    const log = createSystemLog({ hub: headrace.hub, store: on })
    const agents = createHttpAgents({ log, clock, isShared, onError: (error) => expect.unreachable(error.message) })
    opened.push(agents, headrace)
    return agents
  }
  return {
    agents: start(dying),
    clock,
    after(writes) {
      left = writes
    },
    next: () => start({ ...store, close: async () => undefined }),
    async settings() {
      const ofAgents = [...keys].filter((key) => key.includes('agent.'))
      const pages = await Promise.all(ofAgents.map((key) => store.read(key, 0, { maxEvents: 10, maxChars: 100_000 })))
      return pages.filter(({ length }) => length > 0).map((page) => page.join('\n'))
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened.reverse()) await one.close()
    },
  }
}

async function openHeadrace(): Promise<
  { readonly headrace: ReturnType<typeof createHeadrace>; me(token: string): Promise<unknown> } & AsyncDisposable
> {
  const auth = createSecretAuth('a secret of thirty-two bytes or more')
  const headrace = createHeadrace({ store: createMemoryStore(), auth })
  const server = createServer()
  headrace.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    headrace,
    async me(token) {
      const answered = await fetch(`http://127.0.0.1:${port}/v1/me`, { headers: { Authorization: `Bearer ${token}` } })
      return answered.json()
    },
    async [Symbol.asyncDispose]() {
      await headrace.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
