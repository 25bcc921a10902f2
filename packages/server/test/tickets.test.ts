import { describe, expect, test } from 'vitest'
import { Tickets } from '../src/auth/tickets.ts'
import { FakeClock } from './support/fake-clock.ts'
import { grantOf } from './support/hub.ts'
import { openStream, send, type AskOptions } from './support/http.ts'
import { everything, serve, type Served } from './support/serve.ts'

const events = '/v1/sessions/s/events?live=sse'

function ask(server: Served, line: string, options: AskOptions = {}) {
  return send(server.port, line, { token: server.token, ...options })
}

async function ticketOf(server: Served, token = server.token): Promise<string> {
  const { status, body } = await ask(server, 'POST /v1/tickets', { token })
  expect(status).toBe(201)
  return body.ticket
}

async function withSession(options: Parameters<typeof serve>[0] = {}): Promise<Served> {
  const server = await serve(options)
  await ask(server, 'POST /v1/sessions', { json: { id: 's' } })
  return server
}

const unknown = {
  status: 401,
  body: { error: { code: 'unauthenticated', message: expect.stringContaining('POST /v1/tickets') } },
}

describe('A1g: a ticket stands for a token once, for seconds', () => {
  test('A1g: it opens an event stream without a header, and a WebSocket', async () => {
    await using server = await withSession()
    const stream = await openStream(server.port, `${events}&ticket=${await ticketOf(server)}`)
    expect(await stream.event()).toMatchObject({ id: '1' })
    stream.close()
    const socket = await server.open()
    socket.send({ type: 'hello', ticket: await ticketOf(server), client: 'page/1' })
    expect(await socket.next('welcome')).toMatchObject({ actor: 'operator:ada' })
    expect(await socket.ask('s', { type: 'create' })).toMatchObject({ outcome: 'noop' })
  })

  test('A1g: it works once, on either door', async () => {
    await using server = await withSession()
    const ticket = await ticketOf(server)
    const stream = await openStream(server.port, `${events}&ticket=${ticket}`)
    expect(stream.response.statusCode).toBe(200)
    stream.close()
    expect(await ask(server, `GET ${events}&ticket=${ticket}`, { token: null })).toMatchObject(unknown)
    const socket = await server.open()
    socket.send({ type: 'hello', ticket })
    expect(await socket.next('error')).toMatchObject({ error: { code: 'unauthenticated' } })
    expect((await socket.closed).code).toBe(4401)
  })

  test('A1g: it is good for 30 s, and no longer than its token', async () => {
    const clock = new FakeClock()
    await using server = await withSession({ clock })
    const ticket = await ticketOf(server)
    const { body } = await ask(server, 'POST /v1/tickets')
    expect(body.expiresAt).toBe(clock.now() + 30_000)
    const short = await server.auth.mint(everything, 10)
    const { body: last } = await ask(server, 'POST /v1/tickets', { token: short })
    expect(last.expiresAt).toBe(clock.now() + 10_000)
    await clock.advance(10_000)
    expect(await ask(server, `GET ${events}&ticket=${last.ticket}`, { token: null })).toMatchObject({
      status: 401,
      body: { error: { code: 'token_expired' } },
    })
    await clock.advance(20_000)
    expect(await ask(server, `GET ${events}&ticket=${ticket}`, { token: null })).toMatchObject(unknown)
  })

  test('A1g: it allows what its token allows, ends when that does, and is cut when that is revoked', async () => {
    const clock = new FakeClock()
    await using server = await withSession({ clock })
    const claims = { sub: 'bob', cap: [{ s: 's', op: ['read' as const] }] }
    const socket = await server.open()
    socket.send({ type: 'hello', ticket: await ticketOf(server, await server.auth.mint(claims, 60)) })
    expect(await socket.next('welcome')).toMatchObject({ actor: 'user:bob', expiresAt: clock.now() + 60_000 })
    expect(await socket.ask('s', { type: 'create' })).toMatchObject({ error: { code: 'forbidden' } })

    const token = await server.auth.mint(claims, 60, 'bob-1')
    const unused = await ticketOf(server, token)
    const stream = await openStream(server.port, `${events}&ticket=${await ticketOf(server, token)}`)
    expect(await stream.event()).toMatchObject({ id: '1' })
    await ask(server, 'POST /v1/revocations', { json: { token: 'bob-1' } })
    expect(await stream.event()).toMatchObject({ event: 'error', data: expect.stringContaining('token_revoked') })
    expect(await ask(server, `GET ${events}&ticket=${unused}`, { token: null })).toMatchObject({
      body: { error: { code: 'token_revoked' } },
    })
    await clock.advance(60_000)
    expect(await socket.next('error')).toMatchObject({ error: { code: 'token_expired' } })
  })

  test('A1g: tickets are random, bounded by identity and in all, and room comes back', async () => {
    const clock = new FakeClock()
    const tickets = new Tickets({ clock, maxPerActor: 2, maxTickets: 3 })
    const [ada, bob] = [grantOf('user:ada'), grantOf('user:bob')]
    const first = tickets.issue(ada).ticket
    const second = tickets.issue(ada).ticket
    expect(new Set([first, second]).size).toBe(2)
    expect(Buffer.from(first, 'base64url')).toHaveLength(32)
    expect(() => tickets.issue(ada)).toThrow(/ticketsPerActor/)
    tickets.issue({ ...ada, tenant: 'acme' })
    expect(() => tickets.issue(bob)).toThrow(/\(tickets\)/)
    expect(tickets.redeem(first)).toBe(ada)
    const third = tickets.issue(ada).ticket
    expect(() => tickets.issue(ada)).toThrow(/ticketsPerActor/)
    expect(tickets.redeem(third)).toBe(ada)
    tickets.issue(bob)
    await clock.advance(30_000)
    for (const who of [ada, ada, bob]) tickets.issue(who)
    expect(() => tickets.redeem(second)).toThrow(/not known/)
  })

  test('A1g: 10,000 may be unused, if nothing else is said', () => {
    const tickets = new Tickets({ clock: new FakeClock() })
    for (let index = 0; index < 10_000; index += 1) tickets.issue(grantOf(`user:u${index}`))
    expect(() => tickets.issue(grantOf('user:ada'))).toThrow(/\(tickets\)/)
  })
})

describe('bad input: tickets and tokens in addresses', () => {
  test.each([
    '/v1/sessions',
    '/v1/sessions/s',
    '/v1/sessions/s/events',
    '/v1/sessions/s/events?live=long-poll',
    '/v1/sessions/s/messages',
    '/v1/me',
    '/v1/revocations',
  ])('A1g: %s takes no ticket, and does not use it up', async (path) => {
    await using server = await withSession()
    const ticket = await ticketOf(server)
    const line = `GET ${path}${path.includes('?') ? '&' : '?'}ticket=${ticket}`
    const refused = await ask(server, line, { token: null })
    expect(refused).toMatchObject({ status: 401, body: { error: { code: 'unauthenticated' } } })
    expect(refused.text).toContain('live=sse')
    expect(refused.text).not.toContain(ticket)
    const stream = await openStream(server.port, `${events}&ticket=${ticket}`)
    expect(stream.response.statusCode).toBe(200)
    stream.close()
  })

  test.each(['token', 'access_token', 'jwt', 'Authorization'])(
    'A1g: a token in the address (%s) is refused with a word about tickets, on both doors',
    async (name) => {
      await using server = await withSession()
      for (const path of [`${events}&${name}=`, `/v1/me?${name}=`]) {
        const refused = await ask(server, `GET ${path}${server.token}`, { token: null })
        expect(refused).toMatchObject(unknown)
        expect(refused.text).not.toContain(server.token.slice(0, 30))
      }
      const upgraded = await ask(server, `GET /v1/connect?${name}=${server.token}`, {
        token: null,
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
          'Sec-WebSocket-Protocol': 'headrace.v1',
        },
      })
      expect(upgraded).toMatchObject({
        status: 400,
        body: { error: { message: expect.stringContaining('/v1/tickets') } },
      })
    },
  )

  test('A1g: a ticket beside a token, twice, or made up', async () => {
    await using server = await withSession()
    const ticket = await ticketOf(server)
    expect(await ask(server, `GET ${events}&ticket=${ticket}`)).toMatchObject({ status: 400 })
    expect(await ask(server, `GET ${events}&ticket=${ticket}&ticket=${ticket}`, { token: null })).toMatchObject({
      status: 400,
    })
    for (const wrong of ['', 'x', 'x'.repeat(500), `${ticket}A`])
      expect((await ask(server, `GET ${events}&ticket=${wrong}`, { token: null })).status).toBe(401)
    const socket = await server.open()
    socket.ws.send(JSON.stringify({ type: 'hello', ticket, token: server.token }))
    expect(await socket.next('error')).toMatchObject({ error: { code: 'bad_request', detail: { path: 'token' } } })
  })

  test('A1g: a ticket can’t get another ticket', async () => {
    await using server = await withSession()
    const refused = await ask(server, `POST /v1/tickets?ticket=${await ticketOf(server)}`, { token: null })
    expect(refused.status).toBe(401)
  })

  test('A1g: the 33rd that is not used is refused and says when to come back', async () => {
    await using server = await withSession()
    for (let index = 0; index < 32; index += 1) await ticketOf(server)
    const refused = await ask(server, 'POST /v1/tickets')
    expect(refused).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.any(String) },
      body: { error: { code: 'too_many_requests', detail: { limit: 'ticketsPerActor', allowed: 32 } } },
    })
  })
})
