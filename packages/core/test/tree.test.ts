import { describe, expect, test } from 'vitest'
import { hot, nextDue, totalUsage, type Budget, type WriteOp } from '../src/index.ts'
import { askedBy } from '../src/fold/spent.ts'
import { bob, grantOf, open, ops, text, writer, type TestSession } from './support.ts'

const spawn = (key: string, agent = 'coder', fields: { readonly budget?: Budget } = {}): WriteOp => ({
  op: 'spawn',
  key,
  agent,
  parts: text(`do ${key}`),
  ...fields,
})

/** A run that has started another one, which is claimed. */
function family(
  session: TestSession = open(),
  budget?: Budget,
): { session: TestSession; parent: string; child: string } {
  const parent = session.start(budget ? { budget } : {})
  session.write(parent, spawn('k'))
  const child = session.view.runs.at(-1)!.id
  session.claim(child)
  return { session, parent, child }
}

const used = (outputTokens: number): WriteOp => ({ op: 'usage', usage: { outputTokens, costUsd: 0.5 } })

describe('R5: runs that start others', () => {
  test('R5a: the other one answers a message of its own, below the first, and waits for nobody', () => {
    const session = open()
    session.start({ agent: 'coder' })
    const { parent, child } = family(session)
    expect(session.run(child)).toMatchObject({
      parent,
      key: 'k',
      agent: 'coder',
      by: 'agent:assistant',
      status: 'active',
    })
    const input = session.message(session.run(child).input)
    expect(input).toMatchObject({ role: 'user', author: 'agent:assistant', parent: session.run(parent).input })
    expect(session.view.head).toBe(session.run(parent).input)
  })

  test('R5b: under one key once, by whatever attempt', () => {
    const { session, parent, child } = family()
    session.end(child)
    session.pass(6_000)
    session.claim(parent)
    expect(session.write(parent, spawn('k'))).toMatchObject([{ type: 'run.renewed' }])
    session.write(parent, spawn('other'))
    expect(session.view.runs.filter((run) => run.parent === parent)).toHaveLength(2)
  })

  test('R5b: and is known for as long as the first one is open, however many end meanwhile', () => {
    const { session, parent, child } = family()
    session.end(child)
    for (let i = 0; i < 70; i += 1) session.accept({ type: 'cancel', target: { run: session.send({ agent: 'x' }) } })
    session.pass(6_000)
    session.claim(parent)
    session.write(parent, spawn('k'))
    expect(session.view.runs.filter((run) => run.parent === parent)).toHaveLength(1)
    session.end(parent)
    expect(session.view.runs.filter((run) => run.status === 'ended')).toHaveLength(hot.endedRuns)
  })

  test('C3f: a subtree is stopped with all that is below it, and nothing beside it', () => {
    const { session, parent, child } = family()
    session.write(child, spawn('deeper', 'third'))
    const third = session.view.runs.at(-1)!.id
    const beside = session.send({ agent: 'beside' })
    session.accept({ type: 'cancel', target: { subtree: child } })
    expect([session.ended(third).reason, session.active(child).cancel?.by]).toEqual(['cancelled', 'user:ada'])
    expect([session.active(parent).cancel, session.queued(beside).status]).toEqual([undefined, 'queued'])
    session.noop({ type: 'cancel', target: { subtree: child } })
    session.refuse('run_not_found', { type: 'cancel', target: { subtree: 'r99' } })
    session.refuse('run_ended', session.batch(child, spawn('more')), { as: writer })
  })

  test('C3a: what one’s inputs led to is one’s own, also where agents asked for it', () => {
    const { session, child } = family()
    session.noop({ type: 'cancel', target: { own: true } }, { as: bob })
    session.accept({ type: 'cancel', target: { own: true } })
    expect(session.active(child).cancel?.by).toBe('user:ada')
  })

  test('R5a: what they use counts for the one that started them, also when that is over', () => {
    const { session, parent, child } = family()
    session.write(child, used(5), spawn('deeper', 'third'))
    const third = session.view.runs.at(-1)!.id
    session.claim(third)
    session.write(third, used(7))
    session.end(parent)
    session.write(child, { op: 'end', reason: 'complete', usage: { outputTokens: 1 } })
    expect(session.run(parent).usage).toBeUndefined()
    expect(totalUsage(session.run(parent))).toEqual({ outputTokens: 13, costUsd: 1 })
    expect(totalUsage(session.run(child))).toEqual({ outputTokens: 13, costUsd: 1 })
    expect(session.view.usage).toEqual({ outputTokens: 13, costUsd: 1 })
    expect(Object.keys(session.state.guard.spent.runs)).toEqual([third])
  })

  test('R5a: who asked in the first place is known while anything goes on, however many runs end', () => {
    const { session, parent, child } = family()
    session.end(parent)
    for (let i = 0; i < 70; i += 1)
      session.accept({ type: 'cancel', target: { run: session.send({ agent: 'x' }, { as: bob }) } })
    expect(askedBy(session.view, child)).toBe('user:ada')
  })

  test('L6: a run starts 100 others at most, and 16 one below the other', () => {
    const session = open()
    let run = session.start()
    for (let i = 0; i < 100; i += 1) {
      session.write(run, spawn(`k${i}`))
      session.accept({ type: 'cancel', target: { run: session.view.runs.at(-1)!.id } })
    }
    expect(session.refuse('limit_exceeded', session.batch(run, spawn('more')), { as: writer }).detail).toMatchObject({
      limit: 'childRuns',
    })
    run = session.start({ agent: 'deep' })
    for (let depth = 1; depth < 16; depth += 1) {
      session.write(run, spawn('next'))
      run = session.view.runs.at(-1)!.id
      session.claim(run)
    }
    expect(session.refuse('limit_exceeded', session.batch(run, spawn('next')), { as: writer }).detail).toEqual({
      limit: 'runDepth',
      allowed: 16,
      actual: 17,
    })
  })
})

describe('R7b: a budget ends what has used it up', () => {
  test.each<[string, Budget, readonly WriteOp[], RegExp]>([
    ['tokens', { tokens: 10 }, [used(10)], /^The tokens budget of the run is used up: 10 of 10\.$/],
    ['cost', { costUsd: 0.9 }, [used(1), used(1)], /costUsd .* 1 of 0\.9/],
    [
      'tool calls, as they are opened',
      { toolCalls: 2 },
      [
        ops.start({ kind: 'tool', name: 't', callId: '1' }, 'a', '1'),
        ops.start({ kind: 'tool', name: 't', callId: '2' }, 'a', '2'),
      ],
      /toolCalls .* 2 of 2/,
    ],
  ])('of %s', (_, budget, batch, detail) => {
    const session = open()
    const run = session.start({ budget })
    session.write(run, ...batch)
    expect(session.ended(run)).toMatchObject({ reason: 'budget', detail: expect.stringMatching(detail) as string })
    expect(session.log.at(-1)?.actor).toBe('system:headrace')
    session.refuse('run_ended', { type: 'write', run, attempt: 1, n: 2, ops: [ops.closeMessage()] }, { as: writer })
  })

  test('of what a batch brings after that nothing is taken, so that batches of any size end it at the same call', () => {
    const call = (id: string): readonly WriteOp[] => [
      ops.start({ kind: 'tool', name: 't', callId: id }, 'a', id),
      { op: 'close', message: 'a', part: id, fields: { output: id } },
    ]
    const calls = ['1', '2', '3', '4'].flatMap(call)
    const seen = [[calls], calls.slice(0, 5).map((op) => [op])].map((batches) => {
      const session = open()
      const run = session.start({ budget: { toolCalls: 3 } })
      for (const batch of batches) session.write(run, ...batch)
      const parts = session.view.messages.filter((message) => message.run === run).flatMap((message) => message.parts)
      return [session.ended(run), parts]
    })
    expect(seen[0]).toMatchObject([
      { reason: 'budget', detail: expect.stringContaining('3 of 3') as string },
      [{ status: 'closed' }, { status: 'closed' }, { status: 'interrupted', callId: '3' }],
    ])
    expect(seen[1]).toEqual(seen[0])
  })

  test('of time, which the server measures over all attempts', () => {
    const session = open()
    const run = session.start({ budget: { timeMs: 10_000 } })
    session.pass(6_000)
    expect(session.queued(run).lapses).toBe(1)
    session.now += 60_000
    session.claim(run)
    session.pass(3_999)
    expect(session.run(run).status).toBe('active')
    session.pass(1)
    expect(session.ended(run).reason).toBe('budget')
  })

  test('of time, also when the server comes too late to see it lapse before', () => {
    const session = open()
    const run = session.start({ budget: { timeMs: 10_000 } })
    session.pass(60_000)
    expect(session.ended(run).reason).toBe('budget')
  })

  test('of a run, with all that it started', () => {
    const { session, parent, child } = family(open(), { tokens: 10 })
    session.write(child, used(10))
    expect([session.ended(parent).reason, session.ended(child).reason]).toEqual(['budget', 'budget'])
  })

  test('that a run started with is its own', () => {
    const session = open()
    const parent = session.start()
    session.write(parent, spawn('k', 'coder', { budget: { tokens: 5 } }))
    const child = session.view.runs.at(-1)!.id
    session.claim(child)
    session.write(child, used(5))
    expect([session.run(parent).status, session.ended(child).reason]).toEqual(['active', 'budget'])
  })

  test('of the session ends all that is open, and nothing begins before it is raised', () => {
    const session = open({ budget: { tokens: 10 }, policy: 'parallel' })
    const [a, b] = [session.start(), session.send()]
    session.write(a, used(10))
    expect([session.ended(a).reason, session.ended(b).reason]).toEqual(['budget', 'budget'])
    for (const run of [a, b]) expect(session.ended(run)).not.toHaveProperty('cancelledBy')
    const error = session.refuse('budget_exhausted', { type: 'send', parts: text('x') })
    expect(error.message).toBe('The tokens budget of the session is used up: 10 of 10. Raise it with update.')
    expect(error.detail).toEqual({ scope: 'session', measure: 'tokens', used: 10, limit: 10 })
    session.refuse('budget_exhausted', { type: 'regenerate', input: 'm2' })
    session.accept({ type: 'update', budget: { tokens: 20 } })
    session.send()
  })

  test('of the session counts what a run says of its use as it ends, also for the others', () => {
    const session = open({ budget: { tokens: 10 }, policy: 'parallel' })
    const [a, b] = [session.start(), session.send()]
    session.write(a, { op: 'end', reason: 'complete', usage: { outputTokens: 10 } })
    expect([session.ended(a).reason, session.ended(b).reason]).toEqual(['complete', 'budget'])
  })

  test('of a participant ends what their inputs led to, and not what others asked for', () => {
    const session = open({ participantBudget: { tokens: 10 }, policy: 'parallel' })
    const { child } = family(session)
    const other = session.send({}, { as: bob })
    session.write(child, used(10))
    expect([session.ended(child).reason, session.queued(other).status]).toEqual(['budget', 'queued'])
    session.refuse('budget_exhausted', { type: 'send', parts: text('x') })
    session.send({}, { as: bob })
  })

  test('that is lowered ends at once what has used more, in the name of who lowered it', () => {
    const session = open()
    const run = session.start()
    session.write(run, used(10))
    const events = session.accept({ type: 'update', budget: { tokens: 5 } }, { id: 'u1' })
    expect(events).toMatchObject([
      { type: 'session.updated' },
      { type: 'run.ended', actor: 'user:ada', data: { reason: 'budget' } },
    ])
    expect(session.ask({ type: 'update', budget: { tokens: 5 } }, { id: 'u1' })).toEqual({
      outcome: 'repeated',
      seq: session.view.seq,
    })
  })

  test('for each participant that is lowered does so too', () => {
    const session = open({ policy: 'parallel' })
    const run = session.start()
    const other = session.send({}, { as: bob })
    session.write(run, used(10))
    session.accept({ type: 'update', participantBudget: { tokens: 5 } })
    expect([session.ended(run).reason, session.queued(other).status]).toEqual(['budget', 'queued'])
  })

  test('for each run of the session is that of runs that name none', () => {
    const session = open({ runBudget: { tokens: 5 } })
    expect([session.run(session.send()).budget, session.run(session.send({ budget: { tokens: 1 } })).budget]).toEqual([
      { tokens: 5 },
      { tokens: 1 },
    ])
  })
})

describe('R7c: its agent is warned', () => {
  const warnings = (session: TestSession): readonly (readonly [string, number])[] =>
    session.log.flatMap((event) =>
      event.type === 'budget.warned' ? [[event.data.scope, event.data.percent] as const] : [],
    )

  test('at 50, 75 and 80 %, once each, and of the highest only', () => {
    const session = open()
    const run = session.start({ budget: { tokens: 100 } })
    for (const tokens of [49, 1, 1, 24, 5, 1]) session.write(run, used(tokens))
    expect(warnings(session)).toEqual([
      ['run', 50],
      ['run', 75],
      ['run', 80],
    ])
    const other = session.start({ budget: { tokens: 100 }, agent: 'other' })
    session.write(other, used(90))
    expect(warnings(session).slice(3)).toEqual([['run', 80]])
    session.end(run)
    session.end(other)
    expect(session.state.guard.warned).toEqual({})
  })

  test('of time when it has passed, which is when the session is due', () => {
    const session = open()
    const run = session.send({ budget: { timeMs: 10_000 } })
    session.claim(run, { leaseMs: 60_000 })
    const due: number[] = []
    const begin = session.now
    for (let marks = 4; marks > 0; marks -= 1) {
      session.pass((nextDue(session.state) ?? 0) - session.now)
      due.push(session.now - begin)
    }
    expect(due).toEqual([5_000, 7_500, 8_000, 10_000])
    expect(session.ended(run).reason).toBe('budget')
  })

  test('of the time of all that is at work at once, of the session and of whoever asked', () => {
    for (const settings of [{ budget: { timeMs: 8_000 } }, { participantBudget: { timeMs: 8_000 } }]) {
      const session = open({ ...settings, policy: 'parallel' })
      const [a, b] = [session.send(), session.send()]
      session.claim(a, { leaseMs: 60_000 })
      session.now += 1_000
      session.claim(b, { leaseMs: 60_000 })
      expect(nextDue(session.state)).toBe(session.now + 1_500)
      session.pass(1_500)
      expect(warnings(session).map(([, percent]) => percent)).toEqual([50])
    }
  })

  test('of what was used before there was an agent to warn', () => {
    const session = open()
    const run = session.start()
    session.write(run, used(60))
    session.end(run)
    session.accept({ type: 'update', budget: { tokens: 100 }, participantBudget: { tokens: 100 } })
    expect(warnings(session)).toEqual([])
    session.start()
    expect(warnings(session)).toEqual([
      ['session', 50],
      ['participant', 50],
    ])
    session.noop({ type: 'tick' })
  })

  test('of another budget again', () => {
    const session = open({ budget: { tokens: 100 }, participantBudget: { tokens: 100 } })
    const run = session.start()
    for (const tokens of [60, 1]) session.write(run, used(tokens))
    session.accept({ type: 'update', budget: { tokens: 1_000 }, participantBudget: { tokens: 1_000 } })
    for (const tokens of [500, 1]) session.write(run, used(tokens))
    expect(warnings(session)).toEqual([
      ['session', 50],
      ['participant', 50],
      ['session', 50],
      ['participant', 50],
    ])
  })
})

test('L6: a budget for each participant counts 1,000 of them', () => {
  const session = open({ participantBudget: { toolCalls: 5 }, policy: 'parallel' })
  const spent = session.state.guard.spent
  const participants = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`user:u${index}`, spent.session] as const),
  )
  session.state = { ...session.state, guard: { ...session.state.guard, spent: { ...spent, participants } } }
  expect(session.refuse('limit_exceeded', { type: 'send', parts: text('x') }).detail).toMatchObject({
    limit: 'participants',
  })
  const run = session.send({}, { as: grantOf('user:u7') })
  session.claim(run)
  const call = (key: string): WriteOp => ops.start({ kind: 'tool', name: 't', callId: key }, 'a', key)
  session.write(run, ...['1', '2', '3', '4', '5'].map(call))
  expect(session.ended(run).reason).toBe('budget')
  session.accept({ type: 'update', participantBudget: null })
  session.send()
})
