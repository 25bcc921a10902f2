import { expect, test } from 'vitest'
import { defaultTestGlobs, landingInWords, type LandOptions, type LandingRules } from '@headrace/factory'
import { factoryFloor } from './support/factory-floor.ts'

const suite = (wanted: number) =>
  `import test from 'node:test'\nimport assert from 'node:assert'\nimport { n } from '../n.mjs'\ntest('n', () => assert.equal(n, ${wanted}))\n`
const files = { 'n.mjs': 'export const n = 1\n', 'test/n.test.mjs': suite(1), '.ci/run': 'node --test\n' }
const rules: LandingRules = {
  protectedPaths: ['.ci/**'],
  allowed: [],
  forbidden: [],
  testGlobs: defaultTestGlobs,
  budget: { files: 10, lines: 100, fileBytes: 1_000_000, newDependencies: 0 },
  guardPolicy: {},
  gate: { test: { argv: [process.execPath, '--test'], timeoutMs: 120_000 } },
}

async function floor() {
  const made = await factoryFloor(files)
  const judged = { rules, baseline: { passed: 1, failed: 0, skipped: 0 } }
  const land = (id: string, change: Parameters<typeof made.land>[1], more: Partial<LandOptions> = {}) =>
    made.land(id, change, { ...judged, ...more })
  return { ...made, land }
}

test('G1b: green work lands, and the steps on the way are told', async () => {
  const { land, vault } = await floor()
  const steps: string[] = []
  const landing = await land('one', { 'm.mjs': 'export const m = 2\n' }, { onStep: (step) => steps.push(step) })
  expect(landing).toMatchObject({ outcome: 'landed', tests: { passed: 1 }, commit: await vault.head() })
  expect(steps).toEqual(['collect', 'receive', 'merge', 'guards', 'checkout', 'gate', 'advance'])
  expect(landingInWords(landing)).toContain('1 passed, 0 failed, 0 skipped')
})

test('G1b: red work moves nothing, and the agent is told why with the output', async () => {
  const { land, vault } = await floor()
  const before = await vault.head()
  const landing = await land('one', { 'n.mjs': 'export const n = 3\n' })
  expect(landing).toMatchObject({ outcome: 'red', gate: { class: 'product' } })
  expect(landingInWords(landing)).toMatch(/The gate is red\. 0 passed, 1 failed[\s\S]*3 == 1/)
  expect(await vault.head()).toBe(before)
})

test('G1b: a lane in which a human merges is told what would land, and nothing moves', async () => {
  const { land, vault } = await floor()
  const before = await vault.head()
  expect(await land('one', { 'm.mjs': 'x\n' }, { upTo: 'judge' })).toMatchObject({ outcome: 'ready' })
  expect(await vault.head()).toBe(before)
})

test('G4c: what guards ask about lands once a human has let exactly that tree through, and no other', async () => {
  const { land } = await floor()
  const change = { 'n.mjs': 'export const n = 2\n', 'test/n.test.mjs': suite(2) }
  const asked = await land('one', change)
  if (asked.outcome !== 'asked') throw new Error(landingInWords(asked))
  expect(landingInWords(asked)).toContain('- test-tampering: test/n.test.mjs:4: an assertion says something else now')
  const { tree } = asked
  expect((await land('two', { ...change, 'm.mjs': 'more\n' }, { approval: { tree } })).outcome).toBe('asked')
  expect((await land('three', change, { approval: { tree } })).outcome).toBe('landed')
})

test('G3d: a protected path that a human let through is taken with the content that they saw, and no other', async () => {
  const { land, vault } = await floor()
  const blocked = await land('one', { '.ci/run': 'node --test --better\n' })
  if (blocked.outcome !== 'blocked') throw new Error(landingInWords(blocked))
  const [back] = blocked.putBack
  const paths = new Map([['.ci/run', back?.wanted ?? '']])
  const approval = { tree: blocked.tree, paths }
  expect((await land('two', { '.ci/run': 'exit 0\n' }, { approval })).outcome).toBe('blocked')
  expect(landingInWords(await land('three', { '.ci/run': 'node --test --better\n' }, { approval }))).toContain('Merged')
  expect(await vault.git.text(['show', 'main:.ci/run'])).toBe('node --test --better')
})
