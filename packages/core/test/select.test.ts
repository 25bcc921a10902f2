import { describe, expect, test } from 'vitest'
import { branch, textOf, versions, type Message } from '../src/index.ts'
import { grantOf, open, ops, text, type TestSession } from './support.ts'

/** An input with a complete answer by the session's agent, or by the one named. */
function turn(session: TestSession, words: string, agent = 'assistant'): { input: string; answer: string } {
  const run = session.start({ parts: text(words), agent })
  session.write(run, ops.open(), ops.delta(`re: ${words}`))
  session.end(run)
  return { input: session.run(run).input, answer: `${run}.a` }
}

function line(session: TestSession, leaf: string | null = session.view.head): readonly string[] {
  return branch(session.view.messages, leaf).map((message) => textOf(message))
}

describe('S6d: the line to a leaf', () => {
  test('is each input with its answer, oldest first', () => {
    const session = open()
    turn(session, 'one')
    turn(session, 'two')
    session.post('three')
    expect(line(session)).toEqual(['one', 're: one', 'two', 're: two', 'three'])
    expect(branch([], null)).toEqual([])
    expect(branch(session.view.messages, null)).toEqual([])
    expect(branch(session.view.messages, 'm99')).toEqual([])
  })

  test('ends at the leaf: up to an input with the answers to it', () => {
    const session = open()
    const { input } = turn(session, 'one')
    turn(session, 'two')
    expect(line(session, input)).toEqual(['one', 're: one'])
  })

  test('passes through the version that the leaf follows', () => {
    const session = open()
    const first = turn(session, 'one')
    turn(session, 'after one')
    const run = session.start({ parts: text('one, edited'), edits: first.input })
    session.write(run, ops.open(), ops.delta('other answer'))
    session.end(run)
    expect(line(session)).toEqual(['one, edited', 'other answer'])
    expect(line(session, first.answer)).toEqual(['one', 're: one'])
  })

  test('of several answers by one agent takes the one it passes through, else the newest', () => {
    const session = open()
    const first = turn(session, 'one')
    session.accept({ type: 'regenerate', input: first.input })
    const second = session.view.runs.at(-1)?.id ?? ''
    session.claim(second)
    session.write(second, ops.open('x'), ops.delta('again', 'x'), ops.open('y'), ops.delta('and more', 'y'))
    session.end(second)
    expect(line(session, first.input)).toEqual(['one', 'again', 'and more'])
    expect(line(session, first.answer)).toEqual(['one', 're: one'])
    session.accept({ type: 'post', parts: text('on the first'), parent: first.answer })
    expect(line(session)).toEqual(['one', 're: one', 'on the first'])
  })

  test('R6: answers of different agents stand side by side', () => {
    const session = open()
    const { input } = turn(session, 'one')
    session.accept({ type: 'regenerate', input, agent: 'other' })
    const other = session.view.runs.at(-1)?.id ?? ''
    session.claim(other)
    session.write(other, ops.open(), ops.delta('from other'))
    session.post('two')
    expect(line(session)).toEqual(['one', 're: one', 'from other', 'two'])
  })

  test('has an agent’s notes only where it passes them or they answer it', () => {
    const session = open()
    const { input, answer } = turn(session, 'one')
    session.accept({ type: 'post', parts: text('note') }, { as: grantOf('agent:planner') })
    expect(line(session)).toEqual(['one', 're: one', 'note'])
    expect(line(session, input)).toEqual(['one', 're: one'])
    expect(line(session, answer)).toEqual(['one', 're: one', 'note'])
  })

  test('stops where a parent is not loaded', () => {
    const session = open()
    turn(session, 'one')
    turn(session, 'two')
    const loaded = session.view.messages.slice(1)
    expect(branch(loaded, session.view.head).map((message) => textOf(message))).toEqual(['re: one', 'two', 're: two'])
  })
})

describe('S6d: versions', () => {
  const of = (session: TestSession, id: string): readonly string[] =>
    versions(session.view.messages, session.message(id)).map((message) => textOf(message))

  test('of an input are its edits, edits of edits too', () => {
    const session = open()
    const first = session.post('1')
    session.accept({ type: 'post', parts: text('2'), edits: first })
    const second = session.view.head ?? ''
    session.accept({ type: 'post', parts: text('3'), edits: second })
    session.accept({ type: 'post', parts: text('not a version'), parent: first })
    for (const id of [first, second, 'm4']) expect(of(session, id)).toEqual(['1', '2', '3'])
    expect(of(session, 'm5')).toEqual(['not a version'])
  })

  test('are found also where the first one is not loaded', () => {
    const session = open()
    const first = session.post('1')
    session.accept({ type: 'post', parts: text('2'), edits: first })
    session.accept({ type: 'post', parts: text('3'), edits: first })
    const loaded: readonly Message[] = session.view.messages.slice(1)
    expect(versions(loaded, loaded[0]!).map((message) => textOf(message))).toEqual(['2', '3'])
  })

  test('of an answer are the same agent’s answers to the same input', () => {
    const session = open()
    const { input, answer } = turn(session, 'one')
    for (const agent of ['assistant', 'other']) {
      session.accept({ type: 'regenerate', input, agent })
      const run = session.view.runs.at(-1)?.id ?? ''
      session.claim(run)
      session.write(run, ops.open(), ops.delta(`by ${agent}`))
      session.end(run)
    }
    expect(of(session, answer)).toEqual(['re: one', 'by assistant'])
  })
})

test('R8: the text of a message is that of its text parts', () => {
  const session = open()
  session.accept({ type: 'post', parts: [...text('a'), { kind: 'data', name: 'd', value: 1 }, ...text('b')] })
  expect(textOf(session.message('m2'))).toBe('ab')
})
