import type { AgentRun, Chunk } from '@headrace/client/agent'
import type { Message } from '@headrace/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { answerWithModel } from '../src/demo/model/answer-with-model.ts'
import { chooseModel, type ModelChoice } from '../src/demo/model/choose-model.ts'
import { folder, headrace, start } from './support/headrace.ts'
import { modelServer, type ModelServer } from './support/model-server.ts'

let model: ModelServer
const hello = { words: ['Hello', ' from', ' the', ' model.'] }

beforeAll(async () => {
  model = await modelServer()
})
beforeEach(() => model.behave(hello))
afterAll(() => model[Symbol.asyncDispose]())

function message(seq: number, author: Message['author'], text: string): Message {
  const parts = [{ id: '0', status: 'closed', kind: 'text', text }] as const
  return {
    id: `m${seq}`,
    seq,
    at: 0,
    parent: null,
    role: author.startsWith('agent') ? 'assistant' : 'user',
    author,
    name: 'Ada',
    status: 'complete',
    parts,
    chars: text.length,
  }
}

/** A run that collects what is written to it, until there is as much as is wanted. */
function collector(
  signal = new AbortController().signal,
  onChunk: (chunks: readonly Chunk[]) => void = () => undefined,
): { run: AgentRun; chunks: Chunk[] } {
  const chunks: Chunk[] = []
  const history = [
    message(1, 'user:ada', 'Hello?'),
    message(2, 'agent:writer', 'Yes.'),
    message(3, 'user:ada', 'Who are you?'),
  ]
  const run = {
    agent: 'writer',
    history,
    signal,
    async pipe(stream: AsyncIterable<Chunk>) {
      for await (const chunk of stream) {
        chunks.push(chunk)
        onChunk(chunks)
      }
    },
  }
  return { run: run as unknown as AgentRun, chunks } // the parts of a run that an answer uses
}

function textIn(chunks: readonly Chunk[], type: 'text' | 'reasoning'): string {
  return chunks.map((chunk) => (chunk.type === type ? chunk.text : '')).join('')
}

describe.each([
  ['openai-chat', '/v1/chat/completions', { authorization: 'Bearer key-1234' }],
  ['openai-responses', '/v1/responses', { authorization: 'Bearer key-1234' }],
  ['anthropic-messages', '/v1/messages', { 'x-api-key': 'key-1234' }],
] as const)('a real model package against %s', (api, path, headers) => {
  const choice = (): ModelChoice => ({ api, model: 'scripted', baseUrl: `${model.url}/v1`, apiKey: 'key-1234' })

  test('streams the answer, with its usage, and sends the conversation', async () => {
    const { run, chunks } = collector()
    await answerWithModel(choice(), { run, voice: 'writer', step: 'answer' })
    expect(textIn(chunks, 'text')).toBe('Hello from the model.')
    if (api === 'anthropic-messages') expect(textIn(chunks, 'reasoning')).toBe('Hm.')
    expect(chunks.filter(({ type }) => type === 'text').length).toBeGreaterThan(1)
    expect(chunks.at(-1)).toMatchObject({ type: 'usage', usage: { inputTokens: 11, outputTokens: 4 } })
    const request = model.requests.at(-1)
    expect(request).toMatchObject({ path, headers, body: { model: 'scripted', stream: true } })
    const sent = JSON.stringify(request?.body)
    for (const text of ['Ada: Hello?', 'Yes.', 'Ada: Who are you?', 'You are the writer']) expect(sent).toContain(text)
  })

  test('C3: a stop reaches the model', async () => {
    model.behave({ words: ['Once', ' upon'], hangs: true })
    const stop = new AbortController()
    const { run, chunks } = collector(stop.signal, (sofar) => textIn(sofar, 'text') === 'Once upon' && stop.abort())
    await expect(answerWithModel(choice(), { run, voice: 'writer', step: 'answer' })).rejects.toMatchObject({
      name: 'AbortError',
    })
    await model.requests.at(-1)?.aborted
    expect(textIn(chunks, 'text')).toBe('Once upon')
  })

  test('a refused key is told in words, without the key', async () => {
    model.behave({ words: [], fails: { status: 401, message: 'Incorrect API key provided: key-1234.' } })
    const failure = await answerWithModel(choice(), { run: collector().run, voice: 'writer', step: 'answer' }).catch(
      (thrown: unknown) => thrown,
    )
    expect(failure).toBeInstanceOf(Error)
    expect(String(failure)).toMatch(
      /^Error: The model scripted at 127\.0\.0\.1:\d+ answered 401: .*\(check (OPENAI|ANTHROPIC)_API_KEY\)$/,
    )
    expect(String(failure)).not.toContain('key-1234')
  })
})

describe('headrace demo with a model', () => {
  test('its agents use it, a stop reaches it, and its failure is told on the session', async () => {
    await using data = await folder()
    const env = { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'key-1234', HEADRACE_MODEL: 'scripted' }
    expect(chooseModel(env)).toMatchObject({ api: 'anthropic-messages', baseUrl: `${model.url}/v1` })
    await using demo = start(['demo', '--port', '0', '--data', data.path], { env })
    await demo.seen(/Agents: scripted at 127\.0\.0\.1:\d+\./)
    const at = ['--data', data.path]

    const answered = await headrace(['send', 's', 'Who are you?', '--create', '--follow', ...at])
    expect(answered).toEqual({ code: 0, stdout: 'Hello from the model.\n', stderr: '' })

    model.behave({ words: ['Once', ' upon'], hangs: true })
    await using waiting = start(['send', 's', 'A long story', '--follow', ...at])
    await using tail = start(['tail', 's', ...at])
    await tail.seen(/Once upon/)
    expect(await headrace(['cancel', 's', ...at])).toMatchObject({ code: 0 })
    expect(await waiting.ended).toEqual({ code: 6, stdout: 'Once upon\n', stderr: 'error: The answer was stopped.\n' })
    await model.requests.at(-1)?.aborted

    model.behave({ words: [], fails: { status: 401, message: 'invalid x-api-key: key-1234' } })
    const failed = await headrace(['send', 's', 'Again?', '--follow', ...at])
    expect(failed.code).toBe(6)
    expect(failed.stderr).toMatch(
      /^error: The answer failed: The model scripted at 127\.0\.0\.1:\d+ answered 401: .*check ANTHROPIC_API_KEY\)\.\n$/,
    )
    expect(failed.stderr + demo.stderr + tail.stdout).not.toContain('key-1234')
  })
})
