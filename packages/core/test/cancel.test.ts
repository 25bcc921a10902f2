import { describe, expect, test } from 'vitest'
import { cancelGraceMs, type CancelTarget } from '../src/index.ts'
import { ada, bob, grantOf, open, ops, server, text, writer } from './support.ts'

const cancel = (target: CancelTarget) => ({ type: 'cancel', target }) as const

describe('C3: cancel', () => {
  test('C3a: a run, and only it', () => {
    const session = open()
    const [first, second] = [session.start(), session.send()]
    session.accept(cancel({ run: second }))
    expect(session.run(first)).not.toHaveProperty('cancel')
    expect(session.ended(second).reason).toBe('cancelled')
  })

  test('C3a: an agent’s runs, all of them', () => {
    const session = open()
    const [mine, waiting, other] = [session.start(), session.send(), session.start({ agent: 'other' })]
    session.accept(cancel({ agent: 'assistant' }))
    expect(session.active(mine).cancel).toBeDefined()
    expect(session.run(waiting).status).toBe('ended')
    expect(session.active(other)).not.toHaveProperty('cancel')
  })

  test('C3a: own runs are those that the caller’s inputs asked for', () => {
    const session = open()
    const mine = session.send({}, { as: ada })
    const theirs = session.send({}, { as: bob })
    session.accept({ type: 'regenerate', input: 'm2' }, { as: bob })
    session.accept(cancel({ own: true }), { as: bob })
    expect(session.view.runs.map((run) => run.status)).toEqual(['queued', 'ended', 'ended'])
    expect([session.run(mine).by, session.ended(theirs).cancelledBy]).toEqual(['user:ada', 'user:bob'])
  })

  test('C3a: all, in one command', () => {
    const session = open()
    session.start({ agent: 'a' })
    session.start({ agent: 'b' })
    session.send({ agent: 'b' })
    const events = session.accept(cancel({ all: true }))
    expect(events.map((event) => event.type)).toEqual(['run.cancel-requested', 'run.cancel-requested', 'run.ended'])
    expect(new Set(events.map((event) => event.at)).size).toBe(1)
  })

  test('C3b: before anybody claimed it: it ends at once and can’t be claimed any more', () => {
    const session = open()
    const run = session.send()
    session.accept(cancel({ run }), { as: bob })
    expect(session.ended(run)).toMatchObject({ reason: 'cancelled', attempt: 0, cancelledBy: 'user:bob' })
    expect(session.ended(run)).not.toHaveProperty('claimedAt')
    session.refuse('run_ended', { type: 'claim', run, worker: 'w' }, { as: writer })
  })

  test('C3b: while the agent works: it is asked, and learns of it in the answer to its next write or heartbeat', () => {
    const session = open()
    const run = session.start()
    session.accept(cancel({ run }))
    expect(session.active(run).cancel).toEqual({ by: 'user:ada', at: session.now })
    const written = session.ask(session.batch(run, ops.open()), { as: writer })
    expect(written).toMatchObject({ outcome: 'accepted', cancel: true })
    const alive = session.ask({ type: 'heartbeat', run, attempt: 1 }, { as: writer })
    expect(alive).toMatchObject({ outcome: 'noop', cancel: true })
    const ended = session.ask(session.batch(run, ops.end('cancelled')), { as: writer })
    expect(ended).toMatchObject({ outcome: 'accepted' })
    expect(ended).not.toHaveProperty('cancel')
  })

  test('C3a: who stopped it is said where somebody did, and not where its agent gave up', () => {
    const session = open()
    const [stopped, own] = [session.start(), session.start({ agent: 'other' })]
    session.accept(cancel({ run: stopped }), { as: bob })
    session.end(stopped)
    session.end(own, 'cancelled')
    expect(session.ended(stopped)).toMatchObject({ reason: 'cancelled', cancelledBy: 'user:bob' })
    expect(session.ended(own)).not.toHaveProperty('cancelledBy')
  })

  test('C3b: after a lost attempt, while it waits for the next agent', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.delta('half'))
    session.pass(10_000)
    session.accept(cancel({ run }))
    expect(session.ended(run)).toMatchObject({ reason: 'cancelled', attempt: 1 })
    expect(session.message(`${run}.a`)).toMatchObject({ status: 'interrupted', parts: [{ text: 'half' }] })
  })

  test('C3b: while the agent is down: the intent is in the log and holds after a restart', () => {
    const session = open()
    const run = session.start()
    session.now += 5_999
    session.accept(cancel({ run }))
    session.reload()
    session.pass(1)
    expect(session.ended(run)).toMatchObject({ reason: 'cancelled', cancelledBy: 'user:ada' })
  })

  test(`C3c: an agent that does not stop is ended without, ${cancelGraceMs} ms later, however alive it is`, () => {
    const session = open()
    const run = session.start()
    session.accept(cancel({ run }))
    session.now += cancelGraceMs - 1
    session.write(run, ops.open(), ops.delta('I go on'))
    expect(session.pass(0).outcome).toBe('noop')
    session.pass(1)
    expect(session.ended(run)).toMatchObject({ reason: 'cancelled', endedAt: session.now })
    session.refuse('run_ended', { type: 'write', run, attempt: 1, n: 2, ops: [ops.delta('x')] }, { as: writer })
  })

  test.each(['complete', 'failed', 'cancelled'] as const)(
    'C3c: once asked to stop, it ends cancelled, also as %s',
    (reason) => {
      const session = open()
      const run = session.start()
      session.accept(cancel({ run }), { as: bob })
      session.end(run, reason)
      expect(session.ended(run)).toMatchObject({ reason: 'cancelled', cancelledBy: 'user:bob' })
    },
  )

  test('C3d: the partial answer stays, marked; what was complete stays complete', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open('done'), ops.delta('all of it', 'done'), ops.close('done'), ops.closeMessage('done'))
    session.write(run, ops.open(), ops.delta('half'), ops.open('a', 'q'), ops.close('a', 'q'))
    session.accept(cancel({ run }))
    session.end(run, 'cancelled')
    expect(session.message(`${run}.done`)).toMatchObject({ status: 'complete', parts: [{ status: 'closed' }] })
    const parts = [{ text: 'half', status: 'interrupted' }, { status: 'closed' }]
    expect(session.message(`${run}.a`)).toMatchObject({ status: 'interrupted', parts })
  })

  test('C3e C9: two stops: the second is a no-op, and the first canceller stays named', () => {
    const session = open()
    const run = session.start()
    session.accept(cancel({ run }), { as: ada })
    for (const target of [{ run }, { all: true }, { agent: 'assistant' }] as const)
      session.noop(cancel(target), { as: bob })
    session.pass(cancelGraceMs)
    session.noop(cancel({ run }), { as: bob })
    expect(session.ended(run).cancelledBy).toBe('user:ada')
  })

  test('C3e: nothing to stop is a no-op, an unknown run is refused', () => {
    const session = open()
    for (const target of [{ all: true }, { own: true }, { agent: 'nobody' }] as const) session.noop(cancel(target))
    session.refuse('run_not_found', cancel({ run: 'r99' }))
    session.refuse('run_not_found', cancel({ run: '__proto__' }))
  })

  test('C3e C9: a stop that comes after the end is a no-op and changes nothing about the end', () => {
    const session = open()
    const run = session.start()
    session.end(run)
    session.noop(cancel({ run }))
    expect(session.ended(run)).toMatchObject({ reason: 'complete' })
    expect(session.ended(run)).not.toHaveProperty('cancelledBy')
  })

  test('C3: the session can be used at once after a stop', () => {
    const session = open()
    session.start()
    session.accept(cancel({ all: true }))
    const next = session.send()
    session.pass(cancelGraceMs)
    expect(session.claim(next)).toBe(1)
  })

  test('C3 A1: own needs send, everything else control', () => {
    const session = open()
    const run = session.send({}, { as: ada })
    const sender = grantOf('user:ada', { capabilities: [{ sessions: '**', verbs: ['send'] }] })
    const controller = grantOf('user:bob', { capabilities: [{ sessions: '**', verbs: ['control'] }] })
    for (const target of [{ run }, { agent: 'assistant' }, { all: true }] as const) {
      session.refuse('forbidden', cancel(target), { as: sender })
    }
    session.refuse('forbidden', cancel({ own: true }), { as: controller })
    session.accept(cancel({ own: true }), { as: sender })
    session.accept({ type: 'send', parts: text('x') })
    session.accept(cancel({ all: true }), { as: controller })
  })
})

describe('C4: disconnect is never cancel', () => {
  test('a device that leaves stops nothing', () => {
    const session = open()
    session.accept({ type: 'join', device: 'tab', node: 'n' })
    const run = session.start()
    session.accept({ type: 'leave', device: 'tab' })
    session.now += 5_000
    session.ask({ type: 'tick' }, { as: server })
    expect(session.active(run)).not.toHaveProperty('cancel')
  })
})
