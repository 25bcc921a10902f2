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
    try {
      schema.parse(value[key], key)
    } catch (error) {
      if (!(error instanceof HeadraceError)) throw error
      const path = typeof error.detail?.['path'] === 'string' ? error.detail['path'] : key
      found.push(yaml.fault(path, error.message.replace(`${path} `, '').replace(/\.$/, '')))
    }
  }
  return found.toSorted((a, b) => a.line - b.line || a.column - b.column)
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
