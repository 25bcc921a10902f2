import { array, object, oneOf, optional, string, type Schema } from '@headrace/core'
import { command, described, type Argv } from './shapes.ts'

/** An agent that lanes may name. */
export interface AgentSettings {
  readonly kind: 'acp' | 'command' | 'scripted' | 'plugin'
  readonly profile?: 'codex' | 'claude' | 'opencode' | 'gemini'
  readonly command?: Argv
  /** The name of an agent of a plugin. */
  readonly plugin?: string
  readonly model?: string
  readonly readable?: readonly string[]
}

/** One of `agents`. What does not fit together is not refused here, but by `agentFault`. */
export const agentShape: Schema<AgentSettings> = object({
  kind: oneOf('acp', 'command', 'scripted', 'plugin'),
  profile: optional(oneOf('codex', 'claude', 'opencode', 'gemini')),
  plugin: optional(described(string({ min: 1, max: 64 }), { about: 'The name of an agent of a plugin.' })),
  command: optional(command()),
  model: optional(string({ min: 1, max: 200 })),
  readable: optional(
    described(array(string({ min: 1, max: 500, pattern: /^\//, called: 'an absolute path' }), { max: 50 }), {
      about: 'Folders of the machine that it reads in its sandbox, beside its package and what the gate reads.',
    }),
  ),
})
