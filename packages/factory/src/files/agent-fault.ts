import type { AgentSettings } from './agent-settings.ts'

/** Why no agent can be made of these settings, or what of them would count for nothing; `undefined` where all is well. */
export function agentFault({ kind, profile, plugin, command }: AgentSettings): string | undefined {
  if (profile !== undefined && kind !== 'acp') return `has a profile, which counts for the kind acp and not for ${kind}`
  if (plugin !== undefined && kind !== 'plugin') return `names a plugin, so its kind must be plugin and not ${kind}`
  switch (kind) {
    case 'acp':
      return profile === undefined && command === undefined
        ? 'needs a profile, or the command of an agent that speaks ACP'
        : undefined
    case 'command':
      return command === undefined ? 'needs a command' : undefined
    case 'plugin':
      if (command !== undefined) return 'has a command, and an agent of a plugin is started by the plugin'
      return plugin === undefined ? 'needs the name of a plugin' : undefined
    case 'scripted':
      return 'is scripted, and only a program can give it its script: its kind must be acp, command or plugin here'
    default:
      return kind satisfies never
  }
}
