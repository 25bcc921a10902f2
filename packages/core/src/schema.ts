import { HeadraceError } from './errors.ts'
import type { Json, JsonObject } from './json.ts'

/**
 * A shape that checks unknown input at the edge and describes itself as JSON Schema, so that the checks, the published
 * schema and the version guard can't drift apart. Small on purpose: only what the wire needs.
 */
export interface Schema<T> {
  /**
   * Returns the value as `T` or throws `bad_request` with the path of the first field that is wrong. What is right
   * already is returned as it is and not copied: every token passes here.
   */
  parse(value: unknown, path?: string): T
  /** This shape as a JSON Schema. */
  readonly json: JsonObject
}

/** The schema of an object with named fields. */
export interface ObjectSchema<T> extends Schema<T> {
  /** As `parse`, for an object that has one field more, which was checked by somebody else. */
  parseBeside(tag: string, value: object, path: string): T
}

interface OptionalSchema<T> extends Schema<T> {
  readonly optional: true
}

// `any` would lose the inference below; `unknown` keeps the output position covariant.
type Fields = Readonly<Record<string, Schema<unknown>>>
type Output<S> = S extends Schema<infer T> ? T : never
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F]
type ObjectOf<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Output<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: Output<F[K]>
}

function fail(path: string, expected: string, value: unknown): never {
  throw new HeadraceError('bad_request', `${path || 'the message'} must be ${expected}, but is ${show(value)}.`, {
    detail: { path: path || '.' },
  })
}

function show(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'string')
    return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${String(value)}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export interface StringOptions {
  readonly min?: number
  /** Most characters (UTF-16 units). */
  readonly max?: number
  readonly pattern?: RegExp
  /** How the pattern is named in an error. */
  readonly called?: string
}

export function string(options: StringOptions = {}): Schema<string> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, pattern, called } = options
  const expected = called ?? lengths(min, options.max)
  return {
    parse(value, path = '') {
      if (typeof value !== 'string' || value.length < min || value.length > max || (pattern && !pattern.test(value))) {
        fail(path, expected, value)
      }
      return value
    },
    json: {
      type: 'string',
      ...(min > 0 && { minLength: min }),
      ...(options.max !== undefined && { maxLength: max }),
      ...(pattern && { pattern: pattern.source }),
    },
  }
}

function lengths(min: number, max: number | undefined): string {
  if (max !== undefined)
    return min > 0 ? `a string of ${min} to ${max} characters` : `a string of at most ${max} characters`
  return min > 0 ? `a string of at least ${min} character${min > 1 ? 's' : ''}` : 'a string'
}

export function integer(min: number, max: number): Schema<number> {
  return {
    parse(value, path = '') {
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
        fail(path, `a whole number from ${min} to ${max}`, value)
      }
      return value
    },
    json: { type: 'integer', minimum: min, maximum: max },
  }
}

export function number(min: number): Schema<number> {
  return {
    parse(value, path = '') {
      if (typeof value !== 'number' || !Number.isFinite(value) || value < min)
        fail(path, `a number of at least ${min}`, value)
      return value
    },
    json: { type: 'number', minimum: min },
  }
}

export function boolean(): Schema<boolean> {
  return {
    parse(value, path = '') {
      if (typeof value !== 'boolean') fail(path, 'true or false', value)
      return value
    },
    json: { type: 'boolean' },
  }
}

/** One of the given strings. */
export function oneOf<const T extends string>(...values: readonly T[]): Schema<T> {
  const known = new Set<string>(values)
  return {
    parse(value, path = '') {
      if (typeof value !== 'string' || !known.has(value)) fail(path, `one of ${values.join(', ')}`, value)
      return value as T // the set holds exactly the members of T
    },
    json: { enum: values },
  }
}

/** Exactly `true`: for a choice that is made by naming it. */
export function onlyTrue(): Schema<true> {
  return {
    parse(value, path = '') {
      if (value !== true) fail(path, 'true', value)
      return value
    },
    json: { const: true },
  }
}

export function array<T>(
  item: Schema<T>,
  options: { readonly min?: number; readonly max: number },
): Schema<readonly T[]> {
  const { min = 0, max } = options
  return {
    parse(value, path = '') {
      if (!Array.isArray(value) || value.length < min || value.length > max) {
        fail(path, `an array of ${min} to ${max} items`, value)
      }
      const given: readonly unknown[] = value
      let output: T[] | undefined
      for (let index = 0; index < given.length; index += 1) {
        const parsed = item.parse(given[index], `${path}[${index}]`)
        if (parsed !== given[index]) (output ??= [...(given as readonly T[])])[index] = parsed // those before are parsed
      }
      return output ?? (given as readonly T[]) // every entry was parsed and none is another value than before
    },
    json: { type: 'array', items: item.json, ...(min > 0 && { minItems: min }), maxItems: max },
  }
}

/** Marks a field of {@link object} that may be left out. */
export function optional<T>(schema: Schema<T>): OptionalSchema<T> {
  return { ...schema, optional: true }
}

/** The shape, or `null`. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return {
    parse: (value, path) => (value === null ? null : schema.parse(value, path)),
    json: { oneOf: [schema.json, { type: 'null' }] },
  }
}

interface ObjectShape {
  readonly properties: JsonObject
  readonly required: readonly string[]
}

/** An object with exactly these fields: an unknown key is an error, because it is nearly always a misspelt one. */
export function object<F extends Fields>(fields: F): ObjectSchema<ObjectOf<F>> {
  const known = new Set(Object.keys(fields))
  const entries = Object.entries(fields).map(([key, schema]) => ({ key, schema, isOptional: 'optional' in schema }))

  function parseFields(value: object, path: string, beside: string | undefined): ObjectOf<F> {
    const input = value as Readonly<Record<string, unknown>> // an object that is no array
    for (const key of Object.keys(input)) {
      if (!known.has(key) && key !== beside)
        fail(join(path, key), `left out (known here: ${[...known].join(', ')})`, input[key])
    }
    let output: Record<string, unknown> | undefined
    for (const { key, schema, isOptional } of entries) {
      const given = input[key]
      if (given === undefined && isOptional) continue
      const parsed = schema.parse(given, join(path, key))
      if (parsed !== given) (output ??= { ...input })[key] = parsed
    }
    return (output ?? input) as ObjectOf<F> // every field was parsed by its own schema
  }

  return {
    parse: (value, path = '') => parseFields(isObject(value) ? value : fail(path, 'an object', value), path, undefined),
    parseBeside: (tag, value, path) => parseFields(value, path, tag),
    json: {
      type: 'object',
      properties: Object.fromEntries(entries.map(({ key, schema }) => [key, schema.json])),
      required: entries.filter(({ isOptional }) => !isOptional).map(({ key }) => key),
      additionalProperties: false,
    },
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object with exactly one of these fields: a choice that is made by naming it. */
export function oneField<F extends Fields>(
  fields: F,
): Schema<{ [K in keyof F]: { readonly [P in K]: Output<F[K]> } }[keyof F]> {
  const names = Object.keys(fields)
  return {
    parse(value, path = '') {
      const expected = `an object with exactly one of ${names.join(', ')}`
      if (!isObject(value)) fail(path, expected, value)
      const [entry, ...more] = Object.entries(value as Record<string, unknown>) // checked on the line above
      const [name = '', chosen] = entry ?? []
      const schema = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (!schema || more.length > 0) fail(path, expected, value)
      return { [name]: schema.parse(chosen, join(path, name)) } as never // its one field was parsed by its own schema
    },
    json: { oneOf: Object.entries(fields).map(([name, schema]) => object({ [name]: schema }).json) },
  }
}

type Variants = Readonly<Record<string, ObjectSchema<object>>>
type Tagged<Tag extends string, V extends Variants> = {
  [K in keyof V]: { readonly [T in Tag]: K } & Output<V[K]>
}[keyof V]

/** A union of objects told apart by a string field. */
export function tagged<Tag extends string, V extends Variants>(tag: Tag, variants: V): Schema<Tagged<Tag, V>> {
  const byName = new Map(Object.entries(variants))
  return {
    parse(value, path = '') {
      if (!isObject(value)) fail(path, 'an object', value)
      const { [tag]: name } = value as Readonly<Record<string, unknown>> // checked on the line above
      const variant = typeof name === 'string' ? byName.get(name) : undefined
      if (!variant) fail(join(path, tag), `one of ${[...byName.keys()].join(', ')}`, name)
      return variant.parseBeside(tag, value, path) as Tagged<Tag, V> // the variant was chosen by this tag
    },
    json: { oneOf: Object.entries(variants).map(([name, variant]) => withTag(variant.json, tag, name)) },
  }
}

function withTag(shape: JsonObject, tag: string, name: string): JsonObject {
  const { properties, required } = shape as Partial<ObjectShape> // the variants are objects
  const fields = { [tag]: { const: name }, ...properties }
  return { ...shape, title: name, properties: fields, required: [tag, ...(required ?? [])] }
}

/** Deepest nesting of JSON, so that hostile input can't exhaust the stack of whoever walks it. */
export const maxDepth = 32

/** Any JSON value up to 32 levels deep. */
export function json(): Schema<Json> {
  return {
    parse(value, path = '') {
      check(value, path, maxDepth)
      return value as Json // checked recursively on the line above
    },
    json: {},
  }
}

/** A JSON object up to 32 levels deep. */
export function jsonObject(): Schema<JsonObject> {
  return {
    parse(value, path = '') {
      if (!isObject(value)) fail(path, 'a JSON object', value)
      check(value, path, maxDepth)
      return value as JsonObject // checked recursively on the line above
    },
    json: { type: 'object' },
  }
}

function check(value: unknown, path: string, depth: number): void {
  if (depth === 0) fail(path, `nested at most ${maxDepth} levels deep`, value)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (typeof value !== 'object') fail(path, 'a JSON value', value)
  const children = Array.isArray(value) ? value.entries() : Object.entries(value)
  for (const [key, child] of children) check(child, join(path, String(key)), depth - 1)
}

function join(path: string, key: string): string {
  return path ? `${path}.${key}` : key
}
