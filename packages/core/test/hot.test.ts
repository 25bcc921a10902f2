import { describe, expect, test } from 'vitest'
import { cooled, emptyState, fold, hot, textOf, type Message, type SessionState, type WriteOp } from '../src/index.ts'
import { open, ops, text, writer, type TestSession } from './support.ts'

/** Folds the log again and keeps every message at the moment it goes cold. */
function coldMessages(session: TestSession): readonly Message[] {
  const cold: Message[] = []
  let state: SessionState = emptyState('demo/1')
  for (const event of session.log) {
    const next = fold(state, event)
    const gone = cooled(state.view, event)
    expect(gone).toHaveLength(next.view.older - state.view.older)
    cold.push(...gone)
    state = next
  }
  return cold
}

const ids = (messages: readonly Message[]): readonly string[] => messages.map((message) => message.id)

describe('S2a: what stays hot is bounded', () => {
  test(`the newest ${hot.messages} messages, however many there were`, () => {
    const session = open()
    const all = Array.from({ length: 200 }, (_, index) => session.post(String(index)))
    expect(ids(session.view.messages)).toEqual(all.slice(-hot.messages))
    expect(session.view.older).toBe(150)
    expect(JSON.stringify(session.state).length).toBeLessThan(20_000)
  })

  test(`at most ${hot.chars} characters, but at least the newest ${hot.minMessages}`, () => {
    const session = open()
    for (let i = 0; i < 20; i += 1) session.post('x'.repeat(hot.chars / 16))
    expect(session.view.messages).toHaveLength(16)
    for (let i = 0; i < 20; i += 1) session.post('x'.repeat(hot.chars))
    expect(session.view.messages).toHaveLength(hot.minMessages)
    for (let i = 0; i < 60; i += 1) session.post('small again')
    expect(session.view.messages).toHaveLength(hot.messages)
  })

  test(`at least the newest ${hot.minMessages}, also where there are messages for others`, () => {
    const session = open()
    session.accept({ type: 'post', parts: text('psst'), to: ['user:bob'] })
    for (let i = 0; i < 10; i += 1) session.post('x'.repeat(hot.chars))
    expect(session.view.messages.filter(({ to }) => to === undefined)).toHaveLength(hot.minMessages)
  })

  test('a message that is being written stays, and goes when it may', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.delta('long in the writing'))
    for (let i = 0; i < 60; i += 1) session.post(String(i))
    expect(session.view.messages).toHaveLength(hot.messages)
    expect(ids(session.view.messages)).toContain(`${run}.a`)
    session.write(run, ops.delta(', still'))
    session.write(run, ops.close(), ops.closeMessage())
    expect(ids(session.view.messages)).toContain(`${run}.a`) // nothing is over the bound now
    session.post()
    expect(ids(session.view.messages)).not.toContain(`${run}.a`)
    expect(coldMessages(session).find((message) => message.id === `${run}.a`)).toMatchObject({
      status: 'complete',
      parts: [{ text: 'long in the writing, still' }],
    })
  })

  test('the input of a run that has not ended stays, because its agent needs it', () => {
    const session = open()
    const run = session.send({ parts: text('the question') })
    for (let i = 0; i < 60; i += 1) session.post(String(i))
    const { input } = session.run(run)
    expect(ids(session.view.messages)[0]).toBe(input)
    session.claim(run)
    expect(session.message(input).parts).toMatchObject([{ text: 'the question' }])
    session.end(run)
    session.post()
    expect(ids(session.view.messages)).not.toContain(input)
  })

  test('what ends and what is closed makes room at once', () => {
    const session = open()
    const run = session.start()
    for (const key of 'abcdefghij') session.write(run, ops.open(key))
    session.write(run, ops.delta('x'.repeat(hot.chars), 'a'), ops.delta('x', 'a'))
    session.write(run, ops.close('a'), ops.closeMessage('a'))
    expect(ids(session.view.messages)).not.toContain(`${run}.a`)
    const many = open()
    for (let i = 0; i < 90; i += 1) many.send()
    many.accept({ type: 'cancel', target: { all: true } })
    expect(many.view.messages).toHaveLength(hot.messages)
  })

  test('more open work than the bound is all hot, and is let go when it is done', () => {
    const session = open()
    for (let i = 0; i < 90; i += 1) session.send()
    session.post('one more')
    expect(session.view.messages).toHaveLength(91)
    session.post('and another')
    expect(ids(session.view.messages)).not.toContain('m182')
    session.accept({ type: 'cancel', target: { all: true } })
    session.post()
    expect(session.view.messages).toHaveLength(hot.messages)
  })

  test('messages of one run go cold while it works, its open one stays', () => {
    const session = open()
    const run = session.start()
    for (let i = 0; i < 70; i += 1) {
      const key = `m${i}`
      session.write(run, ops.open(key), ops.delta('x', key), ops.close(key), ops.closeMessage(key))
    }
    session.write(run, ops.open('open'))
    expect(session.view.messages).toHaveLength(hot.messages)
    expect(session.state.guard.cold[run]).toHaveLength(session.view.older)
    session.refuse('part_conflict', session.batch(run, ops.open('m0')), { as: writer })
  })

  test(`ended runs: the newest ${hot.endedRuns}`, () => {
    const session = open()
    for (let i = 0; i < 80; i += 1) session.end(session.start())
    expect(session.view.runs).toHaveLength(hot.endedRuns)
    expect(session.state.guard.ends).toHaveLength(hot.endedRuns)
    expect(session.view.runs[0]?.queuedAt).toBe(session.now)
  })
})

describe('S2b: each message goes cold once, whole, and never changes after that', () => {
  test('cold and hot together are all messages, each once, in order', () => {
    const session = open({ policy: 'parallel' })
    for (let i = 0; i < 40; i += 1) {
      const run = session.start()
      session.write(run, ops.open(), ops.delta('x'.repeat((i % 7) * 9_000 + 1)))
      session.post(`note ${i}`)
      if (i % 5 !== 0) session.end(run, i % 3 === 0 ? 'failed' : 'complete')
    }
    const cold = coldMessages(session)
    const opened = session.log.filter((event) => event.type === 'message.added' || event.type === 'message.opened')
    const all = [...cold, ...session.view.messages].sort((a, b) => a.seq - b.seq)
    expect(all.map((message) => message.seq)).toEqual(opened.map((event) => event.seq))
    expect(cold.every((message) => message.status !== 'open')).toBe(true)
  })

  test('one that goes cold by the event that closes it is handed out as it is after that event', () => {
    const session = open()
    const run = session.start()
    for (const key of 'abcdefghij') session.write(run, ops.open(key))
    session.write(
      run,
      ops.delta('x'.repeat(hot.chars), 'a'),
      ops.delta('y'.repeat(hot.chars), 'b'),
      ops.delta('y', 'b'),
    )
    const closing = [ops.delta('!', 'a'), ops.close('a'), ops.closeMessage('a')]
    const closed = session.ask(session.batch(run, ...closing), { as: writer })
    if (closed.outcome !== 'accepted') throw new Error(closed.outcome)
    expect(closed.cooled).toMatchObject([{ id: `${run}.a`, status: 'complete', parts: [{ status: 'closed' }] }])
    expect(textOf(closed.cooled[0]!)).toBe(`${'x'.repeat(hot.chars)}!`)
    const ended = session.ask(session.batch(run, ops.end('failed')), { as: writer })
    if (ended.outcome !== 'accepted') throw new Error(ended.outcome)
    expect(ended.cooled.map(({ id, status }) => [id, status])).toEqual([
      ['m2', 'complete'],
      [`${run}.b`, 'interrupted'],
    ])
    expect(coldMessages(session)).toEqual([...closed.cooled, ...ended.cooled])
  })

  test('the sizes that the bound counts are those of the parts', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.delta('12345'), ops.start({ kind: 'tool', name: 't', callId: 'c' }, 'a', 'tool'))
    session.write(run, ops.delta('{"a"', 'a', 'tool'), ops.set({ input: { a: 1 } }, 'a', 'tool'))
    session.write(run, ops.set({ output: 'x' }, 'a', 'tool'), ops.set({ output: 'longer' }, 'a', 'tool'))
    session.write(
      run,
      ops.start({ kind: 'data', name: 'd', value: [1] }, 'a', 'data'),
      ops.set({ value: null }, 'a', 'data'),
    )
    session.write(run, ops.start({ kind: 'file', url: 'u:1', mediaType: 'm' }, 'a', 'file'))
    expect(session.message(`${run}.a`).chars).toBe(
      '12345'.length + '{"a"{"a":1}"longer"'.length + 'null'.length + 'u:1'.length,
    )
    const call = (part: string): WriteOp => ops.start({ kind: 'tool', name: 't', callId: part }, 'b', part)
    session.write(run, call('output'), ops.set({ output: 'x' }, 'b', 'output'))
    session.write(run, call('error'), ops.set({ error: 'gone' }, 'b', 'error'))
    expect(session.message(`${run}.b`).chars).toBe('"x""gone"'.length)
  })
})
