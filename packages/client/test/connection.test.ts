import { afterEach, describe, expect, test, vi } from 'vitest'
import { HeadraceError } from '@headrace/core'
import { connect, type Client, type ConnectOptions, type ConnectionStatus } from '@headrace/client'
import { FakeClock } from './support/fake-clock.ts'
import { ScriptedServer } from './support/scripted-server.ts'
import { sync } from './support/sync.ts'
import { settle, until } from './support/until.ts'

const clients: Client[] = []
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())))

interface Setup {
  readonly clock: FakeClock
  readonly errors: HeadraceError[]
  readonly client: Client
  /** Waits for a state and returns the status. */
  readonly reaches: <S extends ConnectionStatus['state']>(
    state: S,
  ) => Promise<Extract<ConnectionStatus, { readonly state: S }>>
}

function setup(url: string, options: Partial<ConnectOptions> = {}): Setup {
  const clock = new FakeClock()
  const errors: HeadraceError[] = []
  const client = connect({
    url,
    token: 'secret',
    clock,
    random: () => 0.5,
    onError: (error) => errors.push(error),
    online: true,
    ...options,
  })
  clients.push(client)
  const reaches: Setup['reaches'] = async (state) => {
    await until(() => client.status.state === state, client.onStatus)
    return client.status as never // its state was awaited on the line above
  }
  return { clock, errors, client, reaches }
}

test('says hello with the token and knows who it is when welcomed', async () => {
  await using server = await ScriptedServer.start()
  const { client, reaches, clock } = setup(server.url, { client: 'test' })
  expect(client.status).toEqual({ state: 'connecting' })
  const peer = await server.connection()
  expect(await peer.next('hello')).toEqual({ type: 'hello', token: 'secret', client: 'test' })
  peer.welcome({ actor: 'user:ada', name: 'Ada', node: 'n7' })
  expect(await reaches('online')).toEqual({ state: 'online', actor: 'user:ada', name: 'Ada', node: 'n7' })
  await client.close()
  expect(client.status).toEqual({ state: 'closed' })
  await peer.closed
  expect(clock.waiting).toBe(0)
})

describe('outside of a page', () => {
  test.each<readonly [string, (client: Client) => unknown]>([
    ['a session that is followed', (client) => client.session('s').subscribe(() => undefined)],
    [
      'a command',
      (client) =>
        void client
          .session('s')
          .post('hi')
          .catch(() => undefined),
    ],
    ['somebody who listens to the status', (client) => client.onStatus(() => undefined)],
    ['being told to', (client) => client.setOnline(true)],
  ])('it connects with the first thing that needs a connection: %s', async (_, need) => {
    await using server = await ScriptedServer.start()
    let asked = 0
    const token = (): string => `token ${(asked += 1)}`
    const fetch = async (): Promise<Response> => Response.json({ id: 's' })
    const client = connect({ url: server.url, token, clock: new FakeClock(), fetch, onError: () => undefined })
    clients.push(client)
    // What a page asks for when it is rendered on a server.
    client.session('s').getSnapshot()
    await client.view('s')
    expect(client.status).toEqual({ state: 'offline', retryAt: null })
    const before = asked
    need(client)
    expect(await (await server.connection()).next('hello')).toMatchObject({ token: `token ${before + 1}` })
  })

  test('one that is closed before is never opened', async () => {
    const client = connect({ url: 'http://127.0.0.1:1', token: 't' })
    await client.close()
    client.session('s').subscribe(() => undefined)
    expect(client.status).toEqual({ state: 'closed' })
  })

  test('in a page it connects at once, so that it is there when the page is', async () => {
    vi.stubGlobal('window', {})
    try {
      await using server = await ScriptedServer.start()
      clients.push(connect({ url: server.url, token: 't' }))
      await server.welcomed()
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

test('finds the server under a path', async () => {
  await using server = await ScriptedServer.start()
  const urls: string[] = []
  class Spy extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      urls.push(String(url))
      super(`${server.url.replace('http', 'ws')}/v1/connect`, protocols)
    }
  }
  setup('https://example.com/sessions', { WebSocket: Spy })
  await server.welcomed()
  expect(urls).toEqual(['wss://example.com/sessions/v1/connect'])
})

test('waits longer after each failure, with full jitter, up to the maximum', async () => {
  const { client, clock, reaches } = setup('http://127.0.0.1:1', { backoff: { minMs: 100, maxMs: 1_000 } })
  const waits: number[] = []
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const { retryAt, error } = await reaches('offline')
    expect(error?.code).toBe('connection_lost')
    waits.push((retryAt ?? 0) - clock.now())
    clock.runNext()
    expect(client.status.state).toBe('connecting')
  }
  expect(waits).toEqual([50, 100, 200, 400, 500, 500])
})

test('jitter spreads the waits over the whole range', async () => {
  for (const [random, wait] of [
    [0, 0],
    [0.999, 200],
  ] as const) {
    const { clock, reaches } = setup('http://127.0.0.1:1', { random: () => random })
    expect(((await reaches('offline')).retryAt ?? 0) - clock.now()).toBe(wait)
  }
})

test('waits are short again after a connection that lived', async () => {
  await using server = await ScriptedServer.start()
  const { clock, reaches } = setup(server.url, { backoff: { minMs: 100, maxMs: 10_000 } })
  const waitAfter = async (livedMs: number): Promise<number> => {
    const peer = await server.welcomed()
    await reaches('online')
    clock.advance(livedMs)
    peer.break()
    const { retryAt } = await reaches('offline')
    const wait = (retryAt ?? 0) - clock.now()
    clock.advance(wait)
    return wait
  }
  expect([
    await waitAfter(0),
    await waitAfter(10),
    await waitAfter(4_999),
    await waitAfter(5_000),
    await waitAfter(0),
  ]).toEqual([50, 100, 200, 50, 100])
})

test('gets a token for every connection', async () => {
  await using server = await ScriptedServer.start()
  let count = 0
  const { clock, reaches } = setup(server.url, { token: async () => `t${(count += 1)}` })
  for (const token of ['t1', 't2', 't3']) {
    const peer = await server.connection()
    expect((await peer.next('hello')).token).toBe(token)
    peer.welcome()
    await reaches('online')
    peer.break()
    await reaches('offline')
    clock.runNext()
  }
})

test('renews the token of the live connection 60 s before it expires, and again', async () => {
  await using server = await ScriptedServer.start()
  let count = 0
  const { clock, client } = setup(server.url, { token: () => `t${(count += 1)}` })
  const peer = await server.welcomed({ expiresAt: clock.now() + 600_000, idleMs: 10_000_000 })
  await until(() => client.status.state === 'online', client.onStatus)
  clock.advance(539_999)
  await settle()
  expect(count).toBe(1)
  clock.advance(1)
  expect(await peer.next('auth')).toEqual({ type: 'auth', token: 't2' })
  // The server does not say how long the new one lives: as long as the first, then.
  clock.advance(540_000)
  expect(await peer.next('auth')).toEqual({ type: 'auth', token: 't3' })
  // It may say so with another welcome.
  peer.welcome({ expiresAt: clock.now() + 40_000, idleMs: 10_000_000, node: 'n2' })
  await until(() => client.status.state === 'online' && client.status.node === 'n2', client.onStatus)
  clock.advance(20_000)
  expect(await peer.next('auth')).toEqual({ type: 'auth', token: 't4' })
  expect(client.status.state).toBe('online')
})

test('a renewal that fails is reported and tried again', async () => {
  await using server = await ScriptedServer.start()
  const answers = ['t1', new Error('the token server is down'), 't3']
  const { clock, errors, reaches } = setup(server.url, {
    token: () => {
      const next = answers.shift()
      if (typeof next === 'string') return next
      throw next ?? new Error('asked too often')
    },
  })
  const peer = await server.welcomed({ expiresAt: clock.now() + 600_000, idleMs: 10_000_000 })
  await reaches('online')
  clock.advance(540_000)
  await settle()
  expect(errors).toMatchObject([
    { code: 'unauthenticated', message: 'The token function failed: the token server is down' },
  ])
  clock.advance(5_000)
  expect(await peer.next('auth')).toEqual({ type: 'auth', token: 't3' })
})

test('token_expired: a new token at once, then waits', async () => {
  await using server = await ScriptedServer.start()
  let count = 0
  const { clock, reaches, client } = setup(server.url, { token: () => `t${(count += 1)}` })
  const first = await server.connection()
  await first.next('hello')
  first.end('token_expired')
  const second = await server.connection() // without any time passing
  expect((await second.next('hello')).token).toBe('t2')
  second.end('token_expired')
  const { error } = await reaches('offline')
  expect(error?.code).toBe('token_expired')
  expect(server.untaken).toBe(0)
  clock.runNext()
  const third = await server.connection()
  expect((await third.next('hello')).token).toBe('t3')
  third.welcome()
  await reaches('online')
  clock.advance(5_000)
  third.end('token_expired', 'The token expired on this connection.')
  // It lived, so the first try is at once again.
  await server.welcomed()
  await until(() => client.status.state === 'online', client.onStatus)
})

test('a fixed token that the server does not know closes the client for good', async () => {
  await using server = await ScriptedServer.start()
  for (const code of ['unauthenticated', 'token_expired', 'unsupported_version', 'forbidden'] as const) {
    const { errors, reaches, clock, client } = setup(server.url)
    const waiting = expect(client.session('s').send('hello')).rejects.toMatchObject({ code })
    const peer = await server.connection()
    await peer.next('hello')
    peer.end(code)
    const status = await reaches('closed')
    expect(status.error).toMatchObject({ code })
    expect(errors).toEqual([status.error])
    expect(clock.waiting).toBe(0)
    await waiting
    await expect(client.session('s').send('hello')).rejects.toMatchObject({ code })
  }
  expect(server.untaken).toBe(0)
})

test('a hello that would be refused again closes the client for good; another token may do better', async () => {
  await using server = await ScriptedServer.start()
  const refuse = async (path: string): Promise<void> => {
    const peer = await server.connection()
    await peer.next('hello')
    peer.end('bad_request', 'Not so.', { path })
  }
  const fixed = setup(server.url)
  await refuse('token')
  expect((await fixed.reaches('closed')).error).toMatchObject({ code: 'bad_request' })
  const other = setup(server.url, { token: () => 'x' })
  await refuse('token')
  await other.reaches('offline')
  other.clock.runNext()
  await refuse('client')
  expect((await other.reaches('closed')).error).toMatchObject({ code: 'bad_request' })
})

test('an empty token is none: nothing is asked with it, and it is said once', async () => {
  const fixed = setup('http://127.0.0.1:1', { token: '' })
  const waiting = expect(fixed.client.session('s').send('hello')).rejects.toMatchObject({ code: 'unauthenticated' })
  expect((await fixed.reaches('closed')).error?.message).toContain('The token is empty')
  await waiting
  expect(fixed.errors).toHaveLength(1)
  const later = setup('http://127.0.0.1:1', { token: () => '' })
  expect((await later.reaches('offline')).error).toMatchObject({ code: 'unauthenticated' })
  expect(later.errors).toHaveLength(1)
})

test('a server of another protocol version closes the client for good', async () => {
  await using server = await ScriptedServer.start()
  const { reaches } = setup(server.url)
  await server.welcomed({ protocol: 2 })
  expect((await reaches('closed')).error).toMatchObject({ code: 'unsupported_version' })
})

test('an address that is no address closes the client for good', async () => {
  const { reaches } = setup('not an address')
  expect((await reaches('closed')).error).toMatchObject({ code: 'bad_request' })
})

test('a token function that throws is reported and tried again', async () => {
  await using server = await ScriptedServer.start()
  let works = false
  const { clock, errors, reaches } = setup(server.url, {
    token: async () => {
      if (works) return 'good'
      throw new Error('no network')
    },
  })
  const { error } = await reaches('offline')
  expect(error).toMatchObject({ code: 'unauthenticated' })
  expect(errors).toEqual([error])
  works = true
  clock.runNext()
  const peer = await server.connection()
  expect((await peer.next('hello')).token).toBe('good')
})

test('heartbeat: asks after a third of the time in silence, gives up after all of it', async () => {
  await using server = await ScriptedServer.start()
  const { clock, reaches, client } = setup(server.url)
  const peer = await server.welcomed({ idleMs: 30_000 })
  await reaches('online')
  clock.advance(9_999)
  await settle()
  clock.advance(1)
  await peer.next('ping')
  peer.send({ type: 'pong' })
  await sync(client, peer)
  clock.advance(10_000)
  await peer.next('ping')
  clock.advance(10_000)
  await peer.next('ping')
  clock.advance(9_999)
  expect(client.status.state).toBe('online')
  clock.advance(1)
  expect((await reaches('offline')).error).toMatchObject({ code: 'idle_timeout' })
  clock.runNext()
  await server.welcomed()
  await reaches('online')
})

test('heartbeat: a machine that slept finds out when it wakes', async () => {
  await using server = await ScriptedServer.start()
  const { clock, reaches } = setup(server.url)
  await server.welcomed({ idleMs: 30_000 })
  await reaches('online')
  clock.advance(3_600_000)
  await server.welcomed()
  await reaches('online')
})

test('no welcome in time: tries again', async () => {
  await using server = await ScriptedServer.start()
  const { clock, reaches } = setup(server.url, { connectTimeoutMs: 4_000 })
  const peer = await server.connection()
  await peer.next('hello')
  clock.advance(4_000)
  expect((await reaches('offline')).error).toMatchObject({
    code: 'connection_lost',
    message: 'The server did not answer within 4000 ms.',
  })
  await peer.closed
})

test('bye: comes back when the server said, not before', async () => {
  await using server = await ScriptedServer.start()
  const { clock, reaches } = setup(server.url, { backoff: { minMs: 100 } })
  const peer = await server.welcomed()
  await reaches('online')
  peer.send({ type: 'bye', retryAfterMs: 700 })
  peer.socket.close(1012)
  const { retryAt, error } = await reaches('offline')
  expect(error).toMatchObject({ code: 'draining' })
  expect((retryAt ?? 0) - clock.now()).toBe(750)
})

test('bye: leaves by itself if the server forgets to close', async () => {
  await using server = await ScriptedServer.start()
  const { client, clock, reaches } = setup(server.url)
  const peer = await server.welcomed()
  await reaches('online')
  peer.send({ type: 'bye', retryAfterMs: 700 })
  await sync(client, peer)
  clock.advance(1_000)
  expect((await reaches('offline')).error).toMatchObject({ code: 'draining' })
})

test('drop: loses the connection and heals by itself', async () => {
  await using server = await ScriptedServer.start()
  const { clock, client, reaches } = setup(server.url)
  const peer = await server.welcomed()
  await reaches('online')
  client.drop()
  expect(client.status.state).toBe('offline')
  await peer.closed
  client.drop() // nothing to drop: harmless
  clock.runNext()
  await server.welcomed()
  await reaches('online')
})

test('setOnline(false): stays offline until told otherwise', async () => {
  await using server = await ScriptedServer.start()
  const { clock, client, reaches } = setup(server.url)
  const peer = await server.welcomed()
  await reaches('online')
  client.setOnline(false)
  expect(client.status).toMatchObject({ state: 'offline', retryAt: null })
  await peer.closed
  clock.advance(1_000_000)
  expect(server.untaken).toBe(0)
  client.setOnline(true)
  await server.welcomed()
  await reaches('online')
})

test('online: false: connects only when told to', async () => {
  await using server = await ScriptedServer.start()
  const { client, clock, reaches } = setup(server.url, { online: false })
  expect(client.status).toEqual({ state: 'offline', retryAt: null })
  expect(clock.waiting).toBe(0)
  client.setOnline(true)
  await server.welcomed()
  await reaches('online')
})

test('an error frame that does not end the connection is reported', async () => {
  await using server = await ScriptedServer.start()
  const { client, errors, reaches } = setup(server.url)
  const peer = await server.welcomed()
  await reaches('online')
  peer.send({ type: 'error', error: new HeadraceError('forbidden', 'That token is for somebody else.').toWire() })
  await sync(client, peer)
  expect(errors).toMatchObject([{ code: 'forbidden' }])
  expect(client.status.state).toBe('online')
})

test('a frame that makes no sense ends the connection, not the client', async () => {
  await using server = await ScriptedServer.start()
  const { clock, reaches } = setup(server.url)
  for (const nonsense of ['{', '[]', 'null', '{"type":1}', Buffer.from([1, 2, 3])]) {
    const peer = await server.welcomed()
    await reaches('online')
    peer.socket.send(nonsense)
    expect((await reaches('offline')).error).toMatchObject({ code: 'internal' })
    clock.runNext()
  }
})

test('frames of a kind from the future are ignored', async () => {
  await using server = await ScriptedServer.start()
  const { client, reaches } = setup(server.url)
  const peer = await server.welcomed()
  await reaches('online')
  peer.socket.send('{"type":"telepathy"}')
  await sync(client, peer)
})

test('a status listener that throws is reported and stops nobody else', async () => {
  await using server = await ScriptedServer.start()
  const { client, errors } = setup(server.url)
  client.onStatus(() => {
    throw new Error('oops')
  })
  let called = 0
  client.onStatus(() => (called += 1))
  await server.welcomed()
  await until(() => client.status.state === 'online', client.onStatus)
  expect(errors).toMatchObject([{ code: 'internal', message: 'oops' }])
  expect(called).toBe(1)
})

test('close: idempotent, and nothing waits any more', async () => {
  await using server = await ScriptedServer.start()
  const { client, clock, reaches } = setup(server.url)
  await server.welcomed()
  await reaches('online')
  const waiting = expect(client.session('s').send('x')).rejects.toMatchObject({ code: 'closed' })
  await client.close()
  await client.close()
  await waiting
  expect(clock.waiting).toBe(0)
  client.setOnline(true)
  client.drop()
  expect(client.status).toEqual({ state: 'closed' })
})

test('a client that an error has closed says why for as long as it is there', async () => {
  await using server = await ScriptedServer.start()
  const { client, errors, reaches } = setup(server.url)
  const peer = await server.connection()
  await peer.next('hello')
  peer.end('forbidden')
  const status = await reaches('closed')
  let news = 0
  client.onStatus(() => (news += 1))
  await client.close()
  expect(client.status).toBe(status)
  expect(errors).toEqual([status.error])
  expect(news).toBe(0)
})
