import { describe, expect, test } from 'vitest'
import { nextDue, type CommandBody, type ErrorCode } from '../src/index.ts'
import { ada, grantOf, open, ops, server, writer, type TestSession } from './support.ts'

type State = 'queued' | 'active' | 'stopping' | 'requeued' | 'ended' | 'lost' | 'absent'

/** A session whose run r3 is in a state. In `requeued` attempt 1 was lost; in `lost` it was the last one. */
function inState(state: State): TestSession {
  const session = open(state === 'lost' ? { maxAttempts: 1 } : {})
  if (state === 'absent') return session
  const run = session.send()
  if (state === 'queued') return session
  session.claim(run)
  session.write(run, ops.open(), ops.delta('so far'))
  if (state === 'stopping') session.accept({ type: 'cancel', target: { run } })
  if (state === 'requeued' || state === 'lost') session.pass(10_000)
  if (state === 'ended') session.end(run)
  return session
}

describe('R1: every command on every state of a run', () => {
  const claim: CommandBody = { type: 'claim', run: 'r3', worker: 'w2' }
  const claimAgain: CommandBody = { type: 'claim', run: 'r3', worker: 'w1' }
  const heartbeat: CommandBody = { type: 'heartbeat', run: 'r3', attempt: 1 }
  const early: CommandBody = { type: 'heartbeat', run: 'r3', attempt: 2 }
  const retry: CommandBody = { type: 'write', run: 'r3', attempt: 1, n: 1, ops: [ops.open(), ops.delta('so far')] }
  const next: CommandBody = { type: 'write', run: 'r3', attempt: 1, n: 2, ops: [ops.delta(' more')] }
  const gap: CommandBody = { type: 'write', run: 'r3', attempt: 1, n: 3, ops: [ops.delta(' more')] }
  const end: CommandBody = { type: 'write', run: 'r3', attempt: 1, n: 2, ops: [ops.end()] }
  const late: CommandBody = { type: 'write', run: 'r3', attempt: 1, n: 3, ops: [ops.end()] }
  const cancel: CommandBody = { type: 'cancel', target: { run: 'r3' } }

  type Answer = 'accepted' | 'noop' | ErrorCode
  const table: Record<State, readonly (readonly [name: string, body: CommandBody, answer: Answer])[]> = {
    absent: [
      ['claim', claim, 'run_not_found'],
      ['heartbeat', heartbeat, 'run_not_found'],
      ['write', next, 'run_not_found'],
      ['cancel', cancel, 'run_not_found'],
    ],
    queued: [
      ['claim', claim, 'accepted'],
      ['heartbeat before a claim', heartbeat, 'bad_request'],
      ['write before a claim', retry, 'bad_request'],
      ['cancel', cancel, 'accepted'],
    ],
    active: [
      ['claim by another worker', claim, 'not_claimable'],
      ['claim by the holder', claimAgain, 'noop'],
      ['heartbeat', heartbeat, 'noop'],
      ['heartbeat of an attempt to come', early, 'bad_request'],
      ['write again', retry, 'noop'],
      ['write', next, 'accepted'],
      ['write past a gap', gap, 'out_of_order'],
      ['end', end, 'accepted'],
      ['cancel', cancel, 'accepted'],
    ],
    stopping: [
      ['claim by another worker', claim, 'not_claimable'],
      ['heartbeat', heartbeat, 'noop'],
      ['write', next, 'accepted'],
      ['end', end, 'accepted'],
      ['cancel', cancel, 'noop'],
    ],
    requeued: [
      ['claim', claim, 'accepted'],
      ['claim by the worker that lost it', claimAgain, 'accepted'],
      ['heartbeat of the lost attempt', heartbeat, 'fenced'],
      ['heartbeat of an attempt to come', early, 'bad_request'],
      ['write again of the lost attempt', retry, 'fenced'],
      ['write of the lost attempt', next, 'fenced'],
      ['cancel', cancel, 'accepted'],
    ],
    ended: [
      ['claim', claim, 'run_ended'],
      ['heartbeat', heartbeat, 'run_ended'],
      ['heartbeat of an attempt to come', early, 'run_ended'],
      ['an earlier write again', retry, 'noop'],
      ['the last write again', end, 'noop'],
      ['a write after the last', late, 'run_ended'],
      ['cancel', cancel, 'noop'],
    ],
    lost: [
      ['claim', claim, 'run_ended'],
      ['heartbeat', heartbeat, 'run_ended'],
      ['write again', retry, 'run_ended'],
      ['write', next, 'run_ended'],
      ['cancel', cancel, 'noop'],
    ],
  }

  for (const [state, rows] of Object.entries(table)) {
    test.each(rows)(`${state}: %s`, (_, body, answer) => {
      const session = inState(state as State) // the keys of the table are states
      const before = session.view.runs
      if (answer === 'accepted') session.accept(body, { as: ada })
      else if (answer === 'noop') session.noop(body, { as: ada })
      else session.refuse(answer, body, { as: ada })
      if (answer !== 'accepted') expect(session.view.runs).toBe(before)
    })
  }

  test('R1a: ended is final, and says how and when it ended', () => {
    const session = open()
    const run = session.start()
    session.now += 500
    const usage = { inputTokens: 10, outputTokens: 20, cachedTokens: 5, costUsd: 0.01 }
    session.write(run, { op: 'end', reason: 'failed', detail: 'no network', usage })
    expect(session.ended(run)).toEqual({
      id: run,
      agent: 'assistant',
      input: 'm2',
      policy: 'queue',
      by: 'user:ada',
      queuedAt: 1e6,
      attempt: 1,
      maxAttempts: 3,
      status: 'ended',
      reason: 'failed',
      detail: 'no network',
      usage,
      claimedAt: 1e6,
      endedAt: 1000500,
    })
    expect(session.state.guard.holds).toEqual({})
    expect(nextDue(session.state)).toBeNull()
  })

  test('R1a: a run that ended stays known until 50 others have ended after it, however early it was queued', () => {
    const session = open({ policy: 'parallel' })
    const early = session.start()
    for (let i = 0; i < 60; i += 1) session.end(session.start())
    session.now += 1
    session.end(early)
    expect(session.ended(early).reason).toBe('complete')
    for (let i = 0; i < 49; i += 1) session.end(session.start())
    expect(session.run(early).status).toBe('ended')
    session.now += 1
    session.end(session.start())
    session.refuse('run_not_found', { type: 'heartbeat', run: early, attempt: 1 }, { as: writer })
    expect(session.view.runs).toHaveLength(50)
  })

  test('R1a: also where all ended in the same millisecond', () => {
    const session = open({ policy: 'parallel' })
    const early = session.start()
    for (let i = 0; i < 60; i += 1) session.end(session.start())
    session.end(early)
    expect(session.ended(early).reason).toBe('complete')
  })

  test('R1a: as many runs as there are can end in one command', () => {
    const session = open()
    for (let i = 0; i < 60; i += 1) session.send()
    session.accept({ type: 'cancel', target: { all: true } })
    expect(session.view.runs).toHaveLength(50)
    expect(session.view.runs.every((run) => run.status === 'ended')).toBe(true)
  })
})

describe('R3: leases', () => {
  const claim = (run: string, worker: string, leaseMs?: number): CommandBody => ({
    type: 'claim',
    run,
    worker,
    ...(leaseMs !== undefined && { leaseMs }),
  })

  test('R3a: exactly one of two workers gets the run', () => {
    const session = open()
    const run = session.send()
    session.accept(claim(run, 'w1', 9_000), { as: writer })
    session.refuse('not_claimable', claim(run, 'w2'), { as: writer })
    expect(session.active(run)).toMatchObject({ attempt: 1, worker: 'w1', leaseMs: 9_000, claimedAt: session.now })
  })

  test('R3b: writes and heartbeats renew the lease, silence ends the attempt when it lapses', () => {
    const session = open()
    const run = session.start()
    session.now += 5_000
    session.write(run, ops.open())
    session.now += 5_000
    session.accept({ type: 'heartbeat', run, attempt: 1 }, { as: writer })
    expect(nextDue(session.state)).toBe(session.now + 6_000)
    expect(session.pass(5_999).outcome).toBe('noop')
    expect(session.pass(1).outcome).toBe('accepted')
    expect(session.queued(run)).toMatchObject({ attempt: 1, lapsedAt: session.now })
  })

  test('R3b: a heartbeat soon after a write costs no event, one every third of the lease always counts', () => {
    const session = open()
    const run = session.start()
    session.now += 1_500
    session.noop({ type: 'heartbeat', run, attempt: 1 }, { as: writer })
    session.now += 500
    session.accept({ type: 'heartbeat', run, attempt: 1 }, { as: writer })
    for (let i = 0; i < 20; i += 1) {
      expect(session.pass(2_000).outcome).toBe('noop')
      session.accept({ type: 'heartbeat', run, attempt: 1 }, { as: writer })
    }
  })

  test('R3b: what others do in the session renews nobody’s lease', () => {
    const session = open()
    const run = session.start()
    const due = nextDue(session.state)
    session.now += 3_000
    session.post('hello?')
    session.post('from an agent', { as: grantOf('agent:assistant') })
    session.accept({ type: 'cancel', target: { run } }, { as: grantOf('agent:assistant') })
    expect(session.state.guard.holds[run]?.until).toBe(due)
  })

  test('R3c: a lost attempt is tried again, with a new number, up to maxAttempts; then the run is lost', () => {
    const session = open({ maxAttempts: 2 })
    const run = session.start()
    session.pass(6_000)
    expect(session.queued(run).attempt).toBe(1)
    expect(session.claim(run, { worker: 'w2' })).toBe(2)
    session.pass(6_000)
    expect(session.ended(run)).toMatchObject({ reason: 'lost', attempt: 2 })
    expect(session.ended(run).detail).toContain('attempt 2 of 2')
  })

  test('R3c: several leases can lapse in one tick', () => {
    const session = open({ policy: 'parallel', maxAttempts: 1 })
    const [a, b, c] = [session.start(), session.start(), session.start()]
    session.accept({ type: 'cancel', target: { run: b } })
    session.now += 5_000
    session.write(c, ops.open())
    session.pass(1_000)
    expect([session.ended(a).reason, session.ended(b).reason, session.run(c).status]).toEqual([
      'lost',
      'cancelled',
      'active',
    ])
  })

  test('R3d: a writer of an earlier attempt is fenced, also when it never noticed', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.delta('one'))
    session.pass(6_000)
    session.claim(run, { worker: 'w2' })
    session.write(run, ops.open('b'))
    const stale = { type: 'write', run, attempt: 1, n: 2, ops: [ops.delta('two')] } as const
    expect(session.refuse('fenced', stale, { as: writer }).detail).toEqual({ run, attempt: 2 })
    session.refuse('fenced', { ...stale, n: 1 }, { as: writer })
    session.refuse('fenced', { type: 'heartbeat', run, attempt: 1 }, { as: writer })
    session.end(run)
    session.refuse('fenced', stale, { as: writer })
  })

  test('R3d: until the server has seen the lapse, the holder may still come back', () => {
    const session = open()
    const run = session.start()
    session.now += 60_000
    session.write(run, ops.open())
    expect(session.pass(0).outcome).toBe('noop')
  })

  test('tick with nothing due is a no-op, also in an empty session', () => {
    const session = open()
    session.noop({ type: 'tick' }, { as: server })
    session.start()
    session.noop({ type: 'tick' }, { as: server })
  })
})

describe('R6: several agents at once', () => {
  test('each writes its own run, message and identity, and is stopped on its own', () => {
    const session = open()
    const [a, b] = [session.start({ agent: 'a' }), session.start({ agent: 'b' })]
    for (const words of ['1', '2', '3']) {
      session.write(a, ...(words === '1' ? [ops.open()] : []), ops.delta(`a${words}`))
      session.write(b, ...(words === '1' ? [ops.open()] : []), ops.delta(`b${words}`))
    }
    session.accept({ type: 'cancel', target: { agent: 'a' } })
    session.end(a, 'cancelled')
    session.end(b)
    expect(session.message(`${a}.a`)).toMatchObject({
      author: 'agent:a',
      status: 'interrupted',
      parts: [{ text: 'a1a2a3' }],
    })
    expect(session.message(`${b}.a`)).toMatchObject({
      author: 'agent:b',
      status: 'complete',
      parts: [{ text: 'b1b2b3' }],
    })
  })

  test('R6: each may hold several runs of its own', () => {
    const session = open({ policy: 'parallel' })
    const [a, b] = [session.start(), session.start()]
    session.write(a, ops.open())
    session.write(b, ops.open())
    expect(session.view.messages.map((message) => message.run)).toEqual([undefined, undefined, a, b])
  })
})

describe('R7a: usage', () => {
  test('is what the agent reports when it ends the run', () => {
    const session = open()
    const run = session.start()
    session.write(run, { op: 'end', reason: 'complete', usage: { outputTokens: 3 } })
    expect(session.ended(run).usage).toEqual({ outputTokens: 3 })
  })
})
