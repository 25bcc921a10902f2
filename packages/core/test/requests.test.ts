import { describe, expect, test } from 'vitest'
import { canonical, hot, sha256, type Answer, type CommandBody, type Grant, type RequestSpec } from '../src/index.ts'
import { ada, bob, grantOf, open, ops, server, writer, type TestSession } from './support.ts'

const sue = grantOf('operator:sue')
const action = { tool: 'rm', args: ['-r', '/tmp/x'] }
const digest = sha256(canonical(action))
const approval: RequestSpec = { kind: 'approval', title: 'Delete?', action }
const tool: RequestSpec = { kind: 'tool', title: 'Where are you?', name: 'location', input: { exact: true } }

/** A run that asks, and the id of what it asks. */
function asking(spec: RequestSpec, session: TestSession = open()): { session: TestSession; run: string; id: string } {
  const run = session.start()
  session.write(run, { op: 'request', key: 'q', spec })
  return { session, run, id: `${run}.q` }
}

const yes = (request: string): CommandBody => ({ type: 'answer', request, answer: { decision: 'approve' }, digest })

describe('C7: a request', () => {
  test('is in the session with what is asked; under the same key it is asked once', () => {
    const { session, run, id } = asking(approval)
    expect(session.view.requests).toEqual([{ id, run, openedAt: session.now, spec: approval, digest, status: 'open' }])
    const n = session.nextBatch(run)
    const [renewed] = session.write(run, { op: 'request', key: 'q', spec: tool })
    expect(renewed).toMatchObject({ type: 'run.renewed', n })
    expect(session.view.requests).toHaveLength(1)
  })

  test('is found answered by a later attempt that asks again', () => {
    const { session, run, id } = asking(approval)
    session.pass(6_000)
    session.accept(yes(id))
    session.claim(run)
    session.write(run, { op: 'request', key: 'q', spec: approval })
    expect(session.view.requests).toMatchObject([
      { id, status: 'answered', answer: { decision: 'approve' }, by: 'user:ada' },
    ])
  })

  test('the answers of open runs are kept before those of runs that are over', () => {
    const session = open({ policy: 'parallel' })
    const first = session.start()
    session.write(first, { op: 'request', key: 'kept', spec: approval })
    session.accept(yes(`${first}.kept`))
    for (let i = 0; i < 60; i += 1) {
      const { run, id } = asking(approval, session)
      session.accept(yes(id))
      session.end(run)
    }
    expect(session.view.requests).toHaveLength(hot.closedRequests)
    expect(session.view.requests[0]?.id).toBe(`${first}.kept`)
  })

  test('at most 100 wait at the same time', () => {
    const session = open()
    const run = session.start()
    for (let i = 0; i < 100; i += 1) session.write(run, { op: 'request', key: `k${i}`, spec: approval })
    const more = session.batch(run, { op: 'request', key: 'more', spec: approval })
    expect(session.refuse('limit_exceeded', more, { as: writer }).detail).toEqual({
      limit: 'openRequests',
      allowed: 100,
      actual: 101,
    })
    session.write(
      run,
      { op: 'withdraw', key: 'k7', detail: 'not needed' },
      { op: 'request', key: 'more', spec: approval },
    )
  })
})

describe('C7a C7b: exactly one answer counts, and who comes second is told', () => {
  test('who was first and what they said', () => {
    const { session, id } = asking(approval)
    session.accept(yes(id), { id: 'c1' })
    const late = session.refuse('request_closed', { ...yes(id), answer: { decision: 'deny' } } as CommandBody, {
      as: bob,
    })
    expect(late.message).toBe(`Request ${id} is over: user:ada has answered it (approve).`)
    expect(late.detail).toEqual({
      request: id,
      status: 'answered',
      by: 'user:ada',
      decision: 'approve',
      at: session.now,
    })
    expect(session.ask(yes(id), { id: 'c1' })).toEqual({ outcome: 'repeated', seq: session.view.seq })
  })

  test('who was first, where the answer is no decision', () => {
    const { session, id } = asking({ kind: 'question', title: 'where?' })
    const body: CommandBody = { type: 'answer', request: id, answer: { value: 'Bern' } }
    session.accept(body)
    const late = session.refuse('request_closed', body, { as: bob })
    expect(late.message).toBe(`Request ${id} is over: user:ada has answered it.`)
    expect(late.detail).toEqual({ request: id, status: 'answered', by: 'user:ada', at: session.now })
  })

  test.each<[string, (session: TestSession, run: string) => void, RegExp]>([
    ['withdrawn', (session, run) => void session.write(run, { op: 'withdraw', key: 'q' }), /The agent took it back\.$/],
    ['over with its run', (session, run) => session.end(run), /The run is over\.$/],
    [
      'stopped',
      (session, run) => void session.accept({ type: 'cancel', target: { run } }),
      /The run is being stopped\.$/,
    ],
    ['expired', (session) => void session.pass(2_000), /nobody answered it in time \(deny\)\.$/],
  ])('one that is %s', (_, close, text) => {
    const { session, run, id } = asking({ ...approval, expiresMs: 2_000 })
    close(session, run)
    expect(session.refuse('request_closed', yes(id)).message).toMatch(text)
  })

  test('one that was never asked, also for its own agent', () => {
    const session = open()
    expect(session.refuse('request_not_found', yes('r2.q')).detail).toEqual({ request: 'r2.q' })
    const run = session.start()
    const withdraw = session.batch(run, { op: 'withdraw', key: 'q' })
    expect(session.refuse('request_not_found', withdraw, { as: writer }).detail).toEqual({ request: `${run}.q` })
  })
})

describe('C7c: an approval is bound to the action', () => {
  test('whatever the order of its keys', () => {
    const { session, id } = asking({ ...approval, action: { args: ['-r', '/tmp/x'], tool: 'rm' } })
    session.accept(yes(id))
  })

  test('of another action, or of none, it is refused', () => {
    const { session, id } = asking({ ...approval, action: 'other' })
    expect(session.refuse('action_changed', yes(id)).detail).toEqual({ request: id, digest: sha256('"other"') })
    const none = session.refuse('bad_request', { type: 'answer', request: id, answer: { decision: 'approve' } })
    expect(none.detail).toEqual({ path: 'digest' })
  })
})

describe('C7d: an answer fits what was asked', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }
  test.each<[RequestSpec, Answer, RegExp]>([
    [approval, { value: 1 }, /an approval, has decision: approve or deny\.$/],
    [{ kind: 'question', title: 'where?' }, { output: 1 }, /a question, has value, or decision: deny\.$/],
    [{ kind: 'question', title: 'where?' }, { decision: 'approve' }, /has value, or decision/],
    [{ kind: 'question', title: 'where?', schema }, { value: {} }, /does not fit: value\.city must be there\.$/],
    [{ kind: 'question', title: 'where?', schema }, { value: { city: 1 } }, /value\.city must be string\.$/],
    [tool, { value: 1 }, /a tool, has output or error\.$/],
  ])('%j answered by %j', (spec, answer, text) => {
    const { session, id } = asking(spec)
    expect(session.refuse('invalid_answer', { type: 'answer', request: id, answer, digest }).message).toMatch(text)
  })

  test('a question may be declined, and answered in its schema', () => {
    const first = asking({ kind: 'question', title: 'where?', schema })
    first.session.accept({ type: 'answer', request: first.id, answer: { decision: 'deny', reason: 'no' } })
    const other = asking({ kind: 'question', title: 'where?', schema })
    other.session.accept({ type: 'answer', request: other.id, answer: { value: { city: 'Bern' } } })
    expect(other.session.view.requests[0]).toMatchObject({ status: 'answered', answer: { value: { city: 'Bern' } } })
  })

  test('a schema that can not be checked is refused when it is asked', () => {
    const session = open()
    const run = session.start()
    const spec: RequestSpec = { kind: 'question', title: 'x', schema: { type: 'string', pattern: '(a+)+$' } }
    const error = session.refuse('bad_request', session.batch(run, { op: 'request', key: 'q', spec }), { as: writer })
    expect(error.message).toContain("question's schema.pattern: not supported")
    expect(session.nextBatch(run)).toBe(1)
  })

  test('is bounded', () => {
    const { session, id } = asking({ kind: 'question', title: 'long?' })
    const answer = { value: 'x'.repeat(262_144) }
    expect(session.refuse('limit_exceeded', { type: 'answer', request: id, answer }).detail).toMatchObject({
      limit: 'eventChars',
    })
  })
})

describe('C7e: a tool is run by the device that claimed it', () => {
  const claim = (request: string, device = 'd1'): CommandBody => ({ type: 'claim-request', request, device })
  const result = (request: string, device?: string): CommandBody => ({
    type: 'answer',
    request,
    answer: { output: 'here' },
    ...(device !== undefined && { device }),
  })

  test('once: the other one is told which has it', () => {
    const { session, id } = asking(tool)
    session.accept(claim(id))
    session.noop(claim(id))
    const taken = session.refuse('request_taken', claim(id, 'd2'))
    expect(taken.detail).toEqual({ request: id, by: 'user:ada', device: 'd1' })
    session.refuse('request_taken', claim(id), { as: bob })
    session.refuse('request_taken', result(id, 'd2'))
    session.accept(result(id, 'd1'))
    session.refuse('request_closed', claim(id))
    expect(session.view.requests).toMatchObject([
      {
        status: 'answered',
        claim: { by: 'user:ada', device: 'd1', at: session.now, until: session.now + 60_000 },
        answer: { output: 'here' },
      },
    ])
  })

  test('before it runs, and no approval is claimed', () => {
    const { session, id } = asking(tool)
    expect(session.refuse('bad_request', result(id, 'd1')).message).toMatch(/^Claim request/)
    const other = asking(approval)
    other.session.refuse('bad_request', claim(other.id))
  })

  test('that goes silent: it fails, or another one may', () => {
    const failing = asking({ ...tool, claimMs: 5_000 })
    failing.session.accept(claim(failing.id))
    failing.session.pass(4_999)
    expect(failing.session.view.requests[0]?.status).toBe('claimed')
    failing.session.pass(1)
    expect(failing.session.view.requests[0]).toMatchObject({
      status: 'expired',
      answer: { error: 'The device d1 of user:ada took the call and went silent.' },
    })
    const again = asking({ ...tool, claimMs: 5_000, onLapse: 'again' })
    again.session.accept(claim(again.id))
    again.session.pass(5_000)
    expect(again.session.log.at(-1)).toMatchObject({ type: 'request.released', run: again.run })
    expect(again.session.view.requests[0]?.status).toBe('open')
    again.session.accept(claim(again.id, 'd2'), { as: bob })
    again.session.refuse('request_taken', result(again.id, 'd1'))
  })
})

describe('C7f: what nobody answers', () => {
  test.each<[RequestSpec, object]>([
    [
      { ...approval, expiresMs: 2_000 },
      { decision: 'deny', reason: 'Nobody answered in time.' },
    ],
    [{ ...approval, expiresMs: 2_000, onExpiry: 'approve' }, { decision: 'approve' }],
    [{ kind: 'question', title: 'x', expiresMs: 2_000 }, { decision: 'deny' }],
    [{ ...tool, expiresMs: 2_000 }, { error: 'Nobody answered in time.' }],
  ])('%j', (spec, answer) => {
    const { session } = asking(spec)
    session.pass(1_999)
    expect(session.view.requests[0]?.status).toBe('open')
    session.pass(1)
    expect(session.view.requests[0]).toMatchObject({ status: 'expired', answer })
    expect(session.view.requests[0]?.by).toBeUndefined()
  })

  test('is handed to others, once, for as long again; then it is denied', () => {
    const { session, id } = asking({
      ...approval,
      answerers: ['user:ada'],
      expiresMs: 2_000,
      onExpiry: 'escalate',
      escalateTo: ['user:bob'],
    })
    session.pass(2_000)
    expect(session.view.requests[0]).toMatchObject({
      status: 'open',
      escalated: true,
      answerers: ['user:bob'],
      expiresAt: session.now + 2_000,
    })
    session.refuse('forbidden', yes(id))
    session.pass(2_000)
    expect(session.view.requests[0]).toMatchObject({ status: 'expired', answer: { decision: 'deny' } })
  })

  test('goes to operators unless it says to whom, never to everybody', () => {
    const { session, id } = asking({ ...approval, answerers: ['user:ada'], expiresMs: 2_000, onExpiry: 'escalate' })
    session.pass(2_000)
    session.refuse('forbidden', yes(id), { as: bob })
    session.accept(yes(id), { as: sue })
  })

  test.each<[Partial<RequestSpec>, string]>([
    [{ onExpiry: 'deny' }, 'spec.expiresMs'],
    [{ escalateTo: ['user:bob'] }, 'spec.onExpiry'],
    [{ to: ['user:ada'], answerers: ['user:bob'] }, 'spec.to'],
    [{ to: ['user:ada'], answerers: 'operators' }, 'spec.to'],
    [{ to: ['agent:coder'] }, 'spec.to'],
    [{ to: ['user:ada'], expiresMs: 2_000, onExpiry: 'escalate' }, 'spec.to'],
  ])('makes no sense with %j', (fields, path) => {
    const session = open()
    const run = session.start()
    const spec = { ...approval, ...fields } as RequestSpec // a spec with one field more
    expect(
      session.refuse('bad_request', session.batch(run, { op: 'request', key: 'q', spec }), { as: writer }).detail,
    ).toEqual({ path })
  })
})

describe('C7g: a stop withdraws what the run asked', () => {
  test('at once, also while its agent is being waited for; nothing more is asked', () => {
    const { session, run, id } = asking(approval)
    session.accept({ type: 'cancel', target: { run } })
    expect(session.view.requests).toMatchObject([{ id, status: 'withdrawn', detail: 'The run is being stopped.' }])
    session.refuse('run_ended', session.batch(run, { op: 'request', key: 'more', spec: approval }), { as: writer })
  })

  test('that is suspended or has lost its agent', () => {
    const { session, run } = asking(approval)
    session.write(run, { op: 'suspend', waitsFor: ['q'] })
    session.accept({ type: 'cancel', target: { all: true } })
    expect(session.view.requests[0]?.status).toBe('withdrawn')
    expect(session.ended(run).reason).toBe('cancelled')
  })
})

describe('C7h: who may answer', () => {
  test.each<[string, RequestSpec['answerers'], Grant, boolean]>([
    ['any person', undefined, bob, true],
    ['any operator', undefined, sue, true],
    ['no agent', undefined, writer, false],
    ['an agent that is named', ['agent:writer'], writer, true],
    ['only who is named', ['user:ada'], bob, false],
    ['operators', 'operators', sue, true],
    ['nobody else', 'operators', ada, false],
  ])('%s', (_, answerers, who, may) => {
    const { session, id } = asking({ ...approval, ...(answerers && { answerers }) })
    if (may) session.accept(yes(id), { as: who })
    else expect(session.refuse('forbidden', yes(id), { as: who }).detail).toEqual({ request: id, verb: 'answer' })
  })

  test('needs the verb as well', () => {
    const { session, id } = asking(approval)
    const capabilities = [{ sessions: '**', verbs: ['read' as const, 'send' as const] }]
    expect(session.refuse('forbidden', yes(id), { as: grantOf('user:ada', { capabilities }) }).detail).toEqual({
      verb: 'answer',
    })
  })
})

test('R3b: an answer by an agent, or anything else that others do, renews no lease', () => {
  const { session, run, id } = asking({ ...approval, answerers: ['agent:planner'] })
  const { until } = session.state.guard.holds[run]!
  const planner = { as: grantOf('agent:planner') }
  session.now += 1_000
  session.accept(yes(id), planner)
  session.accept({ type: 'steer', run, parts: [{ kind: 'text', text: 'faster' }] }, planner)
  session.accept({ type: 'pause', run }, planner)
  session.accept({ type: 'resume', run }, planner)
  expect(session.state.guard.holds[run]).toMatchObject({ until, n: 1 })
  session.write(run, ops.open())
  expect(session.state.guard.holds[run]?.until).toBe(until + 1_000)
  session.noop({ type: 'tick' }, { as: server })
})
