import { HeadraceError, type Schema } from '@headrace/core'
import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'

/** What is wrong in a file of the factory, and where. */
export interface FileFault {
  /** Path in the repository. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** The key, such as `gate.test`; empty where the whole file is meant. */
  readonly key: string
  readonly what: string
}

/** `.headrace/factory.yaml:3:5 gate.test: must be …`. */
export function faultInWords({ file, line, column, key, what }: FileFault): string {
  return `${file}:${line}:${column} ${key === '' ? '' : `${key}: `}${what}`
}

/** A YAML text that was read, and where its keys stand. */
export interface YamlText {
  readonly value: Readonly<Record<string, unknown>>
  /** What is wrong at a key. */
  fault(key: string, what: string): FileFault
}

export interface YamlSource {
  readonly file: string
  readonly text: string
  /** Line of the file at which the text begins. Default 1. */
  readonly firstLine?: number
  /** `failsafe`: what is no list and no keys is text, such as a version 1.0. Default `core`. */
  readonly schema?: 'core' | 'failsafe'
}

/** Reads YAML as data: no tags, no merge keys, no repeated keys, and aliases within bounds. */
export function readYaml(source: YamlSource): YamlText | readonly FileFault[] {
  const { file, text, firstLine = 1, schema = 'core' } = source
  const counter = new LineCounter()
  const at = (offset: number, key: string, what: string): FileFault => {
    const { line, col } = counter.linePos(offset)
    return { file, line: Math.max(1, line) + firstLine - 1, column: Math.max(1, col), key, what }
  }
  const document = parseDocument(text, {
    version: '1.2',
    schema,
    merge: false,
    uniqueKeys: true,
    lineCounter: counter,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const problems = [...document.errors, ...document.warnings]
  if (problems.length > 0)
    return problems.slice(0, 20).map(({ pos, message }) => at(pos[0], '', message.split('\n')[0] ?? ''))
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 20 })
  } catch (error) {
    return [at(0, '', error instanceof Error ? error.message : String(error))]
  }
  if (value === null) value = {}
  if (typeof value !== 'object' || Array.isArray(value)) return [at(0, '', 'must be keys with values')]
  return {
    value: value as Readonly<Record<string, unknown>>, // an object that is no array
    fault: (key, what) => at(offsetOf(document, segments(key)), key, what),
  }
}

type Fields = Readonly<Record<string, Schema<unknown>>>

/** Checks every field by itself, so that one fault does not hide the next. */
export function fieldFaults(yaml: YamlText, fields: Fields): readonly FileFault[] {
  const { value } = yaml
  const found: FileFault[] = []
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(fields, key)) continue
    found.push(yaml.fault(key, `is not known here; known are ${Object.keys(fields).join(', ')}`))
  }
  for (const [key, schema] of Object.entries(fields)) {
    if (value[key] === undefined && 'optional' in schema) continue
    for (const { path, what } of wrongIn(schema, key, value[key])) found.push(yaml.fault(path, what))
  }
  return found.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

/** Most that is said of one field. */
const maxFaults = 20

interface Wrong {
  readonly path: string
  readonly what: string
}

/**
 * A shape names the first thing that is wrong in a value. So what it named is taken out, or what it stands in where it may
 * not be missing, until nothing is wrong in the rest. Only the first thing in a list is found: others would move up.
 */
function wrongIn(schema: Schema<unknown>, key: string, value: unknown): readonly Wrong[] {
  const found: Wrong[] = []
  const taken = new Set<string>()
  let rest = value
  while (found.length < maxFaults) {
    const wrong = firstWrong(schema, key, rest)
    if (!wrong) break
    let place = segments(wrong.path)
    if (!taken.has(place.join('\n'))) found.push(wrong)
    while (typeof place.at(-1) === 'number' || taken.has(place.join('\n'))) place = place.slice(0, -1)
    if (place.length <= 1) break
    taken.add(place.join('\n'))
    rest = without(rest, place.slice(1))
  }
  return found
}

function firstWrong(schema: Schema<unknown>, key: string, value: unknown): Wrong | undefined {
  try {
    schema.parse(value, key)
    return undefined
  } catch (error) {
    if (!(error instanceof HeadraceError)) throw error
    const path = typeof error.detail?.['path'] === 'string' ? error.detail['path'] : key
    return { path, what: error.message.replace(`${path} `, '').replace(/\.$/, '') }
  }
}

/** A copy without what stands at a path. */
function without(value: unknown, [first, ...more]: readonly (string | number)[]): unknown {
  if (first === undefined || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === first ? without(item, more) : item))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => more.length > 0 || name !== first)
      .map(([name, inside]) => [name, name === first ? without(inside, more) : inside]),
  )
}

/** `gate.setup[1].x` → `gate`, `setup`, 1, `x`. */
function segments(key: string): readonly (string | number)[] {
  return [...key.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) =>
    index === undefined ? (name ?? '') : Number(index),
  )
}

/** Where a key stands; what is not there stands where it would belong. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  let node: unknown = document.contents
  let offset = 0
  for (const segment of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(segment),
      )
      if (!pair) return offset
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof segment === 'number') {
      node = node.items[segment]
      if (isNode(node)) offset = node.range?.[0] ?? offset
    } else return offset
  }
  return offset
}
