import { FactoryError } from '../errors.ts'
import type { AgentSettings } from '../files/agent-settings.ts'
import { builtIn } from '../plugins/built-in.ts'
import type { AgentKind } from './agent.ts'

export interface AgentOfOptions {
  /** Folders where programs of agents are looked for before PATH. */
  readonly folders?: readonly string[]
  /** The agents of plugins, by their names. */
  readonly plugin?: (name: string) => AgentKind | undefined
}

/**
 * The agent that `agents` of `.headrace/factory.yaml` describes. A scripted one plays what its program says, not what is
 * written there, so it is none of these. One of a plugin that is not there fails its attempts as `agent_missing`, and the
 * floor goes on.
 *
 * @throws FactoryError `bad_option` where the settings name no agent
 */
export function agentOf(name: string, settings: AgentSettings, options: AgentOfOptions = {}): AgentKind {
  const { kind, profile, command, plugin } = settings
  const { folders } = options
  const beside = { ...(command && { command }), ...(folders && { folders }) }
  switch (kind) {
    case 'acp':
      if (profile) return made(profile, beside)
      if (command) return made('acp', { name, ...beside })
      throw new FactoryError(
        'bad_option',
        `agents.${name} needs a profile, or the command of an agent that speaks ACP.`,
      )
    case 'command':
      if (command) return made('command', { name, ...beside })
      throw new FactoryError('bad_option', `agents.${name} needs a command.`)
    case 'plugin':
      if (plugin === undefined) throw new FactoryError('bad_option', `agents.${name} needs the name of a plugin.`)
      return options.plugin?.(plugin) ?? missing(name, plugin)
    case 'scripted':
      throw new FactoryError('bad_option', `agents.${name} is scripted: only a program can give it its script.`)
    default:
      return kind satisfies never
  }
}

type BuiltInSettings = Parameters<NonNullable<ReturnType<typeof builtIn<'agent'>>>['create']>[0]

function made(agent: string, settings: BuiltInSettings): AgentKind {
  const plugin = builtIn('agent', agent)
  if (!plugin) throw new FactoryError('bad_option', `There is no agent ${agent}.`)
  return plugin.create(settings)
}

function missing(name: string, plugin: string): AgentKind {
  const text = `agents.${name} is of the plugin ${plugin}, and no agent of that name was loaded.`
  return {
    name,
    lacks: () => Promise.resolve(text),
    start: () => Promise.reject(new FactoryError('agent_missing', text)),
  }
}
