/**
 * JSON Schemas of what the server sends. It sends what its types say, so nothing checks it on the way; here the compiler
 * checks that a schema has each field of its type, and asks for those that may be missing by name.
 */
import type { JsonObject } from '@headrace/core'

interface Maybe {
  readonly maybe: JsonObject
}

type Fields<T> = { readonly [K in keyof T]-?: object extends Pick<T, K> ? Maybe : JsonObject }

export const text: JsonObject = { type: 'string' }
export const flag: JsonObject = { type: 'boolean' }
export const always: JsonObject = { const: true }
export const anything: JsonObject = {}
export const count: JsonObject = { type: 'integer', minimum: 0 }
export const amount: JsonObject = { type: 'number', minimum: 0 }
export const time: JsonObject = { type: 'integer', description: 'Milliseconds since 1970.' }
export const free: JsonObject = { type: 'object', additionalProperties: true }

/** A field that may be missing. */
export function maybe(schema: JsonObject): Maybe {
  return { maybe: schema }
}

/** An object with the fields of a type. More may come, from newer servers. */
export function record<T>(fields: Fields<T>, description?: string): JsonObject {
  const entries = Object.entries<JsonObject | Maybe>(fields)
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(entries.map(([name, field]) => [name, isMaybe(field) ? field.maybe : field])),
    required: entries.filter(([, field]) => !isMaybe(field)).map(([name]) => name),
  }
}

function isMaybe(field: JsonObject | Maybe): field is Maybe {
  return 'maybe' in field
}

export function list(items: JsonObject): JsonObject {
  return { type: 'array', items }
}

export function words(...values: readonly string[]): JsonObject {
  return { type: 'string', enum: values }
}

export function orNull(schema: JsonObject): JsonObject {
  return { anyOf: [schema, { type: 'null' }] }
}

/** One of several shapes, told apart by a field that is a constant in each. */
export function oneOf(...shapes: readonly JsonObject[]): JsonObject {
  return { oneOf: shapes }
}

export function constant(value: string): JsonObject {
  return { const: value }
}

/** A schema of the document's components. */
export function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}
