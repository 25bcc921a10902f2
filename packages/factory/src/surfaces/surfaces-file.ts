import { array, integer, object, optional, string, type JsonObject, type Schema } from '@headrace/core'
import { command, described, named, type Argv } from '../files/shapes.ts'
import { fieldFaults, readYaml, type FileFault } from '../files/yaml-text.ts'
import { unknownWords } from './scaffold.ts'

const globs = array(string({ min: 1, max: 500 }), { max: 200 })
const folder = string({
  min: 1,
  max: 200,
  pattern: /^(?![/.])(?!.*\.\.)[\w./-]+$/,
  called: 'a folder of the repository',
})

const surface = object({
  about: described(string({ min: 1, max: 500 }), { about: 'What belongs here, in a sentence.' }),
  owner: described(string({ min: 1, max: 200 }), { about: 'Who answers for it.' }),
  folder: described(folder, { about: 'A plugin is a folder in it, named 1 to 64 of a–z, 0–9 and "-".' }),
  paths: optional(described(globs, { about: 'Globs of what belongs to it. Default: all that is in its folder.' })),
  test: described(command(), {
    about:
      'The contract that each plugin has to keep: a command of tests. `{plugin}` stands for the folder of the plugin, as the variable HEADRACE_PLUGIN does.',
  }),
  scaffold: optional(
    described(named(string({ max: 16_384 }), { max: 20, pattern: /^(?!\/)(?!.*\.\.)[\w./{}-]{1,200}$/ }), {
      about:
        'What a new plugin has: text by file. `{{name}}`, `{{camel}}` and `{{surface}}` stand for names. Default: a module with a test.',
    }),
  ),
})

const budget = object({
  lines: optional(described(integer(0, 100_000_000), { about: 'Lines with something in them.' })),
  exports: optional(described(integer(0, 1_000_000), { about: 'Names that JavaScript and TypeScript files export.' })),
  dependencies: optional(
    described(integer(0, 10_000), { about: 'Packages that its package.json, or that of the repository, needs.' }),
  ),
})

const fields = {
  core: described(
    object({
      paths: described(globs, { about: 'Globs of what is core. Tests do not count.' }),
      entries: optional(described(globs, { about: 'Files whose exports are counted. Default: all of core.' })),
      budget: optional(described(budget, { about: 'What core may be. What is over already may not grow.' })),
    }),
    { about: 'What everybody depends on, and what stays small.' },
  ),
  surfaces: described(named(surface, { max: 50 }), { about: 'Where optional capability belongs.' }),
}
const shape = object(fields)

/** A place of the repository where features are added without a change of core. */
export interface PluginSurface {
  readonly name: string
  readonly about: string
  readonly owner: string
  readonly folder: string
  readonly paths: readonly string[]
  readonly test: Argv
  /** Text by file, with its placeholders. */
  readonly scaffold: Readonly<Record<string, string>> | undefined
}

/** What core may be. */
export interface CoreBudget {
  readonly lines?: number
  readonly exports?: number
  readonly dependencies?: number
}

/** `.headrace/plugins.yaml`. */
export interface PluginSurfaces {
  readonly core: {
    readonly paths: readonly string[]
    readonly entries: readonly string[] | undefined
    readonly budget: CoreBudget
  }
  readonly surfaces: readonly PluginSurface[]
}

/** Where it is. */
export const surfacesPath = '.headrace/plugins.yaml'

/** Reads `.headrace/plugins.yaml`, or says everything that is wrong with it. */
export function parseSurfacesFile(text: string, file: string = surfacesPath): PluginSurfaces | readonly FileFault[] {
  const yaml = readYaml({ file, text })
  if (!('value' in yaml)) return yaml
  const faults = fieldFaults(yaml, fields)
  if (faults.length > 0) return faults
  const { core, surfaces } = shape.parse(yaml.value)
  const unknown = Object.entries(surfaces).flatMap(([name, { scaffold = {} }]) =>
    Object.entries(scaffold).flatMap(([path, content]) =>
      unknownWords(`${path}${content}`).map((word) =>
        yaml.fault(`surfaces.${name}.scaffold`, `${path} has ${word}; there are {{name}}, {{camel}} and {{surface}}`),
      ),
    ),
  )
  if (unknown.length > 0) return unknown
  return {
    core: { paths: core.paths, entries: core.entries, budget: core.budget ?? {} },
    surfaces: Object.entries(surfaces).map(([name, given]) => {
      const at = given.folder.replace(/\/+$/, '')
      return { ...given, name, folder: at, paths: given.paths ?? [`${at}/**`], scaffold: given.scaffold }
    }),
  }
}

/** The JSON Schema of `.headrace/plugins.yaml`, for editors. */
export const surfacesFileSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Headrace plugin surfaces',
  ...(shape as Schema<unknown>).json,
}
