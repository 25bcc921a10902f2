/**
 * JSON Schema for answers (C7): the part of it that forms are made of. A schema that says more is refused when the request
 * is opened, so that no answer passes unchecked. There is no `pattern`: a regular expression of an agent's could hold up
 * the server.
 */
import type { Json, JsonObject } from './json.ts'
import { equal } from './json-patch.ts'

const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const
type TypeName = (typeof types)[number]

/** What a keyword's own value must be. Annotations only inform whoever draws the form. */
const keywords: Readonly<Record<string, (value: Json) => boolean>> = {
  $schema: isText,
  title: isText,
  description: isText,
  default: () => true,
  examples: () => true,
  format: isText,
  enumNames: Array.isArray,
  type: (value) =>
    isType(value) || (Array.isArray(value) && value.length > 0 && value.every((item: Json) => isType(item))),
  enum: (value) => Array.isArray(value) && value.length > 0,
  const: () => true,
  properties: isObject,
  required: (value) => Array.isArray(value) && value.every((item: Json) => isText(item)),
  additionalProperties: (value) => typeof value === 'boolean' || isObject(value),
  items: isObject,
  minItems: isCount,
  maxItems: isCount,
  minLength: isCount,
  maxLength: isCount,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  anyOf: isSchemas,
  oneOf: isSchemas,
  allOf: isSchemas,
}

function isText(value: Json): boolean {
  return typeof value === 'string'
}
function isNumber(value: Json): boolean {
  return typeof value === 'number'
}
function isCount(value: Json): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
function isType(value: Json): boolean {
  return types.some((type) => type === value)
}
function isSchemas(value: Json): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item: Json) => isObject(item))
}

/** What is wrong with a schema, as `path: reason`; `undefined` if nothing is. */
export function schemaFault(schema: JsonObject, path = 'schema'): string | undefined {
  for (const [keyword, value] of Object.entries(schema)) {
    const fits = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined
    if (!fits) return `${path}.${keyword}: not supported; known are ${Object.keys(keywords).join(', ')}`
    if (!fits(value)) return `${path}.${keyword}: does not have the form that JSON Schema gives it`
    for (const [name, child] of children(keyword, value)) {
      const fault = isObject(child) ? schemaFault(child, `${path}.${name}`) : `${path}.${name}: must be a schema`
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

function children(keyword: string, value: Json): readonly (readonly [string, Json])[] {
  if (keyword === 'properties' && isObject(value))
    return Object.entries(value).map(([key, child]) => [`properties.${key}`, child])
  if ((keyword === 'items' || keyword === 'additionalProperties') && isObject(value)) return [[keyword, value]]
  if (keyword === 'anyOf' || keyword === 'oneOf' || keyword === 'allOf')
    return (value as readonly Json[]).map((child, index) => [`${keyword}[${index}]`, child]) // `isSchemas` was checked
  return []
}

/** Comparisons that one answer may take: more than any form needs, and a moment for a server. */
const maxWork = 1_000_000

/** Where a check is, and what all checks of the answer together may still take. */
interface At {
  readonly path: string
  readonly work: { left: number }
}

/** What is wrong with a value, as `path must …`; `undefined` if it fits the schema. */
export function valueFault(schema: JsonObject, value: Json, path = 'value'): string | undefined {
  const work = { left: maxWork }
  const fault = faultAt(schema, value, { path, work })
  return work.left < 0 ? `${path} takes too many comparisons to check; answer with less` : fault
}

function faultAt(schema: JsonObject, value: Json, at: At): string | undefined {
  at.work.left -= 1
  if (at.work.left < 0) return `${at.path} must be checked in fewer steps`
  return (
    typeFault(schema, value, at) ??
    choiceFault(schema, value, at) ??
    sizeFault(schema, value, at) ??
    (isObject(value) ? objectFault(schema, value, at) : undefined) ??
    (Array.isArray(value) ? arrayFault(schema, value as readonly Json[], at) : undefined) ??
    combinedFault(schema, value, at)
  )
}

/** A place below. */
function below({ path, work }: At, step: string): At {
  return { path: `${path}${step}`, work }
}

/** How many values there are in a value: what it costs to compare it. */
function nodes(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const child of Object.values(value)) count += nodes(child)
  return count
}

function typeFault({ type }: JsonObject, value: Json, { path }: At): string | undefined {
  if (type === undefined) return undefined
  const allowed = (Array.isArray(type) ? type : [type]) as readonly TypeName[] // checked by `schemaFault`
  return allowed.some((name) => hasType(value, name)) ? undefined : `${path} must be ${allowed.join(' or ')}`
}

function hasType(value: Json, type: TypeName): boolean {
  switch (type) {
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'null':
      return value === null
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
    default:
      return type satisfies never
  }
}

function choiceFault(schema: JsonObject, value: Json, { path, work }: At): string | undefined {
  const { enum: choices } = schema
  if (Array.isArray(choices)) work.left -= choices.length * nodes(value)
  if (work.left < 0) return `${path} must be checked in fewer steps`
  if (Array.isArray(choices) && !choices.some((choice: Json) => equal(choice, value)))
    return `${path} must be one of ${JSON.stringify(choices).slice(0, 200)}`
  if ('const' in schema && !equal(schema['const'] ?? null, value))
    return `${path} must be ${JSON.stringify(schema['const']).slice(0, 200)}`
  return undefined
}

function sizeFault(schema: JsonObject, value: Json, { path }: At): string | undefined {
  const bound = (name: string): number | undefined => {
    const limit = schema[name]
    return typeof limit === 'number' ? limit : undefined
  }
  const outside = (actual: number, [min, max]: readonly [string, string], what: string): string | undefined => {
    const low = bound(min)
    const high = bound(max)
    if (low !== undefined && actual < low) return `${path} must have ${what} at least ${low}`
    if (high !== undefined && actual > high) return `${path} must have ${what} at most ${high}`
    return undefined
  }
  if (typeof value === 'string') return outside(Array.from(value).length, ['minLength', 'maxLength'], 'a length of')
  if (Array.isArray(value)) return outside(value.length, ['minItems', 'maxItems'], 'a number of items of')
  if (typeof value !== 'number') return undefined
  const above = bound('exclusiveMinimum')
  const below = bound('exclusiveMaximum')
  if (above !== undefined && value <= above) return `${path} must be greater than ${above}`
  if (below !== undefined && value >= below) return `${path} must be less than ${below}`
  return outside(value, ['minimum', 'maximum'], 'a value of')
}

function objectFault(schema: JsonObject, value: JsonObject, at: At): string | undefined {
  const { path, work } = at
  const { properties, required, additionalProperties: others } = schema
  const names = (required ?? []) as readonly string[] // checked by `schemaFault`
  work.left -= names.length
  const missing = names.find((key) => !Object.hasOwn(value, key))
  if (missing !== undefined) return `${path}.${missing} must be there`
  for (const [key, child] of Object.entries(value)) {
    const known = isObject(properties ?? null) && Object.hasOwn(properties as JsonObject, key) // an object by the same test
    const shape = known ? (properties as JsonObject)[key] : others
    if (shape === false) return `${path}.${key} must be left out`
    const fault = shape !== undefined && isObject(shape) ? faultAt(shape, child, below(at, `.${key}`)) : undefined
    if (fault !== undefined) return fault
  }
  return undefined
}

function arrayFault(schema: JsonObject, value: readonly Json[], at: At): string | undefined {
  const { items } = schema
  if (items === undefined || !isObject(items)) return undefined
  for (const [index, item] of value.entries()) {
    const fault = faultAt(items, item, below(at, `[${index}]`))
    if (fault !== undefined) return fault
  }
  return undefined
}

function combinedFault(schema: JsonObject, value: Json, at: At): string | undefined {
  const { path } = at
  const schemas = (name: string): readonly JsonObject[] => (schema[name] ?? []) as unknown as readonly JsonObject[] // checked by `schemaFault`
  for (const part of schemas('allOf')) {
    const fault = faultAt(part, value, at)
    if (fault !== undefined) return fault
  }
  if ('anyOf' in schema && !schemas('anyOf').some((part) => faultAt(part, value, at) === undefined))
    return `${path} must fit one of the forms of anyOf`
  if ('oneOf' in schema && schemas('oneOf').filter((part) => faultAt(part, value, at) === undefined).length !== 1)
    return `${path} must fit exactly one of the forms of oneOf`
  return undefined
}
