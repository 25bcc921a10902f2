import { describe, expect, test } from 'vitest'
import { claimable, deliveryTries, promptView, type RequestSpec, type WriteOp } from '../src/index.ts'
import { open, ops, server, text, writer, type TestSession } from './support.ts'

const spec: RequestSpec = { kind: 'question', title: 'sure?' }
const ask = (key = 'q'): WriteOp => ({ op: 'request', key, spec })
const call: WriteOp = {
  op: 'open',
  message: 'a',
  part: 'call',
  start: { kind: 'tool', name: 'ask', callId: 'c1', input: {} },
}

/** A run that waits for an answer without an agent. */
function suspended(...before: readonly WriteOp[]): { session: TestSession; run: string } {
  const session = open()
  const run = session.start()
  session.write(run, ...before, ask(), { op: 'suspend', waitsFor: ['q'], detail: 'for Ada' })
  return { session, run }
}

describe('R1b: a suspended run', () => {
  test('is held by nobody, and keeps its place', () => {
    const { session, run } = suspended()
    expect(session.run(run)).toMatchObject({
      status: 'suspended',
      suspendedAt: session.now,
      waitsFor: [`${run}.q`],
      detail: 'for Ada',
      attempt: 1,
    })
    expect(session.state.guard.holds).toEqual({})
    const next = session.send()
    expect(claimable(session.view, session.queued(next))).toBe(false)
    expect(session.refuse('not_claimable', { type: 'claim', run, worker: 'w' }, { as: writer }).message).toContain(
      'suspended',
    )
    expect(session.pass(1e9)).toMatchObject({ outcome: 'noop' })
  })

  test('fences its last attempt; the batch that suspended it is a noop when it is sent again', () => {
    const { session, run } = suspended(ops.open())
    const again = { type: 'write', run, attempt: 1, n: 1, ops: [ops.open(), ask(), { op: 'suspend' }] } as const
    session.noop(again, { as: writer })
    session.refuse('fenced', { ...again, n: 2 }, { as: writer })
    session.refuse('fenced', { type: 'heartbeat', run, attempt: 1 }, { as: writer })
    session.accept({ type: 'resume', run })
    session.claim(run)
    session.noop(again, { as: writer })
    session.refuse('fenced', { ...again, n: 2 }, { as: writer })
  })

  test('is woken when the last of what it waits for is over, once', () => {
    const session = open()
    const run = session.start()
    session.write(run, ask('a'), ask('b'), { op: 'suspend', waitsFor: ['a', 'b'] })
    session.accept({ type: 'answer', request: `${run}.a`, answer: { value: 1 } })
    expect(session.run(run).status).toBe('suspended')
    const events = session.accept({ type: 'answer', request: `${run}.b`, answer: { value: 2 } }, { id: 'c' })
    expect(events.map((event) => event.type)).toEqual(['request.answered', 'run.woken'])
    expect(session.ask({ type: 'answer', request: `${run}.b`, answer: { value: 2 } }, { id: 'c' })).toEqual({
      outcome: 'repeated',
      seq: session.view.seq,
    })
    session.claim(run)
    expect(session.active(run).attempt).toBe(2)
    expect(session.run(run).lapses).toBeUndefined()
  })

  test('is woken by what nobody answered in time', () => {
    const session = open()
    const run = session.start()
    session.write(
      run,
      { op: 'request', key: 'q', spec: { ...spec, expiresMs: 2_000 } },
      { op: 'suspend', waitsFor: ['q'] },
    )
    session.pass(2_000)
    expect(session.run(run).status).toBe('queued')
  })

  test('goes on at once when all is answered already, and by hand before it is', () => {
    const session = open()
    const run = session.start()
    session.write(run, ask())
    session.accept({ type: 'answer', request: `${run}.q`, answer: { value: 1 } })
    session.write(run, { op: 'suspend', waitsFor: ['q'] })
    expect(session.run(run).status).toBe('queued')
    session.claim(run)
    session.write(run, { op: 'suspend' })
    session.accept({ type: 'resume', run })
    session.noop({ type: 'resume', run })
    expect(session.run(run).status).toBe('queued')
  })

  test('ends at once when it is stopped; one that is being stopped is not suspended', () => {
    const { session, run } = suspended()
    session.accept({ type: 'cancel', target: { run } })
    expect(session.ended(run)).toMatchObject({ reason: 'cancelled', cancelledBy: 'user:ada' })
    const other = session.start()
    session.accept({ type: 'cancel', target: { run: other } })
    session.refuse('run_ended', session.batch(other, { op: 'suspend' }), { as: writer })
  })

  test('waits for requests of its own, and suspend is the last operation', () => {
    const session = open()
    const run = session.start()
    const unknown = session.batch(run, { op: 'suspend', waitsFor: ['q'] })
    expect(session.refuse('request_not_found', unknown, { as: writer }).detail).toEqual({ request: `${run}.q` })
    const early = session.batch(run, { op: 'suspend' }, ask())
    expect(session.refuse('bad_request', early, { as: writer }).detail).toEqual({ path: 'ops[0]' })
    expect(session.nextBatch(run)).toBe(1)
  })

  test('L6: at most 100 of a session', () => {
    const session = open({ policy: 'parallel' })
    for (let i = 0; i < 100; i += 1) session.write(session.start(), { op: 'suspend' })
    const run = session.start()
    expect(
      session.refuse('limit_exceeded', session.batch(run, { op: 'suspend' }), { as: writer }).detail,
    ).toMatchObject({
      limit: 'suspendedRuns',
    })
  })
})

describe('R4e: what a suspended run left open', () => {
  test('text is whole; a call waits for its result, which the attempt that goes on may give', () => {
    const { session, run } = suspended(ops.open(), ops.delta('let me ask'), call)
    expect(session.message(`${run}.a`)).toMatchObject({
      status: 'open',
      parts: [
        { status: 'closed', text: 'let me ask' },
        { status: 'open', kind: 'tool' },
      ],
    })
    session.accept({ type: 'answer', request: `${run}.q`, answer: { value: 'yes' } })
    session.claim(run)
    session.refuse('part_conflict', session.batch(run, ops.delta('x')), { as: writer })
    session.write(
      run,
      { op: 'close', message: 'a', part: 'call', fields: { output: 'yes' } },
      ops.open('a', 'more'),
      ops.end(),
    )
    expect(session.message(`${run}.a`)).toMatchObject({
      status: 'complete',
      parts: [{ id: '1.p' }, { id: '1.call', status: 'closed', output: 'yes' }, { id: '2.more' }],
    })
  })

  test('is interrupted when the run ends without it', () => {
    const { session, run } = suspended(call)
    session.accept({ type: 'cancel', target: { run } })
    expect(session.message(`${run}.a`)).toMatchObject({ status: 'interrupted', parts: [{ status: 'interrupted' }] })
  })

  test('S8: has a result in the prompt all the same', () => {
    const { session, run } = suspended(call)
    const prompt = promptView(session.view, { agent: 'assistant', run })
    expect(prompt.at(-1)?.parts).toMatchObject([
      { kind: 'tool', error: 'The call was interrupted before it had a result.' },
    ])
  })
})

describe('R2a: a run whose agent can not be reached', () => {
  const failed = (run: string, attempt: number, retryMs?: number) =>
    ({ type: 'undelivered', run, attempt, error: 'HTTP 500', ...(retryMs !== undefined && { retryMs }) }) as const

  test('waits again, and no attempt is used up; what was open is interrupted', () => {
    const session = open({ maxAttempts: 1 })
    const run = session.start()
    session.write(run, ops.open(), ops.delta('so far'))
    session.accept(failed(run, 1, 1_000), { as: server })
    expect(session.queued(run)).toMatchObject({
      attempt: 1,
      undelivered: { tries: 1, error: 'HTTP 500', at: session.now, retryAt: session.now + 1_000 },
    })
    expect(session.queued(run).lapses).toBeUndefined()
    expect(session.message(`${run}.a`)).toMatchObject({ status: 'open', parts: [{ status: 'interrupted' }] })
    session.refuse('fenced', failed(run, 1), { as: server })
    session.refuse('fenced', { type: 'heartbeat', run, attempt: 1 }, { as: writer })
    // Also where a server has not heard yet that it failed elsewhere.
    session.now += 999
    session.refuse('not_claimable', { type: 'claim', run, worker: 'w' }, { as: writer })
    session.now += 1
    session.claim(run)
  })

  test(`is a dead letter after ${deliveryTries} tries, until somebody retries it`, () => {
    const session = open()
    const run = session.send()
    for (let tries = 1; tries <= deliveryTries; tries += 1) {
      session.claim(run)
      session.accept(failed(run, tries, 0), { as: server })
    }
    expect(session.queued(run).undelivered).toMatchObject({ tries: deliveryTries, dead: true })
    expect(session.refuse('not_claimable', { type: 'claim', run, worker: 'w' }, { as: writer }).message).toContain(
      'retry it first',
    )
    session.accept({ type: 'retry', run })
    session.noop({ type: 'retry', run })
    session.claim(run)
    session.end(run)
    session.refuse('run_ended', { type: 'retry', run })
  })

  test('is a dead letter at once where no time for the next try is named; a stop ends it', () => {
    const session = open()
    const run = session.start()
    session.accept(failed(run, 1), { as: server })
    expect(session.queued(run).undelivered?.dead).toBe(true)
    session.accept({ type: 'cancel', target: { run } })
    expect(session.ended(run).reason).toBe('cancelled')
    const other = session.start()
    session.accept({ type: 'cancel', target: { run: other } })
    session.accept(failed(other, 1, 0), { as: server })
    expect(session.ended(other)).toMatchObject({ reason: 'cancelled', detail: 'Its agent could not be reached.' })
  })

  test('is forgotten to have been one when its agent had it', () => {
    const session = open()
    const run = session.start()
    session.accept(failed(run, 1, 0), { as: server })
    session.claim(run)
    session.write(run, { op: 'suspend' })
    expect(session.run(run)).not.toHaveProperty('undelivered')
    session.accept({ type: 'post', parts: text('x') })
  })
})
