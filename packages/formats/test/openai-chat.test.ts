import { expect, expectTypeOf, test } from 'vitest'
import { createChatDecoder, createOpenAiDecoder, type ChatChunk } from '@headrace/formats/openai'
import { read, readFailing, textOf } from './read.ts'
import type OpenAI from 'openai'

type SdkChunk = OpenAI.Chat.Completions.ChatCompletionChunk
type SdkDelta = OpenAI.Chat.Completions.ChatCompletionChunk.Choice.Delta

test('B1 the shapes of chat completions are those of the SDK', () => {
  expectTypeOf<SdkChunk>().toExtend<ChatChunk>()
})

const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' } as const

const delta = (said: SdkDelta): SdkChunk => ({ ...base, choices: [{ index: 0, delta: said, finish_reason: null }] })
const text = (...pieces: readonly string[]): SdkChunk[] => pieces.map((content) => delta({ content }))
const finish = (finish_reason: SdkChunk['choices'][number]['finish_reason'] = 'stop'): SdkChunk => ({
  ...base,
  choices: [{ index: 0, delta: {}, finish_reason }],
})
const usage = (prompt_tokens: number, completion_tokens: number, cached_tokens = 0): SdkChunk => ({
  ...base,
  choices: [],
  usage: {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: { cached_tokens },
  },
})

test('B1 text of chat completions; the role and empty pieces say nothing', () => {
  const events = [delta({ role: 'assistant', content: '' }), ...text('Hel', 'lo'), finish(), usage(30, 7, 20)]
  const chunks = read(createChatDecoder(), events)
  expect(chunks).toEqual([
    { type: 'text', text: 'Hel' },
    { type: 'text', text: 'lo' },
    { type: 'usage', usage: { inputTokens: 30, outputTokens: 7, cachedTokens: 20 } },
  ])
  expect(read(createOpenAiDecoder(), events)).toEqual(chunks)
})

test('B1 reasoning, as other servers stream it', () => {
  const think = (field: 'reasoning' | 'reasoning_content') => ({
    ...base,
    choices: [{ index: 0, delta: { [field]: 'hm' }, finish_reason: null }],
  })
  for (const field of ['reasoning', 'reasoning_content'] as const)
    expect(textOf(read(createChatDecoder(), [think(field), finish()]), 'reasoning')).toBe('hm')
})

test('B2 usage that is told again and again, each time the sum, is counted once', () => {
  const chunks = read(createChatDecoder(), [
    { ...delta({ content: 'a' }), usage: usage(30, 1).usage },
    { ...delta({ content: 'b' }), usage: usage(30, 2).usage },
    finish(),
    usage(30, 2),
  ])
  const outputs = chunks.map((chunk) => (chunk.type === 'usage' ? (chunk.usage.outputTokens ?? 0) : 0))
  const inputs = chunks.map((chunk) => (chunk.type === 'usage' ? (chunk.usage.inputTokens ?? 0) : 0))
  expect(outputs.reduce((a, b) => a + b)).toBe(2)
  expect(inputs.reduce((a, b) => a + b)).toBe(30)
})

const called = (index: number, id: string | undefined, args: string): SdkChunk =>
  delta({
    tool_calls: [
      {
        index,
        ...(id !== undefined && { id, type: 'function' as const }),
        function: { arguments: args, ...(id !== undefined && { name: 'search' }) },
      },
    ],
  })

test('B1 tool calls of chat completions with streamed input, two at the same time', () => {
  const chunks = read(createChatDecoder(), [
    called(0, 'a', ''),
    called(1, 'b', '{}'),
    called(0, undefined, '{"q"'),
    called(0, undefined, ':1}'),
    finish('tool_calls'),
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

test('B1 calls that all have the index 0, or no id, are told apart all the same', () => {
  const same = read(createChatDecoder(), [called(0, 'a', '{"q":1}'), called(0, 'b', '{"q":2}'), finish('tool_calls')])
  expect(same.filter(({ type }) => type === 'tool-call')).toMatchObject([
    { callId: 'a', input: { q: 1 } },
    { callId: 'b', input: { q: 2 } },
  ])
  const nameless = delta({ tool_calls: [{ index: 0, function: { name: 'search', arguments: '{}' } }] })
  expect(read(createChatDecoder(), [nameless, finish('tool_calls')]).at(-1)).toMatchObject({ callId: 'chatcmpl-1.0' })
  const old = delta({ function_call: { name: 'search', arguments: '{}' } })
  expect(read(createChatDecoder(), [old, finish('function_call')]).at(-1)).toMatchObject({
    type: 'tool-call',
    name: 'search',
  })
})

test('B3 chat completions: what was cut short, held back or refused is told', () => {
  const told = (raw: string, reason: string) => ({ type: 'data', name: 'stop-reason', value: { reason, raw } })
  expect(read(createChatDecoder(), [...text('Hi'), finish('length')])).toContainEqual(told('length', 'length'))
  expect(read(createChatDecoder(), [...text('Hi'), finish('content_filter')])).toContainEqual(
    told('content_filter', 'content-filter'),
  )
  const refused = read(createChatDecoder(), [delta({ refusal: 'I will ' }), delta({ refusal: 'not.' }), finish()])
  expect(textOf(refused)).toBe('I will not.')
  expect(refused).toContainEqual(told('refusal', 'refusal'))
  const odd = { ...base, choices: [{ index: 0, delta: {}, finish_reason: 'out_of_electricity' }] }
  expect(read(createChatDecoder(), [...text('Hi'), odd])).toContainEqual(told('out_of_electricity', 'other'))
  for (const reason of ['stop', 'tool_calls', 'function_call'] as const)
    expect(read(createChatDecoder(), [...text('Hi'), finish(reason)])).toEqual([{ type: 'text', text: 'Hi' }])
})

test('B4 chat completions: an error in the middle is told in its own words', () => {
  const { chunks, thrown } = readFailing(createChatDecoder(), [
    ...text('Hi'),
    { error: { message: 'The model overheated.', type: 'server_error', code: 'hot' } },
  ])
  expect(textOf(chunks)).toBe('Hi')
  expect(thrown).toMatchObject({
    code: 'upstream_failed',
    message: 'The model overheated.',
    detail: { code: 'hot' },
  })
  expect(readFailing(createChatDecoder(), [{ error: 'Just text.' }]).thrown).toMatchObject({ message: 'Just text.' })
})

test('B4 a chat completion that breaks off anywhere is not taken for a whole one', () => {
  const events = [...text('Hi'), called(0, 'a', '{'), finish('tool_calls')]
  for (let length = 0; length < events.length; length += 1)
    expect(readFailing(createChatDecoder(), events.slice(0, length)).thrown).toMatchObject({
      message: expect.stringContaining('broke off'),
    })
})

test.each([
  ['input of a call that was never begun', [called(3, undefined, '{}')]],
  ['something after the end', [...text('Hi'), finish(), ...text('more')]],
  ['a text that is none', [{ ...base, choices: [{ index: 0, delta: { content: 7 } }] }]],
  ['choices that are none', [{ ...base, choices: 'many' }]],
  ['a half token', [{ ...base, choices: [], usage: { prompt_tokens: 0.5, completion_tokens: 1 } }]],
])('B5 what a chat completion may not send ends it: %s', (_, events) => {
  expect(readFailing(createChatDecoder(), events).thrown).toMatchObject({ code: 'upstream_failed' })
})

test('B5 what other servers add to chat completions is left out', () => {
  expect(textOf(read(createChatDecoder(), [{ prompt_filter_results: [] }, ...text('Hi'), finish()]))).toBe('Hi')
})
