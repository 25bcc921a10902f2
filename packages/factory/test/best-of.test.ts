/**
 * Several tries at one task, of which the best is landed: the rules, and once on a whole floor. That takes its time: four changes
 * go through the gate, one after the other.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { orderFor } from '../src/foreman/notes.ts'
import {
  askFloor,
  emptyFloor,
  floorOf,
  makeDemoRepository,
  openFloor,
  planFloor,
  scriptedAgent,
  settleAttempt,
  takeStep,
  type AttemptResult,
  type FloorDocument,
  type LaneConfig,
  type PlanLane,
  type ScriptStep,
  type Task,
} from '../src/index.ts'
import { workTree } from './support/git-repository.ts'
import { SessionsServer } from './support/sessions-server.ts'

const planned: PlanLane = { name: 'a', kind: 'feature', oversight: 'merge', wip: 1, bestOf: 3 }
const another: PlanLane = { name: 'b', kind: 'feature', oversight: 'merge', wip: 1 }
const task: Task = {
  id: 'T1',
  title: 'It',
  body: '',
  kind: 'feature',
  priority: 2,
  source: { kind: 'floor', ref: 'T1' },
  dependsOn: [],
  acceptance: [],
  by: 'user:ada',
  at: 0,
  state: { status: 'ready' },
  attempts: [],
}
const later = 1_000_000
const base = 'b'.repeat(40)
const red: AttemptResult = { outcome: 'rejected', why: 'The gate is red.', failure: 'product', base }

function green(lines: number): AttemptResult {
  const change = { files: 1, lines, maxFiles: 10, maxLines: 300, accepted: [0, 0] }
  return { outcome: 'judged', why: 'The gate would take it.', commit: `head-${lines}`, base, facts: { change } }
}

/** A floor with the task at the time `now`, after each of these ends of its attempts, and the next one begun where it may. */
function after(results: readonly AttemptResult[], lanes: readonly PlanLane[] = [planned]): FloorDocument {
  let floor: FloorDocument = { ...emptyFloor, tasks: { T1: task } }
  const begin = (): FloorDocument =>
    planFloor(floor, lanes, later).steps.reduce((next, step) => takeStep(next, step, 0), floor)
  for (const result of results) {
    floor = begin()
    floor = settle(floor, result)
  }
  return begin()
}

function settle(floor: FloorDocument, result: AttemptResult): FloorDocument {
  return settleAttempt(floor, { task: 'T1', attempt: working(floor).attempt, result, now: 0 })
}

function one(floor: FloorDocument): Task {
  const found = floor.tasks['T1']
  if (!found) throw new Error('There is no task.')
  return found
}

function working(floor: FloorDocument): Extract<Task['state'], { readonly status: 'working' }> {
  const { state } = one(floor)
  if (state.status !== 'working') throw new Error(`The task is ${state.status}.`)
  return state
}

const orderOf = (floor: FloorDocument): ReturnType<typeof orderFor> => orderFor(one(floor), working(floor).attempt)

describe('T2f: several tries at one task', () => {
  test('T2f each is a try of so many, from the base of the first and without the lessons of the others', () => {
    expect(orderOf(after([]))).toMatchObject({ attempt: 1, try: { number: 1, of: 3 }, lessons: [] })
    expect(orderOf(after([red]))).toMatchObject({ attempt: 2, try: { number: 2, of: 3, base }, lessons: [] })
    const waffled: AttemptResult = {
      outcome: 'parked',
      why: 'In circles.',
      failure: 'waffling',
      waffling: { verdict: 1, rung: 'nuke', evidence: 'again', kinds: [] },
    }
    const third = orderOf(after([red, waffled]))
    expect(third).toMatchObject({ attempt: 3, try: { number: 3, of: 3, base }, lessons: [] })
    expect(third.rungs).toBeUndefined()
  })

  test('T2f the smaller of two that the gate would take is landed, and each says why it was or was not chosen', () => {
    const floor = after([red, green(200), green(20)])
    expect(working(floor)).toMatchObject({ attempt: 4, lands: 3 })
    expect(orderOf(floor)).toMatchObject({ attempt: 4, lands: { attempt: 3, base, head: 'head-20' } })
    expect(one(floor).attempts).toMatchObject([
      { outcome: 'rejected', why: 'The gate is red.' },
      {
        outcome: 'spare',
        why: 'The gate would take it. It was not chosen: attempt 3 was better, with 20 changed lines and a worth of 0.8; this one has 200 changed lines and a worth of 0.8.',
      },
      { outcome: 'judged', why: 'The gate would take it. It was chosen, with 20 changed lines and a worth of 0.8.' },
    ])
    const done = settle(floor, { outcome: 'merged', why: 'It is in the base.', commit: 'c' })
    expect(one(done)).toMatchObject({ state: { status: 'done', commit: 'c' } })
    expect(one(done).attempts.at(-1)).toMatchObject({ attempt: 4, lands: 3, outcome: 'merged' })
  })

  test('T2f where none is green the next attempt is one as any other, with the lessons of all, and they were one attempt', () => {
    const floor = after([red, red, red])
    expect(working(floor)).not.toHaveProperty('try')
    expect(orderOf(floor).lessons).toHaveLength(3)
    const fifth = after([red, red, red, red])
    expect(working(fifth)).toMatchObject({ attempt: 5 })
    expect(one(settle(fifth, red)).state).toMatchObject({
      status: 'parked',
      why: '3 attempts, the last one rejected: The gate is red.',
    })
  })

  test('T2f where the best does not land, the next attempt has the lessons of what failed alone', () => {
    const floor = after([
      red,
      green(20),
      green(200),
      { outcome: 'rejected', why: 'It does not fit.', failure: 'conflict' },
    ])
    expect(working(floor)).toMatchObject({ attempt: 5 })
    expect(orderOf(floor)).not.toHaveProperty('lands')
    expect(orderOf(floor).lessons).toMatchObject(
      [/^rejected: The gate is red/, /^rejected: It does not fit/].map((text) => expect.stringMatching(text)),
    )
  })

  test('T2f one that was stopped with the floor is made again, and one that a person stopped alone waits for a word', () => {
    const cancelled: AttemptResult = { outcome: 'cancelled', why: 'stopped by user:ada' }
    const begun = after([green(20)])
    const stopped = { ...settle({ ...begun, mode: 'stopped' }, cancelled), mode: 'running' } as const
    expect(one(stopped).state).toEqual({ status: 'ready', countFrom: 1 })
    const [step] = planFloor(stopped, [planned], later).steps
    expect(step).toMatchObject({ step: 'dispatch', attempt: 3, try: { number: 2, of: 3 } })
    expect(one(settle(begun, cancelled)).state).toMatchObject({ status: 'parked' })
  })

  test('T2f one that had no base to be judged on is made again', () => {
    const held = settle(after([green(20)]), { outcome: 'failed', why: 'The base is red.', failure: 'base' })
    expect(held.mode).toBe('paused')
    const [step] = planFloor({ ...held, mode: 'running' }, [planned], later + 60_000).steps
    expect(step).toMatchObject({ step: 'dispatch', attempt: 3, try: { number: 2, of: 3 } })
  })

  test('T2f tries stay in their lane while it is there, and go on as they began when the lane says another number', () => {
    const floor = settle(after([]), red)
    const lanes = [another, { ...planned, bestOf: 5 }]
    expect(planFloor(floor, lanes, later).steps).toMatchObject([{ lane: 'a', try: { number: 2, of: 3 } }])
    const isBusy = { ...floor, pausedLanes: { a: 'paused' } }
    expect(planFloor(isBusy, lanes, later)).toMatchObject({ steps: [], waiting: { T1: 'a is paused' } })
    expect(planFloor(floor, [another], later).steps).toMatchObject([{ lane: 'b', try: { number: 2, of: 3 } }])
  })

  test('T2f a lane that makes one try works as ever', () => {
    const floor = after([red], [another])
    expect(working(floor)).not.toHaveProperty('try')
    expect(orderOf(floor).lessons).toHaveLength(1)
  })
})

const writes = (file: string, text: string): ScriptStep => ({ do: 'write', path: file, text })
const lines = (count: number): string => Array.from({ length: count }, (_, n) => `export const a${n} = ${n}\n`).join('')
const redTest = "import { test } from 'node:test'\ntest('new', () => {\n  throw new Error('no')\n})\n"

test('T2f a floor tries three times, lands the small green one, and goes on after its crew was replaced in between', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'headrace-best-of-'))
  const origin = `${folder}-origin`
  await makeDemoRepository(origin)
  const tries: readonly ScriptStep[] = [
    writes('test/new.test.js', redTest),
    writes('src/large.js', lines(60)),
    writes('src/small.js', lines(1)),
  ]
  const started: string[] = []
  const agent = scriptedAgent('plays', ({ marker }) => {
    const number = Number(/^t1-(\d+)-/.exec(marker)?.[1])
    started.push(`t1-${number}`)
    const step = tries[number - 1]
    if (!step) throw new Error(`There is no try ${number}.`)
    return { turns: [[step]] }
  })
  const lane: LaneConfig = {
    name: 'best',
    kind: 'feature',
    oversight: 'merge',
    wip: 1,
    bestOf: 3,
    rules: [],
    rounds: 1,
    agent,
    attemptMs: 60_000,
    mandate: { text: 'Do it. Success: the suite is green.', oversight: 'merge', surfaces: [], test: 'node' },
    landing: {
      protectedPaths: ['package.json'],
      allowed: [],
      forbidden: [],
      testGlobs: ['test/**'],
      budget: { files: 10, lines: 300, fileBytes: 100_000, newDependencies: 0 },
      guardPolicy: {},
      gate: { test: { argv: ['node', '--test'], timeoutMs: 20_000 } },
    },
  }
  const tree = workTree(origin, { init: false })
  const server = new SessionsServer()
  const crew = (): ReturnType<typeof openFloor> =>
    openFloor({
      ...server.reach,
      name: 'test',
      folder,
      origin,
      base: 'main',
      leaseMs: 1_500,
      onError: () => undefined,
      config: () => ({ lanes: [lane] }),
    })
  let floor = await crew()
  try {
    const client = await server.client('ada')
    const session = client.session(floor.sessions.floor)
    await session.until(({ status }) => status === 'live')
    const until = async (holds: (found: Task) => boolean): Promise<Task> => {
      const { view } = await session.until(({ view: { document } }) => {
        const found = floorOf(document.value).tasks['T1']
        return found !== undefined && holds(found)
      })
      return one(floorOf(view.document.value))
    }
    await askFloor(session, { ask: 'add-task', title: 'It', kind: 'feature' })
    await until(({ attempts }) => attempts.length === 1)
    await floor.close()
    // Somebody else is faster: the other tries begin from the first one's base all the same.
    tree.write({ 'docs/other.md': 'Other.\n' })
    tree.commit('other')
    const moved = tree.git('rev-parse', 'main')
    floor = await crew()
    const { state, attempts } = await until((found) => found.state.status === 'done' || found.state.status === 'parked')
    expect(state).toMatchObject({ status: 'done' })
    const before = attempts[0]?.base
    expect(attempts).toMatchObject([
      { attempt: 1, outcome: 'rejected', failure: 'product', try: { number: 1, of: 3 }, base: before },
      { attempt: 2, outcome: 'spare', why: expect.stringContaining('attempt 3 was better'), base: before },
      { attempt: 3, outcome: 'judged', why: expect.stringContaining('It was chosen'), base: before },
      { attempt: 4, outcome: 'merged', lands: 3 },
    ])
    expect(before).toMatch(/^[0-9a-f]{40}$/)
    expect(started.toSorted()).toEqual(expect.arrayContaining(['t1-1', 't1-2', 't1-3']))
    expect(started).not.toContain('t1-4')
    const files = tree.git('ls-tree', '-r', '--name-only', 'main').split('\n')
    expect(files).toContain('src/small.js')
    expect(files).not.toContain('src/large.js')
    expect(files).not.toContain('test/new.test.js')
    // One commit, of the landing alone.
    expect(tree.git('rev-parse', 'main~1')).toBe(moved)
    expect(before).toBe(tree.git('rev-parse', 'main~2'))
  } finally {
    await floor.close()
    await server[Symbol.asyncDispose]()
    for (const place of [origin, folder]) rmSync(place, { recursive: true, force: true })
  }
})
