import type { Json, JsonObject } from '../src/index.ts'

/**
 * Whether a value fits a JSON Schema, for the keywords that core uses; any other keyword is an error. It is written from
 * the JSON Schema specification and shares nothing with core's own checks, so that one can test the other.
 */
export function fits(schema: Json | undefined, value: unknown): boolean {
  if (!isObject(schema)) throw new Error(`not a schema: ${JSON.stringify(schema)}`)
  return Object.entries(schema).every(([keyword, rule]) => holds(keyword, rule, value, schema))
}

function holds(keyword: string, rule: Json, value: unknown, schema: JsonObject): boolean {
  switch (keyword) {
    case 'title':
      return true
    case 'type':
      return hasType(rule, value)
    case 'const':
      return value === rule
    case 'enum':
      return list(rule).some((one) => one === value)
    case 'oneOf':
      return list(rule).filter((one) => fits(one, value)).length === 1
    case 'minLength':
      return typeof value !== 'string' || value.length >= Number(rule)
    case 'maxLength':
      return typeof value !== 'string' || value.length <= Number(rule)
    case 'pattern':
      return typeof value !== 'string' || new RegExp(word(rule), 'u').test(value)
    case 'minimum':
      return typeof value !== 'number' || value >= Number(rule)
    case 'maximum':
      return typeof value !== 'number' || value <= Number(rule)
    case 'minItems':
      return !Array.isArray(value) || value.length >= Number(rule)
    case 'maxItems':
      return !Array.isArray(value) || value.length <= Number(rule)
    case 'items':
      return !Array.isArray(value) || value.every((item) => fits(rule, item))
    case 'properties':
      return (
        !isObject(value) ||
        !isObject(rule) ||
        Object.entries(value).every(([key, field]) => !Object.hasOwn(rule, key) || fits(rule[key], field))
      )
    case 'required':
      return !isObject(value) || list(rule).every((key) => Object.hasOwn(value, word(key)))
    case 'additionalProperties': {
      const { properties } = schema
      return (
        rule !== false ||
        !isObject(value) ||
        Object.keys(value).every((key) => isObject(properties) && Object.hasOwn(properties, key))
      )
    }
    default:
      throw new Error(`unknown keyword ${keyword}`)
  }
}

function hasType(type: Json, value: unknown): boolean {
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
      throw new Error(`unknown type ${JSON.stringify(type)}`)
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function word(value: Json): string {
  if (typeof value !== 'string') throw new Error(`not a string: ${JSON.stringify(value)}`)
  return value
}

function list(value: Json): readonly Json[] {
  if (!Array.isArray(value)) throw new Error(`not a list: ${JSON.stringify(value)}`)
  return value as readonly Json[] // checked on the line above
}
