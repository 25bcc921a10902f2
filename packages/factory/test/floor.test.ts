import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withAttention } from '../src/floor/with-attention.ts'
import { moreUrgent } from '../src/floor/task-order.ts'
import { orderFor } from '../src/foreman/notes.ts'
import {
  broughtBack,
  decideFloor,
  emptyFloor,
  floorRequest,
  planFloor,
  settleAttempt,
  takeStep,
  withShelf,
  type FloorAnswer,
  type FloorDocument,
  type FloorRequest,
  type Outcome,
  type PlanLane,
  type Quarantined,
  type TaskStatus,
} from '../src/index.ts'

const lanes: readonly PlanLane[] = [
  { name: 'ci', kind: 'ci', oversight: 'unattended', wip: 1 },
  { name: 'alpha', kind: 'feature', oversight: 'branch', wip: 1 },
  { name: 'beta', kind: 'bug', oversight: 'propose', wip: 2 },
  { name: 'solo', kind: 'feature', oversight: 'merge', wip: 2 },
]
const names = lanes.map(({ name }) => name)

function ask(floor: FloorDocument, request: FloorRequest, now = 1_000): FloorAnswer {
  return decideFloor(floor, { by: 'user:ada', request: floorRequest.parse(request), now, lanes: names })
}

function accepted(floor: FloorDocument, request: FloorRequest, now?: number): FloorDocument {
  const answer = ask(floor, request, now)
  if (answer.outcome !== 'accepted') throw new Error(`${answer.outcome}: ${answer.said}`)
  return answer.floor
}

function run(floor: FloorDocument, now: number): FloorDocument {
  return planFloor(floor, lanes, now).steps.reduce((next, step) => takeStep(next, step, now), floor)
}

function settle(floor: FloorDocument, task: string, outcome: Outcome, now: number): FloorDocument {
  const state = floor.tasks[task]?.state
  if (state?.status !== 'working') throw new Error(`${task} is not under way`)
  return settleAttempt(floor, { task, attempt: state.attempt, result: { outcome, why: `it was ${outcome}` }, now })
}

function raise(): never {
  throw new Error('There is no such task.')
}

const statusOf = (floor: FloorDocument, id: string): TaskStatus | undefined => floor.tasks[id]?.state.status

describe('F1: tasks', () => {
  test('F1a the most urgent comes first, of the same urgency the oldest', () => {
    let floor = emptyFloor
    for (const [title, priority] of [
      ['late', 3],
      ['first', 1],
      ['second', 1],
    ] as const)
      floor = accepted(floor, { ask: 'add-task', title, kind: 'ci', priority })
    const begun: string[] = []
    for (let now = 1; now < 4; now += 1) {
      floor = run(floor, now)
      const task = Object.values(floor.tasks).find(({ state }) => state.status === 'working')
      begun.push(task?.title ?? '')
      floor = settle(floor, task?.id ?? '', 'merged', now)
    }
    expect(begun).toEqual(['first', 'second', 'late'])
  })

  test('F1b what depends on another task waits until that one is done, and says so', () => {
    let floor = accepted(emptyFloor, { ask: 'add-task', title: 'base', kind: 'ci' })
    floor = accepted(floor, { ask: 'add-task', title: 'on it', kind: 'feature', dependsOn: ['T1'] })
    floor = run(floor, 1)
    expect(planFloor(floor, lanes, 1).waiting).toEqual({ T2: 'it depends on T1' })
    floor = run(settle(floor, 'T1', 'merged', 2), 3)
    expect(statusOf(floor, 'T2')).toBe('working')
  })

  test('F1i a task begins in the place that a person gave it, which is as urgent as that of its neighbour', () => {
    let floor = emptyFloor
    for (const priority of [1, 1, 2, 2] as const)
      floor = accepted(floor, { ask: 'add-task', title: 'x', kind: 'ci', priority })
    const order = (): readonly string[] =>
      Object.values(floor.tasks)
        .toSorted(moreUrgent)
        .map(({ id }) => id)
    // All were added in the same millisecond, so there is no number between them.
    floor = accepted(floor, { ask: 'move-task', task: 'T4', before: 'T2' })
    expect(order()).toEqual(['T1', 'T4', 'T2', 'T3'])
    expect(floor.tasks['T4']?.priority).toBe(1)
    floor = accepted(floor, { ask: 'move-task', task: 'T1', after: 'T4' })
    expect(order()).toEqual(['T4', 'T1', 'T2', 'T3'])
    floor = accepted(floor, { ask: 'move-task', task: 'T2', before: 'T4' })
    floor = accepted(floor, { ask: 'add-task', title: 'x', kind: 'ci', priority: 1 }, 5_000)
    expect(order()).toEqual(['T2', 'T4', 'T1', 'T5', 'T3'])
    const moved = ask(floor, { ask: 'move-task', task: 'T3', priority: 0, lane: 'alpha' })
    expect(moved).toMatchObject({ outcome: 'accepted', said: 'T3 is P0; only alpha takes it.', task: 'T3' })
    expect(planFloor(run(floor, 1), lanes, 1).waiting['T4']).toBe('ci is busy')
  })

  test('F1i wherever tasks are put one after the other, they stand there', () => {
    const puts = fc.array(fc.record({ task: fc.nat({ max: 5 }), beside: fc.nat({ max: 5 }), isBefore: fc.boolean() }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(puts, (all) => {
        let floor = emptyFloor
        for (let n = 0; n < 6; n += 1) floor = accepted(floor, { ask: 'add-task', title: 'x', kind: 'ci' })
        const order = Object.keys(floor.tasks)
        for (const { task, beside, isBefore } of all) {
          const [id, other] = [`T${task + 1}`, `T${beside + 1}`]
          if (id === other) continue
          floor = accepted(floor, {
            ask: 'move-task',
            task: id,
            [isBefore ? 'before' : 'after']: other,
          })
          order.splice(order.indexOf(id), 1)
          order.splice(order.indexOf(other) + (isBefore ? 0 : 1), 0, id)
        }
        expect(
          Object.values(floor.tasks)
            .toSorted(moreUrgent)
            .map(({ id }) => id),
        ).toEqual(order)
      }),
    )
  })

  test('F1i a place that can be none is refused with the reason, and what is so already is left', () => {
    let floor = accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci', priority: 1 })
    floor = accepted(floor, { ask: 'add-task', title: 'y', kind: 'feature', lane: 'alpha' })
    const said = (request: Omit<Extract<FloorRequest, { ask: 'move-task' }>, 'ask'>): string =>
      ask(floor, { ask: 'move-task', ...request }).said
    expect(said({ task: 'T1' })).toBe('Say where T1 is to go: a priority, a lane, or a task.')
    expect(said({ task: 'T1', before: 'T1' })).toBe("T1 can't stand beside itself.")
    expect(said({ task: 'T1', before: 'T2', after: 'T2' })).toMatch(/^T1 can't be before one task and after another/)
    expect(said({ task: 'T1', lane: 'alpha', anyLane: true })).toMatch(/^T1 can't be for alpha and for any lane/)
    expect(said({ task: 'T1', lane: 'nowhere' })).toBe('There is no lane nowhere. Lanes: ci, alpha, beta, solo.')
    expect(said({ task: 'T1', before: 'T9' })).toMatch(/^T9 is not there: /)
    expect(said({ task: 'T1', priority: 0, after: 'T2' })).toBe(
      'T2 is P2, so nothing that is P0 stands right after it.',
    )
    expect(ask(floor, { ask: 'move-task', task: 'T2', lane: 'alpha' })).toEqual({
      outcome: 'noop',
      said: 'T2 is P2; only alpha takes it already.',
      task: 'T2',
    })
    floor = accepted(floor, { ask: 'move-task', task: 'T2', anyLane: true })
    expect(floor.tasks['T2']).not.toHaveProperty('lane')
    floor = run(floor, 1)
    expect(said({ task: 'T1', lane: 'alpha' })).toMatch(/^T1 is being worked on in the lane ci: /)
    expect(accepted(floor, { ask: 'move-task', task: 'T1', priority: 0 }).tasks['T1']?.priority).toBe(0)
    floor = settle(floor, 'T1', 'merged', 2)
    expect(said({ task: 'T1', priority: 0 })).toBe('T1 is done, so its place is of no use.')
  })

  test('F1j what a task waits for is said anew; a ring is refused with its way', () => {
    let floor = emptyFloor
    for (let n = 0; n < 4; n += 1) floor = accepted(floor, { ask: 'add-task', title: 'x', kind: 'ci' })
    floor = accepted(floor, { ask: 'depend-task', task: 'T2', on: ['T1'] })
    floor = accepted(floor, { ask: 'depend-task', task: 'T3', on: ['T2', 'T2'] })
    expect(floor.tasks['T3']?.dependsOn).toEqual(['T2'])
    expect(ask(floor, { ask: 'depend-task', task: 'T1', on: ['T4', 'T3'] })).toEqual({
      outcome: 'refused',
      said: 'Then T1 would wait for itself: T1 waits for T3 waits for T2 waits for T1.',
    })
    expect(ask(floor, { ask: 'depend-task', task: 'T1', on: ['T1'] }).said).toMatch(/T1 would wait for itself/)
    expect(ask(floor, { ask: 'depend-task', task: 'T1', on: ['T9'] }).said).toMatch(/^There is no task T9/)
    expect(ask(floor, { ask: 'depend-task', task: 'T3', on: ['T2'] })).toEqual({
      outcome: 'noop',
      said: 'T3 waits for T2 already.',
      task: 'T3',
    })
    expect(planFloor(floor, lanes, 1).waiting).toMatchObject({ T2: 'it depends on T1', T3: 'it depends on T2' })
    floor = accepted(floor, { ask: 'depend-task', task: 'T2', on: [] })
    expect(planFloor(floor, lanes, 1).waiting['T2']).toBe('ci is busy')
    floor = run(floor, 1)
    expect(ask(floor, { ask: 'depend-task', task: 'T1', on: ['T4'] }).said).toBe(
      'T1 is working, so it waits for nothing any more.',
    )
  })

  test('F1c what is imported again is known', () => {
    const source = { kind: 'github', ref: 'o/r#7' }
    const floor = accepted(emptyFloor, { ask: 'add-task', title: 'once', source })
    expect(ask(floor, { ask: 'add-task', title: 'twice', source })).toEqual({
      outcome: 'noop',
      said: 'github o/r#7 is T1 already.',
      task: 'T1',
    })
  })

  test('F1d a report of an attempt that does not hold the task changes nothing', () => {
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'a', kind: 'ci' }), 1)
    const late = { task: 'T1', attempt: 1, result: { outcome: 'merged', why: 'late' }, now: 9 } as const
    floor = run(settle(floor, 'T1', 'rejected', 2), 3)
    expect(floor.tasks['T1']?.state).toMatchObject({ status: 'working', attempt: 2 })
    expect(settleAttempt(floor, late)).toBe(floor)
  })

  test('F8a after its last attempt a task is parked with the reason, and accepting it gives another set', () => {
    let floor = accepted(emptyFloor, { ask: 'add-task', title: 'hard', kind: 'ci' })
    for (let attempt = 1; attempt <= 3; attempt += 1) floor = settle(run(floor, attempt), 'T1', 'rejected', attempt)
    expect(floor.tasks['T1']?.state).toEqual({
      status: 'parked',
      why: '3 attempts, the last one rejected: it was rejected',
      at: 3,
    })
    floor = run(accepted(floor, { ask: 'accept-task', task: 'T1' }), 5)
    expect(floor.tasks['T1']?.state).toMatchObject({ status: 'working', attempt: 4 })
    floor = settle(floor, 'T1', 'empty', 6)
    expect(statusOf(floor, 'T1')).toBe('ready')
  })

  test.each(['proposed', 'branched'] as const)('F4 work that was %s waits for a person, who finds it', (outcome) => {
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }), 1)
    const result = { outcome, why: 'green', ref: 'refs/heads/t1' } as const
    floor = settleAttempt(floor, { task: 'T1', attempt: 1, result, now: 2 })
    expect(floor.tasks['T1']?.state).toMatchObject({ status: 'review', ref: 'refs/heads/t1', at: 2 })
    expect(planFloor(floor, lanes, 3).steps).toEqual([])
    expect(statusOf(accepted(floor, { ask: 'accept-task', task: 'T1' }), 'T1')).toBe('done')
  })

  test('F8b what is nuked begins anew with the reason as its lesson', () => {
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'round', kind: 'ci' }), 1)
    floor = accepted(floor, { ask: 'nuke', lane: 'ci', reason: 'It goes in circles.' })
    floor = settle(floor, 'T1', 'cancelled', 2)
    expect(floor.tasks['T1']).toMatchObject({
      state: { status: 'ready' },
      attempts: [{ outcome: 'nuked', why: 'It goes in circles.' }],
    })
  })

  test('F8b put away is what works in that lane, once, and not what holds still there', () => {
    let floor = accepted(emptyFloor, { ask: 'add-task', title: 'slow', kind: 'ci', priority: 3 })
    floor = run(accepted(floor, { ask: 'add-task', title: 'x', kind: 'feature', lane: 'alpha' }), 1)
    floor = run(accepted(floor, { ask: 'add-task', title: 'fire', kind: 'ci', priority: 0 }), 2)
    const nuke = (lane: string): FloorAnswer => ask(floor, { ask: 'nuke', lane, reason: 'circles' })
    expect(nuke('beta')).toEqual({ outcome: 'refused', said: 'The lane beta works on nothing.' })
    expect(nuke('nowhere')).toMatchObject({ outcome: 'refused' })
    floor = accepted(floor, { ask: 'nuke', lane: 'ci', reason: 'circles' })
    const nuked = Object.values(floor.tasks).filter(({ state }) => state.status === 'working' && state.nuked)
    expect(nuked.map(({ id }) => id)).toEqual(['T3'])
    expect(nuke('ci')).toEqual({ outcome: 'noop', said: 'T3 is being put away already.', task: 'T3' })
  })

  test('F6a a lane that a person paused takes nothing new until they say so', () => {
    let floor = accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' })
    expect(ask(floor, { ask: 'resume-lane', lane: 'ci' })).toMatchObject({ outcome: 'noop' })
    expect(ask(floor, { ask: 'pause-lane', lane: 'nowhere' })).toMatchObject({ outcome: 'refused' })
    floor = accepted(floor, { ask: 'pause-lane', lane: 'ci' })
    expect(floor.pausedLanes).toEqual({ ci: 'paused by user:ada' })
    expect(ask(floor, { ask: 'pause-lane', lane: 'ci' })).toMatchObject({ outcome: 'noop' })
    expect(planFloor(floor, lanes, 1)).toMatchObject({ steps: [], waiting: { T1: 'ci is paused' } })
    floor = accepted(floor, { ask: 'resume-lane', lane: 'ci' })
    expect(statusOf(run(floor, 2), 'T1')).toBe('working')
  })

  test('J7 of an agent at work each verdict is overruled once, and a later one again', () => {
    const at = (floor: FloorDocument, verdict: number): FloorDocument => {
      const task = floor.tasks['T1'] ?? raise()
      const waffling = { verdict, rung: 'nudge', evidence: 'same call', kinds: ['same-call'] } as const
      if (task.state.status !== 'working') throw new Error('It is not under way.')
      return { ...floor, tasks: { T1: { ...task, state: { ...task.state, waffling } } } }
    }
    const overrule = { ask: 'overrule', task: 'T1', reason: 'It waits.' } as const
    let floor = at(run(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }), 1), 1)
    floor = accepted(floor, overrule)
    expect(floor.tasks['T1']?.state).toEqual({ status: 'working', lane: 'ci', attempt: 1, since: 1 })
    expect(ask(floor, overrule)).toEqual({
      outcome: 'noop',
      said: 'What was said of T1 is overruled already.',
      task: 'T1',
    })
    expect(ask(at(floor, 1), overrule)).toMatchObject({ outcome: 'noop' })
    floor = accepted(at(floor, 2), overrule)
    expect(floor.tasks['T1']?.overrules?.map(({ verdict }) => verdict)).toEqual([1, 2])
  })

  test('J7 a verdict is overruled once, with its reason; a parked task is tried again without that lesson', () => {
    const waffling = { verdict: 2, rung: 'park', evidence: 'same call, 4th time', kinds: ['same-call'] } as const
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }), 1)
    expect(ask(floor, { ask: 'overrule', task: 'T1', reason: 'It waits.' })).toEqual({
      outcome: 'refused',
      said: 'Nobody says that T1 goes in circles.',
    })
    const result = { outcome: 'parked', why: 'It went in circles.', failure: 'waffling', waffling } as const
    floor = settleAttempt(floor, { task: 'T1', attempt: 1, result, now: 2 })
    expect(statusOf(floor, 'T1')).toBe('parked')
    floor = accepted(floor, { ask: 'overrule', task: 'T1', reason: 'It waits.' }, 3)
    expect(floor.tasks['T1']).toMatchObject({
      state: { status: 'ready', countFrom: 2 },
      overrules: [{ ...waffling, attempt: 1, by: 'user:ada', reason: 'It waits.', at: 3 }],
    })
    expect(ask(floor, { ask: 'overrule', task: 'T1', reason: 'Again.' })).toMatchObject({ outcome: 'noop' })
    const order = orderFor(run(floor, 4).tasks['T1'] ?? raise(), 2)
    expect(order).toMatchObject({ lessons: [] })
    expect(order).not.toHaveProperty('rungs')
  })

  test('J9 who comes after one that went in circles begins where that one ended, with the lesson', () => {
    const waffling = { verdict: 3, rung: 'fresh', evidence: 'same call, 9th time', kinds: ['same-call'] } as const
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }), 1)
    const result = { outcome: 'replaced', why: 'It went in circles.', failure: 'waffling', waffling } as const
    floor = run(settleAttempt(floor, { task: 'T1', attempt: 1, result, now: 2 }), 3)
    const order = orderFor(floor.tasks['T1'] ?? raise(), 2)
    expect(order).toMatchObject({
      rungs: 3,
      lessons: ['replaced: It went in circles. When a command has given the same result twice, do something else.'],
    })
  })

  test('F1b with hundreds of lanes and tasks every task has its place, or a reason that is short enough to read', () => {
    const many = Array.from({ length: 500 }, (_, n): PlanLane => ({
      name: `lane-${n}`,
      kind: 'ci',
      oversight: 'merge',
      wip: 1,
    }))
    const [one] = Object.values(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }).tasks)
    const tasks = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, n) => [`T${n + 1}`, { ...(one ?? raise()), id: `T${n + 1}`, at: n }]),
    )
    const { steps, waiting } = planFloor({ ...emptyFloor, tasks }, many, 1)
    expect(new Set(steps.map((step) => step.step === 'dispatch' && step.lane)).size).toBe(500)
    expect(Object.keys(waiting)).toHaveLength(1_500)
    expect(waiting['T2000']).toBe('lane-0, lane-1, lane-2, lane-3, lane-4, lane-5 and 494 others are busy')
  })

  test('F1 however many tasks were done, there is room for new ones, and the newest of the old stay', () => {
    let floor = emptyFloor
    const facts = { note: 'x'.repeat(1_500) }
    for (let count = 1; count <= 150; count += 1) {
      const id = `T${count}`
      floor = run(accepted(floor, { ask: 'add-task', title: 'a', kind: 'ci' }, count), count)
      const result = { outcome: 'merged', why: 'green', facts } as const
      floor = settleAttempt(floor, { task: id, attempt: 1, result, now: count })
      expect(statusOf(floor, id)).toBe('done')
    }
    const kept = Object.keys(floor.tasks)
    expect(kept.length).toBeLessThan(100)
    expect(kept.length).toBeGreaterThan(50)
    expect(kept.at(-1)).toBe('T150')
    expect(JSON.stringify(floor.tasks).length).toBeLessThan(130_000)
  })

  test('F6a what a person stopped stays stopped', () => {
    const floor = settle(
      run(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }), 1),
      'T1',
      'cancelled',
      2,
    )
    expect(statusOf(floor, 'T1')).toBe('parked')
    expect(planFloor(floor, lanes, 1_000_000).steps).toEqual([])
  })

  test('F6b what was under way when the whole floor was stopped begins again with the floor, and counts as no try', () => {
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }), 1)
    floor = settle(accepted(floor, { ask: 'set-mode', mode: 'stopped' }), 'T1', 'cancelled', 2)
    expect(planFloor(floor, lanes, 3)).toMatchObject({ steps: [], waiting: { T1: 'the floor is stopped' } })
    floor = run(accepted(floor, { ask: 'set-mode', mode: 'running' }), 4)
    expect(floor.tasks['T1']?.state).toEqual({ status: 'working', lane: 'ci', attempt: 2, since: 4, countFrom: 2 })
  })

  test('F1g a base that is not green holds the floor until a person resumes it, and counts against no task', () => {
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }), 1)
    const result = { outcome: 'failed', why: 'The base itself is not green.', failure: 'base' } as const
    floor = settleAttempt(floor, { task: 'T1', attempt: 1, result, now: 2 })
    expect(floor).toMatchObject({ mode: 'paused', modeWhy: 'The base itself is not green.' })
    expect(planFloor(floor, lanes, 3).steps).toEqual([])
    floor = run(accepted(floor, { ask: 'set-mode', mode: 'running' }), 4)
    expect(floor.modeWhy).toBeUndefined()
    expect(floor.tasks['T1']?.state).toEqual({ status: 'working', lane: 'ci', attempt: 2, since: 4, countFrom: 2 })
  })

  test('F1e an attempt that failed for reasons of the machine is not begun again at once', () => {
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }), 1)
    const result = { outcome: 'failed', why: 'There is no program x.', failure: 'agent_missing' } as const
    floor = settleAttempt(floor, { task: 'T1', attempt: 1, result, now: 2 })
    const plan = planFloor(floor, lanes, 3)
    const why = 'its last attempt failed a moment ago: There is no program x.'
    expect(plan).toMatchObject({ steps: [], waiting: { T1: why } })
    expect(planFloor(floor, lanes, plan.lookAgainAt ?? 0).steps).toHaveLength(1)
  })

  test.each([
    ['failed', 'ready'],
    ['lost', 'ready'],
    ['rejected', 'working'],
  ] as const)('F1e after an attempt that was %s the task is %s a moment later', (outcome, status) => {
    const floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'x', kind: 'ci' }), 1)
    expect(statusOf(run(settle(floor, 'T1', outcome, 2), 3), 'T1')).toBe(status)
    expect(statusOf(run(settle(floor, 'T1', outcome, 2), 15_002), 'T1')).toBe('working')
  })

  test('a task for a lane that is not there, or after one that is not there, is refused with what there is', () => {
    expect(ask(emptyFloor, { ask: 'add-task', title: 'x', lane: 'nowhere' })).toEqual({
      outcome: 'refused',
      said: 'There is no lane nowhere. Lanes: ci, alpha, beta, solo.',
    })
    expect(ask(emptyFloor, { ask: 'add-task', title: 'x', dependsOn: ['T9'] }).said).toMatch(/no task T9/)
    expect(ask(emptyFloor, { ask: 'accept-task', task: 'T9' }).said).toMatch(/no task T9 on this floor/)
  })
})

describe('F8f: what is in quarantine', () => {
  const record = (id: string, day: number): Quarantined => ({
    id,
    reason: `nuked: ${'x'.repeat(500)}`,
    at: new Date(day * 86_400_000).toISOString(),
    until: new Date((day + 7) * 86_400_000).toISOString(),
  })
  const isOf = (floor: FloorDocument): readonly (readonly [string, string])[] =>
    (floor.shelf ?? []).map(({ id, state }) => [id, state.is])

  test('F8f the newest are shown, and one is brought back by asking, with where it is', () => {
    const many = Array.from({ length: 30 }, (_, day) => record(`t${day + 1}-1`, day))
    let floor = withShelf(emptyFloor, many)
    expect(isOf(floor).map(([id]) => id)).toEqual(Array.from({ length: 12 }, (_, n) => `t${30 - n}-1`))
    expect(JSON.stringify(floor.shelf).length).toBeLessThan(5_000)
    expect(withShelf(floor, many)).toBe(floor)
    expect(ask(floor, { ask: 'undo', attempt: 't1-1' })).toMatchObject({
      outcome: 'refused',
      said: expect.stringMatching(/^The floor knows of no clone of t1-1 in quarantine\. There are t30-1, /) as string,
    })
    expect(ask(emptyFloor, { ask: 'undo', attempt: 't1-1' }).said).toContain('in quarantine. Nothing is there;')
    floor = accepted(floor, { ask: 'undo', attempt: 't20-1' })
    expect(floor.shelf?.find(({ id }) => id === 't20-1')?.state).toMatchObject({ is: 'wanted', by: 'user:ada' })
    expect(ask(floor, { ask: 'undo', attempt: 't20-1' }).said).toBe('The clone of t20-1 is being brought back already.')
    // What somebody waits for stays, however many others come meanwhile.
    floor = withShelf(floor, [...many, ...Array.from({ length: 20 }, (_, n) => record(`t${50 + n}-1`, 50 + n))])
    expect(isOf(floor)).toContainEqual(['t20-1', 'wanted'])
    floor = broughtBack(floor, 't20-1', { clone: '/floor/attempts/t20-1/clone' })
    floor = withShelf(floor, many.slice(0, 2))
    expect(isOf(floor)).toEqual([
      ['t2-1', 'kept'],
      ['t1-1', 'kept'],
      ['t20-1', 'back'],
    ])
    expect(ask(floor, { ask: 'undo', attempt: 't20-1' }).said).toMatch(/is back already: \/floor\/attempts/)
    // Put away once more it can be had back once more.
    expect(isOf(withShelf(floor, [record('t20-1', 40)]))).toEqual([['t20-1', 'kept']])
  })

  test('F8f one that can not be brought back stays, and says why', () => {
    let floor = withShelf(emptyFloor, [record('t1-1', 1)])
    expect(broughtBack(floor, 't1-1', { failed: 'nobody asked' })).toBe(floor)
    floor = broughtBack(accepted(floor, { ask: 'undo', attempt: 't1-1' }), 't1-1', { failed: 'The disk is gone.' })
    expect(floor.shelf?.[0]?.state).toMatchObject({ is: 'kept', failed: 'The disk is gone.' })
    expect(ask(floor, { ask: 'undo', attempt: 't1-1' }).outcome).toBe('accepted')
  })
})

describe('F5: attention', () => {
  test('F5a no more lanes that may need a person are at work than the operator said, and the others say why', () => {
    let floor = accepted(emptyFloor, { ask: 'set-attention', lanes: 1 })
    floor = accepted(floor, { ask: 'add-task', title: 'a', kind: 'feature', lane: 'alpha' })
    floor = accepted(floor, { ask: 'add-task', title: 'b', kind: 'bug', lane: 'beta' })
    floor = run(floor, 1)
    expect(planFloor(floor, lanes, 1).waiting).toEqual({ T2: '1 of 1 lanes that may need a person are at work' })
    expect(statusOf(run(settle(floor, 'T1', 'merged', 2), 3), 'T2')).toBe('working')
  })

  test('F5 lanes that need nobody, unattended or merged by the gate, are at work without attention', () => {
    let floor = accepted(emptyFloor, { ask: 'set-attention', lanes: 1 })
    for (const lane of ['alpha', 'ci', 'solo']) floor = accepted(floor, { ask: 'add-task', title: 'x', lane })
    floor = run(floor, 1)
    expect(['T1', 'T2', 'T3'].map((id) => statusOf(floor, id))).toEqual(['working', 'working', 'working'])
  })

  test('F5d what the files say counts when they say something new; in between a word of a person does', () => {
    const filed = withAttention(emptyFloor, 1)
    expect(filed.attention).toBe(1)
    const spoken = accepted(filed, { ask: 'set-attention', lanes: 4 })
    expect(withAttention(spoken, 1)).toBe(spoken)
    expect(withAttention(spoken, undefined)).toBe(spoken)
    expect(withAttention(spoken, 2).attention).toBe(2)
  })

  test('F5b an urgent task pre-empts: the least urgent attempt holds still, and goes on when it is over', () => {
    let floor = accepted(emptyFloor, { ask: 'add-task', title: 'slow', kind: 'ci', priority: 3 })
    floor = run(floor, 1)
    floor = accepted(floor, { ask: 'add-task', title: 'fire', kind: 'ci', priority: 0 })
    expect(planFloor(floor, lanes, 2).steps).toEqual([
      { step: 'pause', task: 'T1', for: 'T2' },
      { step: 'dispatch', task: 'T2', lane: 'ci', attempt: 1 },
    ])
    floor = run(floor, 2)
    expect(floor.tasks['T1']?.state).toMatchObject({ status: 'working', pausedFor: 'T2' })
    expect(planFloor(floor, lanes, 3).steps).toEqual([])
    floor = settle(floor, 'T2', 'merged', 4)
    expect(planFloor(floor, lanes, 5).steps).toEqual([{ step: 'resume', task: 'T1' }])
    expect(run(floor, 5).tasks['T1']?.state).toEqual({ status: 'working', lane: 'ci', attempt: 1, since: 1 })
  })

  test('F5b what held still goes on before what is less urgent begins', () => {
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'slow', kind: 'ci', priority: 2 }), 1)
    floor = run(accepted(floor, { ask: 'add-task', title: 'fire', kind: 'ci', priority: 0 }), 2)
    floor = accepted(floor, { ask: 'add-task', title: 'later', kind: 'ci', priority: 2 }, 2_000)
    floor = accepted(floor, { ask: 'add-task', title: 'some day', kind: 'ci', priority: 3 })
    floor = settle(floor, 'T2', 'merged', 4)
    expect(planFloor(floor, lanes, 5).steps).toEqual([{ step: 'resume', task: 'T1' }])
    floor = accepted(floor, { ask: 'add-task', title: 'sooner', kind: 'ci', priority: 1 })
    expect(planFloor(floor, lanes, 5).steps).toEqual([{ step: 'dispatch', task: 'T5', lane: 'ci', attempt: 1 }])
  })

  test('F5 F5b attention is given by a lane of which all attempts hold still, not by one of several', () => {
    let floor = accepted(emptyFloor, { ask: 'set-attention', lanes: 1 })
    for (const priority of [2, 3] as const)
      floor = accepted(floor, { ask: 'add-task', title: 'x', kind: 'bug', lane: 'beta', priority })
    floor = accepted(run(floor, 1), { ask: 'add-task', title: 'fire', kind: 'feature', lane: 'alpha', priority: 0 })
    expect(planFloor(floor, lanes, 2).steps).toEqual([
      { step: 'pause', task: 'T1', for: 'T3' },
      { step: 'pause', task: 'T2', for: 'T3' },
      { step: 'dispatch', task: 'T3', lane: 'alpha', attempt: 1 },
    ])
    floor = settle(run(floor, 2), 'T3', 'merged', 3)
    expect(planFloor(floor, lanes, 4).steps.map(({ step }) => step)).toEqual(['resume', 'resume'])
    // One that is as urgent keeps the attention of its lane.
    floor = accepted(run(floor, 4), { ask: 'prioritise', task: 'T1', priority: 0 })
    floor = accepted(floor, { ask: 'add-task', title: 'fire', kind: 'feature', lane: 'alpha', priority: 0 })
    expect(planFloor(floor, lanes, 5)).toMatchObject({ steps: [], waiting: { T4: 'everything at work is as urgent' } })
  })

  test('F5c one P0 does not pre-empt another', () => {
    let floor = run(accepted(emptyFloor, { ask: 'add-task', title: 'a', kind: 'ci', priority: 0 }), 1)
    floor = accepted(floor, { ask: 'add-task', title: 'b', kind: 'ci', priority: 0 })
    expect(planFloor(floor, lanes, 2)).toMatchObject({ steps: [], waiting: { T2: 'everything at work is as urgent' } })
  })
})

const outcomes = [
  'merged',
  'rejected',
  'proposed',
  'branched',
  'empty',
  'budget',
  'judged',
  'nuked',
  'replaced',
  'parked',
  'cancelled',
  'failed',
  'lost',
] as const

const move = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    kind: fc.constantFrom('ci', 'feature', 'bug', 'docs', 'custom' as const),
    priority: fc.constantFrom(0, 1, 2, 3 as const),
    dependsOn: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  }),
  fc.record({ do: fc.constant('plan' as const), wait: fc.nat({ max: 20_000 }) }),
  fc.record({ do: fc.constant('end' as const), which: fc.nat({ max: 9 }), outcome: fc.constantFrom(...outcomes) }),
  fc.record({
    do: fc.constant('ask' as const),
    request: fc.oneof(
      fc.record({ ask: fc.constantFrom('accept-task' as const), task: fc.nat({ max: 20 }).map((n) => `T${n + 1}`) }),
      fc.record({
        ask: fc.constant('reject-task' as const),
        task: fc.nat({ max: 20 }).map((n) => `T${n + 1}`),
        reason: fc.constant('no'),
      }),
      fc.record({ ask: fc.constant('nuke' as const), lane: fc.constantFrom(...names), reason: fc.constant('circles') }),
      fc.record({ ask: fc.constant('pause-lane' as const), lane: fc.constantFrom(...names) }),
      fc.record({ ask: fc.constant('resume-lane' as const), lane: fc.constantFrom(...names) }),
      fc.record({
        ask: fc.constant('set-mode' as const),
        mode: fc.constantFrom('running', 'paused', 'stopped' as const),
      }),
      fc.record({ ask: fc.constant('set-attention' as const), lanes: fc.nat({ max: 4 }) }),
      fc.record({
        ask: fc.constant('move-task' as const),
        task: fc.nat({ max: 20 }).map((n) => `T${n + 1}`),
        lane: fc.constantFrom(...names),
        before: fc.nat({ max: 20 }).map((n) => `T${n + 1}`),
      }),
      fc.record({
        ask: fc.constant('depend-task' as const),
        task: fc.nat({ max: 20 }).map((n) => `T${n + 1}`),
        on: fc.array(
          fc.nat({ max: 20 }).map((n) => `T${n + 1}`),
          { maxLength: 3 },
        ),
      }),
    ),
  }),
)

test.each([1, 3])(
  'F1 F5 F8 T2f: whatever is asked and however attempts end, no task is lost, none is held twice, and no lane is over its bound, with %i tries',
  (bestOf) => {
    const tried = lanes.map((lane) => ({ ...lane, bestOf }))
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80, size: 'max' }), (moves) => {
        let floor = emptyFloor
        let now = 1
        const added = new Set<string>()
        const dispatched = new Set<string>()
        for (const step of moves) {
          now += 1
          if (step.do === 'add') {
            const on = step.dependsOn === undefined ? [] : [`T${step.dependsOn + 1}`].filter((id) => floor.tasks[id])
            floor = accepted(
              floor,
              { ask: 'add-task', title: 't', kind: step.kind, priority: step.priority, dependsOn: on },
              now,
            )
            added.add(`T${floor.nextTask - 1}`)
          } else if (step.do === 'ask') {
            const answer = ask(floor, step.request, now)
            if (answer.outcome === 'accepted') floor = answer.floor
            expect(answer.said).not.toBe('')
          } else if (step.do === 'end') {
            const working = Object.values(floor.tasks).filter(({ state }) => state.status === 'working')
            const task = working[step.which % Math.max(1, working.length)]
            if (task) floor = settle(floor, task.id, step.outcome, now)
          } else {
            now += step.wait
            const attention = floor.attention
            const before = attendedLanes(floor)
            for (const one of planFloor(floor, tried, now).steps) {
              if (one.step === 'dispatch') {
                // The same attempt is never begun twice: it names the run, and with that the command.
                expect(dispatched.has(`${one.task}.${one.attempt}`)).toBe(false)
                dispatched.add(`${one.task}.${one.attempt}`)
              }
              const next = takeStep(floor, one, now)
              expect(next).not.toBe(floor)
              floor = next
            }
            for (const lane of lanes) expect(atWork(floor, lane.name)).toBeLessThanOrEqual(lane.wip)
            expect(attendedLanes(floor)).toBeLessThanOrEqual(Math.max(before, attention))
            expect(planFloor(floor, tried, now).steps).toEqual([])
          }
          expect([...added].filter((id) => floor.tasks[id] === undefined)).toEqual([])
        }
      }),
    )
  },
)

function atWork(floor: FloorDocument, lane: string): number {
  return Object.values(floor.tasks).filter(
    ({ state }) => state.status === 'working' && state.lane === lane && state.pausedFor === undefined,
  ).length
}

function attendedLanes(floor: FloorDocument): number {
  return lanes.filter(
    ({ name, oversight }) => oversight !== 'merge' && oversight !== 'unattended' && atWork(floor, name) > 0,
  ).length
}
