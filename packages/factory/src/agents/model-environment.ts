import { FactoryError } from '../errors.ts'
import type { ProviderKind } from '../proxy/provider.ts'
import type { AgentStart } from './agent.ts'

const names: Readonly<Record<ProviderKind, readonly [url: string, key: string]>> = {
  openai: ['OPENAI_BASE_URL', 'OPENAI_API_KEY'],
  anthropic: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_KEY'],
  gemini: ['GOOGLE_GEMINI_BASE_URL', 'GEMINI_API_KEY'],
}

/** The way to models in the variables that clients of providers read, with the attempt's own token as the key. */
export function modelEnvironment({ models }: AgentStart): Readonly<Record<string, string>> {
  const env: Record<string, string> = {}
  for (const [kind, [url, key]] of Object.entries(names)) {
    const base = models?.url(kind as ProviderKind) // the keys of the table above
    if (!models || base === undefined) continue
    env[url] = base
    env[key] = models.token
  }
  return env
}

/** Where an agent of a profile asks its models. */
export interface ModelWay {
  readonly url: string
  readonly token: string
}

/**
 * The way to models of one kind; `undefined` where the floor has no models at all.
 *
 * @throws FactoryError `agent_failed` where it has models, and none of this kind
 */
export function modelWay({ models }: AgentStart, kind: ProviderKind, agent: string): ModelWay | undefined {
  if (!models) return undefined
  const url = models.url(kind)
  if (url !== undefined) return { url, token: models.token }
  const text = `${agent} asks its models as ${kind} does, and the floor has no such provider: add one to models.providers in .headrace/factory.yaml.`
  throw new FactoryError('agent_failed', text)
}
