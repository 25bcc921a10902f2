import type { FoundPlugin } from './find-plugin.ts'
import { pluginInterface, type PluginKind } from './plugin.ts'
import type { PluginFacts } from './thread/messages.ts'

/** What each kind has to do; an agent is asked again once it was started. */
const methods: Readonly<Record<PluginKind, string>> = {
  agent: 'start',
  source: 'read',
  gate: 'judge',
  guard: 'check',
  detector: 'step',
  notifier: 'notify',
}
const policies: readonly unknown[] = ['block', 'ask', 'warn']

/** Why a plugin is not what its package says and what its kind must be; `undefined` if it is. Pure. */
export function contractFault(facts: PluginFacts, found: FoundPlugin): string | undefined {
  if (facts.interface !== pluginInterface)
    return `is written for version ${words(facts.interface)} of the interface, and this is version ${pluginInterface}`
  if (facts.kind !== found.kind) return `says that it is a ${words(facts.kind)}, and its package says ${found.kind}`
  if (facts.version !== found.version)
    return `says that it is version ${words(facts.version)}, and its package is version ${found.version}`
  if (typeof facts.name !== 'string' || !/^[a-z0-9][a-z0-9-]{0,63}$/.test(facts.name))
    return `is named ${words(facts.name)}: a name has 1 to 64 of a–z, 0–9 and "-"`
  if (typeof facts.about !== 'string' || facts.about === '' || facts.about.length > 500)
    return 'does not say what it does, in 1 to 500 characters'
  const method = methods[found.kind]
  if (!facts.methods.includes(method)) return `made a ${found.kind} without ${method}`
  if (found.kind === 'guard' && !policies.includes(facts.policy))
    return `made a guard whose policy is ${words(facts.policy)}: it is block, ask or warn`
  return undefined
}

function words(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 100) ?? typeof value)
}
