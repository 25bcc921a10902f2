import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  builtInGuards,
  checkFactory,
  factoryFileSchema,
  floorConfig,
  agentOf,
  laneFileSchema,
  surfacesFileSchema,
  type FloorSource,
} from '@headrace/factory'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = readFileSync(path.join(root, 'docs/factory.md'), 'utf8')

interface Shape {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: string | number | boolean
  readonly oneOf?: readonly Shape[]
  readonly description?: string
  readonly default?: string | number | boolean
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly additionalProperties?: Shape | boolean
}

/** The table of a schema's keys, as it must stand in the guide. */
function table(schema: Shape): string {
  return ['| key | what | default |', '|---|---|---|', ...rows(schema, '')].join('\n')
}

function rows({ properties = {}, required = [] }: Shape, prefix: string): readonly string[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const key = `${prefix}${name}`
    const fallback =
      field.default === undefined ? (required.includes(name) ? 'must be there' : '') : `\`${String(field.default)}\``
    const what = [typeOf(field), field.description].filter((text) => text !== undefined && text !== '').join('. ')
    const { additionalProperties: named, items } = field
    return [
      `| \`${key}\` | ${what.replaceAll('|', '\\|')} | ${fallback} |`,
      ...rows(field, `${key}.`),
      ...(typeof named === 'object' ? rows(named, `${key}.<name>.`) : []),
      ...(items ? rows(items, `${key}[].`) : []),
    ]
  })
}

function typeOf({ type, enum: options, const: only, oneOf, items, additionalProperties: named }: Shape): string {
  if (options) return options.map((option) => `\`${String(option)}\``).join(', ')
  if (only !== undefined) return `\`${String(only)}\``
  if (oneOf?.every((one) => one.const !== undefined)) return oneOf.map((one) => `\`${String(one.const)}\``).join(', ')
  if (oneOf) return 'a command'
  if (type === 'array') return `list of ${items?.properties ? 'objects' : items ? typeOf(items) : 'anything'}`
  if (type === 'object' && typeof named === 'object') return named.properties ? 'by name' : `by name: ${typeOf(named)}`
  return type ?? 'a command'
}

function between(from: string, text = page): string {
  const start = text.indexOf(`<!-- ${from} -->`)
  return text.slice(text.indexOf('\n', start) + 1, text.indexOf('<!-- end', start)).trim()
}

function fence(from: string): string {
  const start = page.indexOf('```', page.indexOf(from))
  return page.slice(page.indexOf('\n', start) + 1, page.indexOf('```', start + 3))
}

describe('docs/factory.md', () => {
  test('F9b: the guide names every key of the files with what it is and its default', () => {
    // A schema is JSON by construction, and only what a table shows is read.
    expect(between('keys of factory.yaml')).toBe(table(factoryFileSchema as unknown as Shape))
    expect(between('keys of a lane')).toBe(table(laneFileSchema as unknown as Shape))
    const plugins = readFileSync(path.join(root, 'docs/plugins.md'), 'utf8')
    expect(between('keys of plugins.yaml', plugins)).toBe(table(surfacesFileSchema as unknown as Shape))
  })

  test('F9b: the schemas are files of the package, for editors', () => {
    const file = (name: string): unknown =>
      JSON.parse(readFileSync(path.join(root, 'packages/factory/schemas', name), 'utf8'))
    expect(file('factory.schema.json')).toEqual(factoryFileSchema)
    expect(file('lane.schema.json')).toEqual(laneFileSchema)
  })

  test('F9d: the smallest floor of the guide passes the check and opens', async () => {
    const files: Readonly<Record<string, string>> = {
      '.headrace/factory.yaml': fence('A smallest floor:'),
      '.headrace/lanes/bugs.md': fence('and a lane for it:'),
    }
    const source: FloorSource = {
      read: async (file) => files[file],
      list: async (folder) => Object.keys(files).filter((file) => file.startsWith(`${folder}/`)),
      entries: async () => [],
    }
    const { floor, faults } = await checkFactory(source)
    expect(faults).toEqual([])
    expect(floor && floorConfig(floor, agentOf).lanes.map(({ name, oversight }) => `${name} ${oversight}`)).toEqual([
      'bugs branch',
    ])
  })

  test('G4: the guide names every guard with what it looks at and what is done', () => {
    const lines = builtInGuards.map(({ name, about, policy }) => `| \`${name}\` | ${about} | ${policy} |`)
    expect(between('guards')).toBe(
      ['| guard | looks at | unless you say otherwise |', '|---|---|---|', ...lines].join('\n'),
    )
  })
})
