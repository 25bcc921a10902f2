import { array, integer, object, oneOf, optional, string, type Schema } from '@headrace/core'
import type { Finding, GuardPolicy, SlowGuard } from '../../guards/guard.ts'
import type { PluginThread } from '../plugin-thread.ts'

const findings: Schema<readonly Finding[]> = array(
  object({
    what: string({ min: 1, max: 1_000 }),
    path: optional(string({ max: 4_096 })),
    line: optional(integer(0, 1_000_000_000)),
    quote: optional(string({ max: 200 })),
    certainty: oneOf('sure', 'maybe'),
  }),
  { max: 10_000 },
)

export function pluginGuard(
  { name, about, policy }: { readonly name: string; readonly about: string; readonly policy: GuardPolicy },
  thread: PluginThread,
): SlowGuard {
  return {
    name,
    about,
    policy,
    check: async (change, context) =>
      findings.parse(await thread.call('check', [change, context]), `what the guard ${name} found`),
  }
}

/** Stands for a guard or a gate that could not be loaded: whatever it would have said, nothing passes in its place. */
export function missingGuard(name: string, why: string): SlowGuard {
  return {
    name,
    about: 'A plugin that is named in .headrace/factory.yaml and could not be loaded.',
    policy: 'block',
    check: () => Promise.reject(new Error(why)),
  }
}
