/** Routes as the documentation of the AI SDK has them, with the real `streamText`, as agents by their address alone. */
import {
  convertToModelMessages,
  createUIMessageStream,
  createUIMessageStreamResponse,
  jsonSchema,
  stepCountIs,
  streamText,
  tool,
  type UIMessage,
  type UIMessageChunk,
} from 'ai'
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import type { Json } from '@headrace/core'
import type { ReadUiChunk } from '@headrace/formats/ai-sdk'
import { answerOf, openStage, over } from './support/http-agent-stage.ts'
import { reaches, request } from './support/peers.ts'
import { RealServer } from './support/real-server.ts'
import { openUpstream, type Upstream, type UpstreamCall } from './support/upstream.ts'

let server: RealServer
beforeAll(async () => void (server = await RealServer.start()))
afterAll(() => server[Symbol.asyncDispose]())

type ModelStream = Awaited<ReturnType<MockLanguageModelV4['doStream']>>
type ModelPart = ModelStream['stream'] extends ReadableStream<infer P> ? P : never

const usage = {
  inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: undefined },
  outputTokens: { total: 2, text: 2, reasoning: undefined },
}

function finish(unified: 'stop' | 'tool-calls' = 'stop'): ModelPart {
  return { type: 'finish', finishReason: { unified, raw: undefined }, usage }
}

function says(...words: readonly string[]): readonly ModelPart[] {
  return [
    { type: 'text-start', id: '0' },
    ...words.map((delta): ModelPart => ({ type: 'text-delta', id: '0', delta })),
    { type: 'text-end', id: '0' },
    finish(),
  ]
}

function calls(toolName: string, input: Json, toolCallId = 'c1'): readonly ModelPart[] {
  return [{ type: 'tool-call', toolCallId, toolName, input: JSON.stringify(input) }, finish('tool-calls')]
}

/** A model that streams these parts, one list for each time it is asked. */
function scripted(...steps: readonly (readonly ModelPart[])[]): MockLanguageModelV4 {
  let step = 0
  return new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [...(steps[step++] ?? [])],
        initialDelayInMs: null,
        chunkDelayInMs: null,
      }),
    }),
  })
}

type Route = (request: Request) => Response | Promise<Response>

/** Serves a route of the web standard kind, as frameworks do; `each` may hold every chunk back. */
function serve(route: Route, each: (index: number) => Promise<void> = () => Promise.resolve()): Promise<Upstream> {
  return openUpstream(async ({ text, response, closed }: UpstreamCall) => {
    const abort = new AbortController()
    void closed.then((isCut) => isCut && abort.abort())
    const { signal } = abort
    const answer = await route(new Request('http://localhost/api/chat', { method: 'POST', body: text, signal }))
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    let index = 0
    for await (const piece of answer.body ?? []) {
      await each(index)
      if (response.destroyed) return
      response.write(piece)
      index += 1
    }
    response.end()
  })
}

function chat(model: MockLanguageModelV4, tools: Parameters<typeof streamText>[0]['tools'] = {}): Route {
  return async (request) => {
    const { messages } = (await request.json()) as { messages: UIMessage[] } // as the documentation has it
    const result = streamText({
      model,
      tools,
      messages: await convertToModelMessages(messages),
      stopWhen: stepCountIs(5),
      abortSignal: request.signal,
      onError: () => undefined,
    })
    return result.toUIMessageStreamResponse({ sendReasoning: true })
  }
}

const city = jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } })

test('the shapes of chunks are those of the AI SDK', () => {
  expectTypeOf<Extract<UIMessageChunk, { type: ReadUiChunk['type'] }>>().toExtend<ReadUiChunk>()
  expectTypeOf<ReadUiChunk['type']>().toExtend<UIMessageChunk['type']>()
})

describe('an unchanged AI SDK route', () => {
  test('H2: a client that is killed at any chunk changes nothing: one call, the same text', async () => {
    const words = ['An', ' answer', ' that', ' lasts', '.']
    let chunk: (index: number) => Promise<void> = () => Promise.resolve()
    let last = 0
    await using upstream = await serve(
      async (request) => chat(scripted(says(...words)))(request),
      (index) => {
        last = index
        return chunk(index)
      },
    )
    await using stage = await openStage(server, upstream, { format: 'ai-sdk' })
    for (let killAt = 0; killAt <= Math.max(last, 1); killAt += 1) {
      const reader = await stage.peers.client('bob')
      const session = reader.session(`${stage.session.id}/${killAt}`)
      await session.create({ agent: stage.agent })
      session.subscribe(() => undefined)
      chunk = async (index) => {
        if (index === killAt) await reader.close()
      }
      await session.send('Say it')
      const later = (await stage.peers.client('bob')).session(session.id)
      later.subscribe(() => undefined)
      expect(await over(later)).toMatchObject({ reason: 'complete' })
      expect(answerOf(later)).toEqual({ text: words.join(''), status: 'complete' })
      expect(upstream.calls).toHaveLength(killAt + 1)
    }
    expect(last).toBeGreaterThan(words.length)
  })

  test('H2a: is told the conversation as useChat tells it, tools and all', async () => {
    const model = scripted(calls('weather', { city: 'Ulm' }), says('Rain', '.'), says('Still rain.'))
    const weather = tool({ inputSchema: city, execute: () => Promise.resolve({ sky: 'rain' }) })
    await using upstream = await serve(chat(model, { weather }))
    await using stage = await openStage(server, upstream, { format: 'ai-sdk' })
    const { session } = stage
    await session.send('Weather?')
    await over(session)
    expect(answerOf(session)).toEqual({ text: 'Rain.', status: 'complete' })
    await session.send('And now?')
    await reaches(session, () => answerOf(session)?.text === 'Still rain.')
    const [first, second] = upstream.calls
    expect(first?.body).toMatchObject({ id: session.id, trigger: 'submit-message' })
    expect(second?.body['messages']).toEqual([
      {
        id: 'm2',
        role: 'user',
        metadata: { author: 'user:ada', name: 'ada' },
        parts: [{ type: 'text', text: 'Weather?', state: 'done' }],
      },
      {
        id: expect.any(String),
        role: 'assistant',
        parts: [
          {
            type: 'tool-weather',
            toolCallId: 'c1',
            state: 'output-available',
            input: { city: 'Ulm' },
            output: { sky: 'rain' },
          },
          { type: 'step-start' },
          { type: 'text', text: 'Rain.', state: 'done' },
        ],
      },
      {
        id: expect.any(String),
        role: 'user',
        metadata: expect.anything(),
        parts: [{ type: 'text', text: 'And now?', state: 'done' }],
      },
    ])
    const roles = model.doStreamCalls[2]?.prompt.map(({ role }) => role)
    expect(roles).toEqual(['user', 'assistant', 'tool', 'assistant', 'user'])
  })

  test('H3: a stop reaches the model', async () => {
    const stopped = Promise.withResolvers<void>()
    const model = new MockLanguageModelV4({
      doStream: async ({ abortSignal }) => {
        abortSignal?.addEventListener('abort', () => stopped.resolve())
        const stream = new ReadableStream<ModelPart>({
          start(controller) {
            controller.enqueue({ type: 'text-start', id: '0' })
            controller.enqueue({ type: 'text-delta', id: '0', delta: 'Once' })
          },
        })
        return { stream }
      },
    })
    await using upstream = await serve(chat(model))
    await using stage = await openStage(server, upstream, { format: 'ai-sdk' })
    await stage.session.send('A story')
    await reaches(stage.session, () => answerOf(stage.session)?.text === 'Once')
    await stage.session.cancel()
    await stopped.promise
    expect(await over(stage.session)).toMatchObject({ reason: 'cancelled' })
    expect(answerOf(stage.session)).toEqual({ text: 'Once', status: 'interrupted' })
  })

  test('H5: a model that fails ends the run with what the route says of it', async () => {
    const model = scripted([
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Well' },
      { type: 'error', error: new Error('no tokens left') },
    ])
    await using upstream = await serve(chat(model))
    await using stage = await openStage(server, upstream, { format: 'ai-sdk' })
    await stage.session.send('Hi')
    expect(await over(stage.session)).toMatchObject({ reason: 'failed', detail: 'An error occurred.' })
    expect(answerOf(stage.session)).toEqual({ text: 'Well', status: 'interrupted' })
  })

  test('H2a: a stream that is written by hand may end with [DONE] only', async () => {
    await using upstream = await serve(() =>
      createUIMessageStreamResponse({
        stream: createUIMessageStream({
          execute({ writer }) {
            writer.write({ type: 'data-status', id: 's', data: { at: 1 } })
            writer.write({ type: 'data-status', id: 's', data: { at: 2 } })
            writer.write({ type: 'data-cursor', data: 7, transient: true })
            writer.write({ type: 'text-start', id: 't' })
            writer.write({ type: 'text-delta', id: 't', delta: 'By hand' })
            writer.write({ type: 'text-end', id: 't' })
          },
        }),
      }),
    )
    await using stage = await openStage(server, upstream, { format: 'ai-sdk' })
    await stage.session.send('Hi')
    expect(await over(stage.session)).toMatchObject({ reason: 'complete' })
    const { parts } = stage.session.getSnapshot().view.messages.at(-1) ?? {}
    expect(parts?.map((part) => (part.kind === 'data' ? part.value : part.kind))).toEqual([
      { at: 1 },
      'text',
      { at: 2 },
    ])
  })
})

describe('what a route waits for', () => {
  const charged: string[] = []
  const refund = tool({
    inputSchema: city,
    needsApproval: true,
    execute: (input) => {
      charged.push(input.city)
      return Promise.resolve({ done: true })
    },
  })

  test.each([
    ['approves', { decision: 'approve' }, 'Refunded.', ['Ulm']],
    ['denies', { decision: 'deny', reason: 'too much' }, 'Not refunded.', []],
  ] as const)('H7: somebody %s a tool in the session, and the route goes on', async (_, decided, text, did) => {
    charged.length = 0
    const model = scripted(calls('refund', { city: 'Ulm' }), says(text))
    await using upstream = await serve(chat(model, { refund }))
    await using stage = await openStage(server, upstream, { format: 'ai-sdk' })
    const { session } = stage
    await session.send('Money back!')
    const asked = await request(session, ({ status }) => status === 'open')
    expect(asked.spec).toMatchObject({
      kind: 'approval',
      title: 'May refund be called?',
      action: { tool: 'refund', callId: 'c1', input: { city: 'Ulm' } },
    })
    await reaches(session, ({ runs }) => runs[0]?.status === 'suspended')
    await session.answer(asked.id, decided)
    expect(await over(session)).toMatchObject({ reason: 'complete', attempt: 2 })
    expect(answerOf(session)).toEqual({ text, status: 'complete' })
    expect(charged).toEqual(did)
    expect(upstream.calls).toHaveLength(2)
    const tools = session
      .getSnapshot()
      .view.messages.at(-1)
      ?.parts.filter(({ kind }) => kind === 'tool')
    expect(tools).toHaveLength(1)
    expect(tools?.[0]).toMatchObject(
      decided.decision === 'approve' ? { output: { done: true } } : { error: 'The call was denied.' },
    )
  })

  test('H7: what a route signed its question with goes back with the answer', async () => {
    const signed = { signature: 'signed', reason: 'It costs.', approvalDescriptor: { level: 2 } }
    let isAsked = false
    await using upstream = await serve(() => {
      const chunks: readonly UIMessageChunk[] = isAsked
        ? [{ type: 'finish' }]
        : [
            { type: 'tool-input-available', toolCallId: 'c1', toolName: 'refund', input: { city: 'Ulm' } },
            { type: 'tool-approval-request', approvalId: 'a1', toolCallId: 'c1', ...signed },
            { type: 'finish' },
          ]
      isAsked = true
      const stream = createUIMessageStream({ execute: ({ writer }) => chunks.forEach((chunk) => writer.write(chunk)) })
      return createUIMessageStreamResponse({ stream })
    })
    await using stage = await openStage(server, upstream, { format: 'ai-sdk' })
    await stage.session.send('Money back!')
    const asked = await request(stage.session, ({ status }) => status === 'open')
    await stage.session.answer(asked.id, { decision: 'approve' })
    expect(await over(stage.session)).toMatchObject({ reason: 'complete', attempt: 2 })
    const told = (upstream.calls[1]?.body['messages'] as UIMessage[] | undefined)?.at(-1)?.parts // as we send them
    const approval = {
      id: 'a1',
      approved: true,
      signature: 'signed',
      requestReason: 'It costs.',
      descriptor: { level: 2 },
    }
    expect(told).toMatchObject([{ toolCallId: 'c1', state: 'approval-responded', approval }])
  })

  test('H7: a tool that runs on a client is asked for, and its output goes back; any number of times', async () => {
    const model = scripted(
      calls('locate', { city: 'Ulm' }, 'c1'),
      [...calls('locate', { city: 'Köln' }, 'c2').slice(0, 1), ...calls('refund', { city: 'Ulm' }, 'c3')],
      says('Found.'),
    )
    const locate = tool({ inputSchema: city, outputSchema: jsonSchema<{ lat: number }>({ type: 'object' }) })
    await using upstream = await serve(chat(model, { locate, refund }))
    await using stage = await openStage(server, upstream, { format: 'ai-sdk' })
    const { session } = stage
    session.clientTools({
      locate(input) {
        if ((input as { city: string }).city === 'Ulm') return { lat: 48 }
        throw new Error('no signal')
      },
    })
    await session.send('Where?')
    const asked = await request(session, ({ spec, status }) => spec.kind === 'approval' && status === 'open')
    await session.answer(asked.id, { decision: 'approve' })
    expect(await over(session)).toMatchObject({ reason: 'complete', attempt: 3 })
    expect(answerOf(session)).toEqual({ text: 'Found.', status: 'complete' })
    expect(upstream.calls).toHaveLength(3)
    const told = (upstream.calls[2]?.body['messages'] as UIMessage[] | undefined)?.at(-1)?.parts // as we send them
    expect(told).toMatchObject([
      { toolCallId: 'c1', state: 'output-available', output: { lat: 48 } },
      { toolCallId: 'c2', state: 'output-error', errorText: 'no signal' },
      { toolCallId: 'c3', state: 'approval-responded', approval: { approved: true } },
    ])
  })

  test('H7: a stop while it waits ends the run, and the route is not called again', async () => {
    const model = scripted(calls('refund', { city: 'Ulm' }), says('Never.'))
    await using upstream = await serve(chat(model, { refund }))
    await using stage = await openStage(server, upstream, { format: 'ai-sdk' })
    await stage.session.send('Money back!')
    await reaches(stage.session, ({ runs }) => runs[0]?.status === 'suspended')
    await stage.session.cancel()
    expect(await over(stage.session)).toMatchObject({ reason: 'cancelled' })
    expect(upstream.calls).toHaveLength(1)
  })
})
