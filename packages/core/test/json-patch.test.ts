import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PatchFailure, applyPatch, type Json, type JsonPatch } from '../src/index.ts'
import { jsonPatch } from '../src/json-patch.ts'

function failure(before: Json, patch: JsonPatch): PatchFailure {
  try {
    applyPatch(before, patch)
  } catch (thrown) {
    if (thrown instanceof PatchFailure) return thrown
    throw thrown
  }
  throw new Error('the patch was applied')
}

/** What appendix A of RFC 6902 shows, in examples of our own. */
const applied: readonly (readonly [title: string, before: Json, patch: JsonPatch, after: Json])[] = [
  ['A.1 adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['A.2 adds an element', { l: [1, 3] }, [{ op: 'add', path: '/l/1', value: 2 }], { l: [1, 2, 3] }],
  ['A.3 removes a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/b' }], { a: 1 }],
  ['A.4 removes an element', { l: [1, 2, 3] }, [{ op: 'remove', path: '/l/1' }], { l: [1, 3] }],
  ['A.5 replaces a value', { a: 1, b: 2 }, [{ op: 'replace', path: '/a', value: [0] }], { a: [0], b: 2 }],
  [
    'A.6 moves a value',
    { from: { x: 1, keep: 2 }, to: { y: 3 } },
    [{ op: 'move', from: '/from/x', path: '/to/x' }],
    { from: { keep: 2 }, to: { y: 3, x: 1 } },
  ],
  [
    'A.7 moves an element',
    { l: ['a', 'b', 'c'] },
    [{ op: 'move', from: '/l/0', path: '/l/2' }],
    { l: ['b', 'c', 'a'] },
  ],
  [
    'A.8 tests values',
    { a: 'x', l: [1, { k: null }] },
    [
      { op: 'test', path: '/a', value: 'x' },
      { op: 'test', path: '/l/1', value: { k: null } },
    ],
    { a: 'x', l: [1, { k: null }] },
  ],
  ['A.10 adds a nested object', { a: 1 }, [{ op: 'add', path: '/o', value: { in: {} } }], { a: 1, o: { in: {} } }],
  ['A.14 has escapes', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
  ['A.16 adds an array as one element', { l: [1] }, [{ op: 'add', path: '/l/-', value: [2, 3] }], { l: [1, [2, 3]] }],
  ['copies', { a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: 1 }, c: { b: 1 } }],
  ['replaces the whole', { a: 1 }, [{ op: 'add', path: '', value: 'all' }], 'all'],
  ['removes the whole', { a: 1 }, [{ op: 'remove', path: '' }], null],
  ['moves onto itself', { l: [1, 2] }, [{ op: 'move', from: '/l/0', path: '/l/0' }], { l: [1, 2] }],
  ['null is a value', { a: null }, [{ op: 'replace', path: '/a', value: 1 }], { a: 1 }],
  ['the empty key', { '': { '': 1 } }, [{ op: 'replace', path: '//', value: 2 }], { '': { '': 2 } }],
]

const refused: readonly (readonly [title: string, before: Json, patch: JsonPatch, index: number, text: RegExp])[] = [
  ['A.9 a failed test', { a: 'x' }, [{ op: 'test', path: '/a', value: 'y' }], 0, /has another value/],
  ['A.12 no parent', { a: 1 }, [{ op: 'add', path: '/b/c', value: 1 }], 0, /no b on the way/],
  ['an array is no object', { l: [1] }, [{ op: 'test', path: '/l', value: { 0: 1 } }], 0, /another value/],
  ['A.15 text is no number', { '/': 9 }, [{ op: 'test', path: '/~1', value: '9' }], 0, /another value/],
  ['nothing to remove', {}, [{ op: 'remove', path: '/a' }], 0, /nothing at \/a/],
  ['nothing to replace', {}, [{ op: 'replace', path: '/a', value: 1 }], 0, /nothing at/],
  ['nothing to copy', {}, [{ op: 'copy', from: '/a', path: '/b' }], 0, /nothing at/],
  ['an index past the end', { l: [1] }, [{ op: 'add', path: '/l/2', value: 1 }], 0, /no place 2/],
  ['a leading zero', { l: [1] }, [{ op: 'add', path: '/l/01', value: 1 }], 0, /no place 01/],
  ['a negative index', { l: [1] }, [{ op: 'remove', path: '/l/-1' }], 0, /nothing at/],
  ['the place after the last', { l: [1] }, [{ op: 'remove', path: '/l/-' }], 0, /nothing at/],
  ['a word in a list', { l: [1] }, [{ op: 'add', path: '/l/x', value: 1 }], 0, /no place x/],
  ['in a number', { a: 1 }, [{ op: 'add', path: '/a/b', value: 1 }], 0, /no object or array/],
  ['into itself', { a: { b: 1 } }, [{ op: 'move', from: '/a', path: '/a/b/c' }], 0, /into itself/],
  ['what every object inherits', {}, [{ op: 'test', path: '/toString', value: 1 }], 0, /nothing at/],
  [
    'the second of two',
    { a: 1 },
    [
      { op: 'replace', path: '/a', value: 2 },
      { op: 'remove', path: '/b' },
    ],
    1,
    /nothing at/,
  ],
]

describe('S7a: JSON Patch', () => {
  test.each(applied)('%s', (_, before, patch, after) => {
    const kept = JSON.stringify(before)
    expect(applyPatch(before, patch)).toEqual(after)
    expect(JSON.stringify(before)).toBe(kept)
  })

  test.each(refused)('refuses %s', (_, before, patch, index, text) => {
    const kept = JSON.stringify(before)
    const failed = failure(before, patch)
    expect(failed.index).toBe(index)
    expect(failed.message).toMatch(text)
    expect(JSON.stringify(before)).toBe(kept)
  })

  test('`__proto__` is a key like any other', () => {
    const hostile = JSON.parse('[{"op":"add","path":"/__proto__","value":{"admin":true}}]') as unknown
    const after = applyPatch({}, jsonPatch.parse(hostile))
    expect(JSON.stringify(after)).toBe('{"__proto__":{"admin":true}}')
    expect('admin' in {}).toBe(false)
    expect(JSON.stringify(applyPatch(after, [{ op: 'add', path: '/__proto__/x', value: 1 }]))).toBe(
      '{"__proto__":{"admin":true,"x":1}}',
    )
  })

  test.each(['a', '/a~', '/a~2', '~', `/${'x'.repeat(1_024)}`])('is refused at the edge with the path %s', (path) => {
    expect(() => jsonPatch.parse([{ op: 'remove', path }])).toThrow(/\[0\]\.path must be a JSON Pointer/)
  })

  test('an element that is added is there, and removing it brings back what was', () => {
    const leaf = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as Json)
    fc.assert(
      fc.property(fc.array(leaf), fc.nat(), leaf, (list, place, value) => {
        const index = place % (list.length + 1)
        const path = `/list/${index}`
        const after = applyPatch({ list }, [{ op: 'add', path, value }])
        expect(applyPatch(after, [{ op: 'test', path, value }])).toEqual(after)
        expect(applyPatch(after, [{ op: 'remove', path }])).toEqual({ list })
      }),
    )
  })
})
