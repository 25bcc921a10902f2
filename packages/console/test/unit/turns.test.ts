import { expect, test } from 'vitest'
import { answerState } from '../../src/model/answer-state.ts'
import { queueOf } from '../../src/model/queue.ts'
import { groupTurns } from '../../src/model/turns.ts'
import type { Room } from '../fixture/room.ts'
import { ada as owner, scenes } from '../fixture/scenes.ts'
import { newestRun, RunScript } from '../fixture/script.ts'

const turnsOf = (room: Room, before: ReturnType<typeof groupTurns> = []): ReturnType<typeof groupTurns> =>
  groupTurns(room.state.view.messages, room.state.view.runs, before)

const states = (room: Room): readonly string[] =>
  turnsOf(room).flatMap((turn) => turn.slots.map((slot) => answerState(slot.current, room.state.view.runs).kind))

test('answers stand under the message they answer, and a note has none', () => {
  const turns = turnsOf(scenes.finished())
  expect(turns.map((turn) => turn.slots.map((slot) => slot.agent))).toEqual([['researcher'], []])
})

test('R6: two agents that answer one message have a place each', () => {
  const turns = turnsOf(scenes.parallel())
  expect(turns.map((turn) => turn.slots.map((slot) => slot.agent))).toEqual([['researcher', 'writer']])
})

test('answers keep the order in which they were asked for, whoever writes first', () => {
  const room = scenes.queue()
  const input = room.state.view.messages.at(-1)?.id ?? ''
  room.must(owner, { type: 'regenerate', input, agent: 'critic' })
  new RunScript(room, newestRun(room, 'critic')).claim().part({ kind: 'text', text: 'First!' })
  expect(
    turnsOf(room)
      .at(-1)
      ?.slots.map((slot) => slot.agent),
  ).toEqual(['writer', 'critic'])
})

test('the newest answer of an agent stands, earlier ones are kept', () => {
  const room = scenes.endings()
  const input = room.state.view.messages[0]?.id ?? ''
  room.must(owner, { type: 'regenerate', input, agent: 'writer' })
  new RunScript(room, newestRun(room, 'writer')).claim().part({ kind: 'text', text: 'Better.' }).end()
  const [first] = turnsOf(room)
  expect(first?.slots).toHaveLength(1)
  expect(first?.slots[0]?.earlier).toHaveLength(1)
  expect(first?.slots[0]?.current.messages[0]?.parts[0]).toMatchObject({ text: 'Better.' })
})

test('a run that has written nothing has its place already', () => {
  const turns = turnsOf(scenes.queue())
  expect(turns).toHaveLength(4)
  expect(turns.at(-1)?.slots[0]?.current.messages).toEqual([])
})

test('a delta changes the identity of its own turn and of no other', () => {
  const room = scenes.endings()
  const before = turnsOf(room)
  const again = turnsOf(room, before)
  expect(again).toBe(before)
  const run = room.state.view.runs.find((each) => each.status === 'active')!
  room.must(owner, {
    type: 'write',
    run: run.id,
    attempt: run.attempt,
    n: 3,
    ops: [{ op: 'delta', message: 'a', part: 'p2', text: ' Ada.' }],
  })
  const after = turnsOf(room, before)
  expect(after.map((turn, index) => turn === before[index])).toEqual([true, true, true, false])
})

test('R1: how an answer stands follows its run', () => {
  expect(states(scenes.endings())).toEqual(['stopped', 'failed', 'lost', 'working'])
  expect(states(scenes.queue())).toEqual(['working', 'queued', 'queued', 'waiting'])
  expect(states(scenes.finished())).toEqual(['complete'])
})

test('C3: a stop that the agent has not followed yet shows who asked', () => {
  const room = scenes.parallel()
  room.must(owner, { type: 'cancel', target: { agent: 'writer' } })
  expect(states(room)).toEqual(['working', 'stopping'])
})

test('C2: the queue holds what waits behind its agent, not what waits for one', () => {
  const room = scenes.queue()
  const queue = queueOf(room.state.view.runs, room.state.view.messages)
  expect(queue.map(({ agent, snippet }) => [agent, snippet.slice(0, 8)])).toEqual([
    ['researcher', 'Then lis'],
    ['researcher', 'And esti'],
  ])
  expect(queue[1]?.snippet.endsWith('…')).toBe(true)
})

test('S2a: an answer whose input was not loaded has a turn without one', () => {
  const room = scenes.finished()
  const [, answer] = room.state.view.messages
  const turns = groupTurns([answer!], room.state.view.runs)
  expect(turns.map((turn) => [turn.input, turn.slots.length])).toEqual([[undefined, 1]])
})

test('an answer whose run is forgotten is complete or interrupted by its message', () => {
  const room = scenes.endings()
  const kinds = groupTurns(room.state.view.messages, []).map((turn) => answerState(turn.slots[0]!.current, []).kind)
  expect(kinds).toEqual(['interrupted', 'interrupted', 'interrupted', 'interrupted'])
})
