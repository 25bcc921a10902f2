import { expect, test } from 'vitest'
import { twinsOf } from '../src/work/twins.ts'

const cases: readonly (readonly [fresh: string, tree: readonly string[], twin: string | undefined])[] = [
  ['README.md', ['readme.md'], 'readme.md'],
  ['a/B/c', ['a/b/d'], 'a/b/c'],
  ['A/b', ['a/x', 'A/x'], 'a/b'],
  ['a', ['A/b'], 'A'],
  ['cafe\u0301', ['caf\u00E9'], 'caf\u00E9'],
  ['\uFF41', ['a'], 'a'],
  ['a/b', ['a/c', 'b', 'ab'], undefined],
]
test.each(cases)('G4: %j in a tree with %j is %j on some disks', (fresh, others, twin) => {
  const tree = [...others, fresh].map((path) => ({ path }))
  expect(twinsOf([fresh], tree).get(fresh)).toBe(twin)
})

test('G4: two new names may be one, and one that took the place of another is none', () => {
  const tree = [{ path: 'A.ts' }, { path: 'a.ts' }]
  expect([...twinsOf(['A.ts', 'a.ts'], tree)]).toEqual([
    ['A.ts', 'a.ts'],
    ['a.ts', 'A.ts'],
  ])
  expect(twinsOf(['a.ts'], [{ path: 'a.ts' }]).size).toBe(0)
})

test('G4: names as deep as they can be are looked at in bounded memory', () => {
  const deep = Array.from({ length: 2_000 }, (_, index) => ({ path: 'a/'.repeat(2_000) + index }))
  expect(
    twinsOf(
      deep.map(({ path }) => path),
      deep,
    ).size,
  ).toBe(0)
})
