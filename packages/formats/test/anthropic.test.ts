import { expect, expectTypeOf, test } from 'vitest'
import { createMessagesDecoder, type MessagesEvent } from '@headrace/formats/anthropic'
import { read, readFailing, textOf } from './read.ts'
import type Anthropic from '@anthropic-ai/sdk'

type SdkEvent = Anthropic.RawMessageStreamEvent
type SdkBlock = Anthropic.ContentBlock

test('B1 the shapes of Anthropic events are those of the SDK', () => {
  type Begun = Extract<MessagesEvent, { type: 'content_block_start' }>['content_block']
  expectTypeOf<Exclude<SdkEvent, { type: 'content_block_start' }>>().toExtend<MessagesEvent>()
  expectTypeOf<SdkBlock>().toExtend<Begun>()
  expectTypeOf<SdkEvent['type']>().toExtend<MessagesEvent['type']>()
})

const usage = (input: number, output: number, cached = 0, written = 0): Anthropic.Usage => ({
  cache_creation: null,
  cache_creation_input_tokens: written,
  cache_read_input_tokens: cached,
  inference_geo: null,
  input_tokens: input,
  output_tokens: output,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: 'standard',
  speed: null,
})

const start = (used = usage(10, 1)): SdkEvent => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: [],
    container: null,
    diagnostics: null,
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: used,
  },
})

function block(
  index: number,
  content_block: SdkBlock,
  ...deltas: readonly Anthropic.RawContentBlockDelta[]
): SdkEvent[] {
  return [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta): SdkEvent => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
}

const emptyText: SdkBlock = { type: 'text', text: '', citations: null }
const text = (index: number, ...pieces: readonly string[]): SdkEvent[] =>
  block(index, emptyText, ...pieces.map((piece) => ({ type: 'text_delta' as const, text: piece })))

function stop(
  stop_reason: Anthropic.StopReason = 'end_turn',
  output = 5,
  stop_details: Anthropic.RefusalStopDetails | null = null,
): SdkEvent[] {
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usage(10, output)
  return [
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence: null, container: null, stop_details },
      usage: {
        input_tokens,
        output_tokens: output,
        cache_read_input_tokens,
        cache_creation_input_tokens,
        output_tokens_details: null,
        server_tool_use: null,
      },
    },
    { type: 'message_stop' },
  ]
}

test('B1 text and thinking of Anthropic; signatures and redacted thinking are left out', () => {
  const chunks = read(createMessagesDecoder(), [
    start(),
    { type: 'ping' },
    ...block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: 'hm ' },
      { type: 'thinking_delta', thinking: 'yes' },
      { type: 'signature_delta', signature: 'secret' },
    ),
    ...block(1, { type: 'redacted_thinking', data: 'secret' }),
    ...text(2, 'Hel', 'lo'),
    ...stop(),
  ])
  expect(textOf(chunks)).toBe('Hello')
  expect(textOf(chunks, 'reasoning')).toBe('hm yes')
  expect(JSON.stringify(chunks)).not.toContain('secret')
})

test('B2 usage of Anthropic is counted once, the cache as part of the input', () => {
  const chunks = read(createMessagesDecoder(), [start(usage(10, 1, 100, 20)), ...text(0, 'Hi'), ...stop('end_turn', 7)])
  expect(chunks.filter(({ type }) => type === 'usage')).toEqual([
    { type: 'usage', usage: { inputTokens: 130, outputTokens: 1, cachedTokens: 100 } },
    { type: 'usage', usage: { outputTokens: 6 } },
  ])
})

const toolUse = (index: number, id: string, ...pieces: readonly string[]): SdkEvent[] =>
  block(
    index,
    { type: 'tool_use', id, name: 'search', input: {}, caller: { type: 'direct' } },
    ...pieces.map((partial_json) => ({ type: 'input_json_delta' as const, partial_json })),
  )

test('B1 tool calls of Anthropic with streamed input, in parallel, and one without input', () => {
  const chunks = read(createMessagesDecoder(), [
    start(),
    ...toolUse(0, 'a', '{"q"', ':1}'),
    ...toolUse(1, 'b', ''),
    ...stop('tool_use'),
  ])
  expect(chunks.filter((chunk) => 'callId' in chunk)).toEqual([
    { type: 'tool-input', callId: 'a', name: 'search', text: '' },
    { type: 'tool-input', callId: 'a', name: 'search', text: '{"q"' },
    { type: 'tool-input', callId: 'a', name: 'search', text: ':1}' },
    { type: 'tool-call', callId: 'a', name: 'search', input: { q: 1 } },
    { type: 'tool-input', callId: 'b', name: 'search', text: '' },
    { type: 'tool-call', callId: 'b', name: 'search', input: {} },
  ])
})

test('B3 a tool input that the model was cut off in stays text, and the reason is told', () => {
  const chunks = read(createMessagesDecoder(), [start(), ...toolUse(0, 'a', '{"q"'), ...stop('max_tokens')])
  expect(chunks.some(({ type }) => type === 'tool-call')).toBe(false)
  expect(chunks).toContainEqual({
    type: 'data',
    name: 'stop-reason',
    value: { reason: 'length', raw: 'max_tokens' },
  })
})

test('B1 what is taken from a document comes with its title, or its place among them', () => {
  const from = (document_index: number, document_title: string | null): Anthropic.CitationsDelta => ({
    type: 'citations_delta',
    citation: {
      type: 'char_location',
      cited_text: 'so',
      document_index,
      document_title,
      file_id: null,
      start_char_index: 0,
      end_char_index: 2,
    },
  })
  const page: Anthropic.CitationsDelta = {
    type: 'citations_delta',
    citation: {
      type: 'page_location',
      cited_text: 'so',
      document_index: 2,
      document_title: 'The book',
      file_id: null,
      start_page_number: 1,
      end_page_number: 2,
    },
  }
  const says = block(0, emptyText, { type: 'text_delta', text: 'So.' }, from(0, 'The law'), from(1, null), page)
  const chunks = read(createMessagesDecoder(), [start(), ...says, ...stop()])
  expect(chunks.filter(({ type }) => type === 'data')).toEqual([
    { type: 'data', name: 'source-document', value: { mediaType: 'text/plain', title: 'The law' } },
    { type: 'data', name: 'source-document', value: { mediaType: 'text/plain', title: 'Document 2' } },
    { type: 'data', name: 'source-document', value: { mediaType: 'application/pdf', title: 'The book' } },
  ])
})

test('B1 tools that Anthropic ran come with results and sources, the sources after the text and each once', () => {
  const direct = { type: 'direct' } as const
  const citation: Anthropic.CitationsDelta = {
    type: 'citations_delta',
    citation: {
      type: 'web_search_result_location',
      url: 'https://x.test/',
      title: 'X',
      cited_text: 'so',
      encrypted_index: 'secret',
    },
  }
  const chunks = read(createMessagesDecoder(), [
    start(),
    ...block(
      0,
      { type: 'server_tool_use', id: 's1', name: 'web_search', input: {}, caller: direct },
      { type: 'input_json_delta', partial_json: '{"query":"x"}' },
    ),
    ...block(1, {
      type: 'web_search_tool_result',
      tool_use_id: 's1',
      caller: direct,
      content: [
        { type: 'web_search_result', url: 'https://x.test/', title: 'X', page_age: null, encrypted_content: 'secret' },
      ],
    }),
    ...block(2, emptyText, { type: 'text_delta', text: 'It is ' }),
    ...block(3, emptyText, citation, { type: 'text_delta', text: 'so' }, citation),
    ...text(4, '.'),
    ...block(5, {
      type: 'web_search_tool_result',
      tool_use_id: 's2',
      caller: direct,
      content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
    }),
    ...stop(),
  ])
  expect(chunks).toContainEqual({ type: 'tool-call', callId: 's1', name: 'web_search', input: { query: 'x' } })
  expect(chunks).toContainEqual({
    type: 'tool-result',
    callId: 's1',
    output: [{ type: 'web_search_result', url: 'https://x.test/', title: 'X', page_age: null }],
  })
  expect(chunks).toContainEqual({ type: 'tool-error', callId: 's2', error: 'max_uses_exceeded' })
  const shown = chunks.filter(({ type }) => type === 'text' || type === 'source')
  expect(textOf(shown)).toBe('It is so.')
  expect(shown.at(-1)).toEqual({ type: 'source', url: 'https://x.test/', title: 'X' })
  expect(shown.filter(({ type }) => type === 'source')).toHaveLength(1)
  expect(new Set(shown.map((chunk) => 'id' in chunk && chunk.id))).toEqual(new Set([false])) // one text, not four
})

test.each<[Anthropic.StopReason, string]>([
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['pause_turn', 'pause'],
  ['refusal', 'refusal'],
])('B3 %s of Anthropic is told as %s', (raw, reason) => {
  const details = { type: 'refusal' as const, category: null, explanation: raw === 'refusal' ? 'No.' : null }
  const chunks = read(createMessagesDecoder(), [start(), ...text(0, 'Hi'), ...stop(raw, 5, details)])
  const detail = raw === 'refusal' && { detail: 'No.' }
  expect(chunks).toContainEqual({ type: 'data', name: 'stop-reason', value: { reason, raw, ...detail } })
})

test.each(['end_turn', 'stop_sequence', 'tool_use'] as const)('B3 %s of Anthropic needs no word', (raw) => {
  const chunks = read(createMessagesDecoder(), [start(), ...text(0, 'Hi'), ...stop(raw)])
  expect(chunks.filter(({ type }) => type === 'data')).toEqual([])
})

test('B4 an error in the middle of an Anthropic stream is told in its own words, and nothing comes after it', () => {
  const decoder = createMessagesDecoder()
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  const { chunks, thrown } = readFailing(decoder, [start(), ...text(0, 'Hi').slice(0, 2), error])
  expect(textOf(chunks)).toBe('Hi')
  expect(thrown).toMatchObject({ code: 'upstream_failed', message: 'Overloaded', detail: { type: 'overloaded_error' } })
  expect(() => decoder.push({ type: 'ping' })).toThrow('Overloaded')
})

test('B4 an Anthropic stream that breaks off anywhere is not taken for a whole one', () => {
  const events = [start(), ...text(0, 'Hi'), ...toolUse(1, 'a', '{}'), ...stop()]
  for (let length = 0; length < events.length; length += 1)
    expect(readFailing(createMessagesDecoder(), events.slice(0, length)).thrown).toMatchObject({
      code: 'upstream_failed',
      message: 'The Anthropic stream broke off before it was complete.',
    })
  expect(readFailing(createMessagesDecoder(), events).thrown).toBeUndefined()
})

test.each([
  ['more of a block that was never begun', [start(), text(0, 'Hi')[1]]],
  ['a block twice', [start(), text(0, 'Hi')[0], text(0, 'Hi')[0]]],
  ['input to a text', [start(), text(0)[0], toolUse(0, 'a', '{}')[1]]],
  ['something after the end', [start(), ...text(0, 'Hi'), ...stop(), ...text(1, 'more')]],
  [
    'a text that is none',
    [start(), text(0)[0], { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 7 } }],
  ],
  ['a block without content', [start(), { type: 'content_block_start', index: 0 }]],
  ['a count below zero', [start(usage(-1, 1))]],
  ['no object', ['hello']],
  ['null', [null]],
])('B5 what an Anthropic stream may not send ends it: %s', (_, events) => {
  expect(readFailing(createMessagesDecoder(), events).thrown).toMatchObject({ code: 'upstream_failed' })
})

test('B5 events, blocks and deltas of Anthropic that are not known are left out', () => {
  const chunks = read(createMessagesDecoder(), [
    { type: 'something_new', value: 1 },
    start(),
    { type: 'content_block_start', index: 0, content_block: { type: 'hologram' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'hologram_delta', light: 1 } },
    { type: 'content_block_stop', index: 0 },
    ...text(1, 'Hi'),
    ...stop(),
  ])
  expect(textOf(chunks)).toBe('Hi')
})
