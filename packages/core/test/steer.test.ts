import { describe, expect, test } from 'vitest'
import { branch, type Actor, type Grant } from '../src/index.ts'
import { bob, grantOf, open, ops, text, writer, type TestSession } from './support.ts'

/** Steers a run and returns the id of the message. */
function steer(session: TestSession, run: string, words = 'shorter', carry?: boolean): string {
  session.accept({ type: 'steer', run, parts: text(words), ...(carry !== undefined && { carry }) })
  return session.view.messages.at(-1)?.id ?? ''
}

describe('C5: steering a run', () => {
  test('is a message in the session and a note on the run; its agent is told how many wait', () => {
    const session = open()
    const run = session.start()
    expect(session.ask({ type: 'heartbeat', run, attempt: 1 }, { as: writer })).not.toHaveProperty('steers')
    const message = steer(session, run)
    expect(session.message(message)).toMatchObject({ role: 'user', author: 'user:ada', status: 'complete' })
    expect(session.run(run).steers).toEqual([
      { message, by: 'user:ada', at: session.now, carry: true, status: 'pending' },
    ])
    steer(session, run)
    expect(session.ask(session.batch(run, ops.open()), { as: writer })).toMatchObject({
      outcome: 'accepted',
      steers: 2,
    })
  })

  test('is sent again with its id: the first answer, and one message', () => {
    const session = open()
    const run = session.start()
    const body = { type: 'steer', run, parts: text('x') } as const
    session.accept(body, { id: 'c1' })
    expect(session.ask(body, { id: 'c1' })).toEqual({ outcome: 'repeated', seq: session.view.seq })
    expect(session.run(run).steers).toHaveLength(1)
  })

  test('that is over or being stopped is refused', () => {
    const session = open()
    const run = session.start()
    session.accept({ type: 'cancel', target: { run } })
    expect(session.refuse('run_ended', { type: 'steer', run, parts: text('x') }).message).toContain('is being stopped')
    session.end(run)
    const late = session.refuse('run_ended', { type: 'steer', run, parts: text('x') })
    expect([late.message, late.detail]).toEqual([
      `Run ${run} is over, so it can't be steered. Send the message as a new input.`,
      { run },
    ])
    session.refuse('run_not_found', { type: 'steer', run: 'r99', parts: text('x') })
  })

  test('of others needs control; of one’s own, the right to ask for it', () => {
    const session = open()
    const run = session.start()
    const weak = (actor: 'user:ada' | 'user:bob'): { as: ReturnType<typeof grantOf> } => ({
      as: grantOf(actor, { capabilities: [{ sessions: '**', verbs: ['send'] }] }),
    })
    session.refuse('forbidden', { type: 'steer', run, parts: text('x') }, weak('user:bob'))
    session.accept({ type: 'steer', run, parts: text('x') }, weak('user:ada'))
  })

  test('is bounded: 64 of one run', () => {
    const session = open()
    const run = session.start()
    for (let i = 0; i < 64; i += 1) steer(session, run)
    expect(session.refuse('limit_exceeded', { type: 'steer', run, parts: text('x') }).detail).toMatchObject({
      limit: 'steersPerRun',
      actual: 65,
    })
  })
})

describe('C5a: its agent says that it has taken a steer', () => {
  test('with the step; once', () => {
    const session = open()
    const run = session.start()
    const message = steer(session, run)
    session.write(run, { op: 'consume', message, step: 's2' })
    expect(session.run(run).steers).toMatchObject([{ status: 'consumed', step: 's2' }])
    expect(session.write(run, { op: 'consume', message })).toMatchObject([{ type: 'run.renewed' }])
    session.end(run)
    expect(session.view.runs).toHaveLength(1)
  })

  test('before its lease is over: the next attempt is told again what this one had not said so of', () => {
    const session = open()
    const run = session.start()
    const [taken, told] = [steer(session, run, '1'), steer(session, run, '2')]
    session.write(run, { op: 'consume', message: taken })
    session.pass(600_000)
    session.claim(run)
    expect(session.run(run)).toMatchObject({
      attempt: 2,
      steers: [
        { message: taken, status: 'consumed' },
        { message: told, status: 'pending' },
      ],
    })
  })

  test('that was meant for another run is refused', () => {
    const session = open({ policy: 'parallel' })
    const [a, b] = [session.start(), session.start()]
    const message = steer(session, a)
    const wrong = session.batch(b, { op: 'consume', message })
    expect(session.refuse('message_not_found', wrong, { as: writer }).detail).toEqual({ message })
  })
})

describe('C5b: steers that nobody has taken', () => {
  test('become the next input together: one run, whose line has them all', () => {
    const session = open({ maxAttempts: 2 })
    const run = session.start({ budget: { tokens: 9 } })
    const [one, two, three] = [steer(session, run, '1'), steer(session, run, '2'), steer(session, run, '3')]
    const events = session.write(run, { op: 'consume', message: one }, ops.end())
    expect(events.map(({ type, actor }) => [type, actor])).toEqual([
      ['steer.consumed', 'agent:assistant'],
      ['run.ended', 'agent:assistant'],
      ['run.queued', 'user:ada'],
      ['steer.missed', 'agent:assistant'],
      ['steer.missed', 'agent:assistant'],
    ])
    const next = session.view.runs[1]!
    expect(next).toMatchObject({ status: 'queued', input: three, by: 'user:ada', agent: 'assistant', maxAttempts: 2 })
    expect(next.budget).toEqual({ tokens: 9 })
    expect(session.run(run).steers).toMatchObject([
      { status: 'consumed' },
      { status: 'missed', next: next.id, why: 'The run ended (complete) before its agent took it.' },
      { status: 'missed', next: next.id },
    ])
    const line = branch(session.view.messages, three).map((message) => message.id)
    expect(line).toEqual(expect.arrayContaining([one, two, three]))
  })

  test('do not go on by themselves when the run was stopped, or when nobody wants them carried', () => {
    const stopped = open()
    const a = stopped.start()
    steer(stopped, a)
    stopped.accept({ type: 'cancel', target: { run: a } })
    stopped.end(a)
    expect(stopped.view.runs).toHaveLength(1)
    expect(stopped.run(a).steers?.[0]).not.toHaveProperty('next')
    const left = open()
    const b = left.start()
    steer(left, b, 'x', false)
    left.end(b)
    expect(left.view.runs).toHaveLength(1)
    expect(left.run(b).steers).toMatchObject([{ status: 'missed' }])
  })

  test('that not everybody sees say that they go on only where they do', () => {
    const session = open()
    const run = session.start()
    session.accept({ type: 'steer', run, parts: text('psst'), to: ['user:bob'] })
    steer(session, run)
    session.end(run)
    expect(session.run(run).steers?.map((one) => one.next)).toEqual([undefined, session.view.runs[1]?.id])
  })
})

test('C5b: what leads to a steer may be older than what is hot', () => {
  const session = open()
  for (let i = 0; i < 60; i += 1) session.post()
  const run = session.start()
  const message = steer(session, run)
  session.end(run)
  expect(session.run(run).steers).toMatchObject([{ message, next: session.view.runs[1]?.id }])
})

describe('C2e: the policy steer', () => {
  test('hands an input to the run that is active, with what it follows', () => {
    const session = open({ policy: 'steer' })
    const run = session.start()
    session.accept({ type: 'send', parts: text('and this'), parent: 'm2', mentions: ['user:bob'] })
    expect(session.view.runs).toHaveLength(1)
    expect(session.run(run).steers).toHaveLength(1)
    expect(session.view.messages.at(-1)).toMatchObject({ parent: 'm2', mentions: ['user:bob'] })
  })

  test('C2e C5: that a sender chose steers what others asked for only with control; as the session’s policy it may', () => {
    const weak = (actor: Actor): { as: Grant } => ({
      as: grantOf(actor, { capabilities: [{ sessions: '**', verbs: ['send'] }] }),
    })
    const body = { type: 'send', parts: text('x'), policy: 'steer' } as const
    const session = open()
    const run = session.start()
    expect(session.refuse('forbidden', body, weak('user:bob')).detail).toEqual({ verb: 'control' })
    session.accept(body, weak('user:ada'))
    session.accept(body, { as: bob })
    expect(session.run(run).steers).toHaveLength(2)
    const shared = open({ policy: 'steer' })
    shared.start()
    shared.accept({ type: 'send', parts: text('x') }, weak('user:bob'))
    expect(shared.view.runs).toHaveLength(1)
  })

  test.each<[string, (session: TestSession) => void]>([
    ['none is', () => {}],
    ['one waits', (session) => void session.send()],
    ['it is being stopped', (session) => void session.accept({ type: 'cancel', target: { run: session.start() } })],
    ['another agent is', (session) => void session.start({ agent: 'coder' })],
  ])('queues it where %s', (_, prepare) => {
    const session = open({ policy: 'steer' })
    prepare(session)
    const before = session.view.runs.length
    session.accept({ type: 'send', parts: text('x') })
    expect(session.view.runs).toHaveLength(before + 1)
  })

  test('queues an edit, and what goes to several agents', () => {
    const session = open({ policy: 'steer' })
    const run = session.start()
    session.accept({ type: 'send', parts: text('x'), edits: session.run(run).input })
    session.accept({ type: 'send', parts: text('x'), agents: ['assistant', 'coder'] })
    expect(session.view.runs).toHaveLength(4)
  })
})

describe('C2f: the order of the queue', () => {
  test('is changed from anywhere, and kept', () => {
    const session = open()
    const [a, b, c] = [session.send(), session.send(), session.send()]
    session.accept({ type: 'reorder', run: c, before: a }, { as: bob })
    expect(session.view.runs.map((run) => run.id)).toEqual([c, a, b])
    session.refuse('not_claimable', { type: 'claim', run: a, worker: 'w' }, { as: writer })
    session.claim(c)
    session.accept({ type: 'reorder', run: a, before: null })
    expect(session.view.runs.map((run) => run.id)).toEqual([c, b, a])
    session.reload()
    session.noop({ type: 'reorder', run: a, before: null })
    session.noop({ type: 'reorder', run: b, before: a })
    session.noop({ type: 'reorder', run: b, before: b })
  })

  test('has only runs that wait', () => {
    const session = open()
    const [a, b] = [session.send(), session.send()]
    session.claim(a)
    for (const body of [
      { run: a, before: b },
      { run: b, before: a },
    ]) {
      expect(session.refuse('bad_request', { type: 'reorder', ...body }).message).toBe(
        `Run ${a} is active; only queued runs have a place in the queue.`,
      )
    }
    session.refuse('run_not_found', { type: 'reorder', run: b, before: 'r99' })
  })
})

describe('C2g: an input for several agents', () => {
  test('is one message and a run for each, that are worked on side by side', () => {
    const session = open()
    session.accept({ type: 'send', parts: text('x'), agents: ['a', 'b', 'a'] })
    expect(session.view.messages).toHaveLength(1)
    expect(session.view.runs.map(({ agent, input }) => [agent, input])).toEqual([
      ['a', 'm2'],
      ['b', 'm2'],
    ])
    for (const { id } of session.view.runs) session.claim(id)
  })

  test('is refused as a whole when one of them is busy, or when one is named besides', () => {
    const session = open({ policy: 'reject' })
    session.send({ agent: 'b' })
    const { seq } = session.view
    session.refuse('agent_busy', { type: 'send', parts: text('x'), agents: ['a', 'b'] })
    session.refuse('bad_request', { type: 'send', parts: text('x'), agents: ['a'], agent: 'c' })
    expect(session.view.seq).toBe(seq)
  })
})
