import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createClientAddress } from '../src/door/client-address.ts'
import { defaultConnectionLimits } from '../src/door/connection-limits.ts'
import { Crowd } from '../src/door/crowd.ts'
import { Rate, Rates } from '../src/rate.ts'
import { FakeClock, settled } from './support/fake-clock.ts'
import { text } from './support/hub.ts'
import { openStream, send, type AskOptions } from './support/http.ts'
import { everything, serve, type Served } from './support/serve.ts'

const post = { type: 'post' as const, parts: text('x') }

function ask(server: Served, line: string, options: AskOptions = {}) {
  return send(server.port, line, { token: server.token, ...options })
}

/** Comes through the proxy on this machine, from that address. */
const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address })
const trustedProxies = ['127.0.0.0/8']

describe('A3c: rates', () => {
  test('A3c: whatever the order of asking, no more are taken than the burst and what came back since', () => {
    const step = fc.record({ waitMs: fc.nat(2_000), asks: fc.nat(30) })
    const check = (perSecond: number, burst: number, steps: readonly { waitMs: number; asks: number }[]): void => {
      let now = 0
      const rate = new Rate({ perSecond, burst, clock: { now: () => now, after: () => () => undefined } })
      let taken = 0
      for (const { waitMs, asks } of steps) {
        now += waitMs
        for (let index = 0; index < asks; index += 1) {
          const wait = rate.take()
          if (wait === 0) taken += 1
          else {
            // What it says is when there is room again, and not before.
            now += wait
            expect(rate.take()).toBe(0)
            taken += 1
          }
        }
        expect(taken).toBeLessThanOrEqual(burst + (now / 1_000) * perSecond + 1e-6)
      }
    }
    check(580, 16, [
      { waitMs: 0, asks: 19 },
      { waitMs: 25, asks: 26 },
    ])
    fc.assert(fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 50 }), fc.array(step), check))
  })

  test('A3c: an agent that streams 50 tokens a second into 200 sessions on one connection never meets a default', () => {
    let now = 0
    const clock = { now: () => now, after: () => () => undefined }
    const { framesPerSecond, frameBurst, commandsPerSecond, commandBurst } = defaultConnectionLimits
    const frames = new Rate({ clock, perSecond: framesPerSecond, burst: frameBurst })
    const commands = new Rate({ clock, perSecond: commandsPerSecond, burst: commandBurst })
    let waited = 0
    for (let second = 0; second < 120; second += 1) {
      now += 1_000
      // All of a second at once is the worst.
      for (let frame = 0; frame < 200 * 50; frame += 1) waited += frames.take() + commands.take()
    }
    expect(waited).toBe(0)
  })

  test('A3c: a bounded number of keys is remembered, and being asked about makes none', () => {
    const rates = new Rates({ clock: new FakeClock(), perSecond: 1, burst: 1, maxKeys: 3 })
    for (let index = 0; index < 10; index += 1) rates.waitMs(`asked ${index}`)
    expect(rates.size).toBe(0)
    for (let index = 0; index < 10; index += 1) rates.take(String(index))
    expect(rates.size).toBe(3)
    expect([rates.waitMs('9'), rates.waitMs('0')]).toEqual([1_000, 0])
  })

  test('A3c: a clock that goes back gives nothing away and takes nothing', () => {
    let now = 10_000
    const rate = new Rate({ perSecond: 1, burst: 1, clock: { now: () => now, after: () => () => undefined } })
    expect(rate.take()).toBe(0)
    now = 0
    expect(rate.take()).toBe(1_000)
    now = 1_000
    expect(rate.take()).toBe(0)
  })
})

describe('A3d: where a request comes from', () => {
  const request = (remoteAddress: string, forwarded?: string): Pick<IncomingMessage, 'socket' | 'headers'> => ({
    socket: { remoteAddress } as IncomingMessage['socket'], // all that is looked at
    headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) },
  })

  test.each<[string, readonly string[], string, string | undefined, string | undefined]>([
    ['as it is', [], '9.9.9.9', undefined, '9.9.9.9'],
    ['an IPv4 address in IPv6 clothes', [], '::ffff:9.9.9.9', undefined, '9.9.9.9'],
    ['an IPv6 address counts as its network', [], '2a00:1:2:3:4:5:6:7', undefined, '2a00:1:2:3::/64'],
    ['however it is written', [], '2A00:0001:2:03::7', undefined, '2a00:1:2:3::/64'],
    ['loopback says nothing', [], '127.0.0.1', undefined, undefined],
    ['loopback says nothing', [], '::1', undefined, undefined],
    ['the header is not believed', [], '9.9.9.9', '1.1.1.1', '9.9.9.9'],
    ['nor from loopback', [], '127.0.0.1', '1.1.1.1', undefined],
    ['nor from others than the proxy', ['10.0.0.1'], '9.9.9.9', '1.1.1.1', '9.9.9.9'],
    ['but from the proxy', ['10.0.0.1'], '10.0.0.1', '1.1.1.1', '1.1.1.1'],
    ['and from a network of them', ['10.0.0.0/8'], '::ffff:10.9.9.9', '1.1.1.1', '1.1.1.1'],
    ['what a client wrote before is not', ['10.0.0.1'], '10.0.0.1', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    ['proxies behind proxies', ['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', '1.1.1.1'],
    ['nonsense counts as its proxy', ['10.0.0.1'], '10.0.0.1', 'unknown', '10.0.0.1'],
    ['nonsense counts as its proxy', ['10.0.0.1'], '10.0.0.1', '', '10.0.0.1'],
    ['with a port', ['10.0.0.1'], '10.0.0.1', '1.1.1.1:4711', '1.1.1.1'],
    ['with brackets and a port', ['10.0.0.1'], '10.0.0.1', '[2a00::1]:4711', '2a00:0:0:0::/64'],
    ['a proxy with an IPv6 address', ['fd00::/8'], 'fd12::1', '1.1.1.1', '1.1.1.1'],
    ['nonsense counts as its proxy', ['10.0.0.1'], '10.0.0.1', '1.1.1.1:80x', '10.0.0.1'],
    ['all of them proxies', ['10.0.0.0/8'], '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['everybody a proxy', ['0.0.0.0/0'], '9.9.9.9', '1.1.1.1', '1.1.1.1'],
    ['of 16 at most', ['10.0.0.0/8'], '10.0.0.1', `1.1.1.1${', 10.0.0.2'.repeat(15)}`, '1.1.1.1'],
    ['of 16 at most', ['10.0.0.0/8'], '10.0.0.1', `1.1.1.1${', 10.0.0.2'.repeat(16)}`, '10.0.0.2'],
  ])('A3d: %s (%s: %s, %s)', (_, trusted, remote, forwarded, expected) => {
    expect(createClientAddress(trusted)(request(remote, forwarded))).toBe(expected)
  })

  test.each([
    '',
    'proxy.example',
    '10.0.0.0/8x',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'fd00::/129',
    '10.0.0.0/-1',
    '*',
  ])('bad input: the proxy "%s" is refused at the start', (entry) => {
    expect(() => createClientAddress([entry])).toThrow(/trustedProxies: .* is not an address or a network/)
  })
})

describe('A3c: connections are bounded by address and by tenant', () => {
  test('A3c: who leaves makes room for one, however often it says so', () => {
    const crowd = new Crowd({ connectionsPerAddress: 3, connectionsPerTenant: 3 })
    for (const enter of [() => crowd.enter('9.9.9.9'), () => crowd.join('acme')]) {
      const [leave] = [enter(), enter(), enter()]
      expect(enter).toThrow(/3 connections are open already/)
      for (let time = 0; time < 2; time += 1) leave?.()
      enter()
      expect(enter).toThrow(/3 connections are open already/)
    }
  })

  test('A3c: an address that holds all it may gets 503 with the limit, others come in, and room comes back', async () => {
    await using server = await serve({ trustedProxies, connectionLimits: { connectionsPerAddress: 2 } })
    await ask(server, 'POST /v1/sessions', { json: { id: 's' } })
    const stream = await openStream(server.port, '/v1/sessions/s/events?live=sse', {
      Authorization: `Bearer ${server.token}`,
      ...from('9.9.9.9'),
    })
    expect(stream.response.statusCode).toBe(200)
    const socket = await server.open({ headers: from('9.9.9.9') })
    const upgrade = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol': 'headrace.v1',
    }
    for (const line of [
      'GET /v1/connect',
      'GET /v1/sessions/s/events?live=sse',
      'GET /v1/sessions/s/events?live=long-poll&after=1',
    ])
      expect(
        await ask(server, line, { headers: { ...from('9.9.9.9'), ...(line.endsWith('connect') && upgrade) } }),
      ).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        body: {
          error: { code: 'too_many_connections', detail: { limit: 'connectionsPerAddress', allowed: 2, actual: 3 } },
        },
      })
    const other = await server.open({ headers: from('8.8.8.8') })
    other.ws.close()
    socket.ws.close()
    await socket.closed
    await expect
      .poll(() =>
        server.open({ headers: from('9.9.9.9') }).then(
          () => 'in',
          () => 'out',
        ),
      )
      .toBe('in')
    stream.close()
  })

  test('A3c: a tenant that holds all it may is told so, and the others come in', async () => {
    await using server = await serve({ connectionLimits: { connectionsPerTenant: 2 } })
    await ask(server, 'POST /v1/sessions', { json: { id: 's' } })
    const socket = await server.join()
    const stream = await openStream(server.port, '/v1/sessions/s/events?live=sse', {
      Authorization: `Bearer ${server.token}`,
    })
    expect(stream.response.statusCode).toBe(200)
    const third = await server.open()
    third.send({ type: 'hello', token: server.token })
    expect(await third.next('error')).toMatchObject({
      error: { code: 'too_many_connections', retry: 'later', detail: { limit: 'connectionsPerTenant', allowed: 2 } },
    })
    expect((await third.closed).code).toBe(1013)
    expect((await ask(server, 'GET /v1/sessions/s/events?live=sse')).status).toBe(503)
    await server.join(await server.auth.mint({ ...everything, ten: 'acme' }, 60))
    stream.close()
    await expect.poll(() => server.headrace.hub.stats().followers).toBe(0)
    await server.join()
    socket.ws.close()
  })
})

describe('A3c: who shows one wrong token after another is slowed down', () => {
  test('A3c: its address gets 429 with the time to wait; known tokens and other addresses do not', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock, trustedProxies, connectionLimits: { failuresPerMinute: 3 } })
    const headers = from('9.9.9.9')
    expect((await ask(server, 'GET /v1/me', { headers })).status).toBe(200)
    const fresh = await server.auth.mint({ ...everything, sub: 'bob' }, 600)
    await ask(server, 'GET /v1/me', { headers, token: 'a.b.c' })
    await ask(server, 'GET /v1/sessions/s/events?live=sse&ticket=x', { headers, token: null })
    const socket = await server.open({ headers })
    socket.send({ type: 'hello', token: 'a.b.c' })
    expect(await socket.next('error')).toMatchObject({ error: { code: 'unauthenticated' } })

    for (const token of [fresh, 'd.e.f'])
      expect(await ask(server, 'GET /v1/me', { headers, token })).toMatchObject({
        status: 429,
        headers: { 'retry-after': '20' },
        body: {
          error: {
            code: 'too_many_requests',
            detail: { limit: 'failuresPerMinute', allowed: 3, retryAfterMs: 20_000 },
          },
        },
      })
    const blocked = await server.open({ headers })
    blocked.send({ type: 'hello', token: fresh })
    expect(await blocked.next('error')).toMatchObject({ error: { code: 'too_many_requests' } })
    expect((await blocked.closed).code).toBe(4429)
    expect((await ask(server, 'GET /v1/me', { headers })).status).toBe(200)
    expect((await ask(server, 'GET /v1/me', { token: fresh, headers: from('8.8.8.8') })).status).toBe(200)
    await clock.advance(20_000)
    expect((await ask(server, 'GET /v1/me', { headers, token: await server.auth.mint(everything, 60) })).status).toBe(
      200,
    )
  })

  test('A3c: refusals that are not the caller’s fault do not count, nor does what comes from this machine', async () => {
    await using server = await serve({ connectionLimits: { failuresPerMinute: 1 } })
    for (let index = 0; index < 5; index += 1)
      expect((await ask(server, 'GET /v1/me', { token: 'a.b.c' })).status).toBe(401)
    const token = await server.auth.mint({ sub: 'x', cap: [] }, 60)
    for (let index = 0; index < 5; index += 1)
      expect((await ask(server, 'GET /v1/sessions/s', { token, headers: from('9.9.9.9') })).status).toBe(403)
  })
})

describe('A3c: frames and commands are bounded by rate', () => {
  test('A3c: commands over the rate of a connection are refused with the limit, and the next ones wait', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock, connectionLimits: { framesPerSecond: 10, frameBurst: 4 } })
    const socket = await server.join()
    for (const id of ['a', 'b', 'c', 'd'])
      socket.send({ type: 'command', id, session: 's', body: id === 'a' ? { type: 'create' } : post })
    await expect.poll(() => socket.frames.length).toBe(4)
    const replies = socket.frames.flatMap((frame) => (frame.type === 'reply' ? [`${frame.id} ${frame.outcome}`] : []))
    expect(replies.sort()).toEqual(['a accepted', 'b accepted', 'c accepted', 'd refused'])
    const late = socket.ask('s', post)
    await settled()
    await clock.advance(100)
    expect(await late).toMatchObject({ outcome: 'accepted' })
    await clock.advance(1_000)
    expect(await socket.ask('s', post)).toMatchObject({ outcome: 'accepted' })
  })

  test('A3c: the refusal says which limit and how long to wait', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock, connectionLimits: { framesPerSecond: 10, frameBurst: 1 } })
    const socket = await server.join()
    expect(await socket.ask('s', { type: 'create' })).toMatchObject({
      outcome: 'refused',
      error: {
        code: 'too_many_requests',
        retry: 'later',
        detail: { limit: 'framesPerSecond', allowed: 10, retryAfterMs: 100 },
      },
    })
  })

  test('A3c: frames over the rate that no answer could refuse end the connection', async () => {
    await using server = await serve({
      clock: new FakeClock(),
      connectionLimits: { framesPerSecond: 1, frameBurst: 3 },
    })
    const socket = await server.join()
    for (let index = 0; index < 3; index += 1) socket.send({ type: 'ping' })
    expect(await socket.next('error')).toMatchObject({ error: { code: 'too_many_requests' } })
    expect((await socket.closed).code).toBe(4429)
  })

  test('A3c: an identity has one rate of commands on all doors and connections; reading is not counted', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock, connectionLimits: { commandsPerSecond: 1, commandBurst: 3 } })
    const [one, two] = [await server.join(), await server.join()]
    expect(await one.ask('s', { type: 'create' })).toMatchObject({ outcome: 'accepted' })
    expect(await two.ask('s', post)).toMatchObject({ outcome: 'accepted' })
    const line = 'POST /v1/sessions/s/commands'
    expect((await ask(server, line, { json: { body: post } })).status).toBe(200)
    const error = { code: 'too_many_requests', detail: { limit: 'commandsPerSecond', allowed: 1, retryAfterMs: 1_000 } }
    expect(await ask(server, line, { json: { body: post } })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
      body: { error },
    })
    expect(await two.ask('s', post)).toMatchObject({ outcome: 'refused', error })
    expect((await ask(server, 'GET /v1/sessions/s')).status).toBe(200)
    const bob = await server.auth.mint({ ...everything, sub: 'bob' }, 60)
    expect((await ask(server, line, { token: bob, json: { body: post } })).status).toBe(200)
    await clock.advance(1_000)
    expect(await two.ask('s', post)).toMatchObject({ outcome: 'accepted' })
  })
})
