import { jsonSchema, stepCountIs, streamText, tool, type TextStreamPart, type ToolSet } from 'ai'
import { MockLanguageModelV4, simulateReadableStream } from 'ai/test'
import { expect, expectTypeOf, test } from 'vitest'
import { fromAiSdk, type Chunk } from '@headrace/client/ai-sdk'
import type { AiSdkPart } from '../src/ai-sdk/parts.ts'

type ModelStream = Awaited<ReturnType<MockLanguageModelV4['doStream']>>
type ModelPart = ModelStream['stream'] extends ReadableStream<infer P> ? P : never

const usage = (input: number, output: number) => ({
  inputTokens: { total: input, noCache: input - 1, cacheRead: 1, cacheWrite: undefined },
  outputTokens: { total: output, text: output, reasoning: undefined },
})
const finish = (unified: 'stop' | 'tool-calls', input = 3, output = 2): ModelPart => ({
  type: 'finish',
  finishReason: { unified, raw: undefined },
  usage: usage(input, output),
})

/** A model that streams these parts, one list for each step. */
function model(...steps: readonly (readonly ModelPart[])[]): MockLanguageModelV4 {
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

async function read(
  stream: Parameters<typeof fromAiSdk>[0],
  options?: Parameters<typeof fromAiSdk>[1],
): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = []
  for await (const chunk of fromAiSdk(stream, options)) chunks.push(chunk)
  return chunks
}

const noErrors = { onError: () => undefined }

test('the shapes are those of the AI SDK', () => {
  type Known = Extract<TextStreamPart<ToolSet>, { type: AiSdkPart['type'] }>
  expectTypeOf<Known>().toExtend<AiSdkPart>()
  expectTypeOf<AiSdkPart['type']>().toExtend<TextStreamPart<ToolSet>['type']>()
  expectTypeOf<ReturnType<typeof streamText>['fullStream']>().toExtend<Parameters<typeof fromAiSdk>[0]>()
  expectTypeOf<ReturnType<typeof streamText>['stream']>().toExtend<Parameters<typeof fromAiSdk>[0]>()
})

test('text and reasoning, as streamText gives them', async () => {
  const result = streamText({
    model: model([
      { type: 'stream-start', warnings: [] },
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'hm ' },
      { type: 'reasoning-delta', id: '0', delta: 'yes' },
      { type: 'reasoning-end', id: '0' },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Hel' },
      { type: 'text-delta', id: '0', delta: 'lo' },
      { type: 'text-end', id: '0' },
      { type: 'source', sourceType: 'url', id: 's1', url: 'https://x', title: 'X' },
      { type: 'source', sourceType: 'document', id: 's2', mediaType: 'application/pdf', title: 'A paper' },
      {
        type: 'source',
        sourceType: 'document',
        id: 's3',
        mediaType: 'application/pdf',
        title: 'A file',
        filename: 'a.pdf',
      },
      finish('stop'),
    ]),
    prompt: 'hi',
  })
  expect(await read(result.fullStream)).toEqual([
    { type: 'reasoning', text: 'hm ', id: '1.0' },
    { type: 'reasoning', text: 'yes', id: '1.0' },
    { type: 'text', text: 'Hel', id: '1.0' },
    { type: 'text', text: 'lo', id: '1.0' },
    { type: 'source', url: 'https://x', title: 'X' },
    { type: 'data', name: 'source-document', value: { mediaType: 'application/pdf', title: 'A paper' } },
    {
      type: 'data',
      name: 'source-document',
      value: { mediaType: 'application/pdf', title: 'A file', filename: 'a.pdf' },
    },
    { type: 'usage', usage: { inputTokens: 3, outputTokens: 2, cachedTokens: 1 } },
  ])
})

const call = (toolCallId: string, toolName: string, input: string): readonly ModelPart[] => [
  { type: 'tool-input-start', id: toolCallId, toolName },
  { type: 'tool-input-delta', id: toolCallId, delta: input.slice(0, 3) },
  { type: 'tool-input-delta', id: toolCallId, delta: input.slice(3) },
  { type: 'tool-input-end', id: toolCallId },
  { type: 'tool-call', toolCallId, toolName, input },
]

const schema = jsonSchema<{ q: string }>({ type: 'object', properties: { q: { type: 'string' } }, required: ['q'] })

test('tool calls with results, errors and unknown tools, over several steps', async () => {
  const result = streamText({
    model: model(
      [
        ...call('c1', 'search', '{"q":"a"}'),
        ...call('c2', 'broken', '{"q":"b"}'),
        ...call('c3', 'missing', '{"q":"c"}'),
        finish('tool-calls'),
      ],
      [
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', delta: 'Done.' },
        { type: 'text-end', id: '0' },
        finish('stop', 10, 4),
      ],
    ),
    tools: {
      search: tool({
        inputSchema: schema,
        async *execute({ q }) {
          yield { found: 0 }
          yield { found: q.length }
        },
      }),
      broken: tool({
        inputSchema: schema,
        execute: async (): Promise<string> => Promise.reject(new Error('It broke.')),
      }),
    },
    stopWhen: stepCountIs(3),
    prompt: 'hi',
    ...noErrors,
  })
  const chunks = await read(result.fullStream)
  const of = (callId: string) => chunks.filter((chunk) => 'callId' in chunk && chunk.callId === callId)
  expect(of('c1')).toEqual([
    { type: 'tool-input', callId: 'c1', name: 'search', text: '' },
    { type: 'tool-input', callId: 'c1', name: 'search', text: '{"q' },
    { type: 'tool-input', callId: 'c1', name: 'search', text: '":"a"}' },
    { type: 'tool-call', callId: 'c1', name: 'search', input: { q: 'a' } },
    { type: 'tool-result', callId: 'c1', output: { found: 0 }, preliminary: true },
    { type: 'tool-result', callId: 'c1', output: { found: 1 }, preliminary: true },
    { type: 'tool-result', callId: 'c1', output: { found: 1 } },
  ])
  expect(of('c2').at(-1)).toEqual({ type: 'tool-error', callId: 'c2', error: 'It broke.' })
  expect(of('c3').slice(-2)).toMatchObject([
    { type: 'tool-call', name: 'missing' },
    { type: 'tool-error', error: expect.stringContaining('missing') },
  ])
  expect(chunks.filter((chunk) => chunk.type === 'text')).toEqual([{ type: 'text', text: 'Done.', id: '2.0' }])
  expect(chunks.filter((chunk) => chunk.type === 'usage')).toMatchObject([
    { usage: { inputTokens: 3 } },
    { usage: { inputTokens: 10, outputTokens: 4 } },
  ])
})

test('an error in the middle of the stream ends it with that error', async () => {
  const failure = new Error('The model overheated.')
  const result = streamText({
    model: model([
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Hel' },
      { type: 'error', error: failure },
      finish('stop'),
    ]),
    prompt: 'hi',
    ...noErrors,
  })
  const chunks: Chunk[] = []
  const reading = (async () => {
    for await (const chunk of fromAiSdk(result.fullStream)) chunks.push(chunk)
  })()
  await expect(reading).rejects.toBe(failure)
  expect(chunks).toEqual([{ type: 'text', text: 'Hel', id: '1.0' }])
})

test('a model that can not be called ends the stream with that error', async () => {
  const result = streamText({
    model: new MockLanguageModelV4({ doStream: async () => Promise.reject(new Error('No key.')) }),
    prompt: 'hi',
    maxRetries: 0,
    ...noErrors,
  })
  await expect(read(result.fullStream)).rejects.toThrow('No key.')
})

test('an error that is no Error keeps its text', async () => {
  const parts = (error: unknown) => simulateReadableStream({ chunks: [{ type: 'error', error }] })
  await expect(read(parts('plain text'))).rejects.toThrow('plain text')
  await expect(read(parts({ code: 7 }))).rejects.toThrow('{"code":7}')
})

test('an abort ends the stream with an AbortError', async () => {
  const abort = new AbortController()
  const result = streamText({
    model: new MockLanguageModelV4({
      doStream: async ({ abortSignal }) => ({
        stream: new ReadableStream<ModelPart>({
          start(controller) {
            controller.enqueue({ type: 'text-start', id: '0' })
            controller.enqueue({ type: 'text-delta', id: '0', delta: 'Hel' })
            abortSignal?.addEventListener('abort', () => controller.error(abortSignal.reason))
          },
        }),
      }),
    }),
    prompt: 'hi',
    abortSignal: abort.signal,
    ...noErrors,
  })
  const chunks: Chunk[] = []
  const reading = (async () => {
    for await (const chunk of fromAiSdk(result.fullStream)) {
      chunks.push(chunk)
      abort.abort(new DOMException('That is enough.', 'AbortError'))
    }
  })()
  await expect(reading).rejects.toMatchObject({
    name: 'AbortError',
    message: expect.stringContaining('That is enough.'),
  })
  expect(chunks).toEqual([{ type: 'text', text: 'Hel', id: '1.0' }])
})

test('files: small ones as data addresses, big ones stored or left out', async () => {
  const file = (size: number) =>
    streamText({
      model: model([
        { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'A'.repeat(size) } },
        finish('stop'),
      ]),
      prompt: 'hi',
    }).fullStream
  expect((await read(file(8)))[0]).toEqual({
    type: 'file',
    url: 'data:image/png;base64,AAAAAAAA',
    mediaType: 'image/png',
  })
  expect((await read(file(10_000)))[0]).toEqual({
    type: 'data',
    name: 'file-omitted',
    value: { mediaType: 'image/png', base64Chars: 10_000 },
  })
  const storeFile = async ({ base64 }: { base64: string }): Promise<string> => `https://files/${base64.length}`
  expect((await read(file(10_000), { storeFile }))[0]).toEqual({
    type: 'file',
    url: 'https://files/10000',
    mediaType: 'image/png',
  })
})

test('a denied tool call is an error of the call; what is unknown is left out', async () => {
  async function* parts(): AsyncGenerator<{
    readonly type: string
    readonly toolCallId?: string
    readonly toolName?: string
  }> {
    yield* [
      { type: 'start' },
      { type: 'tool-output-denied', toolCallId: 'c1', toolName: 'rm' },
      { type: 'ping' },
      { type: 'from-the-future' },
    ]
  }
  expect(await read(parts())).toEqual([{ type: 'tool-error', callId: 'c1', error: 'The call was denied.' }])
})

test('a reader that leaves cancels the model', async () => {
  const left = Promise.withResolvers<void>()
  const stream = new ReadableStream<{ readonly type: string; readonly id: string; readonly text: string }>({
    pull: (controller) => controller.enqueue({ type: 'text-delta', id: '0', text: 'x' }),
    cancel: () => left.resolve(),
  })
  for await (const chunk of fromAiSdk(stream)) {
    expect(chunk).toEqual({ type: 'text', text: 'x', id: '0.0' })
    break
  }
  await left.promise
})
