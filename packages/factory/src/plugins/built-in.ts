import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { array, object, optional, string, type JsonObject, type Schema } from '@headrace/core'
import { commandAgent } from '../agents/command/command-agent.ts'
import { claude } from '../agents/profiles/claude.ts'
import { codex } from '../agents/profiles/codex.ts'
import { gemini } from '../agents/profiles/gemini.ts'
import { opencode } from '../agents/profiles/opencode.ts'
import { modelEnvironment } from '../agents/model-environment.ts'
import { profiledAgent, type AgentProfile } from '../agents/profiles/profile.ts'
import { createRuleSet, ruleSetNames } from '../detect/rule-sets.ts'
import { command, type Argv } from '../files/shapes.ts'
import { testsGate } from '../gate/gate.ts'
import { builtInGuards } from '../guards/run-guards.ts'
import { webhookNotifier } from '../notify/webhook-notifier.ts'
import { githubIssues } from '../sources/github-issues.ts'
import { markdownBacklog } from '../sources/markdown-backlog.ts'
import {
  pluginInterface,
  type AgentPlugin,
  type DetectorPlugin,
  type GatePlugin,
  type GuardPlugin,
  type NotifierPlugin,
  type Plugin,
  type PluginKind,
  type PluginOf,
  type SourcePlugin,
} from './plugin.ts'

const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string } // our own
const ours = { interface: pluginInterface, version: manifest.version } as const

const text = string({ min: 1, max: 4_096 })
const words = array(text, { max: 100 })
const agentSettings: Schema<{
  readonly name?: string
  readonly command?: Argv
  readonly folders?: readonly string[]
}> = object({ name: optional(text), command: optional(command()), folders: optional(words) })

const profiles: readonly (readonly [AgentProfile, string])[] = [
  [codex, 'Codex, by codex-acp.'],
  [claude, 'Claude Code, by claude-agent-acp.'],
  [opencode, 'OpenCode, by opencode acp.'],
  [gemini, 'Gemini CLI, by gemini --acp.'],
]

const agents: readonly AgentPlugin[] = [
  ...profiles.map(([profile, about]): AgentPlugin => ({
    ...ours,
    kind: 'agent',
    name: profile.name,
    about,
    create: (settings) => profiledAgent(profile, agentSettings.parse(settings, profile.name)),
  })),
  {
    ...ours,
    kind: 'agent',
    name: 'acp',
    about: 'Anything that speaks the Agent Client Protocol.',
    create(settings) {
      const { name = 'acp', folders, command: argv } = withCommand(settings)
      const install = 'Install it, or give its full path.'
      // Nothing is known of it but that it speaks the protocol.
      const profile = {
        name,
        command: argv,
        install,
        setUp: async (start: Parameters<typeof modelEnvironment>[0]) => modelEnvironment(start),
      }
      return profiledAgent(profile, folders ? { folders } : {})
    },
  },
  {
    ...ours,
    kind: 'agent',
    name: 'command',
    about: 'Any program that is told what to do and prints what it does.',
    create(settings) {
      const { name = 'command', ...rest } = withCommand(settings)
      return commandAgent({ name, ...rest })
    },
  },
]

function withCommand(settings: JsonObject): ReturnType<typeof agentSettings.parse> & { readonly command: Argv } {
  const { command: argv, ...rest } = agentSettings.parse(settings, 'settings')
  return { ...rest, command: command().parse(argv, 'settings.command') }
}

const sources: readonly SourcePlugin[] = [
  {
    ...ours,
    kind: 'source',
    name: 'markdown',
    about: 'A list of tasks in a Markdown file.',
    create(settings) {
      const { file } = object({ file: text }).parse(settings, 'settings')
      return markdownBacklog({ name: path.basename(file), read: () => readFile(file, 'utf8') })
    },
  },
  {
    ...ours,
    kind: 'source',
    name: 'github',
    about: 'Open issues of a GitHub repository.',
    create: (settings) =>
      githubIssues(
        object({ repository: text, token: optional(text), labels: optional(words) }).parse(settings, 'settings'),
      ),
  },
]

const gates: readonly GatePlugin[] = [
  { ...ours, kind: 'gate', name: testsGate.name, about: testsGate.about, create: () => testsGate },
]

const guards: readonly GuardPlugin[] = builtInGuards.map((guard) => ({
  ...ours,
  kind: 'guard',
  name: guard.name,
  about: guard.about,
  create: () => guard,
}))

const detectors: readonly DetectorPlugin[] = ruleSetNames.map((name) => ({
  ...ours,
  kind: 'detector',
  name,
  about: `Finds steps that go in circles, by the rules "${name}".`,
  create: () => createRuleSet(name),
}))

const notifiers: readonly NotifierPlugin[] = [
  {
    ...ours,
    kind: 'notifier',
    name: 'webhook',
    about: 'Sends each notice as JSON to an address.',
    create: (settings) => webhookNotifier(object({ url: text }).parse(settings, 'settings')),
  },
]

/** What comes with the factory, behind the same interfaces as what others write. */
export const builtInPlugins: readonly Plugin[] = [
  ...agents,
  ...sources,
  ...gates,
  ...guards,
  ...detectors,
  ...notifiers,
]

/** The built-in plugin of that kind and name. */
export function builtIn<K extends PluginKind>(kind: K, name: string): PluginOf<K> | undefined {
  return builtInPlugins.find((plugin) => plugin.kind === kind && plugin.name === name) as PluginOf<K> | undefined // of that kind
}
