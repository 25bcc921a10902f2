import type { Message, Run } from '@headrace/core'
import { expect, test } from 'vitest'
import { branchesOf } from '../../src/model/branches.ts'
import { runTree, type RunNode } from '../../src/model/run-tree.ts'
import { Room } from '../fixture/room.ts'
import { ada } from '../fixture/scenes.ts'
import { newestRun, RunScript } from '../fixture/script.ts'

/** Two questions with answers; the first one is then asked anew. */
function edited(): Room {
  const room = new Room('s')
  room.must(ada, { type: 'create', agent: 'guide' })
  const say = (text: string, edits?: string): string => {
    room.must(ada, { type: 'send', parts: [{ kind: 'text', text }], ...(edits !== undefined && { edits }) })
    const { id } = room.state.view.messages.at(-1) as Message // it was added just now
    new RunScript(room, newestRun(room, 'guide'))
      .claim()
      .part({ kind: 'text', text: `re ${text}` })
      .end()
    return id
  }
  const first = say('one')
  say('two')
  say('uno', first)
  return room
}

const words = (messages: readonly Message[]): readonly string[] =>
  messages.flatMap(({ parts }) => parts.map((part) => (part.kind === 'text' ? part.text : '')))

test('S6d: of several versions one is looked at, with what followed from it and nothing else', () => {
  const { messages, runs } = edited().state.view
  const newest = branchesOf(messages, runs, [])
  expect(words(newest.messages)).toEqual(['uno', 're uno'])
  expect(newest.runs).toHaveLength(1)
  const [first = '', last = ''] = newest.versionOf.keys()
  expect(newest.versionOf.get(first)).toEqual({ number: 1, of: 2, before: undefined, after: last })
  expect(newest.versionOf.get(last)).toEqual({ number: 2, of: 2, before: first, after: undefined })
  expect(words(branchesOf(messages, runs, [last, first]).messages)).toEqual(['one', 're one', 'two', 're two'])
})

test('where nothing was said anew all is shown, and nothing is made anew', () => {
  const { messages, runs } = edited().state.view
  const before = messages.slice(0, 4)
  const shown = branchesOf(before, runs, [])
  expect(shown.messages).toBe(before)
  expect(shown.runs).toBe(runs)
})

const names = (nodes: readonly RunNode[]): unknown => nodes.map(({ run, children }) => [run.id, names(children)])

test('runs hang below the run that started them; one whose parent is forgotten stands by itself', () => {
  const run = (id: string, parent?: string): Run => ({ id, ...(parent !== undefined && { parent }) }) as Run // no other field counts
  expect(names(runTree([run('a'), run('b', 'a'), run('c', 'gone'), run('d', 'b'), run('e', 'a')]))).toEqual([
    ['c', []],
    [
      'a',
      [
        ['b', [['d', []]]],
        ['e', []],
      ],
    ],
  ])
})
