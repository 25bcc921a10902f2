import path from 'node:path'
import { expect, test } from 'vitest'
import {
  askFloor,
  defaultTestGlobs,
  floorOf,
  openFloor,
  pushBranch,
  scriptedAgent,
  type FloorConfig,
  type LaneConfig,
  type ScriptStep,
  type Task,
} from '@headrace/factory'
import { factoryFloor } from './support/factory-floor.ts'
import { testFolder, workTree } from './support/git-repository.ts'
import { SessionsServer } from './support/sessions-server.ts'

const suite = (wanted: number) =>
  `import test from 'node:test'\nimport assert from 'node:assert'\nimport { n } from '../n.mjs'\ntest('n', () => assert.equal(n, ${wanted}))\ntest('is', () => assert.ok(n))\n`

function lane(name: string, steps: readonly ScriptStep[], more: Partial<LaneConfig> = {}): LaneConfig {
  const oversight = more.oversight ?? 'merge'
  return {
    name,
    kind: 'feature',
    oversight,
    wip: 1,
    rules: [],
    rounds: 1,
    attemptMs: 120_000,
    mandate: { text: 'Work.', oversight, surfaces: [], test: 'node --test' },
    landing: {
      protectedPaths: ['.ci/**'],
      allowed: [],
      forbidden: [],
      testGlobs: defaultTestGlobs,
      budget: { files: 10, lines: 100, fileBytes: 100_000, newDependencies: 0 },
      guardPolicy: { 'test-tampering': 'ask' },
      gate: { test: { argv: [process.execPath, '--test'], timeoutMs: 60_000 } },
    },
    agent: scriptedAgent(name, () => ({ turns: [steps] })),
    ...more,
  }
}

const weaker = (n: number): readonly ScriptStep[] => [
  { do: 'write', path: 'n.mjs', text: `export const n = ${n}\n` },
  { do: 'write', path: 'test/n.test.mjs', text: suite(n) },
]

const config: FloorConfig = {
  lanes: [
    lane('branches', weaker(2), { oversight: 'branch' }),
    lane('red', [{ do: 'write', path: 'n.mjs', text: 'export const n = 5\n' }], { oversight: 'branch' }),
    lane('asks', [
      { do: 'ask', argv: ['git', 'config', 'user.name', 'Mallory'] },
      { do: 'write', path: 'm.mjs', text: 'export const m = 1\n' },
    ]),
    lane('guarded', weaker(3)),
  ],
}

// A whole floor with four agents in processes of their own: that is why this takes its time.
test('F4e F4a G4c: a floor asks a person what only they may decide, and leaves the merge to them where it must', async () => {
  const folder = testFolder()
  const origin = workTree(path.join(folder, 'origin'))
  origin.write({ 'n.mjs': 'export const n = 1\n', 'test/n.test.mjs': suite(1), '.ci/run': 'node --test\n' })
  const first = origin.commit('first')
  await using server = new SessionsServer()
  const floor = await openFloor({
    ...server.reach,
    name: 'test',
    folder: path.join(folder, 'floor'),
    origin: origin.folder,
    base: 'main',
    config: () => config,
    onError: (error) => void server.errors.push(error),
  })
  try {
    const client = await server.client('ada')
    const session = client.session(floor.sessions.floor)
    const ends = async (name: string): Promise<Task> => {
      const { task: id = '' } = await askFloor(session, { ask: 'add-task', title: name, lane: name })
      const over = ({ tasks }: ReturnType<typeof floorOf>): boolean => (tasks[id]?.attempts.length ?? 0) > 0
      const { view } = await session.until(({ view: { document } }) => over(floorOf(document.value)))
      return floorOf(view.document.value).tasks[id] as Task // it has an attempt, so it is there
    }
    const answerIn = async (name: string, decision: 'approve' | 'deny'): Promise<string> => {
      const asked = client.session(name)
      await asked.until(({ view }) => view.requests.some(({ status }) => status === 'open'))
      const [request] = asked.getSnapshot().view.requests.filter(({ status }) => status === 'open')
      if (!request) throw new Error('it was open a moment ago')
      await asked.answer(request, { decision })
      return JSON.stringify(request.spec)
    }

    // Green work is on a branch with what the guards would have asked, and the base has not moved.
    const branched = await ends('branches')
    expect(branched.state).toMatchObject({ status: 'review', ref: 'headrace/t1-1' })
    expect(branched.attempts[0]).toMatchObject({ outcome: 'branched' })
    expect(branched.state).toHaveProperty(
      'why',
      expect.stringMatching(
        /^Green: 2 passed, 0 failed, 0 skipped\. It is on the branch headrace\/t1-1\. Look before you merge it: The guard test-tampering objects: test\/n\.test\.mjs/,
      ),
    )
    expect(origin.git('rev-parse', 'main', 'headrace/t1-1^')).toBe(`${first}\n${first}`)
    expect(origin.git('show', 'headrace/t1-1:n.mjs')).toBe('export const n = 2')
    expect(await floor.vault.git.text(['show', 'headrace/t1-1:n.mjs'])).toBe('export const n = 2')

    // Red work is on none.
    expect((await ends('red')).attempts[0]).toMatchObject({ outcome: 'rejected', failure: 'product' })
    expect(origin.git('branch', '--list', 'headrace/*')).toBe('headrace/t1-1')

    // A dangerous command waits for a person, who says no; the agent goes on without it.
    const asks = ends('asks')
    expect(await answerIn(floor.sessions.lane('asks'), 'deny')).toContain('git config user.name Mallory')
    expect((await asks).state.status).toBe('done')

    // What a guard asks about waits for a person, who says yes to this tree.
    const guarded = ends('guarded')
    expect(await answerIn(floor.sessions.merge, 'approve')).toContain('an assertion says something else now')
    expect((await guarded).state.status).toBe('done')
    expect(origin.git('show', 'main:n.mjs')).toBe('export const n = 3')
    expect(server.errors).toEqual([])
  } finally {
    await floor.close()
  }
})

test('F4e: a branch that a crash left is replaced by the same change, and what is another’s stays', async () => {
  const { vault, origin } = await factoryFloor({ 'a.txt': 'a\n' })
  const base = await vault.head()
  const commit = (text: string): Promise<string> =>
    vault.git.text(['commit-tree', `${base}^{tree}`, '-p', base, '-F', '-'], {
      stdin: text,
      env: {
        GIT_AUTHOR_NAME: 'a',
        GIT_AUTHOR_EMAIL: 'a@b',
        GIT_AUTHOR_DATE: `@${(time += 60)} +0000`,
        GIT_COMMITTER_NAME: 'a',
        GIT_COMMITTER_EMAIL: 'a@b',
      },
    })
  let time = 1_750_000_000
  const [one, again, other] = [await commit('T1: x\n'), await commit('T1: x\n'), await commit('T1: y\n')]
  const own = { kind: 'pushed', branch: 'headrace/t1-1' }
  expect(await pushBranch({ vault, attempt: 't1-1', commit: one })).toEqual(own)
  expect(await pushBranch({ vault, attempt: 't1-1', commit: again })).toEqual(own)
  expect(origin.git('rev-parse', 'headrace/t1-1')).toBe(again)
  const beside = `headrace/t1-1-${other.slice(0, 8)}`
  expect(await pushBranch({ vault, attempt: 't1-1', commit: other })).toEqual({ kind: 'pushed', branch: beside })
  expect(origin.git('rev-parse', 'headrace/t1-1', beside, 'main')).toBe([again, other, base].join('\n'))
})
