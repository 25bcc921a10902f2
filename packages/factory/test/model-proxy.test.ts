import Anthropic from '@anthropic-ai/sdk'
import { byTag, inOrder, startModelServer, type ModelServer, type Script } from '@headrace/testing/model-server'
import OpenAI from 'openai'
import { expect, onTestFinished, test } from 'vitest'
import {
  startModelProxy,
  type AccessOptions,
  type ModelAccess,
  type ModelCall,
  type ModelProxy,
  type ModelProxyOptions,
  type ProviderKind,
} from '../src/index.ts'

interface Stage {
  readonly models: ModelServer
  readonly proxy: ModelProxy
  readonly access: ModelAccess
  readonly calls: ModelCall[]
  readonly openai: (token?: string) => OpenAI
  readonly anthropic: () => Anthropic
  readonly url: (kind: ProviderKind) => string
}

const prices = { priced: { input: 2, output: 10, cachedInput: 1 } }

async function stage(
  script: Script,
  { open, ...options }: Partial<ModelProxyOptions> & { open?: AccessOptions } = {},
): Promise<Stage> {
  const models = await startModelServer({ script })
  const key = () => 'the real key'
  const proxy = await startModelProxy({
    models: () => ({
      providers: {
        open: { kind: 'openai', url: `${models.url}/v1`, key },
        claude: { kind: 'anthropic', url: models.url, key },
        google: { kind: 'gemini', url: models.url, key },
        closed: { kind: 'openai', url: `${models.url}/v1`, key: () => undefined },
      },
      prices,
    }),
    ...options,
  })
  onTestFinished(async () => {
    await proxy.close()
    await models.close()
  })
  const calls: ModelCall[] = []
  const access = proxy.open({ ...open, onCall: (call) => void calls.push(call) })
  const url = (kind: ProviderKind): string => access.url(kind) ?? 'none'
  return {
    models,
    proxy,
    access,
    calls,
    url,
    openai: (apiKey = access.token) => new OpenAI({ baseURL: url('openai'), apiKey, maxRetries: 0 }),
    anthropic: () => new Anthropic({ baseURL: url('anthropic'), apiKey: access.token, maxRetries: 0 }),
  }
}

const usage = { inputTokens: 100, outputTokens: 20, cachedTokens: 40 }
const metered = { ...usage, cacheWriteTokens: 0 }
const hello = { steps: [{ type: 'text', text: 'hello there' }], usage } as const
const ask = { model: 'priced', messages: [{ role: 'user', content: 'hi' }] } as const

async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of stream) count += 1
  return count
}

test('T1a every wire format is counted the same, once, streamed or whole, and the key is the proxy’s', async () => {
  const { openai, anthropic, url, access, calls, models } = await stage(() => hello)
  await drain(await openai().responses.create({ model: 'priced', input: 'hi', stream: true }))
  await openai().responses.create({ model: 'priced', input: 'hi' })
  await drain(await openai().chat.completions.create({ ...ask, messages: [...ask.messages], stream: true }))
  await openai().chat.completions.create({ ...ask, messages: [...ask.messages] })
  await drain(await anthropic().messages.create({ ...ask, messages: [...ask.messages], max_tokens: 9, stream: true }))
  await anthropic().messages.create({ ...ask, messages: [...ask.messages], max_tokens: 9 })
  const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] })
  for (const verb of ['streamGenerateContent?alt=sse&', 'generateContent?']) {
    const answer = await fetch(`${url('gemini')}/v1beta/models/priced:${verb}key=${access.token}`, {
      method: 'POST',
      body,
    })
    expect(await answer.text()).toContain('hello')
  }
  await expect.poll(() => calls.length).toBe(8)
  expect(calls.map(({ format }) => format)).toEqual([
    'openai-responses',
    'openai-responses',
    'openai-chat',
    'openai-chat',
    'anthropic',
    'anthropic',
    'gemini',
    'gemini',
  ])
  // 60 fresh at 2, 40 cached at 1, 20 out at 10 dollars for a million.
  const each = { model: 'priced', status: 200, end: 'complete', usage: metered, costUsd: 0.00036 }
  for (const call of calls) expect(call).toMatchObject(each)
  const keys = models.requests.map(
    ({ headers }) => headers['x-api-key'] ?? headers['x-goog-api-key'] ?? headers['authorization'],
  )
  expect(new Set(keys)).toEqual(new Set(['Bearer the real key', 'the real key']))
  expect(JSON.stringify(models.requests.map(({ headers, path }) => [headers, path]))).not.toContain(access.token)
})

test('T1a a stream arrives as it was sent, byte for byte; a Chat Completions stream is asked to say its use', async () => {
  const { url, access, models } = await stage(() => ({
    ...hello,
    steps: [{ type: 'text', text: 'ä𝄞 日本 \u2028'.repeat(99) }],
  }))
  const asked = { ...ask, stream: true }
  const post = (base: string, token: string, stream_options?: object): Promise<string> =>
    fetch(`${base}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...asked, ...(stream_options && { stream_options }) }),
    }).then((answer) => answer.text())
  const through = await post(url('openai'), access.token)
  const direct = await post(`${models.url}/v1`, 'any', { include_usage: true })
  // Each answer has an id of its own.
  expect(through.replaceAll('_1', '_N').replaceAll('-1', '-N')).toBe(
    direct.replaceAll('_2', '_N').replaceAll('-2', '-N'),
  )
  expect(models.requests[0]?.body).toEqual({ ...asked, stream_options: { include_usage: true } })
})

test('T1b a budget that is used up refuses the next call, in the provider’s words, before it reaches the model', async () => {
  const { openai, anthropic, url, access, models, calls } = await stage(() => hello, {
    open: { budget: { tokens: 300 }, used: { inputTokens: 80 } },
  })
  const call = () => openai().chat.completions.create({ ...ask, messages: [...ask.messages], stream: true })
  await drain(await call())
  await drain(await call())
  const refusal = { status: 429, code: 'budget_exhausted', message: expect.stringContaining('320 of 300 tokens') }
  await expect(call()).rejects.toMatchObject(refusal)
  await expect(
    anthropic().messages.create({ ...ask, messages: [...ask.messages], max_tokens: 9 }),
  ).rejects.toMatchObject({ status: 429, error: { type: 'error', error: { type: 'rate_limit_error' } } })
  const google = await fetch(`${url('gemini')}/v1beta/models/priced:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': access.token },
    body: '{}',
  })
  expect(await google.json()).toMatchObject({ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } })
  expect(models.requests).toHaveLength(2)
  expect(calls).toHaveLength(2)
})

test('T1b what is counted counts at once, also while the answer is not over', async () => {
  const hold = Promise.withResolvers<void>()
  const { anthropic, models, access } = await stage(
    () => ({
      steps: [
        { type: 'text', text: 'a' },
        { type: 'wait', for: hold.promise },
      ],
      usage,
    }),
    { open: { budget: { costUsd: 0.0001 } } },
  )
  const first = anthropic().messages.stream({ ...ask, messages: [...ask.messages], max_tokens: 9 })
  await new Promise<void>((resolve) => first.once('text', () => resolve()))
  await expect(
    anthropic().messages.create({ ...ask, messages: [...ask.messages], max_tokens: 9 }),
  ).rejects.toMatchObject({ status: 429 })
  hold.resolve()
  await first.finalMessage()
  expect(models.requests).toHaveLength(1)
  access.exhaust('Enough.')
  await expect(anthropic().messages.create({ ...ask, messages: [...ask.messages], max_tokens: 9 })).rejects.toThrow(
    'Enough.',
  )
})

test('T1c a token is good until its attempt is over, and another one for nothing', async () => {
  const { openai, access, models, proxy } = await stage(() => hello)
  await expect(openai('hr-guessed').models.list()).rejects.toMatchObject({ status: 401, code: 'token_unknown' })
  await openai().models.list()
  const other = proxy.open()
  access.close()
  await expect(openai().models.list()).rejects.toMatchObject({ status: 401, code: 'token_unknown' })
  await openai(other.token).models.list()
  expect(models.requests).toEqual([])
})

test('T1c no other host, provider or path is reached, and nothing that would not be counted', async () => {
  const { url, access, models, calls, proxy } = await stage(() => hello)
  const get = (where: string, init: RequestInit = {}): Promise<number> =>
    fetch(where, { ...init, headers: { authorization: `Bearer ${access.token}` } }).then(({ status }) => status)
  const body = JSON.stringify(ask)
  const base = url('openai')
  expect(await get(`${base}/embeddings`, { method: 'POST', body })).toBe(404)
  expect(await get(`${base}/files`)).toBe(404)
  expect(await get(`${base}/../../admin`)).toBe(404)
  expect(await get(`${base}/models/..%2f..%2fadmin`)).toBe(404)
  expect(await get(`${proxy.url}/other/chat/completions`, { method: 'POST', body })).toBe(404)
  expect(await get(`${proxy.url}/constructor/chat/completions`, { method: 'POST', body })).toBe(404)
  expect(await get(`${proxy.url}/closed/chat/completions`, { method: 'POST', body })).toBe(401)
  expect(await get(`${base}/responses`, { method: 'POST', body: '{"model":"m","background":true}' })).toBe(400)
  expect(await get(`${base}/responses`, { method: 'POST', body: 'no json' })).toBe(400)
  expect(await absolute(proxy.url, 'http://example.test/open/models', access.token)).toBe(404)
  expect(models.requests).toEqual([])
  expect(calls).toEqual([])
})

/** What a client sends that takes it for a proxy to anywhere. */
async function absolute(proxy: string, target: string, token: string): Promise<number | undefined> {
  const { request } = await import('node:http')
  const { hostname, port } = new URL(proxy)
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    request({ hostname, port, path: target, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .once('error', reject)
      .end()
  })
}

test('T1d an agent that goes away ends its call at the model, and what it used so far counts', async () => {
  const { anthropic, models, calls } = await stage(() => ({
    steps: [{ type: 'text', text: 'a' }, { type: 'hang' }],
    usage,
  }))
  const stream = anthropic().messages.stream({ ...ask, messages: [...ask.messages], max_tokens: 9 })
  stream.done().catch(() => undefined) // it is aborted below
  await new Promise<void>((resolve) => stream.once('text', () => resolve()))
  stream.abort()
  const request = await models.request(0)
  expect(await request.ended).toBe('aborted')
  await expect.poll(() => calls).toMatchObject([{ end: 'cut', usage: { inputTokens: 100, outputTokens: 1 } }])
})

test('T1d closing an attempt cuts its calls; a provider that breaks off or says nothing is an end with a name', async () => {
  const { openai, models, calls, access, proxy } = await stage(
    inOrder(
      { steps: [{ type: 'text', text: 'a' }, { type: 'reset' }] },
      { status: 503, message: 'busy' },
      { steps: [{ type: 'hang' }] },
    ),
  )
  const create = (client = openai()) =>
    client.chat.completions.create({ ...ask, messages: [...ask.messages], stream: true })
  await expect(create().then(drain)).rejects.toThrow()
  await expect(create()).rejects.toMatchObject({ status: 503 })
  const hanging = expect(create().then(drain)).rejects.toThrow()
  await models.request(2)
  access.close()
  await hanging
  await expect
    .poll(() => calls.map(({ end, status }) => `${end} ${end === 'cut' ? '' : status}`))
    .toEqual(['failed 200', 'complete 503', 'cut '])
  expect(proxy.url).toMatch(/^http:\/\/127\.0\.0\.1:/)
})

test('T1d bodies are bounded, and a provider has its time to answer', async () => {
  const { openai, models } = await stage(async () => new Promise(() => undefined), {
    maxBodyBytes: 1_000,
    answerMs: 50,
  })
  const create = (content: string) =>
    openai().chat.completions.create({ model: 'priced', messages: [{ role: 'user', content }] })
  await expect(create('x'.repeat(2_000))).rejects.toMatchObject({ status: 413, code: 'too_large' })
  await expect(create('x')).rejects.toMatchObject({ status: 504, code: 'model_silent' })
  expect(models.requests).toHaveLength(1)
})

test('T1b an attempt whose calls are never counted is refused in the end', async () => {
  const { url, access, models } = await stage(
    byTag({}, { steps: [{ type: 'text', text: 'a' }, { type: 'break-off' }] }),
  )
  const call = async (): Promise<number> => {
    const answer = await fetch(`${url('openai')}/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access.token}` },
      body: JSON.stringify({ model: 'm', input: 'hi', stream: true }),
    })
    await answer.text()
    return answer.status
  }
  const seen: number[] = []
  for (let time = 0; time < 51; time += 1) seen.push(await call())
  expect(seen.indexOf(429)).toBe(50)
  expect(models.requests).toHaveLength(50)
})
