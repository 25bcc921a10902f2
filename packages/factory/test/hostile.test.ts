import path from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import {
  attemptEnvironment,
  defaultTestGlobs,
  landWork,
  landingInWords,
  markedProcesses,
  type Landing,
  type LandingRules,
} from '@headrace/factory'
import { factoryFloor, type FactoryFloor } from './support/factory-floor.ts'
import { workTree } from './support/git-repository.ts'
import { escapesOf, hostileCases } from './support/hostile.ts'
import { missing, sandbox } from './support/sandbox.ts'

// Real repositories and real git for each of more than fifty attacks on one floor: that is why this takes its time.
const secret = 'canary-secret-4f7a'
const node = process.execPath
const rules: LandingRules = {
  protectedPaths: ['.ci/**', '.headrace/**', '.github/**'],
  allowed: [],
  forbidden: [],
  testGlobs: defaultTestGlobs,
  budget: { files: 50, lines: 2_000, fileBytes: 10_000_000, newDependencies: 0 },
  guardPolicy: {},
  gate: {
    test: {
      argv: [
        node,
        '--test',
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        '--test-reporter=junit',
        '--test-reporter-destination={report}',
      ],
      timeoutMs: 120_000,
    },
  },
}
const baseline = { passed: 2, failed: 0, skipped: 0 }
const suite = `import test from 'node:test'
import assert from 'node:assert'
import { add } from '../src/add.mjs'
test('adds', () => assert.equal(add(1, 2), 3))
test('adds more', () => assert.equal(add(20, 22), 42))
`

interface Row {
  readonly name: string
  readonly outcome: Landing['outcome']
  readonly by: string
  readonly escapes: number
  readonly leaks: number
}

let floor: FactoryFloor
let secretRepository = ''
let secretCommit = ''
let folder = ''
const rows: Row[] = []

beforeAll(async () => {
  process.env['HEADRACE_CANARY'] = secret
  folder = mkdtempSync(path.join(tmpdir(), 'headrace-hostile-'))
  const secretTree = workTree(path.join(folder, 'secret'))
  secretTree.write({ 'secret.txt': `${secret}\n` })
  secretCommit = secretTree.commit(secret)
  secretRepository = secretTree.folder
  floor = await factoryFloor(
    {
      'package.json': '{"type":"module","scripts":{"test":"node --test"}}\n',
      'src/add.mjs': 'export const add = (a, b) => a + b\n',
      'test/add.test.mjs': suite,
      '.ci/run!': '#!/bin/sh\nexec node --test\n',
      '.headrace/factory.yaml': 'gate:\n  test: node --test\n',
    },
    folder,
  )
})

afterAll(() => {
  delete process.env['HEADRACE_CANARY']
  rmSync(folder, { recursive: true, force: true })
  const width = Math.max(...rows.map(({ name }) => name.length))
  const lines = rows.map(
    ({ name, outcome, by, escapes, leaks }) =>
      `${name.padEnd(width)}  ${outcome.padEnd(8)} ${by.padEnd(16)} ${escapes} escapes  ${leaks} leaks`,
  )
  console.log(['', ...lines, `${rows.length} hostile repositories and changes`].join('\n'))
})

describe('G2d: hostile repositories and changes: no escape, no leak, no tampered merge', () => {
  test.for(hostileCases.map((hostile, n) => [hostile.name, hostile, n] as const))(
    'G2d: %s',
    async ([name, hostile, n], { skip }) => {
      skip(hostile.needsSandbox === true && sandbox.kind === 'none', missing)
      const place = path.join(folder, 'outside', String(n))
      mkdirSync(place, { recursive: true })
      const canary = path.join(place, 'canary')

      const { attempt, agent } = await floor.attempt(`case-${n}`)
      const env = attemptEnvironment(attempt)
      expect(JSON.stringify(env)).not.toContain(secret)
      hostile.attack({ agent, canary, secretRepository, secretCommit, env, n })
      const made = escapesOf(canary)
      for (const file of made) rmSync(path.join(place, file)) // by the agent's own git, before anything of ours

      const before = await floor.vault.head()
      let output = ''
      const landing = await landWork({
        vault: floor.vault,
        attempt,
        rules,
        scratch: path.join(folder, 'scratch', String(n)),
        sandbox,
        demand: 'preferred',
        baseline,
        upTo: 'land',
        message: `Case ${n}\n`,
        author: { name: 'Agent', email: 'agent@example.test' },
        now: () => floor.time.now,
        onOutput: (chunk) => (output += Buffer.from(chunk).toString('latin1')),
      })

      const by = byWhat(landing)
      const words = landingInWords(landing)
      const objects = await floor.vault.git.run(['cat-file', '--batch-all-objects', '--batch', '--unordered'], {
        maxOutputBytes: 268_435_456,
      })
      const leaks = [output, words, JSON.stringify(landing), objects.stdout.toString('latin1')].filter((text) =>
        text.includes(secret),
      ).length
      const escapes = escapesOf(canary).length
      rows.push({ name, outcome: landing.outcome, by, escapes, leaks })

      expect([landing.outcome, words]).toEqual([expect.toSatisfy(isOneOf(hostile.outcome)), expect.any(String)])
      if (hostile.by !== undefined) expect(by.split(' ')).toContain(hostile.by)
      expect({ escapes, leaks }).toEqual({ escapes: 0, leaks: 0 })
      if (landing.outcome !== 'landed') expect(await floor.vault.head()).toBe(before)
      // Whatever has landed, the base is what it must be: its tests and its gate are untouched.
      expect(await floor.vault.git.text(['show', 'main:test/add.test.mjs'])).toBe(suite.trimEnd())
      expect(await floor.vault.git.text(['show', 'main:.ci/run'])).toBe('#!/bin/sh\nexec node --test')
      expect(await floor.vault.git.text(['show', 'main:src/add.mjs'])).toBe('export const add = (a, b) => a + b')
      expect(floor.origin.git('rev-parse', 'main')).toBe(await floor.vault.head())
      expect(await markedProcesses(attempt.marker)).toEqual([])
    },
  )

  test('G2d: after all of them the base is sound and has nothing of the refused ones', async () => {
    await floor.vault.git.run(['fsck', '--strict', '--no-dangling'])
    expect(await floor.vault.git.text(['for-each-ref', 'refs/agents/'])).toBe('')
    const names = (await floor.vault.git.text(['ls-tree', '-r', '--name-only', 'main'])).split('\n')
    expect(
      names.filter(
        (name) =>
          !/^(package\.json|\.ci\/run|\.headrace\/factory\.yaml|settings|hooks\/.*|(src|test)\/[a-z]+(-\d+)?(\.test)?\.mjs)$/.test(
            name,
          ),
      ),
    ).toEqual([])
    expect(rows.length).toBeGreaterThanOrEqual(30)
  })
})

function isOneOf(outcome: Landing['outcome'] | readonly Landing['outcome'][]): (value: unknown) => boolean {
  return (value) => [outcome].flat().some((one) => one === value)
}

function byWhat(landing: Landing): string {
  switch (landing.outcome) {
    case 'refused':
      return landing.error.code
    case 'blocked':
    case 'asked':
      return landing.guards.verdicts
        .filter(({ verdict }) => verdict === 'block' || verdict === 'ask')
        .map(({ guard }) => guard)
        .join(' ')
    case 'red':
      return landing.gate.class
    default:
      return ''
  }
}
