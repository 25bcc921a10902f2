import { Anthropic } from './anthropic.ts'
import { Gemini } from './gemini.ts'
import { OpenAiChat } from './openai-chat.ts'
import { OpenAiResponses } from './openai-responses.ts'
import type { Answering, Dialect } from './dialect.ts'
import type { ModelProtocol } from './model-request.ts'

/** The protocol that is spoken at a path. Clients put `/v1` before it, or another version, or nothing. */
export function protocolAt(path: string): ModelProtocol | undefined {
  if (path.endsWith('/responses')) return 'openai-responses'
  if (path.endsWith('/chat/completions')) return 'openai-chat'
  if (path.endsWith('/messages')) return 'anthropic'
  if (/:(stream)?generateContent$/i.test(path)) return 'gemini'
  return undefined
}

export function dialectOf(protocol: ModelProtocol, answering: Answering): Dialect {
  switch (protocol) {
    case 'openai-responses':
      return new OpenAiResponses(answering)
    case 'openai-chat':
      return new OpenAiChat(answering)
    case 'anthropic':
      return new Anthropic(answering)
    case 'gemini':
      return new Gemini(answering)
    default:
      return protocol satisfies never
  }
}

/** What clients ask for beside answers; `undefined` where there is nothing. */
export function besideAnswers(method: string, path: string, models: readonly string[]): unknown {
  if (method === 'POST' && path.endsWith('/messages/count_tokens')) return { input_tokens: 10 }
  if (method === 'POST' && path.endsWith(':countTokens')) return { totalTokens: 10 }
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (path === '/') return {}
  const list = models.map((id) => ({
    id,
    object: 'model',
    type: 'model',
    display_name: id,
    created: 0,
    owned_by: 'script',
  }))
  if (path.endsWith('/models')) return { object: 'list', data: list, has_more: false, models: [] }
  const name = /\/models\/([^/]+)$/.exec(path)?.[1]
  return list.find(({ id }) => id === decodeURIComponent(name ?? ''))
}
