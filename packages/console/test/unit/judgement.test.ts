import { emptyFloor, type EndedAttempt, type FloorDocument, type Task } from '@headrace/factory/floor'
import { expect, test } from 'vitest'
import { circlesOf, givenNow, lessonsOf, proposalsOf, skilledOf } from '../../src/model/judgement.ts'
import { shelvedOf } from '../../src/model/shelf.ts'

const waffling = { verdict: 1, rung: 'park', evidence: 'same call, 4th time', kinds: ['same-call'] } as const

function task(id: string, more: Partial<Task> = {}): Task {
  const source = { kind: 'floor', ref: id }
  const fixed = { body: '', kind: 'feature', priority: 2, dependsOn: [], acceptance: [], attempts: [] } as const
  return { ...fixed, id, title: id, source, by: 'user:ada', at: 1, state: { status: 'ready' }, ...more }
}

function ended(attempt: number, more: Partial<EndedAttempt> = {}): EndedAttempt {
  const at = { startedAt: 0, endedAt: attempt }
  return { attempt, lane: 'alpha', outcome: 'merged', why: 'green', ...at, ...more }
}

function floorWith(tasks: readonly Task[], more: Partial<FloorDocument> = {}): FloorDocument {
  return { ...emptyFloor, tasks: Object.fromEntries(tasks.map((each) => [each.id, each])), ...more }
}

const parked = { outcome: 'parked', failure: 'waffling', waffling } as const

test('J7: each verdict of going in circles says what it turned out to be, and only the newest can be overruled', () => {
  const overrule = { ...waffling, attempt: 1, by: 'user:ada', reason: 'It waits.', at: 3 } as const
  const working = { status: 'working', lane: 'alpha', attempt: 2, since: 5 } as const
  const floor = floorWith([
    task('T1', { attempts: [ended(1, parked), ended(2, { waffling })] }),
    task('T2', { attempts: [ended(3, parked)] }),
    task('T3', { attempts: [ended(1, parked)], overrules: [overrule] }),
    task('T4', { attempts: [ended(1, parked)], state: { ...working, waffling } }),
    // Overruled while it works: then the document holds the verdict in what was overruled alone.
    task('T5', { state: { ...working, attempt: 1 }, overrules: [overrule] }),
    task('T6', { attempts: [ended(1)] }),
  ])
  const told = circlesOf(floor).map(({ task: { id }, attempt, judged, mayOverrule }) => [
    id,
    attempt,
    judged,
    mayOverrule,
  ])
  expect(told).toEqual([
    ['T4', 2, 'now', true],
    ['T5', 1, 'overruled', false],
    ['T2', 3, 'stood', true],
    ['T1', 2, 'landed', false],
    ['T1', 1, 'stood', false],
    ['T3', 1, 'overruled', false],
    ['T4', 1, 'stood', false],
  ])
})

test('lessons, skills and proposals are those of the floor’s document', () => {
  const tampered = { outcome: 'rejected', failure: 'test-tampering', why: 'a test is skipped' } as const
  const signature = { source: 'todo', subject: 'a.ts', parts: [] }
  const floor = floorWith(
    [
      task('T1', { attempts: [ended(1, { ...tampered, skills: ['fix@1'] }), ended(2, { skills: ['fix@2'] })] }),
      task('T2', { attempts: [ended(1, { outcome: 'empty', why: 'nothing' }), ended(4, tampered)] }),
      task('T3', { signature, state: { status: 'done', at: 9 }, at: 9 }),
      task('T4', { source: { kind: 'retro', ref: 'x' }, state: { status: 'proposed' }, at: 5 }),
      task('T5', { source: { kind: 'github', ref: 'o/r#1' }, state: { status: 'proposed' }, at: 7 }),
    ],
    {
      lanes: [
        { name: 'alpha', kind: 'bug', oversight: 'merge', wip: 1, given: ['fix@2', 'look@1'] },
        { name: 'beta', kind: 'bug', oversight: 'merge', wip: 1, given: ['fix@2'] },
      ],
    },
  )
  const lessons = lessonsOf(floor).map(({ key, cases }) => [key, cases.map(({ task: { id } }) => id)])
  expect(lessons).toEqual([
    ['guard:test-tampering', ['T2', 'T1']],
    ['empty', ['T2']],
  ])
  expect(skilledOf(floor)[0]).toEqual({ task: 'T1', skills: ['fix@1'], outcome: 'rejected', endedAt: 1, used: {} })
  expect([...givenNow(floor)]).toEqual([
    ['fix@2', ['alpha', 'beta']],
    ['look@1', ['alpha']],
  ])
  expect(proposalsOf(floor).map(({ id }) => id)).toEqual(['T5', 'T4', 'T3'])
})

test('F8f: of what was put away that comes first which nobody had use of', () => {
  const kept = { is: 'kept', until: 99 } as const
  const clone = (id: string, at: number): NonNullable<FloorDocument['shelf']>[number] => ({
    id,
    reason: 'x',
    at,
    state: kept,
  })
  const floor = floorWith([task('T1', { attempts: [ended(1), ended(2, { outcome: 'nuked' })] })], {
    shelf: [clone('t1-1', 9), clone('t1-2', 3), clone('t7-1', 5)],
  })
  expect(shelvedOf(floor).map((each) => [each.clone.id, each.isInVain])).toEqual([
    ['t7-1', true],
    ['t1-2', true],
    ['t1-1', false],
  ])
})
