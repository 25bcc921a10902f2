import { describe, expect, test } from 'vitest'
import { hot, sessionRow, type InboxEntry, type Notice, type RequestSpec } from '../src/index.ts'
import { bob, grantOf, open, ops, server, text, type TestSession } from './support.ts'

const spec: RequestSpec = { kind: 'approval', title: 'ok?', action: 1 }
const told = (session: TestSession): readonly Pick<Notice, 'kind' | 'to' | 'ref'>[] =>
  session.state.guard.notices.map(({ kind, to, ref }) => ({ kind, to, ref }))
const inbox = (session: TestSession): readonly InboxEntry[] => sessionRow(session.state).inbox

describe('P4a: what somebody who is away is told', () => {
  test('that a run of theirs is over, unless somebody stopped it', () => {
    const session = open({ maxAttempts: 1 })
    const [done, failed] = [session.start(), session.start({ agent: 'b' })]
    session.end(done)
    session.end(failed, 'failed')
    session.accept({ type: 'cancel', target: { run: session.send() } })
    const lost = session.start()
    session.pass(6_000)
    expect(told(session)).toEqual([
      { kind: 'done', to: 'user:ada', ref: done },
      { kind: 'failed', to: 'user:ada', ref: failed },
      { kind: 'failed', to: 'user:ada', ref: lost },
    ])
    expect(sessionRow(session.state).due).toBe(session.state.guard.notices[0]?.at)
  })

  test('nothing of what agents and the server asked for', () => {
    const session = open()
    const parent = session.start({})
    session.write(parent, { op: 'spawn', key: 'k', agent: 'coder', parts: text('do') })
    const child = session.view.runs.at(-1)!.id
    session.claim(child)
    session.end(child)
    const other = session.send({ agent: 'c' }, { as: grantOf('agent:planner') })
    session.claim(other)
    session.end(other)
    expect(told(session)).toEqual([])
  })

  test('that something needs them: who is named, else who asked; no more once it is over', () => {
    const session = open()
    const run = session.start()
    session.write(run, { op: 'request', key: 'a', spec })
    session.write(run, {
      op: 'request',
      key: 'b',
      spec: { ...spec, answerers: ['user:bob', 'agent:x', 'operator:sue'] },
    })
    session.write(run, { op: 'request', key: 'c', spec: { ...spec, answerers: 'operators' } })
    session.write(run, {
      op: 'request',
      key: 'd',
      spec: { ...spec, answerers: ['user:bob', 'user:cleo'], to: ['user:cleo'] },
    })
    expect(told(session).map(({ to, ref }) => [to, ref])).toEqual([
      ['user:ada', `${run}.a`],
      ['user:bob', `${run}.b`],
      ['operator:sue', `${run}.b`],
      ['operator:*', `${run}.c`],
      ['user:cleo', `${run}.d`],
    ])
    session.accept({ type: 'cancel', target: { run } })
    expect(told(session)).toEqual([])
  })

  test('those that it is escalated to, in place of the others', () => {
    const session = open()
    const run = session.start()
    const waiting: RequestSpec = {
      ...spec,
      answerers: ['user:ada'],
      expiresMs: 1_000,
      onExpiry: 'escalate',
      escalateTo: ['user:bob'],
    }
    session.write(run, { op: 'request', key: 'a', spec: waiting })
    session.pass(1_000)
    expect(told(session)).toEqual([{ kind: 'needs-you', to: 'user:bob', ref: `${run}.a` }])
  })

  test('once: it is settled', () => {
    const session = open()
    session.end(session.start())
    const { id } = session.state.guard.notices[0]!
    session.accept({ type: 'settle-notice', id, outcome: 'sent' }, { as: server })
    session.noop({ type: 'settle-notice', id, outcome: 'sent' }, { as: server })
    expect(session.state.guard.notices).toEqual([])
  })

  test('P4b by the server that took it, while it is its own', () => {
    const session = open()
    session.end(session.start())
    const { id } = session.state.guard.notices[0]!
    const take = (node: string) => ({ type: 'take-notice', id, node, forMs: 1_000 }) as const
    session.accept(take('one'), { as: server })
    session.noop(take('two'), { as: server })
    session.now += 999
    session.noop(take('two'), { as: server })
    // Whoever has it may go on with it.
    session.accept(take('one'), { as: server })
    session.now += 1_000
    session.accept(take('two'), { as: server })
    expect(session.state.guard.notices[0]?.taken).toEqual({ node: 'two', until: session.now + 1_000 })
    session.accept({ type: 'settle-notice', id, outcome: 'sent' }, { as: server })
    session.noop(take('two'), { as: server })
  })

  test(`of the newest ${hot.notices}`, () => {
    const session = open()
    for (let i = 0; i < hot.notices + 3; i += 1) session.end(session.start())
    expect(session.state.guard.notices).toHaveLength(hot.notices)
  })
})

describe('P5: what waits for whom', () => {
  test('requests: for those who may answer and see them', () => {
    const session = open()
    const run = session.start()
    const ask = (key: string, fields: Partial<RequestSpec>): void =>
      void session.write(run, { op: 'request', key, spec: { ...spec, ...fields } as RequestSpec }) // a spec with one field more
    ask('all', {})
    ask('ops', { answerers: 'operators' })
    ask('bob', { answerers: ['user:bob'] })
    ask('private', { to: ['user:cleo'] })
    ask('few', { to: ['operator:sue', 'user:cleo'], answerers: 'operators' })
    ask('internal', { to: 'agents' })
    expect(inbox(session).map(({ for: who, ref }) => [who, ref.split('.')[1]])).toEqual([
      ['*', 'all'],
      ['operators', 'ops'],
      ['user:bob', 'bob'],
      ['user:cleo', 'private'],
      ['operator:sue', 'few'],
      ['operators', 'internal'],
    ])
    expect(inbox(session)[0]).toEqual({ kind: 'request', for: '*', ref: `${run}.all`, at: session.now })
    session.accept({ type: 'cancel', target: { run } })
    expect(inbox(session)).toEqual([])
  })

  test('failures, until they have looked, and nothing else that is over', () => {
    const session = open()
    session.end(session.start())
    session.accept({ type: 'cancel', target: { run: session.send() } })
    const run = session.start()
    session.end(run, 'failed')
    expect(inbox(session)).toMatchObject([{ kind: 'failed', for: 'user:ada', ref: run, at: session.now }])
    session.accept({ type: 'read', seq: session.view.seq })
    expect(inbox(session)).toEqual([])
  })

  test('mentions and what is unread, of what they see', () => {
    const session = open()
    session.accept({ type: 'read', seq: 1 }, { as: bob })
    session.accept({ type: 'post', parts: text('@bob'), mentions: ['user:bob', 'user:cleo'] })
    session.now += 5
    session.accept({ type: 'post', parts: text('psst'), to: ['user:dora'], mentions: ['user:bob'] })
    session.post('more')
    session.post('own', { as: bob })
    expect(inbox(session)).toMatchObject([
      { kind: 'mention', for: 'user:bob', ref: 'm3' },
      { kind: 'mention', for: 'user:cleo', ref: 'm3' },
      { kind: 'unread', for: 'user:bob', ref: 'm3', at: session.now - 5, count: 2 },
    ])
    session.accept({ type: 'read', seq: session.view.seq }, { as: bob })
    expect(inbox(session)).toMatchObject([{ for: 'user:cleo' }])
  })

  test('P6a: output changes none of it; at most 256 entries', () => {
    const session = open()
    const run = session.start()
    const named = Array.from({ length: 32 }, (_, index) => `user:u${index}` as const)
    for (let i = 0; i < 10; i += 1)
      session.write(run, { op: 'request', key: `k${i}`, spec: { ...spec, answerers: named } })
    expect(inbox(session)).toHaveLength(256)
    session.write(run, ops.open(), ops.delta('x'))
    expect(inbox(session)).toHaveLength(256)
  })
})
