import {
  array,
  integer,
  jsonObject,
  object,
  oneOf,
  optional,
  string,
  type JsonObject,
  type Schema,
} from '@headrace/core'
import type { WantedPlugin } from '../plugins/load-plugins.ts'
import { agentFault } from './agent-fault.ts'
import { agentShape, type AgentSettings } from './agent-settings.ts'
import { attemptBudget, type AttemptBudget } from './attempt-budget.ts'
import { gateSettings, gateShape, type GateSettings } from './gate-settings.ts'
import { modelsShape, type ModelSettings } from './model-settings.ts'
import { described, named } from './shapes.ts'
import { fieldFaults, readYaml, type FileFault, type YamlText } from './yaml-text.ts'

const globs = array(string({ min: 1, max: 500 }), { max: 200 })
const policies = oneOf('block', 'ask', 'warn')

const fields = {
  base: described(string({ min: 1, max: 200 }), { about: 'The branch that everything is merged into.' }),
  lanes: optional(
    described(
      string({ min: 1, max: 200, pattern: /^(?!\/)(?!.*\.\.)[\w./-]+$/, called: 'a folder of the repository' }),
      {
        about: 'The folder of the lanes.',
        default: '.headrace/lanes',
      },
    ),
  ),
  gate: described(gateShape, { about: 'How a change is judged.' }),
  protected: optional(
    described(globs, { about: 'Files that are always taken from the base, beside those of the factory and of CI.' }),
  ),
  tests: optional(described(globs, { about: 'Which files are tests. Default: the usual names.' })),
  attention: optional(
    described(integer(1, 100), { about: 'How many lanes may need a person at the same time.', default: 3 }),
  ),
  budget: optional(described(attemptBudget, { about: 'What an attempt may use, where its lane does not say.' })),
  diff: optional(
    described(
      object({
        files: optional(integer(1, 100_000)),
        lines: optional(integer(1, 10_000_000)),
        fileBytes: optional(integer(1, 1_000_000_000)),
        newDependencies: optional(integer(0, 1_000)),
      }),
      {
        about:
          'The most that a change may be before a person is asked. Default: 40 files, 1500 lines, 1 MB a file, no new dependency.',
      },
    ),
  ),
  guards: optional(
    described(named(policies, { max: 100 }), { about: 'What is done about a finding: block, ask or warn.' }),
  ),
  agents: optional(described(named(agentShape, { max: 50 }), { about: 'The agents that lanes may name.' })),
  plugins: optional(
    described(
      array(
        object({
          package: described(string({ min: 1, max: 200 }), {
            about: 'The name of a package that is installed where the factory runs. Never a path.',
          }),
          settings: optional(described(jsonObject(), { about: 'What it is told.' })),
          timeoutSeconds: optional(
            described(integer(1, 3_600), { about: 'Longest time of a call. Default: 30, of a gate 900.' }),
          ),
        }),
        { max: 50 },
      ),
      { about: 'Agents, sources, gates, guards, detectors and notifiers of others.' },
    ),
  ),
  models: optional(
    described(modelsShape, {
      about:
        'The models that agents may ask, through the factory alone, and what a million tokens of each cost in US dollars.',
    }),
  ),
  clones: optional(
    described(
      object({
        maxGb: optional(integer(1, 100_000)),
        undoDays: optional(integer(1, 365)),
      }),
      {
        about: 'Disk that clones may use, and how long one that was given up can be had back. Default: 20 GB, 7 days.',
      },
    ),
  ),
  trials: optional(
    described(
      named(
        object({
          against: described(string({ pattern: /^[0-9a-f]{40,64}$/, called: 'the full id of a commit' }), {
            about: 'A commit of the base branch with the other version.',
          }),
          share: optional(
            described(integer(1, 99), { about: 'Percent of the tasks that get the other version.', default: 50 }),
          ),
          choose: optional(
            described(oneOf('chance', 'reward'), {
              about:
                'chance: as `share` says. reward: by what attempts with each were worth so far, as agents are chosen.',
              default: 'chance',
            }),
          ),
        }),
        { max: 20 },
      ),
      { about: 'Skills of which two versions are compared.' },
    ),
  ),
  notifications: optional(
    described(
      object({
        webhooks: optional(
          described(
            array(
              string({
                min: 8,
                max: 2_000,
                pattern: /^https?:\/\/[^\s/@]+(?:\/\S*)?$/,
                called: 'an http or https URL',
              }),
              { max: 20 },
            ),
            { about: 'Addresses that are sent each thing that waits, as JSON.' },
          ),
        ),
      }),
      { about: 'Who is told what waits for a person.' },
    ),
  ),
}
const shape = object(fields)

/** `.headrace/factory.yaml` with its defaults. */
export interface FactoryFile {
  readonly base: string
  /** The folder of the lanes. */
  readonly lanes: string
  readonly gate: GateSettings
  readonly protectedPaths: readonly string[]
  readonly testGlobs: readonly string[] | undefined
  readonly attention: number
  readonly budget: AttemptBudget
  readonly diff: {
    readonly files: number
    readonly lines: number
    readonly fileBytes: number
    readonly newDependencies: number
  }
  readonly guards: Readonly<Record<string, 'block' | 'ask' | 'warn'>>
  readonly agents: Readonly<Record<string, AgentSettings>>
  readonly plugins: readonly WantedPlugin[]
  readonly models: ModelSettings | undefined
  readonly clones: { readonly maxBytes: number; readonly undoDays: number }
  readonly webhooks: readonly string[]
  /** Commits with other versions of skills, by the names of these, and for how many percent of the tasks. */
  readonly trials: Readonly<
    Record<string, { readonly against: string; readonly share: number; readonly choose: 'chance' | 'reward' }>
  >
}

/** Where it is. */
export const factoryPath = '.headrace/factory.yaml'

/** Always taken from the base: what the factory and CI are told to do. */
const alwaysProtected: readonly string[] = [
  '.headrace/**',
  '.ci/**',
  '.github/workflows/**',
  '.github/actions/**',
  '.gitlab-ci.yml',
  '.circleci/**',
  '.buildkite/**',
  'azure-pipelines.yml',
  'Jenkinsfile',
]

/** Reads `.headrace/factory.yaml`: the file with its defaults, or everything that is wrong with it. */
export function parseFactoryFile(text: string, file: string = factoryPath): FactoryFile | readonly FileFault[] {
  const yaml = readYaml({ file, text })
  if (!('value' in yaml)) return yaml
  const faults = [...fieldFaults(yaml, fields), ...agentFaults(yaml)]
  if (faults.length > 0) return faults.toSorted((a, b) => a.line - b.line || a.column - b.column)
  const given = shape.parse(yaml.value)
  return {
    base: given.base,
    lanes: folderOf(given.lanes),
    gate: gateSettings(given.gate),
    protectedPaths: [...alwaysProtected, ...(given.protected ?? [])],
    testGlobs: given.tests,
    attention: given.attention ?? 3,
    budget: given.budget ?? {},
    diff: { files: 40, lines: 1_500, fileBytes: 1_000_000, newDependencies: 0, ...given.diff },
    guards: given.guards ?? {},
    agents: given.agents ?? {},
    plugins: (given.plugins ?? []).map(({ timeoutSeconds, ...plugin }) => ({
      ...plugin,
      ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1_000 }),
    })),
    models: given.models,
    clones: { maxBytes: (given.clones?.maxGb ?? 20) * 1_000_000_000, undoDays: given.clones?.undoDays ?? 7 },
    webhooks: given.notifications?.webhooks ?? [],
    trials: Object.fromEntries(
      Object.entries(given.trials ?? {}).map(([name, { against, share = 50, choose = 'chance' }]) => [
        name,
        { against, share, choose },
      ]),
    ),
  }
}

/** Agents whose fields are right and fit together wrong; what else is wrong in the file does not hide them. */
function agentFaults(yaml: YamlText): readonly FileFault[] {
  return Object.entries(keysOf(yaml.value['agents'])).flatMap(([name, settings]) => {
    const what = isAgent(settings) ? agentFault(settings) : undefined
    return what === undefined ? [] : [yaml.fault(`agents.${name}`, what)]
  })
}

function isAgent(settings: unknown): settings is AgentSettings {
  try {
    agentShape.parse(settings)
    return true
  } catch {
    return false
  }
}

/** What can be said of a file that has faults, so that they do not hide those of other files. */
export interface FactoryOutline {
  readonly base: string | undefined
  /** The folder of the lanes. */
  readonly lanes: string
  /** Names; `undefined` where that can't be said. */
  readonly agents: readonly string[] | undefined
  /** Whether guards may be those of plugins. */
  readonly hasPlugins: boolean
}

/** The outline of a file that {@link parseFactoryFile} refuses, as far as its keys are right. */
export function outlineFactoryFile(text: string): FactoryOutline {
  const yaml = readYaml({ file: factoryPath, text })
  const value = 'value' in yaml ? yaml.value : undefined
  const given = <T>(schema: Schema<T>, key: string): T | undefined => {
    try {
      return schema.parse(value?.[key])
    } catch {
      return undefined
    }
  }
  return {
    base: given(fields.base, 'base'),
    lanes: folderOf(given(fields.lanes, 'lanes')),
    agents: value && Object.keys(keysOf(value['agents'])),
    hasPlugins: value === undefined || value['plugins'] !== undefined,
  }
}

function keysOf(value: unknown): Readonly<Record<string, unknown>> {
  // An object that is no array.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function folderOf(lanes: string | undefined): string {
  return (lanes ?? '.headrace/lanes').replace(/\/+$/, '')
}

/** The JSON Schema of `.headrace/factory.yaml`, for editors. */
export const factoryFileSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Headrace factory',
  ...shape.json,
}
