import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { byTag, inOrder, startModelServer, type Script, type Turn } from '@headrace/testing/model-server'

const paths = {
  'openai-responses': '/v1/responses',
  'openai-chat': '/v1/chat/completions',
  anthropic: '/v1/messages',
  gemini: '/v1beta/models/m:streamGenerateContent?alt=sse',
} as const
type Protocol = keyof typeof paths
const protocols = Object.keys(paths) as readonly Protocol[] // the keys are the protocols

const bodies: Readonly<Record<Protocol, (prompt: string) => unknown>> = {
  'openai-responses': (prompt) => ({ model: 'm', stream: true, input: prompt }),
  'openai-chat': (prompt) => ({ model: 'm', stream: true, messages: [{ role: 'user', content: prompt }] }),
  anthropic: (prompt) => ({
    model: 'm',
    stream: true,
    messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
  }),
  gemini: (prompt) => ({ contents: [{ role: 'user', parts: [{ text: prompt }] }] }),
}

const post = (url: string, protocol: Protocol, body: unknown, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}${paths[protocol]}`, { method: 'POST', body: JSON.stringify(body), ...init })

const whole: Turn = {
  steps: [
    { type: 'reasoning', text: 'Let me see.' },
    { type: 'text', text: 'Hello, ' },
    { type: 'text', text: ['wor', 'ld'] },
    {
      type: 'tools',
      calls: [
        { name: 'a', input: { x: 1 } },
        { name: 'b', input: {} },
      ],
    },
  ],
}

test.each(protocols)('%s: streams what the script says, and tells what it was asked', async (protocol) => {
  await using models = await startModelServer({ script: inOrder(whole) })
  const response = await post(models.url, protocol, bodies[protocol]('Hi'))
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const text = await response.text()
  expect(text).toContain('Hello, ')
  expect(text).toContain('Let me s')
  expect(await (await models.request(0)).ended).toBe('complete')
  expect(models.requests).toMatchObject([{ protocol, model: 'm', isStreaming: true, prompt: 'Hi', toolResults: [] }])
  expect((await post(models.url, protocol, bodies[protocol]('more'))).status).toBe(500)
})

test.each(protocols)('%s: refuses, resets and breaks off', async (protocol) => {
  const text = { type: 'text', text: 'Hel' } as const
  const turns = [
    { status: 429, message: 'Slow down.', retryAfter: 7 },
    { steps: [text, { type: 'reset' }] },
    { steps: [text, { type: 'break-off' }] },
    { steps: [text, { type: 'error', message: 'Overheated.' }] },
    { steps: [text, { type: 'bytes', bytes: new Uint8Array([0xff, 0xfe]) }, { type: 'event', data: { type: 'new' } }] },
  ] as const
  await using models = await startModelServer({ script: inOrder(...turns) })
  const ask = () => post(models.url, protocol, bodies[protocol]('Hi'))
  const refused = await ask()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7'])
  expect(await refused.text()).toContain('Slow down.')
  await expect(ask().then((response) => response.text())).rejects.toThrow()
  expect(await (await models.request(1)).ended).toBe('cut')
  expect(await (await ask()).text()).toContain('Hel')
  expect(await (await models.request(2)).ended).toBe('cut')
  expect(await (await ask()).text()).toContain('Overheated.')
  expect(await (await ask()).text()).toContain('\ufffd')
})

test.each(protocols)('%s: knows when the client goes, whatever it was doing', async (protocol) => {
  const waits: readonly Turn[] = [
    { steps: [{ type: 'text', text: 'Hel' }, { type: 'hang' }] },
    { steps: [{ type: 'wait', for: 3_600_000 }] },
    { steps: [{ type: 'wait', for: new Promise(() => undefined) }] },
    { steps: [{ type: 'text', text: 'x'.repeat(1_000) }], everyMs: 3_600_000 },
  ]
  await using models = await startModelServer({ script: inOrder(...waits) })
  for (const [index] of waits.entries()) {
    const abort = new AbortController()
    await post(models.url, protocol, bodies[protocol]('Hi'), { signal: abort.signal }).catch(() => undefined)
    abort.abort()
    expect(await (await models.request(index)).ended).toBe('aborted')
  }
})

test('what is asked without a stream is answered whole', async () => {
  await using models = await startModelServer({ script: () => ({ ...whole, stop: 'length' }) })
  const ask = async (protocol: Protocol, body: object): Promise<unknown> =>
    (await post(models.url, protocol, { ...body, stream: false })).json()
  expect(await ask('openai-responses', { input: 'Hi' })).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
    output: [
      { type: 'reasoning' },
      { type: 'message', content: [{ text: 'Hello, world' }] },
      { name: 'a' },
      { name: 'b' },
    ],
  })
  expect(await ask('openai-chat', { messages: [] })).toMatchObject({
    choices: [{ message: { content: 'Hello, world', tool_calls: [{}, {}] }, finish_reason: 'length' }],
  })
  expect(await ask('anthropic', { messages: [] })).toMatchObject({
    content: [{ thinking: 'Let me see.' }, { text: 'Hello, world' }, { name: 'a', input: { x: 1 } }, { name: 'b' }],
    stop_reason: 'max_tokens',
  })
  const path = `${models.url}/v1beta/models/m:generateContent`
  const gemini = await fetch(path, { method: 'POST', body: JSON.stringify({ contents: [] }) })
  expect(await gemini.json()).toMatchObject({ candidates: [{ finishReason: 'MAX_TOKENS' }] })
})

test('what clients look up beside answers is there', async () => {
  await using models = await startModelServer({ script: inOrder(), models: ['one', 'two'] })
  const get = (path: string, method = 'GET') => fetch(models.url + path, { method })
  expect(await (await get('/v1/models')).json()).toMatchObject({ data: [{ id: 'one' }, { id: 'two' }] })
  expect(await (await get('/v1/models/two')).json()).toMatchObject({ id: 'two' })
  expect((await get('/', 'HEAD')).status).toBe(200)
  expect((await get('/v1/models/three')).status).toBe(404)
  const counted = await fetch(`${models.url}/v1/messages/count_tokens`, { method: 'POST', body: '{}' })
  expect(await counted.json()).toEqual({ input_tokens: 10 })
})

test('a tag in the newest prompt picks the script, and the results after it the turn', async () => {
  const turn = (text: string, calls = 0): Turn => ({
    steps: [
      { type: 'text', text },
      { type: 'tools', calls: Array.from({ length: calls }, () => ({ name: 't', input: {} })) },
    ],
  })
  const script = byTag({ work: [turn('first', 2), turn('second', 1), turn('last')] })
  const said = async (prompt: string, results: number): Promise<unknown> => {
    const answer = await script({
      prompt,
      toolResults: Array.from({ length: results }, () => ({ callId: 'c', output: '' })),
    } as unknown as Parameters<Script>[0]) // it looks at nothing else
    return 'steps' in answer ? answer.steps[0] : answer
  }
  const texts = await Promise.all([0, 2, 3, 4, 9].map((results) => said('please #work now', results)))
  expect(texts).toMatchObject([
    { text: 'first' },
    { text: 'second' },
    { text: 'last' },
    { text: 'last' },
    { text: 'last' },
  ])
  expect(await said('#nothing', 0)).toMatchObject({ text: 'Done.' })
})

test('prompts and results are found where each protocol has them', async () => {
  await using models = await startModelServer({ script: () => whole })
  const conversations: Readonly<Record<Protocol, unknown>> = {
    'openai-responses': {
      model: 'm',
      tools: [{ type: 'function', name: 't' }, { type: 'web_search' }],
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'old' }] },
        { role: 'user', content: [{ type: 'input_text', text: 'new' }] },
        { type: 'function_call', call_id: 'c', name: 't', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: 'done' },
      ],
    },
    'openai-chat': {
      model: 'm',
      tools: [{ type: 'function', function: { name: 't' } }, { type: 'web_search' }],
      messages: [
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'new' },
        { role: 'assistant', tool_calls: [{ id: 'c' }] },
        { role: 'tool', tool_call_id: 'c', content: 'done' },
      ],
    },
    anthropic: {
      model: 'm',
      tools: [{ name: 't' }, { type: 'x', name: 'web_search' }],
      messages: [
        { role: 'user', content: 'new' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 't', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'done' }] },
            { type: 'text', text: 'a reminder' },
          ],
        },
      ],
    },
    gemini: {
      tools: [{ functionDeclarations: [{ name: 't' }, { name: 'web_search' }] }],
      contents: [
        { role: 'user', parts: [{ text: 'new' }] },
        { role: 'model', parts: [{ functionCall: { name: 't' } }] },
        { role: 'user', parts: [{ functionResponse: { id: 'c', name: 't', response: { text: 'done' } } }] },
      ],
    },
  }
  for (const protocol of protocols) {
    await (await post(models.url, protocol, conversations[protocol])).text()
    expect(models.requests.at(-1)).toMatchObject({
      prompt: 'new',
      tools: ['t', 'web_search'],
      toolResults: [{ callId: 'c', output: expect.stringContaining('done') }],
    })
  }
})

test('it writes no faster than the client reads', async () => {
  await using models = await startModelServer({
    script: () => ({ steps: [{ type: 'text', text: Array.from({ length: 4_000 }, () => 'x'.repeat(10_000)) }] }),
  })
  const socket = connect(Number(new URL(models.url).port), '127.0.0.1')
  const body = JSON.stringify(bodies['openai-chat']('Hi'))
  socket.pause()
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  const request = await models.request(0)
  await expect.poll(() => request.sentPieces).toBeGreaterThan(0)
  socket.destroy()
  expect(await request.ended).toBe('aborted')
  expect(request.sentPieces).toBeLessThan(4_000)
})
