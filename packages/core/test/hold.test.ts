import { describe, expect, test } from 'vitest'
import { claimable, isHeld } from '../src/index.ts'
import { ada, bob, grantOf, open, ops, server, text, writer, type TestSession } from './support.ts'

const sue = grantOf('operator:sue', { name: 'Sue' })

/** A run that has begun to write. */
function writing(): { session: TestSession; run: string } {
  const session = open()
  const run = session.start()
  session.write(run, ops.open(), ops.delta('a'))
  return { session, run }
}

describe('C6: pause and resume', () => {
  test('while it is paused, nobody claims a run', () => {
    const session = open()
    const run = session.send()
    session.accept({ type: 'pause', run }, { as: bob })
    session.noop({ type: 'pause', run })
    expect(session.queued(run).paused).toEqual({ by: 'user:bob', at: session.now })
    const error = session.refuse('not_claimable', { type: 'claim', run, worker: 'w' }, { as: writer })
    expect(error.message).toContain('it is paused')
    session.accept({ type: 'resume', run })
    session.noop({ type: 'resume', run })
    session.claim(run)
  })

  test('what is over is not paused, and there is nothing to resume', () => {
    const session = open()
    const run = session.start()
    session.end(run)
    expect(session.refuse('run_ended', { type: 'pause', run }).detail).toEqual({ run })
    session.noop({ type: 'resume', run })
    session.refuse('run_not_found', { type: 'pause', run: 'r99' })
  })
})

describe('C6a C8a: what a run may do while it is held', () => {
  const holds: readonly (readonly [string, (session: TestSession, run: string) => void, string, object])[] = [
    ['a pause', (session, run) => void session.accept({ type: 'pause', run }), 'run r3 is paused', {}],
    [
      'the floor',
      (session) => void session.accept({ type: 'take-floor' }, { as: sue }),
      'Sue holds the floor',
      { holder: 'operator:sue' },
    ],
  ]
  test.each(holds)('by %s: nothing new; the refusal says why and leaves the number free', (_, hold, why, detail) => {
    const { session, run } = writing()
    hold(session, run)
    const n = session.nextBatch(run)
    const spec = { kind: 'approval' as const, title: 'x', action: 1 }
    for (const op of [
      ops.open('b'),
      ops.delta('x'),
      ops.set({ output: 1 }),
      { op: 'request', key: 'q', spec } as const,
      { op: 'spawn', key: 'k', agent: 'b', parts: text('x') } as const,
    ]) {
      const error = session.refuse('paused', session.batch(run, op), { as: writer })
      expect(error.retry).toBe('later')
    }
    const late = session.refuse('paused', session.batch(run, ops.close(), ops.delta('x')), { as: writer })
    expect(late.message).toContain(`No delta is taken now: ${why}. Keep the batch`)
    expect(late.detail).toEqual({ run, ...detail })
    expect(session.nextBatch(run)).toBe(n)
  })

  test.each(holds)('by %s: what it has begun it may bring to an end, and it stays alive', (_, hold) => {
    const { session, run } = writing()
    hold(session, run)
    session.now += 3_000
    expect(session.ask({ type: 'heartbeat', run, attempt: 1 }, { as: writer })).toMatchObject({
      outcome: 'accepted',
      paused: true,
    })
    session.write(run, ops.close(), { op: 'usage', usage: { outputTokens: 1 } }, ops.end())
    expect(session.ended(run).reason).toBe('complete')
  })

  test('its lease goes on, and a stop works', () => {
    const { session, run } = writing()
    session.accept({ type: 'pause', run })
    session.accept({ type: 'cancel', target: { run } })
    session.pass(3_000)
    expect(session.ended(run)).toMatchObject({ reason: 'cancelled' })
    expect(session.ended(run)).not.toHaveProperty('paused')
    const other = session.start()
    session.accept({ type: 'pause', run: other })
    session.pass(6_000)
    expect(session.queued(other)).toMatchObject({ lapses: 1, paused: { by: 'user:ada' } })
    expect(claimable(session.view, session.run(other))).toBe(false)
  })

  test('a resume of one run does not take the floor away', () => {
    const { session, run } = writing()
    session.accept({ type: 'take-floor' }, { as: sue })
    session.accept({ type: 'pause', run })
    session.accept({ type: 'resume', run })
    expect(isHeld(session.view, session.run(run))).toBe(true)
  })
})

describe('C8: the floor', () => {
  test('is asked for, taken and handed back; everybody sees who drives', () => {
    const { session, run } = writing()
    session.accept({ type: 'request-floor', note: 'my turn' }, { as: sue })
    session.noop({ type: 'request-floor' }, { as: sue })
    expect(session.view.floor).toEqual({
      asked: [{ actor: 'operator:sue', at: session.now, name: 'Sue', note: 'my turn' }],
    })
    session.accept({ type: 'take-floor' }, { as: sue })
    session.noop({ type: 'take-floor' }, { as: sue })
    session.noop({ type: 'request-floor' }, { as: sue })
    expect(session.view.floor).toEqual({
      holder: { actor: 'operator:sue', since: session.now, name: 'Sue' },
      asked: [],
    })
    expect(session.ask(session.batch(run, ops.close()), { as: writer })).toMatchObject({ paused: true })
    const waiting = session.send({ agent: 'other' })
    expect(
      session.refuse('not_claimable', { type: 'claim', run: waiting, worker: 'w' }, { as: writer }).message,
    ).toContain('operator:sue holds the floor')
    session.accept({ type: 'hand-back', note: 'done' }, { as: sue })
    session.noop({ type: 'hand-back' }, { as: sue })
    session.claim(waiting)
    session.write(run, ops.open('b'))
  })

  test('that somebody has is asked for beside them: they keep it until they hand it back', () => {
    const session = open()
    session.accept({ type: 'take-floor' }, { as: ada })
    session.accept({ type: 'request-floor' }, { as: sue })
    expect(session.view.floor).toMatchObject({ holder: { actor: 'user:ada' }, asked: [{ actor: 'operator:sue' }] })
    session.accept({ type: 'hand-back' }, { as: ada })
    expect(session.view.floor.holder).toBeUndefined()
    expect(session.view.floor.asked).toHaveLength(1)
  })

  test('of another person is taken by force only, by who may', () => {
    const session = open()
    session.accept({ type: 'take-floor' }, { as: ada })
    const taken = session.refuse('floor_taken', { type: 'take-floor' }, { as: sue })
    expect(taken.message).toMatch(/^Ada holds the floor/)
    expect(taken.detail).toEqual({ holder: 'user:ada', since: session.now })
    const weak = grantOf('user:bob', { capabilities: [{ sessions: '**', verbs: ['take-floor', 'read'] }] })
    session.refuse('forbidden', { type: 'take-floor', force: true }, { as: weak })
    expect(session.refuse('forbidden', { type: 'hand-back' }, { as: weak }).detail).toEqual({ verb: 'admin' })
    session.accept({ type: 'take-floor', force: true }, { as: sue })
    expect(session.view.floor.holder?.actor).toBe('operator:sue')
    session.accept({ type: 'hand-back' }, { as: bob })
  })

  test('is for people, of whom 32 wait', () => {
    const session = open()
    for (const type of ['request-floor', 'take-floor'] as const) session.refuse('forbidden', { type }, { as: writer })
    for (let i = 0; i < 32; i += 1) session.accept({ type: 'request-floor' }, { as: grantOf(`user:u${i}`) })
    expect(session.refuse('limit_exceeded', { type: 'request-floor' }).detail).toMatchObject({ limit: 'floorRequests' })
  })

  test('who holds it as an operator answers in the place of the agent', () => {
    const session = open()
    session.send()
    session.accept({ type: 'take-floor' }, { as: sue })
    session.accept({ type: 'post', parts: text('I am here') }, { as: sue })
    expect(session.view.messages.at(-1)).toMatchObject({
      role: 'assistant',
      author: 'operator:sue',
      name: 'Sue',
      parent: 'm2',
    })
    session.accept({ type: 'hand-back' }, { as: sue })
    session.accept({ type: 'post', parts: text('hi') }, { as: sue })
    expect(session.view.messages.at(-1)?.role).toBe('user')
  })
})

describe('C4a: what happens to runs that nobody watches, if the session says so', () => {
  const join = { type: 'join', device: 'd', node: 'n' } as const
  const leave = { type: 'leave', device: 'd' } as const

  test('nothing, unless it does', () => {
    const session = open()
    session.accept(join)
    session.send()
    session.accept(leave)
    expect(session.pass(1e9)).toMatchObject({ outcome: 'noop' })
  })

  test('nothing while somebody has the session open, however long', () => {
    const session = open({ unwatched: { afterMs: 10_000, action: 'cancel' } })
    session.accept(join)
    const run = session.send()
    expect(session.pass(1e9)).toMatchObject({ outcome: 'noop' })
    session.accept(leave)
    session.pass(9_999)
    session.accept(join)
    expect(session.pass(1e9)).toMatchObject({ outcome: 'noop' })
    expect(session.run(run).status).toBe('queued')
  })

  test('they are paused after a time, and go on when somebody comes', () => {
    const session = open({ unwatched: { afterMs: 10_000, action: 'pause' }, policy: 'parallel' })
    session.accept(join)
    const [run, held] = [session.send(), session.send()]
    session.accept({ type: 'pause', run: held })
    session.accept(leave)
    session.pass(9_999)
    expect(session.queued(run).paused).toBeUndefined()
    session.pass(1)
    expect(session.queued(run).paused?.by).toBe('system:headrace')
    session.noop({ type: 'tick' }, { as: server })
    session.accept(join)
    expect(session.queued(run).paused).toBeUndefined()
    expect(session.queued(held).paused?.by).toBe('user:ada')
  })

  test('they are cancelled after a time', () => {
    const session = open({ unwatched: { afterMs: 10_000, action: 'cancel' }, policy: 'parallel' })
    const [waiting, worked] = [session.send(), session.send()]
    session.claim(worked, { leaseMs: 60_000 })
    session.pass(10_000)
    expect(session.ended(waiting)).toMatchObject({ reason: 'cancelled', cancelledBy: 'system:headrace' })
    expect(session.active(worked).cancel?.by).toBe('system:headrace')
    session.pass(3_000)
    expect(session.ended(worked).reason).toBe('cancelled')
  })

  test('who asks for something, or resumes it, looks at it then, though no device is shown', () => {
    const session = open({ unwatched: { afterMs: 10_000, action: 'pause' } })
    const run = session.send()
    session.pass(10_000)
    expect(session.queued(run).paused).toBeDefined()
    session.accept({ type: 'resume', run })
    session.noop({ type: 'tick' }, { as: server })
    session.pass(9_999)
    expect(session.queued(run).paused).toBeUndefined()
    session.pass(1)
    expect(session.queued(run).paused).toBeDefined()
  })

  test('a copy of a session is looked at from when it is made, however long nobody has had the original open', () => {
    const session = open({ unwatched: { afterMs: 10_000, action: 'cancel' } })
    session.end(session.start())
    session.now += 60_000
    session.accept({ type: 'forked', from: 'demo/0', at: session.view.seq }, { as: server })
    const run = session.send({}, { as: grantOf('agent:planner') })
    session.pass(9_999)
    expect(session.run(run).status).toBe('queued')
    session.pass(1)
    expect(session.ended(run).reason).toBe('cancelled')
  })
})
