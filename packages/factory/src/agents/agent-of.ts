import { FactoryError } from '../errors.ts'
import type { AgentSettings } from '../files/factory-file.ts'
import type { AgentKind } from './agent.ts'
import { commandAgent } from './command/command-agent.ts'
import { modelEnvironment } from './model-environment.ts'
import { claude } from './profiles/claude.ts'
import { codex } from './profiles/codex.ts'
import { gemini } from './profiles/gemini.ts'
import { opencode } from './profiles/opencode.ts'
import { profiledAgent, type AgentProfile } from './profiles/profile.ts'

/** The agents with a profile of their own. */
export const agentProfiles: Readonly<Record<'codex' | 'claude' | 'opencode' | 'gemini', AgentProfile>> = {
  codex,
  claude,
  opencode,
  gemini,
}

export interface AgentOfOptions {
  /** Folders where programs of agents are looked for before PATH. */
  readonly folders?: readonly string[]
}

/**
 * The agent that `agents` of `.headrace/factory.yaml` describes. A scripted one plays what its program says, not what is
 * written there, so it is none of these.
 *
 * @throws FactoryError `bad_option` where the settings name no agent
 */
export function agentOf(name: string, settings: AgentSettings, options: AgentOfOptions = {}): AgentKind {
  const { kind, profile, command } = settings
  const { folders } = options
  const beside = { ...(command && { command }), ...(folders && { folders }) }
  switch (kind) {
    case 'acp':
      if (profile) return profiledAgent(agentProfiles[profile], beside)
      if (command) return profiledAgent(plain(name, command), beside)
      throw new FactoryError(
        'bad_option',
        `agents.${name} needs a profile, or the command of an agent that speaks ACP.`,
      )
    case 'command':
      if (command) return commandAgent({ name, command, ...(folders && { folders }) })
      throw new FactoryError('bad_option', `agents.${name} needs a command.`)
    case 'scripted':
      throw new FactoryError('bad_option', `agents.${name} is scripted: only a program can give it its script.`)
    default:
      return kind satisfies never
  }
}

/** An agent that nothing is known of but that it speaks the Agent Client Protocol. */
function plain(name: string, command: readonly [string, ...string[]]): AgentProfile {
  const install = 'Install it, or give its full path.'
  return { name, command, install, setUp: async (start) => modelEnvironment(start) }
}
