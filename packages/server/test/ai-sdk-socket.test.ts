import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { verbs, type SessionId } from '@headrace/core'
import type { TokenClaims } from '../src/auth/auth.ts'
import { FakeClock } from './support/fake-clock.ts'
import { send } from './support/http.ts'
import { everything, serve, type Served } from './support/serve.ts'

const bob: TokenClaims = { sub: 'bob', cap: [{ s: '**', op: verbs }] }
const page = {
  send: (requestId: string, id: SessionId, headers: Record<string, string> = {}) => ({
    type: 'send',
    requestId,
    id,
    messages: [{ id: `m-${requestId}`, role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    headers,
    body: {},
  }),
  resume: (requestId: string, id: SessionId, headers: Record<string, string> = {}) => ({
    type: 'resume',
    requestId,
    id,
    headers,
    body: {},
  }),
}

/** What a connection brings, frame by frame; what ends it comes last. */
interface Chat {
  say(frame: object): void
  /** The same, as it stands there. */
  text(frame: string): void
  next(): Promise<Readonly<Record<string, unknown>>>
  /** The server asked whether it is there, and was answered. */
  pinged(): Promise<unknown>
  leave(): void
  readonly ended: Promise<number>
}

async function connect({ port }: Served, ticket?: string, more = ''): Promise<Chat> {
  const query = ticket === undefined ? '' : `?ticket=${ticket}${more}`
  const ws = new WebSocket(`ws://127.0.0.1:${port}/v1/ai-sdk/ws${query}`)
  const frames: Readonly<Record<string, unknown>>[] = []
  let arrived = (): void => undefined
  ws.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Readonly<Record<string, unknown>>) // sent by the server under test
    arrived()
  })
  const ended = once(ws, 'close').then(([code]) => Number(code))
  void ended.then(() => arrived())
  await once(ws, 'open')
  return {
    say: (frame) => ws.send(JSON.stringify(frame)),
    text: (frame) => ws.send(frame),
    async next() {
      while (frames.length === 0 && ws.readyState !== WebSocket.CLOSED)
        await new Promise<void>((resolve) => (arrived = resolve))
      return frames.shift() ?? { type: 'closed' }
    },
    pinged: () => once(ws, 'ping'),
    leave: () => ws.terminate(),
    ended,
  }
}

async function ticketFor(server: Served, token: string): Promise<string> {
  return (await send(server.port, 'POST /v1/tickets', { token })).body.ticket
}

async function messagesOf(server: Served, session: SessionId): Promise<number> {
  const { body } = await send(server.port, `GET /v1/ai-sdk/chat/${session}/messages`, { token: server.token })
  return body.messages.length
}

test('A1g V9 a ticket is good for a chat as long as its token: then the connection ends, and nothing more is taken', async () => {
  const clock = new FakeClock()
  await using server = await serve({ clock, connectionLimits: { idleMs: 1e9 } })
  const chat = await connect(server, await ticketFor(server, await server.auth.mint(bob, 60)))
  chat.say(page.send('a', 's'))
  expect(await chat.next()).toMatchObject({ type: 'start', requestId: 'a' })
  await clock.advance(59_999)
  chat.say(page.resume('b', 'nobody'))
  while ((await chat.next())['type'] !== 'no-active');
  await clock.advance(1)
  chat.say(page.send('c', 'other'))
  expect(await chat.ended).toBe(4401)
  expect([await messagesOf(server, 's'), await messagesOf(server, 'other')]).toEqual([1, 0])
})

test('A1d what a chat holds by a ticket is cut when its token is taken back', async () => {
  await using server = await serve()
  const ticket = await ticketFor(server, await server.auth.mint(bob, 60, 'lost-laptop'))
  const chat = await connect(server, ticket)
  chat.say(page.resume('a', 's'))
  expect(await chat.next()).toEqual({ type: 'no-active', requestId: 'a' })
  await send(server.port, 'POST /v1/revocations', { token: server.token, json: { token: 'lost-laptop' } })
  expect(await chat.ended).toBe(4401)
})

test('A1d a token in a frame that was taken back, or has expired, gets nothing of an answer that is under way', async () => {
  const clock = new FakeClock()
  await using server = await serve({ clock, connectionLimits: { idleMs: 1e9 } })
  const writer = await server.join()
  await writer.ask('s', { type: 'create' })
  const sent = await writer.ask('s', { type: 'send', parts: [{ kind: 'text', text: 'go' }] })
  const run = `r${'seq' in sent ? sent.seq : 0}`
  await writer.ask('s', { type: 'claim', run, worker: 'w1', leaseMs: 600_000 })
  const chat = await connect(server)
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
  const other = await server.auth.mint(everything, 600)
  chat.say(page.resume('first', 'nobody', bearer(other)))
  expect(await chat.next()).toEqual({ type: 'no-active', requestId: 'first' })
  const taken = await server.auth.mint(bob, 600, 'lost-laptop')
  const short = await server.auth.mint(bob, 10)
  for (const [requestId, token] of Object.entries({ taken, short })) {
    chat.say(page.resume(requestId, 's', bearer(token)))
    expect(await chat.next()).toEqual({ type: 'start', requestId })
  }
  await send(server.port, 'POST /v1/revocations', { token: server.token, json: { token: 'lost-laptop' } })
  expect(await chat.next()).toMatchObject({
    type: 'error',
    requestId: 'taken',
    errorText: expect.stringContaining('was revoked'),
  })
  await clock.advance(10_000)
  expect(await chat.next()).toMatchObject({ type: 'error', requestId: 'short' })
  for (const [requestId, token] of Object.entries({ taken, short })) {
    for (const frame of [page.resume(requestId, 's', bearer(token)), page.send(requestId, 's', bearer(token))]) {
      chat.say(frame)
      expect(await chat.next()).toMatchObject({ type: 'error', requestId })
    }
  }
  expect(await messagesOf(server, 's')).toBe(1)
})

test('A3c a chat that would be one connection of the tenant too many is ended, with a token as with a ticket', async () => {
  await using server = await serve({ connectionLimits: { connectionsPerTenant: 1 } })
  const ticket = await ticketFor(server, server.token)
  const first = await server.join()
  expect(await first.ask('s', { type: 'create' })).toMatchObject({ outcome: 'accepted' })
  const byTicket = await connect(server, ticket)
  expect(await byTicket.ended).toBe(1013)
  const byToken = await connect(server)
  byToken.say(page.send('a', 's', { authorization: `Bearer ${server.token}` }))
  byToken.say(page.send('b', 's', { authorization: `Bearer ${server.token}` }))
  expect(await byToken.next()).toMatchObject({ type: 'error', requestId: 'a' })
  expect(await byToken.ended).toBe(1013)
  expect(await messagesOf(server, 's')).toBe(0)
})

test('A3e V9 a frame that is nested without end is refused under its request, and the others go on', async () => {
  await using server = await serve()
  const chat = await connect(server, await ticketFor(server, server.token))
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
  const frame = JSON.stringify(page.send('a', 's')).replace(
    '"type":"text","text":"Hi"',
    `"type":"data-x","data":${deep}`,
  )
  chat.text(frame)
  expect(await chat.next()).toEqual({
    type: 'error',
    requestId: 'a',
    errorText: 'JSON is nested at most 64 levels deep here.',
  })
  chat.say(page.resume('b', 's'))
  expect(await chat.next()).toEqual({ type: 'no-active', requestId: 'b' })
  expect(server.errors).toEqual([])
})

test('V4 a chat that says nothing stays connected, and one that is gone follows nothing', async () => {
  const clock = new FakeClock()
  await using server = await serve({ clock, connectionLimits: { idleMs: 30_000 } })
  const chat = await connect(server, await ticketFor(server, server.token))
  chat.say(page.send('a', 's'))
  expect(await chat.next()).toMatchObject({ type: 'start' })
  await expect.poll(() => server.headrace.hub.stats().followers).toBe(1)
  for (let round = 0; round < 6; round += 1) {
    const answered = chat.pinged()
    await clock.advance(10_000)
    await answered
  }
  chat.say(page.resume('b', 'nobody'))
  while ((await chat.next())['type'] !== 'no-active');
  chat.leave()
  await chat.ended
  await expect.poll(() => server.headrace.hub.stats().followers).toBe(0)
})

test('A3e a chat of somebody unknown can’t make the server hold a large frame, whole or not', async () => {
  await using server = await serve()
  const chat = await connect(server)
  chat.text(JSON.stringify({ ...page.send('a', 's'), fill: 'x'.repeat(70_000) }))
  expect(await chat.ended).toBe(1009)
  expect(server.errors).toEqual([])
})

test('L6 a chat has a bounded number of requests under way, and any number after each other', async () => {
  await using server = await serve({ connectionLimits: { maxSubscriptions: 2 } })
  const chat = await connect(server, await ticketFor(server, server.token))
  for (const requestId of ['a', 'b', 'c', 'c']) {
    chat.say(page.resume(requestId, 'nobody'))
    expect(await chat.next()).toEqual({ type: 'no-active', requestId })
  }
  for (const requestId of ['d', 'e']) {
    chat.say(page.send(requestId, requestId))
    expect(await chat.next()).toEqual({ type: 'start', requestId })
  }
  for (const [requestId, errorText] of [
    ['f', 'A connection may have 2 requests under way (maxSubscriptions).'],
    ['e', 'The request e is under way already.'],
  ] as const) {
    chat.say(page.send(requestId, 'more'))
    expect(await chat.next()).toEqual({ type: 'error', requestId, errorText })
  }
  expect(await messagesOf(server, 'more')).toBe(0)
})

test('V8 a chat that gives a request up is told nothing more of it, and its run goes on where the page says so', async () => {
  await using server = await serve()
  const chat = await connect(server, await ticketFor(server, server.token), '&abort=leave')
  chat.say(page.send('a', 's'))
  expect(await chat.next()).toEqual({ type: 'start', requestId: 'a' })
  await expect.poll(() => server.headrace.hub.stats().followers).toBe(1)
  chat.say({ type: 'abort', requestId: 'a' })
  await expect.poll(() => server.headrace.hub.stats().followers).toBe(0)
  const { body } = await send(server.port, 'GET /v1/sessions/s', { token: server.token })
  expect(body.runs).toMatchObject([{ status: 'queued' }])
  chat.say(page.resume('b', 's'))
  while ((await chat.next())['requestId'] !== 'b');
})
