/** Endpoints that know nothing of Headrace, behind real HTTP servers, as agents of real sessions. */
import { httpAgent, type HttpAgentOptions } from '@headrace/client/http-agent'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeClock } from './support/fake-clock.ts'
import { answerOf, openStage, over } from './support/http-agent-stage.ts'
import { Peers, ended, reaches } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { openUpstream, sse, type UpstreamCall } from './support/upstream.ts'

let server: RealServer
beforeAll(async () => void (server = await RealServer.start()))
afterAll(() => server[Symbol.asyncDispose]())

describe('an endpoint as an agent', () => {
  test('H2: is called once for a run, with what was said, and its stream becomes the answer', async () => {
    await using upstream = await openUpstream((call) => {
      const say = sse(call)
      for (const word of ['Hello', ' there', ', Ada.']) say(word)
      say('[DONE]')
      call.response.end()
    })
    await using stage = await openStage(server, upstream, {
      headers: { Authorization: 'Bearer x' },
      body: { tone: 'kind' },
    })
    const { session } = stage
    await session.send('Hi')
    expect(await over(session)).toMatchObject({ reason: 'complete' })
    expect(answerOf(session)).toEqual({ text: 'Hello there, Ada.', status: 'complete' })
    const [call] = upstream.calls
    expect(upstream.calls).toHaveLength(1)
    expect(call?.headers).toMatchObject({
      authorization: 'Bearer x',
      'content-type': 'application/json',
      accept: 'text/event-stream, text/plain',
      'idempotency-key': expect.stringMatching(/^http-agent\/\d+\/r\d+\/1$/),
    })
    expect(call?.body).toMatchObject({
      session: session.id,
      attempt: 1,
      tone: 'kind',
      messages: [{ role: 'user', name: 'ada', content: 'Hi' }],
    })
  })

  test('H2: a client that is killed at any chunk changes nothing: one call, the same text', async () => {
    const words = ['Durable', ' sessions', ' survive', ' whatever', ' clients', ' do', '.']
    await using upstream = await openUpstream(async (call) => {
      const say = sse(call)
      for (const [index, content] of words.entries()) {
        await chunk(index)
        say({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: null }] })
      }
      await chunk(words.length)
      say({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
      say('[DONE]')
      call.response.end()
    })
    let chunk: (index: number) => Promise<void> = () => Promise.resolve()
    await using stage = await openStage(server, upstream, { format: 'openai-chat' })
    for (let killAt = 0; killAt <= words.length; killAt += 1) {
      const reader = await stage.peers.client('bob')
      const session = reader.session(`${stage.session.id}/${killAt}`)
      await session.create({ agent: stage.agent })
      session.subscribe(() => undefined)
      chunk = async (index) => {
        if (index !== killAt) return
        // It has seen everything so far, and then it is gone.
        await reaches(session, () => (answerOf(session)?.text ?? '') === words.slice(0, index).join(''))
        await reader.close()
      }
      await session.send('Say it')
      const later = (await stage.peers.client('bob')).session(session.id)
      later.subscribe(() => undefined)
      expect(await over(later)).toMatchObject({ reason: 'complete' })
      expect(answerOf(later)).toEqual({ text: words.join(''), status: 'complete' })
      expect(upstream.calls).toHaveLength(killAt + 1)
    }
  })

  test('H3: a stop aborts the call at once, and what had come stays', async () => {
    await using upstream = await openUpstream((call) => sse(call)('Once upon a time'))
    await using stage = await openStage(server, upstream)
    await stage.session.send('A story')
    await reaches(stage.session, () => answerOf(stage.session)?.text === 'Once upon a time')
    const call = await upstream.call(1)
    const began = performance.now()
    await stage.session.cancel()
    expect(await call.closed).toBe(true)
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(await over(stage.session)).toMatchObject({ reason: 'cancelled' })
    expect(answerOf(stage.session)).toEqual({ text: 'Once upon a time', status: 'interrupted' })
  })

  test('H3: a stop before the answer begins aborts the call too', async () => {
    await using upstream = await openUpstream(() => undefined)
    await using stage = await openStage(server, upstream)
    await stage.session.send('Hello?')
    const call = await upstream.call(1)
    await stage.session.cancel()
    expect(await call.closed).toBe(true)
    expect(await over(stage.session)).toMatchObject({ reason: 'cancelled' })
  })

  test('H2a: plain text is an answer as well', async () => {
    await using upstream = await openUpstream(({ response }) => {
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' })
      response.write(Buffer.from('Grüße 😀').subarray(0, 9)) // in the middle of a character
      response.end(Buffer.from('Grüße 😀').subarray(9))
    })
    await using stage = await openStage(server, upstream)
    await stage.session.send('Hi')
    expect(await over(stage.session)).toMatchObject({ reason: 'complete' })
    expect(answerOf(stage.session)).toEqual({ text: 'Grüße 😀', status: 'complete' })
  })

  test('H2b: a call is signed over exactly what is sent, under an id that names run and attempt', async () => {
    await using upstream = await openUpstream((call) => void (sse(call)('ok'), call.response.end()))
    const signed: { id: string; body: string }[] = []
    const sign = (call: { id: string; body: string }): Record<string, string> => {
      signed.push(call)
      return { 'webhook-signature': `v1,${call.body.length}` }
    }
    await using stage = await openStage(server, upstream, { sign })
    await stage.session.send('Hi')
    await over(stage.session)
    const call = await upstream.call(1)
    expect(signed).toEqual([{ id: call.headers['idempotency-key'], body: call.text }])
    expect(call.headers['webhook-signature']).toBe(`v1,${call.text.length}`)
  })
})

describe('calls again', () => {
  test.each([429, 503])('H4: after %i with Retry-After, when it says so', async (status) => {
    const clock = new FakeClock()
    await using upstream = await openUpstream((call) => {
      if (upstream.calls.length === 1) call.response.writeHead(status, { 'Retry-After': '7' }).end('busy')
      else void (sse(call)('Now.'), call.response.end())
    })
    await using stage = await openStage(server, upstream, { clock })
    await stage.session.send('Hi')
    await expect.poll(() => clock.nextIn).toBe(7_000)
    clock.advance(7_000)
    expect(await over(stage.session)).toMatchObject({ reason: 'complete' })
    expect(answerOf(stage.session)).toEqual({ text: 'Now.', status: 'complete' })
    expect(upstream.calls.map(({ headers }) => headers['idempotency-key'])).toHaveLength(2)
    expect(new Set(upstream.calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  })

  test('H4: five times at most, and not after a time that nobody waits for', async () => {
    const clock = new FakeClock()
    let after = '1'
    await using upstream = await openUpstream(({ response }) =>
      response.writeHead(503, { 'Retry-After': after, 'Content-Type': 'text/html' }).end('<h1>busy</h1>'),
    )
    await using stage = await openStage(server, upstream, { clock })
    await stage.session.send('Hi')
    for (let calls = 1; calls < 5; calls += 1) {
      await upstream.call(calls)
      await expect.poll(() => clock.nextIn).toBe(1_000)
      clock.advance(1_000)
    }
    const detail = 'The agent\'s endpoint answered 503 with "text/html". It begins: "<h1>busy</h1>".'
    expect(await over(stage.session)).toMatchObject({ reason: 'failed', detail })
    expect(upstream.calls).toHaveLength(5)
    after = '3600'
    await stage.session.send('Again')
    await ended(stage.session, 2)
    expect(upstream.calls).toHaveLength(6)
  })

  test('H4: when it was not reached', async () => {
    const clock = new FakeClock()
    const away = await openUpstream(() => undefined)
    await away[Symbol.asyncDispose]()
    await using upstream = await openUpstream((call) => void (sse(call)('Here.'), call.response.end()))
    const addresses = [away.url, away.url, upstream.url]
    const redirected: typeof fetch = (_, init) => fetch(addresses.shift() ?? '', init)
    await using stage = await openStage(server, upstream, { clock, fetch: redirected })
    await stage.session.send('Hi')
    for (const waitMs of [500, 1_000]) {
      await expect.poll(() => clock.nextIn).toBe(waitMs)
      clock.advance(waitMs)
    }
    expect(await over(stage.session)).toMatchObject({ reason: 'complete' })
    expect(addresses).toEqual([])
  })

  test.each<[string, (call: UpstreamCall) => void]>([
    ['503 without Retry-After', ({ response }) => response.writeHead(503).end()],
    ['500', ({ response }) => response.writeHead(500, { 'Retry-After': '1' }).end()],
    ['a connection that breaks before the answer', ({ response }) => response.destroy()],
    ['a connection that breaks after its head', (call) => void (sse(call), call.response.destroy())],
    [
      'a connection that breaks after a word',
      (call) => sse(call)('Well') === undefined && setImmediate(() => call.response.destroy()),
    ],
  ])('H4: not after %s', async (_, answer) => {
    await using upstream = await openUpstream(answer)
    await using stage = await openStage(server, upstream)
    await stage.session.send('Hi')
    expect(await over(stage.session)).toMatchObject({ reason: 'failed' })
    expect(upstream.calls).toHaveLength(1)
  })

  test.each([
    ['fails, and what had come stays', {}, 'failed', 'Half an ans', 'interrupted', 1],
    ['is answered again where it is registered so', { retry: 'on-loss' }, 'complete', 'A whole answer.', 'complete', 2],
  ] as const)(
    'H4a: a run whose answer was lost with its worker %s',
    async (_, options, reason, text, status, calls) => {
      await using upstream = await openUpstream((call) => {
        const isFirst = upstream.calls.length === 1
        sse(call)(isFirst ? 'Half an ans' : 'A whole answer.')
        if (!isFirst) call.response.end()
      })
      // A server of its own, because its time is moved on.
      await using own = await RealServer.start()
      await using peers = new Peers(own)
      const handler = httpAgent({ url: upstream.url, format: 'sse-text', ...(options as Partial<HttpAgentOptions>) })
      const worker = await peers.worker(handler)
      const session = await peers.session()
      await session.send('Hi')
      await reaches(session, () => answerOf(session)?.text === 'Half an ans')
      await worker.close({ graceMs: 0 })
      await peers.worker(handler)
      own.skip(10_000)
      const run = await over(session)
      expect(run).toMatchObject({ reason, attempt: 2 })
      if (reason === 'failed') expect(run.detail).toContain('retry on-loss')
      expect(answerOf(session)).toEqual({ text, status })
      expect(upstream.calls).toHaveLength(calls)
    },
  )
})
