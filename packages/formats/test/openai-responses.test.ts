import { expect, expectTypeOf, test } from 'vitest'
import { createOpenAiDecoder, createResponsesDecoder, type ResponsesEvent } from '@headrace/formats/openai'
import { read, readFailing, textOf } from './read.ts'
import type OpenAI from 'openai'

type SdkEvent = OpenAI.Responses.ResponseStreamEvent
type SdkItem = OpenAI.Responses.ResponseOutputItem

test('B1 the shapes of OpenAI events are those of the SDK', () => {
  type ItemEvent = 'response.output_item.added' | 'response.output_item.done'
  type Item = Extract<ResponsesEvent, { type: ItemEvent }>['item']
  type Known = Extract<SdkEvent, { type: Exclude<ResponsesEvent['type'], ItemEvent> }>
  expectTypeOf<Known>().toExtend<ResponsesEvent>()
  expectTypeOf<Extract<SdkItem, { type: Item['type'] }>>().toExtend<Item>()
  expectTypeOf<ResponsesEvent['type']>().toExtend<SdkEvent['type']>()
  expectTypeOf<Item['type']>().toExtend<SdkItem['type']>()
})

let sequence_number = 0
const next = (): { readonly sequence_number: number } => ({ sequence_number: (sequence_number += 1) })

const added = (item: SdkItem, output_index = 0): SdkEvent => ({
  type: 'response.output_item.added',
  output_index,
  item,
  ...next(),
})
const done = (item: SdkItem, output_index = 0): SdkEvent => ({
  type: 'response.output_item.done',
  output_index,
  item,
  ...next(),
})

const message = (id: string, text: string, status: 'in_progress' | 'completed'): SdkItem => ({
  type: 'message',
  id,
  role: 'assistant',
  status,
  content: text === '' ? [] : [{ type: 'output_text', text, annotations: [] }],
})

const place = (item_id: string) => ({ item_id, output_index: 0, content_index: 0 })

const delta = (item_id: string, piece: string): SdkEvent => ({
  type: 'response.output_text.delta',
  delta: piece,
  logprobs: [],
  ...place(item_id),
  ...next(),
})

function text(id: string, ...pieces: readonly string[]): SdkEvent[] {
  const whole = pieces.join('')
  return [
    added(message(id, '', 'in_progress')),
    ...pieces.map((piece) => delta(id, piece)),
    { type: 'response.output_text.done', text: whole, logprobs: [], ...place(id), ...next() },
    done(message(id, whole, 'completed')),
  ]
}

type Extra = Pick<Partial<OpenAI.Responses.Response>, 'error' | 'incomplete_details' | 'usage'>

/** A whole response has 30 fields; of its end, these are read. */
function end(type: 'response.completed' | 'response.incomplete' | 'response.failed', extra: Extra = {}): unknown {
  return { type, response: { id: 'resp_1', output: [], ...extra }, ...next() }
}

const usage: OpenAI.Responses.ResponseUsage = {
  input_tokens: 30,
  input_tokens_details: { cached_tokens: 20, cache_write_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 37,
}
const completed = (): unknown => end('response.completed', { usage })

test('B1 text and reasoning of OpenAI; what is encrypted is left out', () => {
  const reasoning: SdkItem = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'secret' }
  const summary = (piece: string, summary_index: number): SdkEvent => ({
    type: 'response.reasoning_summary_text.delta',
    item_id: 'rs_1',
    output_index: 0,
    summary_index,
    delta: piece,
    ...next(),
  })
  const events = [
    { type: 'response.created', response: {}, ...next() },
    added(reasoning),
    summary('hm ', 0),
    summary('yes', 0),
    summary('so', 1),
    { type: 'response.reasoning_text.delta', delta: 'raw', ...place('rs_1'), ...next() },
    done(reasoning),
    ...text('msg_1', 'Hel', 'lo'),
    completed(),
  ]
  const chunks = read(createResponsesDecoder(), events)
  expect(textOf(chunks)).toBe('Hello')
  expect(textOf(chunks, 'reasoning')).toBe('hm yessoraw')
  expect(
    new Set(chunks.filter(({ type }) => type === 'reasoning').map((chunk) => 'id' in chunk && chunk.id)).size,
  ).toBe(3)
  expect(JSON.stringify(chunks)).not.toContain('secret')
  expect(read(createOpenAiDecoder(), events)).toEqual(chunks)
})

test('B2 usage of OpenAI is counted once, also of an answer that is cut short or fails', () => {
  const counted = { type: 'usage', usage: { inputTokens: 30, outputTokens: 7, cachedTokens: 20 } }
  for (const last of [completed(), end('response.incomplete', { usage }), end('response.failed', { usage })])
    expect(
      readFailing(createResponsesDecoder(), [...text('m', 'Hi'), last]).chunks.filter(({ type }) => type === 'usage'),
    ).toEqual([counted])
})

const call = (id: string, args: string, status: 'in_progress' | 'completed'): SdkItem => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name: 'search',
  arguments: args,
  status,
})
const args = (id: string, piece: string): SdkEvent => ({
  type: 'response.function_call_arguments.delta',
  item_id: `fc_${id}`,
  output_index: 0,
  delta: piece,
  ...next(),
})

test('B1 tool calls of OpenAI with streamed input, two at the same time', () => {
  const chunks = read(createResponsesDecoder(), [
    added(call('a', '', 'in_progress')),
    added(call('b', '', 'in_progress'), 1),
    args('a', '{"q"'),
    args('b', '{}'),
    args('a', ':1}'),
    {
      type: 'response.function_call_arguments.done',
      item_id: 'fc_a',
      output_index: 0,
      name: 'search',
      arguments: '{"q":1}',
      ...next(),
    },
    done(call('a', '{"q":1}', 'completed')),
    done(call('b', '{}', 'completed'), 1),
    completed(),
  ])
  const of = (callId: string) => chunks.filter((chunk) => 'callId' in chunk && chunk.callId === callId)
  expect(of('a')).toEqual([
    { type: 'tool-input', callId: 'a', name: 'search', text: '' },
    { type: 'tool-input', callId: 'a', name: 'search', text: '{"q"' },
    { type: 'tool-input', callId: 'a', name: 'search', text: ':1}' },
    { type: 'tool-call', callId: 'a', name: 'search', input: { q: 1 } },
  ])
  expect(of('b').at(-1)).toEqual({ type: 'tool-call', callId: 'b', name: 'search', input: {} })
})

test('B1 the input of a custom tool is text', () => {
  const item: SdkItem = { type: 'custom_tool_call', id: 'ct_1', call_id: 'c', name: 'patch', input: '*** Begin' }
  const chunks = read(createResponsesDecoder(), [
    added({ ...item, input: '' }),
    { type: 'response.custom_tool_call_input.delta', item_id: 'ct_1', output_index: 0, delta: '*** Begin', ...next() },
    done(item),
    completed(),
  ])
  expect(chunks.slice(-2, -1)).toEqual([{ type: 'tool-call', callId: 'c', name: 'patch', input: '*** Begin' }])
})

test('B1 tools that OpenAI ran come with what came of them', () => {
  const items: readonly SdkItem[] = [
    { type: 'web_search_call', id: 'ws', status: 'completed', action: { type: 'search', query: 'x', queries: ['x'] } },
    { type: 'file_search_call', id: 'fs', status: 'completed', queries: ['q'], results: null },
    { type: 'code_interpreter_call', id: 'ci', status: 'failed', code: '1/0', container_id: 'c', outputs: null },
    { type: 'mcp_call', id: 'mcp', name: 'read', server_label: 'docs', arguments: '{"p":1}', output: 'page' },
    {
      type: 'mcp_call',
      id: 'mcp2',
      name: 'read',
      server_label: 'docs',
      arguments: '{}',
      error: { type: 'http_error', code: 500, message: 'It broke.' },
    },
    { type: 'image_generation_call', id: 'ig', status: 'completed', result: 'AAAA', output_format: 'webp' },
    { type: 'image_generation_call', id: 'ig2', status: 'completed', result: 'A'.repeat(9_000) },
  ]
  const events = [...items.map((item) => done(item)), completed()]
  const chunks = read(createResponsesDecoder(), events)
  expect(chunks).toContainEqual({
    type: 'tool-call',
    callId: 'ws',
    name: 'web_search',
    input: { type: 'search', query: 'x', queries: ['x'] },
  })
  expect(chunks).toContainEqual({ type: 'tool-result', callId: 'ws', output: { status: 'completed' } })
  expect(chunks).toContainEqual({ type: 'tool-result', callId: 'fs', output: { results: null } })
  expect(chunks).toContainEqual({ type: 'tool-error', callId: 'ci', error: 'The tool failed.' })
  expect(chunks).toContainEqual({ type: 'tool-call', callId: 'mcp', name: 'read', input: { p: 1 } })
  expect(chunks).toContainEqual({ type: 'tool-result', callId: 'mcp', output: 'page' })
  expect(chunks).toContainEqual({ type: 'tool-error', callId: 'mcp2', error: 'It broke.' })
  expect(chunks).toContainEqual({ type: 'file', url: 'data:image/webp;base64,AAAA', mediaType: 'image/webp' })
  expect(chunks).toContainEqual({
    type: 'data',
    name: 'file-omitted',
    value: { mediaType: 'image/png', base64Chars: 9_000 },
  })
  const whole = read(createResponsesDecoder({ bigFiles: 'whole' }), events)
  expect(whole).toContainEqual({
    type: 'file',
    url: `data:image/png;base64,${'A'.repeat(9_000)}`,
    mediaType: 'image/png',
  })
})

test('B1 an MCP server that waits for leave is told as an approval', () => {
  const item: SdkItem = {
    type: 'mcp_approval_request',
    id: 'ap',
    name: 'delete',
    server_label: 'files',
    arguments: '{"path":"/"}',
  }
  expect(read(createResponsesDecoder(), [added(item), done(item), completed()])).toContainEqual({
    type: 'data',
    name: 'approval-request',
    value: { callId: 'ap', tool: 'delete', server: 'files', input: { path: '/' } },
  })
})

test('B1 sources of OpenAI come after the text that cites them', () => {
  const [begin, first, second, ...rest] = text('m', 'Hel', 'lo')
  const annotation: SdkEvent = {
    type: 'response.output_text.annotation.added',
    annotation: { type: 'url_citation', url: 'https://x.test/', title: 'X', start_index: 0, end_index: 3 },
    annotation_index: 0,
    ...place('m'),
    ...next(),
  }
  const chunks = read(createResponsesDecoder(), [begin, first, annotation, second, ...rest, completed()])
  expect(chunks.map(({ type }) => type)).toEqual(['text', 'text', 'source', 'usage'])
})

test('B3 OpenAI: a refusal is text and told, and so is what was cut short', () => {
  const refusal: SdkItem = {
    type: 'message',
    id: 'm',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'refusal', refusal: 'I will not.' }],
  }
  const refused = read(createResponsesDecoder(), [
    added(message('m', '', 'in_progress')),
    { type: 'response.refusal.delta', delta: 'I will ', ...place('m'), ...next() },
    { type: 'response.refusal.delta', delta: 'not.', ...place('m'), ...next() },
    done(refusal),
    completed(),
  ])
  expect(textOf(refused)).toBe('I will not.')
  expect(refused).toContainEqual({
    type: 'data',
    name: 'stop-reason',
    value: { reason: 'refusal', raw: 'refusal' },
  })
  const reasons = { max_output_tokens: 'length', content_filter: 'content-filter' } as const
  for (const [raw, reason] of Object.entries(reasons))
    expect(
      read(createResponsesDecoder(), [
        ...text('m', 'Hi'),
        { ...(end('response.incomplete') as object), response: { incomplete_details: { reason: raw } } },
      ]),
    ).toContainEqual({ type: 'data', name: 'stop-reason', value: { reason, raw } })
})

test('B4 OpenAI: an error in the middle is told in its own words', () => {
  const events = text('m', 'Hi').slice(0, 2)
  const error = { type: 'error', code: 'server_error', message: 'The model overheated.', param: null, ...next() }
  const inTheMiddle = readFailing(createResponsesDecoder(), [...events, error])
  expect(textOf(inTheMiddle.chunks)).toBe('Hi')
  expect(inTheMiddle.thrown).toMatchObject({
    code: 'upstream_failed',
    message: 'The model overheated.',
    detail: { code: 'server_error' },
  })
  const failure = { code: 'rate_limit_exceeded', message: 'Too fast.' } as const
  for (const extra of [{ error: failure }, { error: failure, usage }])
    expect(readFailing(createResponsesDecoder(), [...events, end('response.failed', extra)]).thrown).toMatchObject({
      message: 'Too fast.',
    })
})

test('B4 an OpenAI stream that breaks off anywhere is not taken for a whole one', () => {
  const events = [...text('m', 'Hi'), added(call('a', '', 'in_progress')), completed()]
  for (let length = 0; length < events.length; length += 1)
    expect(readFailing(createResponsesDecoder(), events.slice(0, length)).thrown).toMatchObject({
      message: 'The OpenAI stream broke off before it was complete.',
    })
  expect(readFailing(createResponsesDecoder(), events).thrown).toBeUndefined()
})

test('B4 text that was lost or mixed up on the way is noticed', () => {
  const [begin, first, second, ...rest] = text('m', 'Hel', 'lo')
  for (const events of [
    [begin, second, ...rest],
    [begin, second, first, ...rest],
  ])
    expect(readFailing(createResponsesDecoder(), [...events, completed()]).thrown).toMatchObject({
      code: 'upstream_failed',
      message: expect.stringContaining('lost text'),
    })
  // What is missing at the end comes with what repeats it.
  expect(textOf(read(createResponsesDecoder(), [begin, first, ...rest, completed()]))).toBe('Hello')
  expect(textOf(read(createResponsesDecoder(), [done(message('m', 'Hello', 'completed')), completed()]))).toBe('Hello')
})

test.each([
  ['input of a call that was never begun', [args('nobody', '{}')]],
  ['something after the end', [...text('m', 'Hi'), completed(), delta('m', 'more')]],
  ['a text that is none', [{ ...delta('m', ''), delta: { a: 1 } }]],
  ['an item that is none', [{ type: 'response.output_item.added' }]],
  ['an endless id', [added(call('a'.repeat(300), '', 'in_progress'))]],
  ['no object', [[]]],
])('B5 what an OpenAI stream may not send ends it: %s', (_, events) => {
  expect(readFailing(createResponsesDecoder(), events).thrown).toMatchObject({ code: 'upstream_failed' })
})

test('B5 events and items of OpenAI that are not known are left out', () => {
  const events = [
    { type: 'response.something.new', value: 1 },
    { type: 'response.output_item.added', item: { type: 'hologram', id: 'h' } },
    { type: 'response.output_item.done', item: { type: 'hologram', id: 'h' } },
    ...text('m', 'Hi'),
    completed(),
  ]
  expect(textOf(read(createResponsesDecoder(), events))).toBe('Hi')
})
