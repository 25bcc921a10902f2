import { describe, expect, test } from 'vitest'
import type { Message } from '@headrace/core'
import { chooseModel, defaultModels } from '../src/demo/model/choose-model.ts'
import { describeFailure } from '../src/demo/model/describe-failure.ts'
import { promptOf } from '../src/demo/model/prompt.ts'

describe('which model', () => {
  test('none without a key or an address', () => {
    expect(chooseModel({})).toBeUndefined()
    expect(chooseModel({ OPENAI_API_KEY: '', HEADRACE_MODEL: 'x' })).toBeUndefined()
  })

  test('OpenAI with a key, its own address and a default model', () => {
    expect(chooseModel({ OPENAI_API_KEY: 'k' })).toEqual({
      api: 'openai-responses',
      model: defaultModels.openai,
      baseUrl: 'https://api.openai.com/v1',
      apiKey: 'k',
    })
  })

  test('a server that stands in for OpenAI needs no key', () => {
    expect(chooseModel({ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1/', HEADRACE_MODEL: 'small' })).toEqual({
      api: 'openai-chat',
      model: 'small',
      baseUrl: 'http://127.0.0.1:1/v1',
      apiKey: 'none',
    })
  })

  test('the address of Anthropic with and without its version', () => {
    for (const address of ['http://127.0.0.1:1', 'http://127.0.0.1:1/', 'http://127.0.0.1:1/v1']) {
      expect(chooseModel({ ANTHROPIC_BASE_URL: address, ANTHROPIC_API_KEY: 'k' })?.baseUrl).toBe(
        'http://127.0.0.1:1/v1',
      )
    }
  })

  test('with both, the name of the model decides', () => {
    const both = { OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a' }
    expect(chooseModel(both)?.api).toBe('openai-responses')
    expect(chooseModel({ ...both, HEADRACE_MODEL: 'claude-haiku-4-5' })?.api).toBe('anthropic-messages')
  })
})

describe('why a model failed', () => {
  const choice = { api: 'openai-chat', model: 'm', baseUrl: 'http://model.test/v1', apiKey: 'sk-secret-1234' } as const

  test('names model, host, status and what to check, and never a key', () => {
    const error = Object.assign(new Error('Incorrect API key provided: sk-secret-1234, or sk-sec**1234. Bearer abc'), {
      statusCode: 401,
    })
    const text = describeFailure(Object.assign(new Error('retried'), { lastError: error }), choice)
    expect(text).toBe(
      'The model m at model.test answered 401: Incorrect API key provided: [key], or [key]. Bearer [key] (check OPENAI_API_KEY)',
    )
  })

  test('says when nobody answered, and when the model is unknown', () => {
    expect(describeFailure(new Error('connect ECONNREFUSED'), choice)).toBe(
      'The model m at model.test could not be asked: connect ECONNREFUSED',
    )
    expect(describeFailure(Object.assign(new Error('no such model'), { statusCode: 404 }), choice)).toContain(
      'check HEADRACE_MODEL and OPENAI_BASE_URL',
    )
  })
})

describe('the prompt', () => {
  function message(seq: number, author: Message['author'], text: string, more: Partial<Message> = {}): Message {
    const parts = [{ id: '0', status: 'closed', kind: 'text', text }] as const
    return {
      id: `m${seq}`,
      seq,
      at: 0,
      parent: null,
      role: author.startsWith('agent') ? 'assistant' : 'user',
      author,
      status: 'complete',
      parts,
      chars: text.length,
      ...more,
    }
  }

  test("is what the agent wrote, and everybody else's words under their names", () => {
    const history = [
      message(1, 'user:ada', 'Hello', { name: 'Ada' }),
      message(2, 'agent:writer', 'Half an', { status: 'interrupted' }),
      message(3, 'agent:critic', 'No.'),
      message(4, 'agent:writer', ''),
      message(5, 'user:grace', 'And now?'),
    ]
    expect(promptOf(history, 'writer')).toEqual([
      { role: 'user', content: 'Ada: Hello' },
      { role: 'assistant', content: 'Half an\n\n(This message was interrupted.)' },
      { role: 'user', content: 'critic: No.' },
      { role: 'user', content: 'grace: And now?' },
    ])
  })

  test('is the newest part of a long conversation, and begins with a person', () => {
    const history = Array.from({ length: 200 }, (_, seq) =>
      message(seq, seq % 2 === 0 ? 'user:ada' : 'agent:writer', `${seq} ${'x'.repeat(4_000)}`),
    )
    const prompt = promptOf([...history, message(200, 'user:ada', 'last')], 'writer')
    expect(prompt.length).toBeLessThan(20)
    expect(prompt[0]?.role).toBe('user')
    expect(prompt.at(-1)).toEqual({ role: 'user', content: 'ada: last' })
  })
})
