/** A model as the environment names it. */
export interface ModelChoice {
  readonly api: 'openai-responses' | 'openai-chat' | 'anthropic-messages'
  readonly model: string
  /** Address with its version, as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly apiKey: string
}

type Provider = 'openai' | 'anthropic'

type Environment = Readonly<Record<string, string | undefined>>

/** Overridden by HEADRACE_MODEL. */
export const defaultModels = { openai: 'gpt-6-astra', anthropic: 'claude-sonnet-5-5' } as const

const addresses = { openai: 'https://api.openai.com/v1', anthropic: 'https://api.anthropic.com/v1' } as const

/** Servers on this machine seldom ask for a key; the packages insist on one. */
const noKey = 'none'

/**
 * The model that the demo's agents use: the one whose key or address is set. Where both are, HEADRACE_MODEL decides if it
 * is a name of Anthropic's, else it is OpenAI. `undefined` where neither is: then they follow a script.
 */
export function chooseModel(env: Environment): ModelChoice | undefined {
  const openai = set(env['OPENAI_API_KEY']) ?? set(env['OPENAI_BASE_URL'])
  const anthropic = set(env['ANTHROPIC_API_KEY']) ?? set(env['ANTHROPIC_BASE_URL'])
  const model = set(env['HEADRACE_MODEL'])
  if (anthropic !== undefined && (openai === undefined || model?.startsWith('claude') === true))
    return choice('anthropic', env, model)
  return openai === undefined ? undefined : choice('openai', env, model)
}

function choice(provider: Provider, env: Environment, model: string | undefined): ModelChoice {
  const name = provider.toUpperCase()
  const baseUrl = withVersion(set(env[`${name}_BASE_URL`]) ?? addresses[provider], provider)
  return {
    api: provider === 'anthropic' ? 'anthropic-messages' : openAiApi(baseUrl),
    model: model ?? defaultModels[provider],
    baseUrl,
    apiKey: set(env[`${name}_API_KEY`]) ?? noKey,
  }
}

/** Servers that stand in for OpenAI know Chat Completions; few know Responses. */
function openAiApi(baseUrl: string): 'openai-responses' | 'openai-chat' {
  return baseUrl === addresses.openai ? 'openai-responses' : 'openai-chat'
}

/** Anthropic's own tools name the address without the version, OpenAI's with it. */
function withVersion(text: string, provider: Provider): string {
  const url = text.replace(/\/+$/, '')
  return provider === 'anthropic' && !/\/v\d+$/.test(url) ? `${url}/v1` : url
}

function set(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim()
}
