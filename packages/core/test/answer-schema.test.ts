import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { schemaFault, valueFault, type Json, type JsonObject } from '../src/index.ts'

const person: JsonObject = {
  type: 'object',
  properties: { name: { type: 'string', minLength: 1 }, age: { type: 'integer', minimum: 0 } },
  required: ['name'],
  additionalProperties: false,
}

/** What draft 2020-12 says of each, worked out by hand. */
const table: readonly (readonly [schema: JsonObject, fits: readonly Json[], not: readonly Json[]])[] = [
  [{}, [null, 1, 'x', [], {}], []],
  [{ type: 'string' }, ['', 'x'], [1, null, [], {}]],
  [{ type: 'number' }, [1, 1.5, -0], ['1', null, true]],
  [{ type: 'integer' }, [1, 1.0, -3, 1e300], [1.5, '1']],
  [{ type: 'boolean' }, [true, false], [0, 'true', null]],
  [{ type: 'null' }, [null], [0, '', false, {}]],
  [{ type: 'array' }, [[], [1]], [{}, 'x', null]],
  [{ type: 'object' }, [{}, { a: 1 }], [[], null, 'x']],
  [{ type: ['string', 'null'] }, ['x', null], [1]],
  [{ enum: ['a', 1, null, { x: [1] }] }, ['a', 1, null, { x: [1] }], ['b', '1', { x: [2] }, {}]],
  [{ const: { a: 1, b: 2 } }, [{ b: 2, a: 1 }], [{ a: 1 }, { a: 1, b: 2, c: 3 }]],
  [{ const: null }, [null], [0, false]],
  [{ minLength: 2, maxLength: 3 }, ['ab', 'abc', '😀😀😀', 5], ['a', 'abcd', '😀']],
  [{ minimum: 1, maximum: 2 }, [1, 2, 1.5, 'x'], [0.9, 2.1]],
  [{ exclusiveMinimum: 1, exclusiveMaximum: 2 }, [1.5], [1, 2]],
  [{ minItems: 1, maxItems: 2, items: { type: 'string' } }, [['a'], ['a', 'b'], 'x'], [[], ['a', 'b', 'c'], [1]]],
  [
    person,
    [{ name: 'Ada' }, { name: 'Ada', age: 36 }],
    [{}, { name: '' }, { name: 'x', age: -1 }, { name: 'x', more: 1 }],
  ],
  [{ additionalProperties: { type: 'integer' } }, [{}, { a: 1 }], [{ a: 'x' }]],
  [{ properties: { a: { type: 'string' } } }, [{}, { a: 'x' }, { b: 1 }, 5], [{ a: 1 }]],
  [{ required: ['toString'] }, [{ toString: 1 }, 3], [{}]],
  [{ anyOf: [{ type: 'string' }, { minimum: 5 }] }, ['x', 7, null], [3]],
  [{ oneOf: [{ type: 'integer' }, { minimum: 2 }] }, [1, 2.5], [3, 1.5]],
  [{ allOf: [{ type: 'integer' }, { minimum: 2 }] }, [2], [1, 2.5]],
  [{ items: { items: { type: 'null' } } }, [[[null]], [[]]], [[[1]]]],
]

describe('C7d: the schema of an answer', () => {
  test.each(table)('%j', (schema, fits, not) => {
    expect(schemaFault(schema)).toBeUndefined()
    for (const value of fits) expect(valueFault(schema, value), JSON.stringify(value)).toBeUndefined()
    for (const value of not) expect(valueFault(schema, value), JSON.stringify(value)).toMatch(/^value\S* must /)
  })

  test.each(table)('%j is checked as by another implementation', (schema, ...values) => {
    const validate = new Ajv2020({ strict: false, validateFormats: false, ownProperties: true }).compile(schema)
    const all = [...table.flatMap(([, fits, not]) => [...fits, ...not]), ...values.flat()]
    // The other one calls the method of an object that has a key of this name.
    const askable = all.filter((value) => !JSON.stringify(value).includes('toString'))
    for (const value of askable)
      expect(valueFault(schema, value) === undefined, JSON.stringify(value)).toBe(validate(value))
  })

  test.each<[JsonObject, string]>([
    [{ pattern: 'x' }, 'schema.pattern: not supported'],
    [{ $ref: '#' }, 'schema.$ref: not supported'],
    [{ properties: { a: { if: {} } } }, 'schema.properties.a.if: not supported'],
    [{ constructor: {} }, 'schema.constructor: not supported'],
    [{ type: 'text' }, 'schema.type: does not have'],
    [{ type: [] }, 'schema.type: does not have'],
    [{ enum: [] }, 'schema.enum: does not have'],
    [{ required: [1] }, 'schema.required: does not have'],
    [{ minLength: -1 }, 'schema.minLength: does not have'],
    [{ maxItems: 1.5 }, 'schema.maxItems: does not have'],
    [{ items: true }, 'schema.items: does not have'],
    [{ properties: { a: true } }, 'schema.properties.a: must be a schema'],
    [{ anyOf: [] }, 'schema.anyOf: does not have'],
    [{ oneOf: [{ type: 'x' }] }, 'schema.oneOf[0].type: does not have'],
    [{ additionalProperties: { type: 'x' } }, 'schema.additionalProperties.type: does not have'],
  ])('%j can not be checked', (schema, fault) => {
    expect(schemaFault(schema)).toContain(fault)
  })

  test('annotations say nothing about a value', () => {
    const schema = {
      $schema: 'x',
      title: 't',
      description: 'd',
      default: 1,
      examples: [1],
      format: 'email',
      enumNames: [],
    }
    expect(schemaFault(schema)).toBeUndefined()
    expect(valueFault(schema, 'no mail')).toBeUndefined()
  })

  test('`__proto__` is a key like any other', () => {
    const schema = JSON.parse(
      '{"properties":{"__proto__":{"type":"string"}},"required":["__proto__"],"additionalProperties":false}',
    ) as JsonObject
    expect(schemaFault(schema)).toBeUndefined()
    expect(valueFault(schema, JSON.parse('{"__proto__":"x"}') as Json)).toBeUndefined()
    expect(valueFault(schema, JSON.parse('{"__proto__":1}') as Json)).toBe('value.__proto__ must be string')
    expect(valueFault(schema, {})).toBe('value.__proto__ must be there')
    expect(valueFault({ additionalProperties: false }, JSON.parse('{"__proto__":1}') as Json)).toContain('left out')
  })

  test('costs a bounded time, whatever both sides bring', () => {
    const choices = Array.from({ length: 20_000 }, (_, index) => `choice ${index}`)
    const wide = { items: { enum: choices } }
    const answers = Array.from({ length: 20_000 }, () => 'choice 19999')
    expect(valueFault(wide, ['choice 7', 'choice 19999'])).toBeUndefined()
    expect(valueFault(wide, answers)).toBe('value takes too many comparisons to check; answer with less')
    const last = [...Array.from({ length: 5_000 }, () => ({ type: 'null' })), { type: 'string' }]
    expect(valueFault({ items: { anyOf: last } }, answers)).toContain('too many comparisons')
    let deep: JsonObject = { type: 'null' }
    for (let i = 0; i < 30; i += 1) deep = { anyOf: [deep, deep] }
    expect(valueFault(deep, 1)).toContain('too many comparisons')
    expect(valueFault({ enum: choices }, 'x')?.length).toBeLessThan(300)
  })
})
