import { describe, expect, test } from 'vitest'
import type { Request } from '@headrace/core'
import {
  agUiInput,
  fromAgUi,
  fromAgUiContent,
  fromInterrupt,
  fromResume,
  toInterrupt,
  toResume,
  toRunAgentInput,
  type AgUiDecoder,
} from '@headrace/formats/ag-ui'

const started = { type: 'RUN_STARTED', threadId: 't', runId: 'r' }
const finished = { type: 'RUN_FINISHED', threadId: 't', runId: 'r' }

function decode(...events: readonly unknown[]): { chunks: readonly unknown[]; decoder: AgUiDecoder } {
  const decoder = fromAgUi({ sent: [{ id: 'u1' }] })
  const chunks = [started, ...events, finished].flatMap((event) => decoder.push(event))
  return { chunks: [...chunks, ...decoder.end()], decoder }
}

describe('U3: what an AG-UI agent says', () => {
  test('text, reasoning and calls, begun and ended or in chunks, are the same', () => {
    const long = [
      { type: 'REASONING_START', messageId: 'h' },
      { type: 'REASONING_MESSAGE_START', messageId: 'h', role: 'reasoning' },
      { type: 'REASONING_MESSAGE_CONTENT', messageId: 'h', delta: 'hm' },
      { type: 'REASONING_MESSAGE_END', messageId: 'h' },
      { type: 'REASONING_END', messageId: 'h' },
      { type: 'TEXT_MESSAGE_START', messageId: 'm', role: 'assistant' },
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'a' },
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'b' },
      { type: 'TEXT_MESSAGE_END', messageId: 'm' },
      { type: 'TOOL_CALL_START', toolCallId: 'c', toolCallName: 'weather' },
      { type: 'TOOL_CALL_ARGS', toolCallId: 'c', delta: '{"city":' },
      { type: 'TOOL_CALL_ARGS', toolCallId: 'c', delta: '"Bern"}' },
      { type: 'TOOL_CALL_END', toolCallId: 'c' },
      { type: 'TOOL_CALL_RESULT', messageId: 'x', toolCallId: 'c', content: '{"sun":true}' },
    ]
    const short = [
      { type: 'REASONING_MESSAGE_CHUNK', messageId: 'h', delta: 'hm' },
      { type: 'TEXT_MESSAGE_CHUNK', messageId: 'm', delta: 'a' },
      { type: 'TEXT_MESSAGE_CHUNK', delta: 'b' },
      { type: 'TOOL_CALL_CHUNK', toolCallId: 'c', toolCallName: 'weather', delta: '{"city":' },
      { type: 'TOOL_CALL_CHUNK', delta: '"Bern"}' },
      { type: 'TOOL_CALL_RESULT', messageId: 'x', toolCallId: 'c', content: '{"sun":true}' },
    ]
    const { chunks } = decode(...long)
    expect(chunks).toEqual([
      { type: 'reasoning', text: 'hm', id: 'h' },
      { type: 'text', text: 'a', id: 'm' },
      { type: 'text', text: 'b', id: 'm' },
      { type: 'tool-input', callId: 'c', name: 'weather', text: '' },
      { type: 'tool-input', callId: 'c', name: 'weather', text: '{"city":' },
      { type: 'tool-input', callId: 'c', name: 'weather', text: '"Bern"}' },
      { type: 'tool-call', callId: 'c', name: 'weather', input: { city: 'Bern' } },
      { type: 'tool-result', callId: 'c', output: { sun: true } },
    ])
    expect(decode(...short).chunks).toEqual(chunks)
    const snapshot = {
      type: 'MESSAGES_SNAPSHOT',
      messages: [
        { id: 'u1', role: 'user', content: 'hello' },
        { id: 'm', role: 'assistant', content: 'ab' },
        { id: 'm2', role: 'assistant', content: 'only here' },
      ],
    }
    expect(decode(...long, snapshot).chunks).toEqual([...chunks, { type: 'text', text: 'only here', id: 'm2' }])
  })

  test('state, activities, custom events and usage; unknown events, and other roles, say nothing', () => {
    const { chunks, decoder } = decode(
      { type: 'STATE_SNAPSHOT', snapshot: { n: 1 } },
      { type: 'STATE_DELTA', delta: [{ op: 'replace', path: '/n', value: 2, note: 'ignored' }] },
      { type: 'ACTIVITY_SNAPSHOT', messageId: 'a', activityType: 'PLAN', content: { done: [] } },
      {
        type: 'ACTIVITY_DELTA',
        messageId: 'a',
        activityType: 'PLAN',
        patch: [{ op: 'add', path: '/done/-', value: 1 }],
      },
      { type: 'CUSTOM', name: 'cheer', value: null },
      { type: 'TEXT_MESSAGE_CHUNK', messageId: 's', role: 'system', delta: 'not for people' },
      { type: 'SOMETHING_LATER', messageId: 7 },
      { type: 'THINKING_TEXT_MESSAGE_CONTENT', delta: 'old' },
    )
    expect(chunks).toEqual([
      { type: 'data', name: 'PLAN', value: { done: [] } },
      { type: 'data', name: 'PLAN', value: { done: [1] } },
      { type: 'data', name: 'cheer', value: null },
      { type: 'reasoning', text: 'old', id: 'thinking' },
    ])
    expect([decoder.state, decoder.outcome]).toEqual([{ n: 2 }, { type: 'success' }])
    const ended = fromAgUi()
    ended.push(started)
    const usage = [
      { inputTokens: 3, outputTokens: 2 },
      { inputTokens: 1, cachedInputTokens: 1 },
    ]
    const interrupts = [{ id: 'i', reason: 'confirmation' }]
    expect(ended.push({ ...finished, usage, outcome: { type: 'interrupt', interrupts } })).toEqual([
      { type: 'usage', usage: { inputTokens: 4, outputTokens: 2, cachedTokens: 1 } },
    ])
    expect(ended.outcome).toEqual({ type: 'interrupt', interrupts })
  })

  test('what an agent leaves out may be `null`, as those in Python write it', () => {
    const decoder = fromAgUi()
    const chunks = [
      started,
      { type: 'TEXT_MESSAGE_CHUNK', messageId: 'm', role: null, delta: 'Hi' },
      { type: 'TOOL_CALL_CHUNK', toolCallId: 'c', toolCallName: 'look', delta: null },
      { type: 'TOOL_CALL_CHUNK', toolCallId: null, toolCallName: null, delta: '{}' },
      { ...finished, outcome: null, usage: null },
    ].flatMap((event) => decoder.push(event))
    expect(chunks[0]).toEqual({ type: 'text', text: 'Hi', id: 'm' })
    expect(chunks.at(-1)).toEqual({ type: 'tool-call', callId: 'c', name: 'look', input: {} })
    expect(decoder.outcome).toEqual({ type: 'success' })
  })

  test.each([
    ['no object', [7]],
    ['no type', [{ messageId: 'm' }]],
    ['a field that is missing', [started, { type: 'TEXT_MESSAGE_START' }]],
    ['a field that is something else', [started, { type: 'TEXT_MESSAGE_CHUNK', messageId: 'm', delta: 7 }]],
    ['something before the beginning', [{ type: 'TEXT_MESSAGE_CHUNK', messageId: 'm', delta: 'x' }]],
    ['two beginnings', [started, started]],
    ['text of a message that was not begun', [started, { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'x' }]],
    ['input of a call that was not begun', [started, { type: 'TOOL_CALL_ARGS', toolCallId: 'c', delta: 'x' }]],
    ['an end with a call open', [started, { type: 'TOOL_CALL_START', toolCallId: 'c', toolCallName: 'n' }, finished]],
    ['something after the end', [started, finished, { type: 'CUSTOM', name: 'n', value: 1 }]],
    ['a patch that is none', [started, { type: 'STATE_DELTA', delta: [{ op: 'grow', path: '' }] }]],
    ['a patch that does not fit', [started, { type: 'STATE_DELTA', delta: [{ op: 'remove', path: '/a' }] }]],
    ['a failure', [started, { type: 'RUN_ERROR', message: 'no model', code: 'x' }]],
    ['a stop', [started, { ...finished, outcome: { type: 'cancelled' } }]],
    ['an interrupt without an id', [started, { ...finished, outcome: { type: 'interrupt', interrupts: [{}] } }]],
  ])('%s fails the run, and says what', (_, events) => {
    const decoder = fromAgUi()
    expect(() => events.forEach((event) => decoder.push(event))).toThrow(
      expect.objectContaining({ code: 'upstream_failed', message: expect.stringMatching(/^The agent .+/) }),
    )
  })

  test('an end before the end fails the run', () => {
    const decoder = fromAgUi()
    decoder.push(started)
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'upstream_failed' }))
  })
})

describe('U4: what somebody must answer', () => {
  const base = { run: 'r1', openedAt: 0, status: 'open' } as const
  const approval: Request = {
    ...base,
    id: 'r1.c1',
    digest: 'd'.repeat(64),
    expiresAt: 1_700_000_000_000,
    spec: { kind: 'approval', title: 'Pay?', action: { amount: 5 } },
  }
  const question: Request = {
    ...base,
    id: 'r1.q',
    spec: { kind: 'question', title: 'Where?', schema: { type: 'object', properties: { city: { type: 'string' } } } },
  }

  test('is an interrupt, and what a client resumes with is an answer', () => {
    expect(toInterrupt(approval, { toolCallId: 'c1' })).toMatchObject({
      id: 'r1.c1',
      reason: 'tool_call',
      message: 'Pay?',
      toolCallId: 'c1',
      expiresAt: '2023-11-14T22:13:20.000Z',
      responseSchema: { required: ['approved'] },
      metadata: { headrace: { kind: 'approval', action: { amount: 5 } } },
    })
    expect(toInterrupt(approval)).toMatchObject({ reason: 'confirmation' })
    expect(toInterrupt(question)).toMatchObject({ reason: 'input_required', responseSchema: { type: 'object' } })
    const resolved = { interruptId: 'r1.c1', status: 'resolved' } as const
    const cancelled = { interruptId: 'r1.c1', status: 'cancelled' } as const
    expect(fromResume(approval, { ...resolved, payload: { approved: true, reason: 'ok' } })).toEqual({
      decision: 'approve',
      reason: 'ok',
    })
    expect(fromResume(approval, { ...resolved, payload: false })).toEqual({ decision: 'deny' })
    expect(fromResume(approval, cancelled)).toEqual({ decision: 'deny' })
    expect(fromResume(question, { ...resolved, payload: { city: 'Bern' } })).toEqual({ value: { city: 'Bern' } })
    expect(() => fromResume(approval, resolved)).toThrow(expect.objectContaining({ code: 'bad_request' }))
  })

  test('both ways: an interrupt of an agent is a request, and the answer is what it is resumed with', () => {
    // Agents have reasons of their own; what they want to have back says what they ask.
    const reason = 'budget'
    const approved = { properties: { approved: { type: 'boolean' } } }
    expect(fromInterrupt({ id: 'i', reason, responseSchema: approved }).kind).toBe('approval')
    expect(fromInterrupt({ id: 'i', reason }).kind).toBe('question')
    for (const request of [approval, question]) expect(fromInterrupt(toInterrupt(request)).kind).toBe(request.spec.kind)
    for (const payload of [{ approved: true }, { approved: false, reason: 'no' }]) {
      const entry = { interruptId: 'r1.c1', status: 'resolved', payload } as const
      expect(toResume('r1.c1', fromResume(approval, entry))).toEqual(entry)
    }
    expect(toResume('i', { value: 7 })).toEqual({ interruptId: 'i', status: 'resolved', payload: 7 })
    expect(toResume('i', { error: 'gone' })).toEqual({ interruptId: 'i', status: 'cancelled' })
  })
})

test('U5: what an agent is given is what an AG-UI agent is asked with', () => {
  const input = toRunAgentInput(
    [
      { id: 'm1', role: 'user', author: 'user:ada', name: 'Ada', parts: [{ kind: 'text', text: 'Weather?' }] },
      {
        id: 'm2',
        role: 'assistant',
        author: 'agent:a',
        name: 'a',
        parts: [
          { kind: 'text', text: 'I look.' },
          { kind: 'tool', name: 'weather', callId: 'c', input: { city: 'Bern' }, output: { sun: true } },
          { kind: 'tool', name: 'weather', callId: 'd', input: {}, error: 'nowhere' },
          { kind: 'text', text: 'Sunny.' },
        ],
      },
      {
        id: 'm3',
        role: 'user',
        author: 'user:ada',
        name: 'Ada',
        parts: [
          { kind: 'text', text: 'And this?' },
          { kind: 'file', url: 'https://a.example/b.png', mediaType: 'image/png' },
        ],
      },
    ],
    { threadId: 's', runId: 'r1.1', state: { n: 1 } },
  )
  expect(agUiInput.parse(JSON.parse(JSON.stringify({ ...input, unknown: 1 })))).toEqual(input)
  expect(input.messages).toEqual([
    { id: 'm1', role: 'user', name: 'Ada', content: 'Weather?' },
    {
      id: 'm2/0',
      role: 'assistant',
      content: 'I look.',
      toolCalls: [
        { id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
        { id: 'd', type: 'function', function: { name: 'weather', arguments: '{}' } },
      ],
    },
    { id: 'm2/result/1', role: 'tool', toolCallId: 'c', content: '{"sun":true}' },
    { id: 'm2/result/2', role: 'tool', toolCallId: 'd', content: 'nowhere', error: 'nowhere' },
    { id: 'm2/3', role: 'assistant', content: 'Sunny.' },
    {
      id: 'm3',
      role: 'user',
      name: 'Ada',
      content: [
        { type: 'text', text: 'And this?' },
        { type: 'image', source: { type: 'url', value: 'https://a.example/b.png', mimeType: 'image/png' } },
      ],
    },
  ])
  expect(fromAgUiContent([{ type: 'document', source: { type: 'data', value: 'AA==', mimeType: 'a/b' } }])).toEqual([
    { kind: 'file', url: 'data:a/b;base64,AA==', mediaType: 'a/b' },
  ])
  for (const bad of [{}, { threadId: 't', runId: 'r', messages: [{ id: 'x', role: 'robot' }] }])
    expect(() => agUiInput.parse(bad, 'body')).toThrow(expect.objectContaining({ code: 'bad_request' }))
})
