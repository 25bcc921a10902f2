import { describe, expect, test } from 'vitest'
import { emptyView, fold, foldView, type SessionEvent } from '../src/index.ts'
import { foldAll, open, ops } from './support.ts'

const later = (fields: object): SessionEvent =>
  ({
    seq: 9,
    at: 2_000_000,
    type: 'poll.opened',
    actor: 'user:ada',
    data: { x: 1 },
    ...fields,
  }) as unknown as SessionEvent // of a version to come

describe('S1b: events of a version to come', () => {
  test('an unknown type moves seq and at and nothing else', () => {
    const session = open()
    session.start()
    const before = session.view
    expect(foldView(before, later({ seq: before.seq + 1 }))).toEqual({ ...before, seq: before.seq + 1, at: 2_000_000 })
  })

  test('a part of an unknown kind is kept as it is', () => {
    const session = open()
    const run = session.start()
    const opened = session.write(run, ops.open()).at(-1)
    const data = { message: `${run}.a`, part: '1.q', attempt: 1, start: { kind: 'later', x: 1 } }
    const event = { ...opened, seq: session.view.seq + 1, data } as unknown as SessionEvent // of a version to come
    const [, part] = foldView(session.view, event).messages.at(-1)?.parts ?? []
    expect(part).toEqual({ id: '1.q', status: 'open', attempt: 1, kind: 'later', x: 1 })
  })

  test('an unknown event of a run and with a command id moves no lease of others and remembers its command', () => {
    const session = open()
    const run = session.start()
    const { guard } = fold(session.state, later({ run, cmd: 'c' }))
    expect(guard).toEqual({ ...session.state.guard, commands: [...session.state.guard.commands, ['user:ada c', 9]] })
  })

  test('events about what is not there any more change nothing', () => {
    const session = open()
    session.post()
    const gone = [
      { type: 'part.delta', data: { message: 'r9.a', part: '1.p', text: 'x' } },
      { type: 'part.opened', data: { message: 'r9.a', part: '1.p', attempt: 1, start: { kind: 'text' } } },
      { type: 'message.closed', data: { id: 'r9.a' } },
      { type: 'run.claimed', run: 'r9', data: { attempt: 1, worker: 'w', leaseMs: 1_000 } },
      { type: 'run.lapsed', run: 'r9', data: { attempt: 1 } },
      { type: 'run.cancel-requested', run: 'r9', data: { graceMs: 1 } },
      { type: 'run.ended', run: 'r9', data: { reason: 'lost', attempt: 1 } },
      { type: 'presence.left', data: { device: 'd' } },
    ]
    for (const event of gone) {
      const moved = { ...session.view, seq: 9, at: 2_000_000 }
      expect(foldView(session.view, later(event)), event.type).toEqual(moved)
    }
  })

  test('a delta for a part that is not there, or takes none, changes nothing', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.start({ kind: 'file', url: 'u', mediaType: 'm' }))
    const messages = session.view.messages
    for (const part of ['1.other', '1.p']) {
      const event = later({ type: 'part.delta', data: { message: `${run}.a`, part, text: 'x' } })
      expect(foldView(session.view, event).messages).toEqual(messages)
    }
    const set = later({ type: 'part.changed', data: { message: `${run}.a`, part: '1.p', fields: { value: 1 } } })
    expect(foldView(session.view, set).messages).toEqual(messages)
  })
})

describe('S1: one fold', () => {
  test('state shares what did not change', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    const before = session.view
    session.write(run, ops.delta('x'))
    expect(session.view.messages[0]).toBe(before.messages[0])
    expect(session.view.runs).toBe(before.runs)
    expect(session.view.metadata).toBe(before.metadata)
  })

  test('a session before its first event is empty', () => {
    expect(emptyView('x')).toMatchObject({
      id: 'x',
      seq: 0,
      at: 0,
      createdBy: null,
      messages: [],
      runs: [],
      head: null,
    })
  })

  test('readers and server fold the same view', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.delta('x'))
    session.end(run)
    expect(session.log.reduce(foldView, emptyView('demo/1'))).toEqual(foldAll(session.log).view)
  })
})
