/** Where models are, and what is passed on to them. What is not metered is not passed on. */

/** Whose wire formats a provider speaks: `openai` is Responses and Chat Completions. */
export type ProviderKind = 'openai' | 'anthropic' | 'gemini'

/** A format in which models are asked. */
export type WireFormat = 'openai-responses' | 'openai-chat' | 'anthropic' | 'gemini'

/** A provider of models. Nothing but what is below its URL is reached. */
export interface ModelProvider {
  readonly kind: ProviderKind
  /** What a client of it has as its base URL, such as `https://api.openai.com/v1` or `https://api.anthropic.com`. */
  readonly url: string
  /** Its key, read for each call; the proxy alone has it. Without one calls are refused. */
  readonly key: () => string | undefined
}

/** What a call is, by its method and its path below the provider's URL. */
export type Route =
  /** Asks a model, and is metered. `model` where the path says it. */
  | { readonly kind: 'ask'; readonly format: WireFormat; readonly model?: string }
  /** Costs nothing: lists of models, counts of tokens. */
  | { readonly kind: 'free' }

/** The route of a call; `undefined` for all that is not passed on: what is not metered, and what is not about models. */
export function routeOf(kind: ProviderKind, method: string, path: string): Route | undefined {
  const isGet = method === 'GET' || method === 'HEAD'
  switch (kind) {
    case 'openai':
      if (isGet) return /^\/models(\/[\w.:-]+)?$/.test(path) ? free : undefined
      if (method !== 'POST') return undefined
      if (path === '/responses') return { kind: 'ask', format: 'openai-responses' }
      return path === '/chat/completions' ? { kind: 'ask', format: 'openai-chat' } : undefined
    case 'anthropic':
      if (isGet) return /^\/v1\/models(\/[\w.:-]+)?$/.test(path) ? free : undefined
      if (method !== 'POST') return undefined
      if (path === '/v1/messages') return { kind: 'ask', format: 'anthropic' }
      return path === '/v1/messages/count_tokens' ? free : undefined
    case 'gemini': {
      if (isGet) return /^\/v1(alpha|beta)?\/models(\/[\w.:-]+)?$/.test(path) ? free : undefined
      const [, model, verb] = /^\/v1(?:alpha|beta)?\/models\/([\w.-]+):(\w+)$/.exec(path) ?? []
      if (method !== 'POST' || model === undefined) return undefined
      if (verb === 'countTokens') return free
      const isAsked = verb === 'generateContent' || verb === 'streamGenerateContent'
      return isAsked ? { kind: 'ask', format: 'gemini', model } : undefined
    }
    default:
      return kind satisfies never
  }
}

const free: Route = { kind: 'free' }

/** The header in which the provider wants its key. */
export function keyHeader(kind: ProviderKind, key: string): Readonly<Record<string, string>> {
  switch (kind) {
    case 'openai':
      return { authorization: `Bearer ${key}` }
    case 'anthropic':
      return { 'x-api-key': key }
    case 'gemini':
      return { 'x-goog-api-key': key }
    default:
      return kind satisfies never
  }
}
