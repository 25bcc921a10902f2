import { AIMessage, AIMessageChunk, HumanMessage, ToolMessage, type UsageMetadata } from '@langchain/core/messages'
import { expect, expectTypeOf, test } from 'vitest'
import { createLangChainDecoder, type LangChainEvent, type LangChainMessage } from '@headrace/formats/langchain'
import { read, readFailing, textOf } from './read.ts'
import type { StreamEvent } from '@langchain/core/types/stream'

test('B1 the shapes of LangChain are those of its own types', () => {
  expectTypeOf<StreamEvent>().toExtend<LangChainEvent>()
  expectTypeOf<AIMessageChunk['tool_call_chunks']>().toExtend<LangChainMessage['tool_call_chunks']>()
  expectTypeOf<AIMessage['tool_calls']>().toExtend<LangChainMessage['tool_calls']>()
  expectTypeOf<UsageMetadata>().toExtend<LangChainMessage['usage_metadata']>()
  expectTypeOf<ToolMessage['status']>().toExtend<LangChainMessage['status']>()
  expectTypeOf<ToolMessage['tool_call_id']>().toExtend<LangChainMessage['tool_call_id']>()
})

const usage_metadata = {
  input_tokens: 30,
  output_tokens: 7,
  total_tokens: 37,
  input_token_details: { cache_read: 20 },
}
const piece = (fields: ConstructorParameters<typeof AIMessageChunk>[0]): AIMessageChunk => new AIMessageChunk(fields)
const calls = { tool_calls: [{ id: 'c1', name: 'search', args: { q: 1 } }] }
/** Its own types know no usage where the model is not known. */
type Fields = ConstructorParameters<typeof AIMessage>[0] & ConstructorParameters<typeof AIMessageChunk>[0]
const used = (fields: object): Fields => ({ ...fields, usage_metadata }) as unknown as Fields
const whole = new AIMessage(used({ id: 'm1', content: 'Hello', ...calls }))
const pieces: readonly AIMessageChunk[] = [
  piece({ id: 'm1', content: 'Hel' }),
  piece({ id: 'm1', content: [{ type: 'text', text: 'lo' }] }),
  piece({ id: 'm1', content: '', tool_call_chunks: [{ index: 0, id: 'c1', name: 'search', args: '{"q"' }] }),
  piece({ id: 'm1', content: '', tool_call_chunks: [{ index: 0, args: ':1}' }] }),
  piece(used({ content: '', id: 'm1', response_metadata: { finish_reason: 'tool_calls' } })),
]
const result = new ToolMessage({ tool_call_id: 'c1', content: '{"found":3}', name: 'search' })

const expected = [
  { type: 'tool-call', callId: 'c1', name: 'search', input: { q: 1 } },
  { type: 'tool-result', callId: 'c1', output: { found: 3 } },
]

function check(items: readonly unknown[]): void {
  const chunks = read(createLangChainDecoder(), items)
  expect(textOf(chunks)).toBe('Hello')
  expect(chunks.filter(({ type }) => type === 'tool-call' || type === 'tool-result')).toEqual(expected)
  expect(chunks.filter(({ type }) => type === 'usage')).toEqual([
    { type: 'usage', usage: { inputTokens: 30, outputTokens: 7, cachedTokens: 20 } },
  ])
}

/** As LangChain sends its objects over the network. */
const overTheWire = (items: readonly unknown[]): readonly unknown[] =>
  JSON.parse(JSON.stringify(items)) as readonly unknown[]

test.each([
  ['as objects', (items: readonly unknown[]) => items],
  ['as JSON', overTheWire],
])('B1 B2 LangGraph %s: pieces, whole messages, both, in every form', (_, form) => {
  const metadata = { langgraph_node: 'agent' }
  const asPieces = [...pieces, result].map((message) => [message, metadata])
  const updates = [{ agent: { messages: [whole] } }, { tools: { messages: [result] } }]
  check(form(asPieces))
  check(form(updates))
  check(form(asPieces.map((item) => ['messages', item])))
  check(form([...asPieces.map((item) => ['messages', item]), ...updates.map((item) => ['updates', item])]))
  check(
    form([...asPieces.map((item) => [['sub:1'], 'messages', item]), ...updates.map((item) => [[], 'updates', item])]),
  )
  check(form(updates.map((item) => [['sub:1'], item])))
  check(form([...updates, ...updates]))
})

const event = (name: string, data: object, run_id = 'run-1'): StreamEvent => ({
  event: name,
  name: 'model',
  run_id,
  metadata: {},
  data,
})

test.each([
  ['as objects', (items: readonly unknown[]) => items],
  ['as JSON', overTheWire],
])('B1 B2 streamEvents of LangChain %s', (_, form) => {
  const streamed = pieces.map((chunk) => event('on_chat_model_stream', { chunk }, 'run-2'))
  // The whole may have another id than its pieces.
  const end = event(
    'on_chat_model_end',
    { output: new AIMessage(used({ ...calls, id: 'other', content: 'Hello' })) },
    'run-2',
  )
  const items = [
    event('on_chain_start', {}),
    event('on_chat_model_start', {}, 'run-2'),
    ...streamed,
    end,
    event('on_tool_start', { input: { input: '{"q":1}' } }, 'run-3'),
    event('on_tool_end', { input: { input: '{"q":1}' }, output: result }, 'run-3'),
    event('on_chain_stream', { chunk: 'Hello' }),
    event('on_chain_end', {}),
  ]
  check(form(items))
  check(form(items.filter((item) => item.event !== 'on_chat_model_stream')))
})

test('B1 tools that no model called, with results and errors; words of models that do not chat; events of one’s own', () => {
  const chunks = read(createLangChainDecoder(), [
    event('on_chain_start', {}),
    event('on_llm_stream', { chunk: { text: 'Hi' } }, 'run-2'),
    event('on_tool_end', { input: { input: '{"q":1}' }, output: 3 }, 'run-3'),
    event('on_tool_error', { input: { q: 2 }, error: 'Error: It broke.' }, 'run-4'),
    { ...event('on_custom_event', {}), name: 'progress', data: { percent: 50 } },
    event('on_chain_end', {}),
  ])
  expect(textOf(chunks)).toBe('Hi')
  expect(chunks).toContainEqual({ type: 'tool-call', callId: 'run-3', name: 'model', input: { q: 1 } })
  expect(chunks).toContainEqual({ type: 'tool-result', callId: 'run-3', output: 3 })
  expect(chunks).toContainEqual({ type: 'tool-error', callId: 'run-4', error: 'Error: It broke.' })
  expect(chunks).toContainEqual({ type: 'data', name: 'progress', value: { percent: 50 } })
})

test('B1 reasoning of LangChain, as several providers have it', () => {
  const chunks = read(createLangChainDecoder(), [
    [piece({ id: 'm', content: [{ type: 'thinking', thinking: 'hm ', signature: 'secret' }] }), {}],
    [piece({ id: 'm', content: [{ type: 'reasoning', reasoning: 'yes ' }] }), {}],
    [piece({ id: 'm', content: '', additional_kwargs: { reasoning_content: 'so' } }), {}],
    [piece({ id: 'm', content: 'Hi' }), {}],
  ])
  expect(textOf(chunks, 'reasoning')).toBe('hm yes so')
  expect(textOf(chunks)).toBe('Hi')
  expect(JSON.stringify(chunks)).not.toContain('secret')
})

test('B1 two messages at the same time, what people said, and tools that fail', () => {
  const chunks = read(createLangChainDecoder(), [
    [piece({ id: 'a', content: 'A1' }), {}],
    [piece({ id: 'b', content: 'B1' }), {}],
    [piece({ id: 'a', content: 'A2' }), {}],
    { node: { messages: new HumanMessage('not this') } },
    { node: { messages: [new ToolMessage({ tool_call_id: 'x', content: 'It broke.', status: 'error' })], other: 1 } },
  ])
  expect(chunks).toEqual([
    { type: 'text', text: 'A1', id: 'a' },
    { type: 'text', text: 'B1', id: 'b' },
    { type: 'text', text: 'A2', id: 'a' },
    { type: 'tool-error', callId: 'x', error: 'It broke.' },
  ])
})

test('B1 an interrupt of a graph, and what it writes itself, is data', () => {
  expect(
    read(createLangChainDecoder(), [
      ['custom', { percent: 50 }],
      { __interrupt__: [{ id: 'i1', value: { question: 'Really?' } }] },
      ['values', { messages: [whole] }],
    ]),
  ).toEqual([
    { type: 'data', name: 'custom', value: { percent: 50 } },
    { type: 'data', name: 'interrupt', value: { id: 'i1', value: { question: 'Really?' } } },
  ])
})

test.each([
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['content_filter', 'content-filter'],
  ['refusal', 'refusal'],
])('B3 LangChain: %s is told as %s, once', (raw, reason) => {
  const last = piece({ id: 'm', content: '', response_metadata: { finish_reason: raw } })
  const told = new AIMessage({ id: 'm', content: 'Hi', response_metadata: { finish_reason: raw } })
  const chunks = read(createLangChainDecoder(), [
    [piece({ id: 'm', content: 'Hi' }), {}],
    [last, {}],
    { n: { messages: [told] } },
  ])
  expect(chunks.filter(({ type }) => type === 'data')).toEqual([
    { type: 'data', name: 'stop-reason', value: { reason, raw } },
  ])
})

test('B4 a stream of events that breaks off is not taken for a whole one', () => {
  const items = [event('on_chain_start', {}), event('on_chat_model_stream', { chunk: piece('Hi') }, 'run-2')]
  expect(readFailing(createLangChainDecoder(), items)).toMatchObject({
    chunks: [{ text: 'Hi' }],
    thrown: { code: 'upstream_failed', message: 'The LangChain stream broke off before it was complete.' },
  })
})

test('B5 what is none of LangChain’s forms is left out, or ends the stream', () => {
  const odd = [
    ['hologram', 1],
    [[], 'hologram', 1],
    [],
    {},
    { a: 1 },
    { a: { messages: [{ type: 'ai', content: [] }] } },
  ]
  expect(read(createLangChainDecoder(), odd)).toEqual([])
  for (const item of [
    null,
    'text',
    7,
    [{ type: 'ai', content: 7 }],
    [{ type: 'ai', content: [{ type: 'text', text: 7 }] }],
  ])
    expect(readFailing(createLangChainDecoder(), [item]).thrown).toMatchObject({ code: 'upstream_failed' })
})
