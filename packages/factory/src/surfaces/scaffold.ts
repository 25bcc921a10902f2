import { FactoryError } from '../errors.ts'
import type { PluginSurface } from './surfaces-file.ts'

const word = /\{\{([^{}]*)\}\}/g
const known: ReadonlySet<string> = new Set(['name', 'camel', 'surface'])

const builtIn: Readonly<Record<string, string>> = {
  'index.js': `export function {{camel}}() {
  throw new Error('{{name}} does nothing yet')
}
`,
  '{{name}}.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { {{camel}} } from './index.js'

test('{{name}} does what it is for', () => {
  assert.doesNotThrow(() => {{camel}}())
})
`,
  'README.md': `# {{name}}

A plugin of the surface {{surface}}. Say here what it is for.
`,
}

/**
 * The files of a new plugin, by their paths in the repository. Pure.
 *
 * @throws FactoryError `bad_option` for a name that no plugin can have
 */
export function scaffoldPlugin(surface: PluginSurface, name: string): Readonly<Record<string, string>> {
  if (!isPluginName(name)) {
    throw new FactoryError('bad_option', `"${name}" is no name of a plugin: 1 to 64 of a–z, 0–9 and "-".`)
  }
  const names: Readonly<Record<string, string>> = { name, camel: camel(name), surface: surface.name }
  const put = (text: string): string => text.replaceAll(word, (whole, key: string) => names[key] ?? whole)
  const files = Object.entries(surface.scaffold ?? builtIn)
  return Object.fromEntries(files.map(([file, text]) => [`${surface.folder}/${name}/${put(file)}`, put(text)]))
}

export function isPluginName(name: string): boolean {
  return /^[a-z][a-z0-9-]{0,63}$/.test(name)
}

/** Placeholders that nobody knows. */
export function unknownWords(text: string): readonly string[] {
  return [...text.matchAll(word)].flatMap(([whole, key = '']) => (known.has(key) ? [] : [whole]))
}

/** A name for a plugin from what is to be done. */
export function nameFrom(title: string): string {
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? []
  const telling = words.filter((one) => !small.has(one))
  const name = (telling.length > 0 ? telling : words).slice(0, 4).join('-').slice(0, 40).replace(/-$/, '')
  return isPluginName(name) ? name : `plugin-${name}`.replace(/-$/, '')
}

const small: ReadonlySet<string> = new Set(
  'a an the to of for in on at by with and or add adds make makes new support allow allows that which it'.split(' '),
)

function camel(name: string): string {
  return name.replaceAll(/-+([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase())
}
