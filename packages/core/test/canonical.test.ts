import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, type Json } from '../src/index.ts'

describe('C7c: the canonical form of an action', () => {
  test('numbers, strings and literals are as RFC 8785 shows them', () => {
    const input = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
        '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    ) as Json
    expect(canonical(input)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  test('keys are sorted by their UTF-16 units, not by code point or by language', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
    const value = Object.fromEntries(keys.map((key) => [key, key.length]))
    expect(Object.keys(JSON.parse(canonical(value)) as object)[0]).toBe('1')
    expect(canonical(value)).toBe('{"\\r":1,"1":1,"\u0080":1,"\u00f6":1,"\u20ac":1,"\ud83d\ude00":2,"\ufb33":1}')
  })

  test.each<[Json, string]>([
    [0, '0'],
    [-0, '0'],
    [1e21, '1e+21'],
    [9007199254740991, '9007199254740991'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    ['', '""'],
    [[], '[]'],
    [{}, '{}'],
    [{ b: 1, a: [{ d: 1, c: 2 }] }, '{"a":[{"c":2,"d":1}],"b":1}'],
  ])('%j', (value, text) => {
    expect(canonical(value)).toBe(text)
  })

  test('is the same for the same value, and another for another one', () => {
    const shuffled = (value: Json): Json => {
      if (typeof value !== 'object' || value === null) return value
      if (Array.isArray(value)) return value.map((item: Json) => shuffled(item))
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, item]) => [key, shuffled(item)]),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [one, other] = [JSON.parse(JSON.stringify(a)) as Json, JSON.parse(JSON.stringify(b)) as Json]
        expect(canonical(shuffled(one))).toBe(canonical(one))
        expect(JSON.parse(canonical(one))).toEqual(one)
        if (canonical(one) === canonical(other)) expect(one).toEqual(other)
      }),
    )
  })
})
