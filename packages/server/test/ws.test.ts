import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import type { SessionEvent } from '@headrace/core'
import { FakeClock } from './support/fake-clock.ts'
import { text } from './support/hub.ts'
import { everything, serve, type Served, type TestSocket } from './support/serve.ts'

const post = (words: string) => ({ type: 'post' as const, parts: text(words) })

async function eventsUntil(socket: TestSocket, seq: number): Promise<readonly SessionEvent[]> {
  const events: SessionEvent[] = []
  while ((events.at(-1)?.seq ?? 0) < seq) {
    events.push(...((await socket.next('events')).events as readonly SessionEvent[])) // nothing is hidden here
  }
  return events
}

async function ended(socket: TestSocket): Promise<{ code: string; message: string; close: number }> {
  const { error } = await socket.next('error')
  return { code: error.code, message: error.message, close: (await socket.closed).code }
}

describe('the WebSocket door', () => {
  test('S2 L2: a joiner gets a snapshot and then every later event, each once', async () => {
    await using server = await serve()
    const writer = await server.join()
    await writer.ask('s', { type: 'create' })
    await writer.ask('s', post('one'))
    const reader = await server.join()
    reader.send({ type: 'subscribe', session: 's' })
    const snapshot = await reader.next('snapshot')
    expect(snapshot).toMatchObject({ seq: 2, view: { seq: 2, messages: [{ id: 'm2' }] } })
    for (let index = 0; index < 50; index += 1) void writer.ask('s', post(String(index)))
    expect((await eventsUntil(reader, 52)).map((event) => event.seq)).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 3),
    )
  })

  test('S3: a resume after seq k gets exactly what follows, and a reader ahead of the log begins again', async () => {
    await using server = await serve()
    const writer = await server.join()
    await writer.ask('s', { type: 'create' })
    for (let index = 0; index < 5; index += 1) await writer.ask('s', post(String(index)))
    writer.send({ type: 'subscribe', session: 's', after: 2 })
    expect((await eventsUntil(writer, 6)).map((event) => event.seq)).toEqual([3, 4, 5, 6])
    writer.send({ type: 'subscribe', session: 's', after: 99 })
    expect((await writer.next('snapshot')).seq).toBe(6)
  })

  test('one connection follows many sessions, and leaving one leaves the others', async () => {
    await using server = await serve()
    const socket = await server.join()
    for (const session of ['a', 'b']) {
      await socket.ask(session, { type: 'create' })
      socket.send({ type: 'subscribe', session })
      await socket.next('snapshot')
    }
    socket.send({ type: 'unsubscribe', session: 'a' })
    await socket.ask('a', post('unseen'))
    await socket.ask('b', post('seen'))
    expect(await socket.next('events')).toMatchObject({ session: 'b' })
    expect(server.headrace.hub.stats().followers).toBe(1)
  })

  test('S5: readers of a session that is deleted are told so, and follow their other sessions on', async () => {
    await using server = await serve()
    const socket = await server.join()
    for (const session of ['gone', 'stays']) {
      await socket.ask(session, { type: 'create' })
      socket.send({ type: 'subscribe', session })
      await socket.next('snapshot')
    }
    await server.headrace.hub.purge('default!gone')
    expect(await socket.next('unsubscribed')).toMatchObject({ session: 'gone', error: { code: 'session_not_found' } })
    await socket.ask('stays', post('still here'))
    expect(await socket.next('events')).toMatchObject({ session: 'stays' })
  })

  test('S3c: who resumes is told where the log is, and then gets what was missed', async () => {
    await using server = await serve()
    const socket = await server.join()
    await socket.ask('s', { type: 'create' })
    await socket.ask('s', post('missed'))
    for (const after of [1, 2]) {
      socket.send({ type: 'subscribe', session: 's', after })
      expect(await socket.next('subscribed')).toEqual({ type: 'subscribed', session: 's', seq: 2 })
    }
    socket.send({ type: 'subscribe', session: 's', after: 9 })
    expect(await socket.next('snapshot')).toMatchObject({ seq: 2, reset: 'unknown' })
  })

  test('P1: a device that subscribes with its name is present', async () => {
    await using server = await serve()
    const socket = await server.join()
    await socket.ask('s', { type: 'create' })
    socket.send({ type: 'subscribe', session: 's', device: 'tab-1', label: 'Chrome on Linux' })
    const joined = (await eventsUntil(socket, 2)).at(-1)
    expect(joined).toMatchObject({
      type: 'presence.joined',
      actor: 'operator:ada',
      data: { device: 'tab-1', label: 'Chrome on Linux' },
    })
  })

  test('R2 C3: a worker is assigned a run, writes it, and is told of a cancel', async () => {
    await using server = await serve()
    const person = await server.join()
    const worker = await server.join()
    await person.ask('s', { type: 'create' })
    worker.send({ type: 'work', agent: 'assistant', worker: 'w1', capacity: 1 })
    await person.ask('s', { type: 'send', parts: text('hi') })
    const assigned = await worker.next('assign')
    expect(assigned).toMatchObject({ session: 's', attempt: 1, view: { messages: [{ parts: [{ text: 'hi' }] }] } })
    const { run, attempt } = assigned
    const write = {
      type: 'write' as const,
      run,
      attempt,
      n: 1,
      ops: [{ op: 'open' as const, message: 'm', part: 'p', start: { kind: 'text' as const } }],
    }
    expect(await worker.ask('s', write)).toMatchObject({ outcome: 'accepted' })
    expect(await worker.ask('s', write)).toMatchObject({ outcome: 'noop' })
    await person.ask('s', { type: 'cancel', target: { run } })
    expect(await worker.next('signal')).toMatchObject({ signal: 'cancel', run, attempt })
    expect(await worker.ask('s', { type: 'heartbeat', run, attempt })).toMatchObject({ outcome: 'noop', cancel: true })
  })

  test('A1: a token without read can’t follow, and a refused command says which verb', async () => {
    await using server = await serve()
    const owner = await server.join()
    await owner.ask('team/1', { type: 'create' })
    const outsider = await server.join(
      await server.auth.mint({ sub: 'eve', cap: [{ s: 'other/*', op: ['read', 'send'] }] }, 60),
    )
    outsider.send({ type: 'subscribe', session: 'team/1' })
    expect(await outsider.next('unsubscribed')).toMatchObject({ session: 'team/1', error: { code: 'forbidden' } })
    expect(await outsider.ask('team/1', post('x'))).toMatchObject({
      outcome: 'refused',
      error: { code: 'forbidden', detail: { verb: 'post' } },
    })
    outsider.send({ type: 'work', agent: 'assistant', worker: 'w', capacity: 1 })
    expect(await ended(outsider)).toMatchObject({ code: 'forbidden', close: 4403 })
  })

  test('A1: tenants with the same session id see two sessions', async () => {
    await using server = await serve()
    const one = await server.join()
    const two = await server.join(await server.auth.mint({ ...everything, ten: 'acme' }, 60))
    await one.ask('s', { type: 'create' })
    two.send({ type: 'subscribe', session: 's' })
    expect(await two.next('unsubscribed')).toMatchObject({ error: { code: 'session_not_found' } })
  })

  test('A1: a token is refreshed on the live connection; one for somebody else is not taken', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    const short = await server.auth.mint(everything, 60)
    const socket = await server.join(short)
    await socket.ask('s', { type: 'create' })
    socket.send({ type: 'auth', token: await server.auth.mint({ ...everything, sub: 'bob' }, 600) })
    expect(await socket.next('error')).toMatchObject({ error: { code: 'forbidden' } })
    socket.send({ type: 'auth', token: await server.auth.mint(everything, 20) })
    expect(await socket.next('welcome')).toMatchObject({ expiresAt: Math.floor(clock.now() / 1000) * 1000 + 20_000 })
    await clock.advance(21_000)
    expect(await ended(socket)).toMatchObject({ code: 'token_expired', close: 4401 })
  })

  test('A1: a refresh that takes a right away ends the subscriptions that needed it', async () => {
    await using server = await serve()
    const socket = await server.join()
    for (const session of ['keep/1', 'lose/1']) {
      await socket.ask(session, { type: 'create' })
      socket.send({ type: 'subscribe', session })
      await socket.next('snapshot')
    }
    socket.send({
      type: 'auth',
      token: await server.auth.mint({ ...everything, cap: [{ s: 'keep/*', op: ['read'] }] }, 60),
    })
    expect(await socket.next('unsubscribed')).toMatchObject({ session: 'lose/1', error: { code: 'forbidden' } })
  })
})

describe('A1h: what a new token takes away', () => {
  test('A1h: offers to work as agents that it does not name end, the others and the connection stay', async () => {
    await using server = await serve()
    const person = await server.join()
    await person.ask('s', { type: 'create' })
    const worker = await server.join()
    for (const agent of ['reader', 'writer']) worker.send({ type: 'work', agent, worker: 'w', capacity: 1 })
    await expect.poll(() => server.headrace.hub.stats().workers).toBe(2)
    worker.send({ type: 'auth', token: await server.auth.mint({ ...everything, agents: ['writer'] }, 60) })
    expect(await worker.next('error')).toMatchObject({ error: { code: 'forbidden', detail: { agent: 'reader' } } })
    expect(server.headrace.hub.stats().workers).toBe(1)
    for (const agent of ['reader', 'writer']) await person.ask('s', { type: 'send', agent, parts: text('hi') })
    expect(await worker.next('assign')).toMatchObject({ agent: 'writer' })
  })

  test('A1h: a worker gets no more runs of sessions that it may not write any more', async () => {
    await using server = await serve()
    const person = await server.join()
    for (const session of ['keep/1', 'lose/1']) await person.ask(session, { type: 'create' })
    const worker = await server.join()
    worker.send({ type: 'work', agent: 'assistant', worker: 'w', capacity: 5 })
    const cap = [{ s: 'keep/*', op: ['write-as-agent' as const] }]
    worker.send({ type: 'auth', token: await server.auth.mint({ ...everything, cap }, 60) })
    await worker.next('welcome')
    for (const session of ['lose/1', 'keep/1']) await person.ask(session, { type: 'send', parts: text('hi') })
    expect(await worker.next('assign')).toMatchObject({ session: 'keep/1' })
    expect(worker.frames.filter((frame) => frame.type === 'assign')).toEqual([])
  })
})

describe('bad input at the WebSocket door', () => {
  async function sends(
    server: Served,
    data: string | Buffer,
    welcomed: boolean,
  ): Promise<{ code: string; message: string; close: number }> {
    const socket = welcomed ? await server.join() : await server.open()
    socket.ws.send(data)
    return ended(socket)
  }

  test('A1: wrong and expired tokens', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    expect(await sends(server, JSON.stringify({ type: 'hello', token: 'nonsense' }), false)).toMatchObject({
      code: 'unauthenticated',
      close: 4401,
    })
    const token = await server.auth.mint(everything, 10)
    await clock.advance(11_000)
    const expired = await sends(server, JSON.stringify({ type: 'hello', token }), false)
    expect(expired).toMatchObject({ code: 'token_expired', close: 4401 })
    expect(expired.message).not.toContain(token)
  })

  test('A3: a page from another origin is refused before anything else', async () => {
    await using server = await serve({ cors: ['https://app.example'] })
    const refused = await server
      .open({ headers: { origin: 'https://evil.example' } })
      .catch((error: unknown) => String(error))
    expect(refused).toContain('403')
    const allowed = await server.open({ headers: { origin: 'https://app.example' } })
    allowed.ws.close()
    await allowed.closed
  })

  test('A2: a Host that is not this machine is refused (DNS rebinding)', async () => {
    await using server = await serve()
    const refused = await server.open({ headers: { host: 'rebound.example' } }).catch((error: unknown) => String(error))
    expect(refused).toContain('403')
  })

  test('another subprotocol gets 426', async () => {
    await using server = await serve()
    expect(await server.open({ protocol: 'other.v9' }).catch((error: unknown) => String(error))).toContain('426')
  })

  test('malformed frames name what is wrong', async () => {
    await using server = await serve()
    const cases: readonly (readonly [string | Buffer, string, RegExp])[] = [
      ['{nope', 'bad_request', /not JSON/],
      ['{"type":"subscribe"}', 'bad_request', /session must be a session id.*missing/],
      ['{"type":"subscribe","session":"a b"}', 'bad_request', /session must be a session id/],
      ['{"type":"dance"}', 'bad_request', /type must be one of hello, auth, subscribe/],
      ['{"type":"ping","extra":1}', 'bad_request', /extra must be left out/],
      ['[]', 'bad_request', /must be an object/],
      [Buffer.from([0, 255, 254, 7]), 'bad_request', /text, not binary/],
      [`${'['.repeat(100_000)}`, 'bad_request', /not JSON/],
      [
        `{"type":"command","id":"c","session":"s","body":{"type":"create","metadata":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}}`,
        'bad_request',
        /nested/,
      ],
    ]
    for (const [frame, code, message] of cases) {
      const result = await sends(server, frame, true)
      expect(result).toMatchObject({ code, close: 4400 })
      expect(result.message).toMatch(message)
    }
    expect(server.errors).toEqual([])
  })

  test('a command before hello', async () => {
    await using server = await serve()
    expect(await sends(server, '{"type":"ping"}', false)).toMatchObject({ code: 'unauthenticated', close: 4401 })
  })

  test('L6 A3: a 10 MB frame ends the connection with 1009, and before hello 64 KB already do', async () => {
    await using server = await serve()
    const big = await server.join()
    big.ws.send('x'.repeat(10_000_000))
    expect((await big.closed).code).toBe(1009)
    const hello = JSON.stringify({ type: 'hello', token: 'x'.repeat(65_536) })
    expect(await sends(server, hello, false)).toMatchObject({ code: 'frame_too_large', close: 1009 })
  })

  test('bytes that are no WebSocket frame end the connection and nothing else', async () => {
    await using server = await serve()
    const raw = connect(server.port, '127.0.0.1')
    raw.on('error', () => undefined)
    raw.write(
      'GET /v1/connect HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: headrace.v1\r\n\r\n',
    )
    await once(raw, 'data')
    raw.write(Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7919) % 256)))
    raw.resume()
    await once(raw, 'close')
    const alive = await server.join()
    expect(await alive.ask('s', { type: 'create' })).toMatchObject({ outcome: 'accepted' })
  })

  test('A3: 1,000 connections that never say hello are shown the door, and others are served meanwhile', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    const silent = await Promise.all(Array.from({ length: 1_000 }, () => server.open()))
    const guest = await server.join()
    expect(await guest.ask('s', { type: 'create' })).toMatchObject({ outcome: 'accepted' })
    await clock.advance(5_000)
    const codes = await Promise.all(silent.map(async (socket) => (await socket.closed).code))
    expect(new Set(codes)).toEqual(new Set([4408]))
    expect(await guest.ask('s', post('still here'))).toMatchObject({ outcome: 'accepted' })
  })

  test('A3: strangers are bounded', async () => {
    await using server = await serve({ connectionLimits: { maxStrangers: 3 } })
    await Promise.all([server.open(), server.open(), server.open()])
    expect(await server.open().catch((error: unknown) => String(error))).toContain('503')
  })

  test('A3: connections are bounded, also of those who said hello, and room comes back', async () => {
    await using server = await serve({ connectionLimits: { maxConnections: 2 } })
    const [first] = [await server.join(), await server.join()]
    expect(await server.open().catch((error: unknown) => String(error))).toContain('503')
    first?.ws.close()
    await expect.poll(() => server.open().then(() => 'in', String)).toBe('in')
  })

  test('L6: more sessions than a connection may follow', async () => {
    await using server = await serve({ connectionLimits: { maxSubscriptions: 2 } })
    const socket = await server.join()
    for (const session of ['a', 'b', 'c']) {
      await socket.ask(session, { type: 'create' })
      socket.send({ type: 'subscribe', session })
    }
    const { error } = await socket.next('unsubscribed')
    expect(error).toMatchObject({ code: 'limit_exceeded', detail: { limit: 'maxSubscriptions', allowed: 2 } })
  })

  test('A3e: more workers than a connection may offer; those that it has go on', async () => {
    await using server = await serve({ connectionLimits: { maxWorkers: 2 } })
    const socket = await server.join()
    const offer = (worker: string, capacity = 1): void =>
      socket.send({ type: 'work', agent: 'assistant', worker, capacity })
    for (const worker of ['a', 'b', 'c']) offer(worker)
    const { error } = await socket.next('error')
    expect(error).toMatchObject({ code: 'limit_exceeded', detail: { limit: 'maxWorkers', allowed: 2, actual: 3 } })
    offer('b', 2)
    expect(server.headrace.hub.stats().workers).toBe(2)
    const person = await server.join()
    await person.ask('s', { type: 'create' })
    for (const words of ['one', 'two', 'three'])
      await person.ask('s', { type: 'send', policy: 'parallel', parts: text(words) })
    const runs = [await socket.next('assign'), await socket.next('assign'), await socket.next('assign')]
    expect(new Set(runs.map(({ run }) => run)).size).toBe(3)
  })

  test('A3: a reader that takes nothing costs a bounded buffer, is cut in the end, and loses nothing', async () => {
    await using server = await serve({ connectionLimits: { maxUnsentBytes: 65_536, stallMs: 1_500 } })
    const writer = await server.join()
    await writer.ask('s', { type: 'create' })
    const stalled = await server.join()
    stalled.send({ type: 'subscribe', session: 's' })
    await stalled.next('snapshot')
    const other = await server.join()
    other.send({ type: 'subscribe', session: 's' })
    await other.next('snapshot')
    stalled.ws.pause()
    const words = 'x'.repeat(100_000)
    for (let index = 0; index < 400; index += 1) await writer.ask('s', post(words))
    await eventsUntil(other, 401)
    // 40 MB were written and one reader has them. The other got what the kernel's buffers hold, one budget and one page.
    const metrics = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.token}` } })
    const sent = /^headrace_delivered_bytes_total (\d+)/m.exec(await metrics.text())
    expect(Number(sent?.[1])).toBeGreaterThan(40_000_000)
    expect(Number(sent?.[1])).toBeLessThan(40_000_000 + 12_000_000)
    await vi.waitFor(() => expect(server.headrace.hub.stats().followers).toBe(1), { timeout: 10_000 })
    // The server has ended it; what had left before still arrives.
    stalled.ws.resume()
    expect((await stalled.closed).code).toBe(1006)
    const seen = stalled.frames.flatMap((frame) => (frame.type === 'events' ? frame.events : []))
    const back = await server.join()
    back.send({ type: 'subscribe', session: 's', after: seen.at(-1)?.seq ?? 1 })
    const rest = await eventsUntil(back, 401)
    expect([...seen, ...rest].map((event) => event.seq)).toEqual(Array.from({ length: 400 }, (_, index) => index + 2))
  })

  test('a client that is silent past the heartbeat is taken for dead', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock, connectionLimits: { idleMs: 30_000 } })
    const quiet = await server.join()
    for (let index = 0; index < 10; index += 1) {
      await clock.advance(10_000)
      // `ws` answers the server's pings by itself.
      quiet.send({ type: 'ping' })
      await quiet.next('pong')
    }
    quiet.ws.pause()
    await clock.advance(40_000)
    quiet.ws.resume()
    expect((await quiet.closed).code).toBe(1006)
  })
})

test('closing says bye, spreads the reconnects and leaves nothing open', async () => {
  const server = await serve()
  const sockets = await Promise.all([server.join(), server.join(), server.join()])
  const closing = server.headrace.close()
  const waits = await Promise.all(sockets.map(async (socket) => (await socket.next('bye')).retryAfterMs))
  expect(new Set(waits).size).toBe(3)
  expect((await Promise.all(sockets.map(({ closed }) => closed))).map(({ code }) => code)).toEqual([1012, 1012, 1012])
  await closing
  await server[Symbol.asyncDispose]()
})
