/** Endpoints that do everything wrong, behind real HTTP servers. Each ends its run with a reason that people can read. */
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HttpAgentOptions } from '@headrace/client/http-agent'
import { FakeClock } from './support/fake-clock.ts'
import { answerOf, openStage, over } from './support/http-agent-stage.ts'
import { reaches } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { openUpstream, sse, type UpstreamCall } from './support/upstream.ts'

let server: RealServer
beforeAll(async () => void (server = await RealServer.start()))
afterAll(() => server[Symbol.asyncDispose]())

describe('bad answers', () => {
  interface Bad {
    readonly format?: HttpAgentOptions['format']
    readonly options?: Partial<HttpAgentOptions>
    readonly answer: (call: UpstreamCall) => unknown
    /** What the run says. */
    readonly says: RegExp
    /** What stays of the answer. */
    readonly keeps?: string
    /** Moves the clock on by so much when the answer stands as above. */
    readonly waits?: number
  }

  const openAi = (content: string): object => ({
    id: 'c',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })

  const bad: Readonly<Record<string, Bad>> = {
    'never begins to answer': {
      answer: () => undefined,
      waits: 120_000,
      says: /did not begin to answer within 120000 ms \(firstByteMs\)/,
    },
    'hangs in the middle': {
      answer: (call) => sse(call)('Well'),
      keeps: 'Well',
      waits: 120_000,
      says: /was silent for 120000 ms in the middle of its answer \(idleMs\)/,
    },
    'never finishes': {
      answer: (call) => sse(call)('Well'),
      options: { totalMs: 5_000 },
      keeps: 'Well',
      waits: 5_000,
      says: /had not finished its answer after 5000 ms \(totalMs\)/,
    },
    'resets the connection': {
      answer: async (call) => {
        sse(call)('Well')
        await expect.poll(() => isSeen()).toBe(true)
        call.response.socket?.resetAndDestroy()
      },
      keeps: 'Well',
      says: /broke off in the middle of its answer/,
    },
    'ends before it is complete': {
      format: 'openai-chat',
      answer: (call) => {
        sse(call)(openAi('Well'))
        call.response.end()
      },
      keeps: 'Well',
      says: /broke off before it was complete/,
    },
    'sends 1 GB of nothing': {
      answer: (call) => flood(call, Buffer.alloc(65_536, `:${'-'.repeat(126)}\n`)),
      says: /sent more than 33554432 bytes \(maxBytes\)/,
    },
    'sends 1 GB in one event': {
      answer: (call) => flood(call, Buffer.alloc(65_536, 'data: x')),
      says: /event of more than 8388608 characters \(maxEventChars\)/,
    },
    'sends 1 GB of text': {
      answer: (call) => flood(call, Buffer.from(`data: ${'x'.repeat(60_000)}\n\n`)),
      keeps: 'xxx',
      says: /messageChars is limited to 4194304/,
    },
    'sends invalid UTF-8': {
      answer: (call) => {
        sse(call)('Well')
        call.response.end(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a]))
      },
      says: /sent bytes that are no UTF-8/,
      keeps: 'Well',
    },
    'ends in the middle of a character': {
      answer: (call) => {
        sse(call)('Well')
        call.response.end(Buffer.from('data: é').subarray(0, 7))
      },
      says: /sent bytes that are no UTF-8/,
      keeps: 'Well',
    },
    'answers with JSON': {
      answer: ({ response }) =>
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"error":"no\\n model\u0007"}'),
      says: /answered 200 with "application\/json" where text\/event-stream or text\/plain was expected. It begins: "\{"error":"no\\n model "\}"/,
    },
    'answers with a page of HTML': {
      answer: ({ response }) =>
        response.writeHead(502, { 'Content-Type': 'text/html' }).end(`<html>\n\n${'<p>gone</p>'.repeat(10_000)}`),
      says: /^The agent's endpoint answered 502 with "text\/html". It begins: "<html> (?:<p>gone<\/p>){17}<p>gon"\.$/,
    },
    'lies about its content type': {
      format: 'openai-chat',
      answer: (call) => {
        call.response.writeHead(200, { 'Content-Type': 'text/event-stream' })
        call.response.end('data: <!doctype html>\n\n')
      },
      says: /sent an event that is no JSON: "<!doctype html>"/,
    },
    'answers without a content type': {
      answer: ({ response }) => response.writeHead(200).end('hello'),
      says: /answered 200 without a content type where text\/event-stream or text\/plain was expected/,
    },
    redirects: {
      answer: ({ response }) => response.writeHead(307, { Location: 'http://169.254.169.254/' }).end(),
      says: /answered 307, a redirect, and those are not followed/,
    },
    'says that it failed': {
      answer: (call) => {
        sse(call)('Well')
        call.response.end('event: error\ndata: no tokens left\n\n')
      },
      keeps: 'Well',
      says: /failed: "no tokens left"/,
    },
    'sends frames out of order': {
      format: 'anthropic',
      answer: (call) => {
        const say = sse(call)
        say({ type: 'message_start', message: { usage: { input_tokens: 1 } } })
        say({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Well' } })
        say({ type: 'content_block_delta', index: 3, delta: { type: 'text_delta', text: 'lost' } })
        call.response.end()
      },
      keeps: 'Well',
      says: /sent more of block 3, which is not open/,
    },
    'goes on with a text that it did not begin': {
      format: 'ai-sdk',
      answer: (call) => {
        const say = sse(call)
        say({ type: 'text-start', id: '1' })
        say({ type: 'text-delta', id: '1', delta: 'Well' })
        say({ type: 'text-delta', id: '2', delta: 'lost' })
        call.response.end()
      },
      keeps: 'Well',
      says: /sent more of "text 2", which is not open/,
    },
    'stops before it has finished': {
      format: 'ai-sdk',
      answer: (call) => {
        const say = sse(call)
        say({ type: 'text-start', id: '1' })
        say({ type: 'text-delta', id: '1', delta: 'Well' })
        say({ type: 'steering-message', id: 'x', parts: [] })
        say({ type: 'from-the-future' })
        call.response.end()
      },
      keeps: 'Well',
      says: /The AI SDK stream broke off before it was complete/,
    },
    'sends what is no object': {
      format: 'openai-chat',
      answer: (call) => {
        const say = sse(call)
        say(openAi('Well'))
        say([1, 2])
        call.response.end()
      },
      keeps: 'Well',
      says: /not as its protocol says/,
    },
  }
  let isSeen: () => boolean = () => false

  test.each(Object.entries(bad))('H5: one that %s ends the run with that reason', async (_, about) => {
    const { format = 'sse-text', options, answer, says, keeps, waits } = about
    const clock = new FakeClock()
    await using upstream = await openUpstream(answer)
    await using stage = await openStage(server, upstream, { format, clock, ...options })
    const { session } = stage
    const stands = (): boolean => (answerOf(session)?.text ?? '') === (keeps ?? '')
    isSeen = stands
    await session.send('Hi')
    const call = await upstream.call(1)
    if (waits !== undefined) {
      await reaches(session, stands)
      await expect.poll(() => clock.waiting).toBeGreaterThan(0)
      clock.advance(waits)
    }
    const run = await over(session)
    expect(run).toMatchObject({ reason: 'failed', detail: expect.stringMatching(says) })
    expect(run.detail).not.toContain('127.0.0.1')
    await call.closed
    if (keeps === undefined) expect(answerOf(session)).toBeUndefined()
    else
      expect(answerOf(session)).toMatchObject({
        text: expect.stringMatching(new RegExp(`^${keeps}`)),
        status: 'interrupted',
      })
    expect(upstream.calls).toHaveLength(1)
  })

  test('H5: kinds of events that are not known are left out, and do no harm', async () => {
    await using upstream = await openUpstream((call) => {
      const say = sse(call)
      say({ type: 'message_start', message: {} })
      say({ type: 'from_the_future', index: 9 })
      say({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Well' } })
      say({ type: 'content_block_stop', index: 0 })
      say({ type: 'message_stop' })
      call.response.end()
    })
    await using stage = await openStage(server, upstream, { format: 'anthropic' })
    await stage.session.send('Hi')
    expect(await over(stage.session)).toMatchObject({ reason: 'complete' })
    expect(answerOf(stage.session)).toEqual({ text: 'Well', status: 'complete' })
  })

  test('H5a: one that has said all and keeps the connection open is done', async () => {
    const clock = new FakeClock()
    await using upstream = await openUpstream((call) => {
      const say = sse(call)
      say('All.')
      say('[DONE]')
    })
    await using stage = await openStage(server, upstream, { clock })
    await stage.session.send('Hi')
    await reaches(stage.session, () => answerOf(stage.session)?.text === 'All.')
    await expect.poll(() => clock.nextIn).toBe(2_000)
    clock.advance(2_000)
    expect(await over(stage.session)).toMatchObject({ reason: 'complete' })
    expect(await (await upstream.call(1)).closed).toBe(true)
  })
})

/** 1 GB, or as much of it as is taken. */
async function flood({ response }: UpstreamCall, piece: Buffer): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  let isOpen = true
  response.once('close', () => (isOpen = false))
  response.on('error', () => undefined)
  for (let bytes = 0; bytes < 1_073_741_824 && isOpen; bytes += piece.length) {
    if (response.write(piece)) continue
    const drained = new AbortController()
    await Promise.race(['drain', 'close'].map((event) => once(response, event, { signal: drained.signal })))
    drained.abort()
  }
  expect(isOpen).toBe(false)
}
