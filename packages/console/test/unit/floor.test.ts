import {
  emptyFloor,
  floorPlace,
  floorSessions,
  type FloorDocument,
  type Task,
  type TaskState,
} from '@headrace/factory/floor'
import { emptyView, type Message, type Run } from '@headrace/core'
import { expect, test } from 'vitest'
import { columnsOf, dropOf, stepOf, tiesOf, type BoardBy, type Step } from '../../src/model/board-columns.ts'
import { boardOf, readFloor } from '../../src/model/floor-board.ts'
import { laneState, lastWord } from '../../src/model/lane-state.ts'
import { mergeQueue } from '../../src/model/merge-queue.ts'
import { withMoves } from '../../src/model/with-moves.ts'

const now = 1_000_000

function task(id: string, state: TaskState, more: Partial<Task> = {}): Task {
  const source = { kind: 'floor', ref: id }
  const fixed = { body: '', kind: 'feature', priority: 2, dependsOn: [], acceptance: [], attempts: [] } as const
  return { ...fixed, id, title: `Title of ${id}`, source, by: 'user:ada', at: 1, state, ...more }
}

function floorWith(tasks: readonly Task[], more: Partial<FloorDocument> = {}): FloorDocument {
  const lanes = [{ name: 'alpha', kind: 'feature', oversight: 'merge', wip: 1 }] as const
  return { ...emptyFloor, lanes, tasks: Object.fromEntries(tasks.map((each) => [each.id, each])), ...more }
}

const working = { status: 'working', lane: 'alpha', attempt: 1, since: now - 5_000 } as const

test('a session is known as a floor, its gate or a lane of it by its id', () => {
  const sessions = floorSessions('main')
  expect(floorPlace(sessions.floor)).toEqual({ floor: 'main', part: 'floor' })
  expect(floorPlace(sessions.merge)).toEqual({ floor: 'main', part: 'merge' })
  expect(floorPlace(sessions.lane('alpha'))).toEqual({ floor: 'main', part: 'lane', lane: 'alpha' })
  const others = [
    'factory',
    'factory/main',
    'factory//floor',
    'factory/main/lanes',
    'factory/main/lanes/',
    'a/main/floor',
  ]
  expect([...others, 'factory/main/floor/x', 'factory/main/lanes/a/b'].filter(floorPlace)).toEqual([])
})

test('F1: tasks stand where their state puts them, each with the reason', () => {
  const board = boardOf(
    floorWith([
      task('T1', working),
      task('T2', { status: 'ready' }),
      task('T3', { status: 'ready' }, { dependsOn: ['T1'], priority: 0 }),
      task('T4', { status: 'parked', why: '3 attempts', at: 1 }),
      task('T5', { status: 'review', ref: 'refs/agents/t5-1', at: 1 }),
      task('T6', { status: 'proposed' }),
      task('T7', { status: 'done', commit: '0123456789abcdef', at: 1 }),
      task('T8', { status: 'rejected', why: 'No', by: 'user:ada', at: 2 }),
    ]),
    now,
  )
  const of = (tasks: readonly { readonly task: Task; readonly why: string }[]): unknown =>
    tasks.map(({ task: { id }, why }) => [id, why])
  expect(of(board.ready)).toEqual([
    ['T3', 'it depends on T1'],
    ['T2', 'alpha is busy'],
  ])
  expect(of(board.needsPerson)).toEqual([
    ['T4', '3 attempts'],
    ['T5', 'refs/agents/t5-1'],
    ['T6', ''],
  ])
  expect(of(board.over)).toEqual([
    ['T8', 'No'],
    ['T7', '0123456789'],
  ])
  expect(board.lanes[0]?.work.map(({ id }) => id)).toEqual(['T1'])
})

test('F1i: a card asks for the place where it is dropped, and for nothing where it stands there already', () => {
  const ready = { status: 'ready' } as const
  const tasks = [
    task('T1', ready, { priority: 1 }),
    task('T2', ready, { dependsOn: ['T1'] }),
    task('T3', ready, { lane: 'alpha', rank: 0 }),
    task('T4', ready, { dependsOn: ['T2', 'T9'] }),
  ]
  const board = boardOf(floorWith(tasks), now)
  const columns = columnsOf(board, 'priority')
  expect(columns.map(({ key, tasks: own }) => [key, own.map((each) => each.task.id)])).toEqual([
    ['P0', []],
    ['P1', ['T1']],
    ['P2', ['T3', 'T2', 'T4']],
    ['P3', []],
  ])
  const [p0, , p2] = columns
  if (!p0 || !p2) throw new Error('There are four columns.')
  expect(dropOf(p0, 'T2')).toEqual({ ask: 'move-task', task: 'T2', priority: 0 })
  expect(dropOf(p2, 'T1')).toEqual({ ask: 'move-task', task: 'T1', after: 'T4' })
  expect(dropOf(p2, 'T4')).toBeUndefined()
  expect(dropOf(p2, 'T4', { task: 'T3', edge: 'before' })).toEqual({ ask: 'move-task', task: 'T4', before: 'T3' })
  expect(dropOf(p2, 'T3', { task: 'T2', edge: 'before' })).toBeUndefined()
  expect(dropOf(p2, 'T2', { task: 'T3', edge: 'after' })).toBeUndefined()
  expect(dropOf(p2, 'T2', { task: 'T2', edge: 'after' })).toBeUndefined()
  const step = (id: string, where: Step, by: BoardBy = 'priority'): unknown => stepOf(columnsOf(board, by), id, where)
  expect(step('T2', 'sooner')).toEqual({ ask: 'move-task', task: 'T2', before: 'T3' })
  expect(step('T2', 'later')).toEqual({ ask: 'move-task', task: 'T2', after: 'T4' })
  expect(step('T3', 'sooner')).toBeUndefined()
  expect(step('T1', 'previous')).toEqual({ ask: 'move-task', task: 'T1', priority: 0 })
  expect(step('T1', 'next', 'lane')).toEqual({ ask: 'move-task', task: 'T1', lane: 'alpha' })
  expect(step('T3', 'previous', 'lane')).toEqual({ ask: 'move-task', task: 'T3', anyLane: true })
  expect(step('T3', 'next', 'lane')).toBeUndefined()
  const [, alpha] = columnsOf(board, 'lane')
  const onto = { task: 'T3', edge: 'after' } as const
  expect(alpha && dropOf(alpha, 'T1', onto)).toEqual({ ask: 'move-task', task: 'T1', lane: 'alpha', after: 'T3' })
  // What is not there any more ties nothing.
  expect([...tiesOf(board)]).toEqual([
    ['T2', { before: ['T1'], after: ['T4'] }],
    ['T1', { before: [], after: ['T2'] }],
    ['T4', { before: ['T2'], after: [] }],
  ])
})

test('F1i: a card stands where it was put before the floor has said so, unless the floor would refuse it', () => {
  const floor = floorWith([task('T1', { status: 'ready' }), task('T2', { status: 'ready' })])
  const moved = withMoves(floor, [
    { ask: 'move-task', task: 'T2', before: 'T1' },
    { ask: 'move-task', task: 'T1', lane: 'nowhere' },
    { ask: 'set-mode', mode: 'stopped' },
  ])
  expect(boardOf(moved, now).ready.map((each) => each.task.id)).toEqual(['T2', 'T1'])
  expect(moved.mode).toBe('running')
})

test('a document that is no floor, or one that lacks fields, is an empty floor', () => {
  for (const value of [{}, null, 'x', [], { format: 2 }, { format: 1 }]) {
    expect(boardOf(readFloor(value), now)).toMatchObject({ lanes: [], ready: [], needsPerson: [] })
  }
})

const run: Run = {
  id: 'r1',
  agent: 'runner.main',
  input: 'm1',
  policy: 'parallel',
  by: 'agent:foreman.main',
  queuedAt: 1,
  attempt: 1,
  maxAttempts: 10,
  status: 'active',
  worker: 'w',
  claimedAt: 1,
  leaseMs: 6_000,
}

function message(id: string, parts: Message['parts'], more: Partial<Message> = {}): Message {
  return {
    id,
    seq: 1,
    at: 1,
    parent: null,
    role: 'user',
    author: 'agent:foreman.main',
    status: 'complete',
    chars: 0,
    parts,
    ...more,
  }
}

const part = { id: 'p', status: 'closed' } as const
const order = message('m1', [{ ...part, kind: 'data', name: 'factory.attempt', value: { task: 'T1', attempt: 1 } }])

test('F6: what a person must know of an attempt comes before what its agent does', () => {
  const view = { ...emptyView('factory/main/lanes/l'), messages: [order], runs: [run] }
  const look = (more: object, state: TaskState = working, floor = floorWith([]), atGate = new Set<string>()): string =>
    laneState({ floor, task: task('T1', state), view: { ...view, ...more }, atGate }).kind
  expect(look({})).toBe('working')
  expect(look({}, working, floorWith([]), new Set(['t1-1']))).toBe('gate')
  expect(look({ runs: [] })).toBe('waiting')
  expect(look({ runs: [{ ...run, paused: { by: 'user:ada', at: 1 } }] })).toBe('paused')
  expect(look({}, { ...working, pausedFor: 'T9' })).toBe('held')
  expect(look({ floor: { asked: [], holder: { actor: 'user:ada', since: 1 } } })).toBe('taken')
  expect(look({ requests: [{ run: 'r1', status: 'open', spec: { title: 'May I?' } }] })).toBe('asks')
  expect(look({}, working, floorWith([], { mode: 'stopped' }))).toBe('stopping')
  expect(look({}, { ...working, nuked: { by: 'user:ada', reason: 'x' } })).toBe('ending')
})

test('the last word is the newest line, or the tool that was called since', () => {
  const said = message('m2', [{ ...part, kind: 'text', text: `${'x\n'.repeat(100_000)}the end\n\n` }], { run: 'r1' })
  expect(lastWord([order, said], run)).toEqual({ kind: 'said', line: 'the end' })
  const tool = { ...part, kind: 'tool', name: 'execute', callId: 'c', text: '', input: { title: 'npm\ntest' } } as const
  expect(lastWord([said, message('m3', [tool], { run: 'r1' })], run)).toEqual({ kind: 'tool', line: 'npm test' })
  expect(lastWord([said], undefined)).toBeUndefined()
  expect(lastWord([message('m4', [{ ...part, kind: 'text', text: '  \n' }], { run: 'r1' })], run)).toBeUndefined()
})

test('G1: the merge queue is what is judged, what waits, and the verdicts, newest first', () => {
  const change = (id: string, attempt: string): Message =>
    message(id, [
      {
        ...part,
        kind: 'data',
        name: 'factory.change',
        value: { attempt, round: 1, task: 'T1', title: 't', lane: 'l' },
      },
    ])
  const verdict = (of: string, said: string): Message =>
    message(`v${of}`, [{ ...part, kind: 'data', name: 'factory.verdict', value: { verdict: said, why: 'w' } }], {
      run: of,
    })
  const ended = { ...run, status: 'ended', reason: 'complete', endedAt: 9 } as const
  const queue = mergeQueue({
    ...emptyView('m'),
    messages: [
      change('a', 't1-1'),
      change('b', 't2-1'),
      change('c', 't3-1'),
      change('d', 't4-1'),
      verdict('ra', 'red'),
      verdict('rb', 'merged'),
    ],
    runs: [
      { ...ended, id: 'ra', input: 'a' },
      { ...ended, id: 'rb', input: 'b' },
      { ...run, id: 'rc', input: 'c' },
      { ...run, status: 'queued', id: 'rd', input: 'd' },
      { ...run, id: 'other', input: 'gone' },
    ],
  })
  expect(queue.judged.map(({ verdict: { verdict: said } }) => said)).toEqual(['merged', 'red'])
  expect(queue.judging.map(({ offer }) => offer.attempt)).toEqual(['t3-1'])
  expect(queue.waiting.map(({ offer }) => offer.attempt)).toEqual(['t4-1'])
  expect([...queue.attempts]).toEqual(['t3-1', 't4-1'])
})
