import { describe, expect, test } from 'vitest'
import {
  bestOf,
  chooseArm,
  choiceInWords,
  emptyFloor,
  experienceOf,
  rewardOf,
  scriptedAgent,
  settleAttempt,
  stopLoop,
  type Arm,
  type AttemptResult,
  type ChangeFacts,
  type EndedAttempt,
  type Outcome,
  type Task,
  type Tried,
} from '../src/index.ts'
import { betaSample, randomOf } from '../src/choice/random.ts'
import { changeFacts } from '../src/landing/change-facts.ts'
import { armsOf, laneWith } from '../src/lane/lane-arms.ts'
import type { Lane } from '../src/lane/lane-runner.ts'
import type { Change } from '../src/work/change.ts'

const size: ChangeFacts = { files: 2, lines: 40, maxFiles: 10, maxLines: 300, accepted: [0, 0] }

function result(outcome: Outcome, facts: object = {}, more: Partial<AttemptResult> = {}): AttemptResult {
  const counts = { tests: { passed: 10, failed: 0 }, before: { passed: 10, failed: 0 }, change: size }
  return { outcome, why: '', facts: { ...counts, ...facts } as never, ...more } // what a gate says is JSON
}

const worth = (...of: Parameters<typeof result>): number | undefined => rewardOf(result(...of))?.value

describe('T2: rewards', () => {
  test('T2 what landed is worth more with new green checks and proven acceptance, and each part says why', () => {
    const accepted = (named: number): object => ({ change: { ...size, accepted: [named, 2] } })
    const plain = worth('merged', accepted(0)) ?? 0
    expect(worth('merged', accepted(1))).toBeGreaterThan(plain)
    expect(worth('merged', accepted(2))).toBeGreaterThan(worth('merged', accepted(1)) ?? 1)
    expect(worth('merged', { ...accepted(2), tests: { passed: 12, failed: 0 } })).toBeGreaterThan(0.9)
    expect(rewardOf(result('merged', { ...accepted(1), tests: { passed: 12, failed: 0 } }))).toEqual({
      value: 0.783,
      parts: [
        { part: 'landed', value: 0.5, why: 'merged' },
        { part: 'checks', value: 0.133, why: '2 checks more are green' },
        { part: 'acceptance', value: 0.15, why: '1 of 2 lines of acceptance are tested' },
      ],
    })
  })

  test('T2 regressions, size over the budget and cost are taken away', () => {
    const plain = worth('merged') ?? 0
    expect(worth('merged', { change: { ...size, lines: 450 } })).toBeCloseTo(plain - 0.1)
    expect(worth('merged', {}, { share: 0.5 })).toBeCloseTo(plain - 0.1)
    expect(worth('merged', { tests: { passed: 9, failed: 0 } })).toBeCloseTo(plain - 0.1)
    expect(rewardOf(result('rejected', { tests: { passed: 8, failed: 2 } }))).toMatchObject({
      value: 0,
      parts: [{ part: 'regressions', value: -0.2 }],
    })
  })

  test('T2 many commits are worth nothing, and many small checks hardly more than a few', () => {
    expect(worth('merged', { commits: 60 })).toBe(worth('merged', { commits: 1 }))
    const few = worth('merged', { tests: { passed: 14, failed: 0 } }) ?? 0
    expect(worth('merged', { tests: { passed: 1_010, failed: 0 } })).toBeLessThan(few + 0.05)
  })

  test('T2 what was stopped, or was the fault of the machine or of the base, has no reward; going in circles has none of it', () => {
    for (const outcome of ['cancelled', 'lost', 'failed'] as const) expect(worth(outcome)).toBeUndefined()
    expect(worth('failed', {}, { failure: 'base' })).toBeUndefined()
    expect(worth('failed', {}, { failure: 'agent' })).toBe(0)
    for (const outcome of ['empty', 'budget', 'replaced', 'nuked', 'parked'] as const) expect(worth(outcome)).toBe(0)
  })

  test('T2 facts of a gate that says something else count for nothing', () => {
    expect(worth('merged', { tests: 'all' })).toBe(0.8)
    expect(rewardOf({ outcome: 'merged', why: '' })?.value).toBe(0.8)
  })

  test('T2 an ended attempt is stamped with its reward', () => {
    const state = { status: 'working', lane: 'a', attempt: 1, since: 1 } as const
    const floor = { ...emptyFloor, tasks: { T1: task('T1', { state }) } }
    const ended = settleAttempt(floor, { task: 'T1', attempt: 1, result: result('merged'), now: 2 })
    expect(ended.tasks['T1']?.attempts[0]).toMatchObject({ outcome: 'merged', reward: 0.8 })
  })

  test('T2 a line of acceptance is proven by a new line of a test that names it', () => {
    const line = (text: string) => ({ line: 1, text })
    const file = (path: string, text: string): Change['files'][number] => ({
      path,
      isName: true,
      before: undefined,
      after: undefined,
      added: [line(text)],
      removed: [],
    })
    const files = [
      file('test/a.test.js', "test('a size below 1, is REFUSED')"),
      file('src/a.js', '// the last is shorter'),
    ]
    const change: Change = { base: '', tree: '', files, addedLines: 2, removedLines: 1 }
    const acceptance = ['A size below 1 is refused', 'the last is shorter', 'ok']
    const budget = { files: 4, lines: 100, fileBytes: 1, newDependencies: 0 }
    expect(changeFacts(change, { budget, isTest: (path) => path.startsWith('test/'), acceptance })).toEqual({
      files: 2,
      lines: 3,
      maxFiles: 4,
      maxLines: 100,
      accepted: [1, 3],
    })
  })
})

function task(id: string, more: Partial<Task>): Task {
  return {
    id,
    title: id,
    body: '',
    kind: 'feature',
    priority: 2,
    source: { kind: 'test', ref: id },
    dependsOn: [],
    acceptance: [],
    by: 'user:ada',
    at: 0,
    state: { status: 'ready' },
    attempts: [],
    ...more,
  }
}

const good: Arm = { agent: 'good' }
const bad: Arm = { agent: 'bad' }
const fast: Arm = { agent: 'good', model: 'fast' }
const repeated = (arm: Arm, reward: number, times: number): readonly Tried[] =>
  Array.from({ length: times }, () => ({ arm, reward }))

function share(arm: Arm, options: Omit<Parameters<typeof chooseArm>[0], 'seed'>, rounds = 2_000): number {
  let taken = 0
  for (let round = 0; round < rounds; round += 1) {
    const { arm: chosen } = chooseArm({ ...options, seed: `T${round}.1` })
    if (chosen.agent === arm.agent && chosen.model === arm.model) taken += 1
  }
  return taken / rounds
}

describe('T2a: choice', () => {
  test('T2a the same seed and experience give the same choice, whatever the order of what is known', () => {
    const tried = [...repeated(good, 0.9, 3), ...repeated(bad, 0.2, 4)]
    const choice = chooseArm({ arms: [bad, good, fast], tried, seed: 'T7.2' })
    expect(chooseArm({ arms: [bad, good, fast], tried: tried.toReversed(), seed: 'T7.2' })).toEqual(choice)
    const others = new Set(
      Array.from({ length: 40 }, (_, n) => chooseArm({ arms: [bad, good], tried: [], seed: `T${n}.1` }).arm),
    )
    expect(others.size).toBe(2)
  })

  test('T2a what is known to be good is taken, what is unknown is tried, and who was unlucky is seen again', () => {
    const tried = [...repeated(good, 0.9, 30), ...repeated(bad, 0.1, 30)]
    const arms = [good, bad]
    expect(share(good, { arms, tried, explore: 0 })).toBeGreaterThan(0.99)
    // Half of a tenth goes to each of two.
    expect(share(bad, { arms, tried })).toBeGreaterThan(0.03)
    expect(share(bad, { arms, tried })).toBeLessThan(0.07)
    expect(share(fast, { arms: [good, fast], tried, explore: 0 })).toBeGreaterThan(0.08)
    expect(share(good, { arms, tried: [] })).toBeCloseTo(0.5, 1)
  })

  test('T2a samples follow the distribution that they are drawn from', () => {
    const random = randomOf('beta')
    const all = Array.from({ length: 20_000 }, () => betaSample(random, 3, 9))
    const mean = all.reduce((sum, one) => sum + one, 0) / all.length
    const variance = all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / all.length
    expect(mean).toBeCloseTo(0.25, 2)
    expect(variance).toBeCloseTo((3 * 9) / (12 ** 2 * 13), 3)
  })

  test('T2a who failed at a task is not chosen for it while there is another, and all of it is said in words', () => {
    const tried = repeated(good, 1, 20)
    const choice = chooseArm({ arms: [good, bad], tried, seed: 'T1.2', not: [good] })
    expect(choice).toMatchObject({ arm: bad, why: 'only', arms: [{ arm: good, attempts: 20, mean: 1 }, { arm: bad }] })
    expect(choiceInWords(choice)).toMatch(
      /^bad as the only one: good mean 1 of 20, not again for this task; bad never tried, drew 0\.\d+$/,
    )
    expect(chooseArm({ arms: [good], tried, seed: 'T1.2', not: [good] }).arm).toEqual(good)
    expect(() => chooseArm({ arms: [], tried, seed: '' })).toThrow('nothing to choose from')
  })

  test('T2a what a floor knows are the attempts at tasks of the same kind, by how each was worked on', () => {
    const ended = (more: Partial<EndedAttempt>): EndedAttempt => ({
      ...result('merged'),
      attempt: 1,
      lane: 'a',
      startedAt: 0,
      endedAt: 1,
      ...more,
    })
    const own = task('T1', {
      attempts: [ended({ arm: bad, outcome: 'nuked', reward: 0 }), ended({ attempt: 2, arm: fast, reward: 0.5 })],
    })
    const tasks = {
      T1: own,
      T2: task('T2', { attempts: [ended({ agent: 'good', reward: 0.8 }), ended({ agent: 'good' })] }),
      T3: task('T3', { kind: 'ci', attempts: [ended({ arm: bad, reward: 1 })] }),
    }
    expect(experienceOf({ ...emptyFloor, tasks }, own)).toEqual({
      tried: [
        { arm: bad, reward: 0 },
        { arm: fast, reward: 0.5 },
        { arm: good, reward: 0.8 },
      ],
      not: [bad],
    })
  })

  test('T2a a lane works as its arm says, and as it is where that arm is gone', () => {
    const agent = scriptedAgent('good', () => ({ turns: [[]] }))
    const other = { agent: scriptedAgent('bad', () => ({ turns: [[]] })), model: 'm', readable: ['/opt'] }
    const mandate = { text: '', oversight: 'merge', surfaces: [], test: '' } as const
    const lane: Lane = { name: 'a', agent, model: 'own', mandate, rules: [], agents: [other] }
    expect(armsOf(lane)).toEqual([
      { agent: 'good', model: 'own' },
      { agent: 'bad', model: 'm' },
    ])
    expect(laneWith(lane, { agent: 'bad', model: 'm' })).toMatchObject({ ...other, name: 'a' })
    expect(laneWith(lane, { agent: 'gone' })).toBe(lane)
  })
})

describe('T2c T2d: when it is enough, and which is best', () => {
  const ended = (attempt: number, outcome: Outcome, failure: string, reward: number): EndedAttempt => ({
    attempt,
    outcome,
    failure,
    reward,
    why: 'red',
    lane: 'a',
    startedAt: 0,
    endedAt: 1,
  })

  test('T2c three attempts in a row that come to the same are enough, also where tries are left', () => {
    const same = [1, 2, 3].map((n) => ended(n, 'rejected', 'product', 0))
    expect(stopLoop(same)).toBe('3 attempts in a row were rejected for the same: product')
    expect(stopLoop(same.slice(1))).toBeUndefined()
    expect(stopLoop([...same.slice(1), ended(4, 'rejected', 'conflict', 0)])).toBeUndefined()
    expect(stopLoop([...same.slice(1), ended(4, 'rejected', 'product', 0.1)])).toBeUndefined()
    let floor = { ...emptyFloor, maxAttempts: 9, tasks: { T1: task('T1', {}) } } as typeof emptyFloor
    for (const attempt of [1, 2, 3]) {
      const working = { status: 'working', lane: 'a', attempt, since: 0 } as const
      floor = { ...floor, tasks: { T1: { ...(floor.tasks['T1'] as Task), state: working } } }
      const red: AttemptResult = { outcome: 'rejected', why: 'red', failure: 'product' }
      floor = settleAttempt(floor, { task: 'T1', attempt, result: red, now: attempt })
    }
    expect(floor.tasks['T1']?.state).toMatchObject({ status: 'parked', why: expect.stringContaining('for the same') })
  })

  test('T2d the best is what the gate takes with the highest reward, then the smaller change, then the cheaper one', () => {
    const lines = (count: number): object => ({ change: { ...size, lines: count } })
    const used = { inputTokens: 10 }
    const candidates = [
      { id: 'red', result: result('rejected') },
      { id: 'large', result: result('branched', lines(200)) },
      { id: 'small', result: result('branched', lines(20), { used: { inputTokens: 90 } }) },
      { id: 'cheap', result: result('branched', lines(20), { used }) },
    ]
    expect(bestOf(candidates)?.id).toBe('cheap')
    const proven = { id: 'proven', result: result('branched', { ...lines(250), tests: { passed: 13, failed: 0 } }) }
    expect(bestOf([...candidates, proven])?.id).toBe('proven')
    expect(bestOf([{ id: 'red', result: result('rejected') }])).toBeUndefined()
  })
})
