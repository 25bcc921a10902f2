import { describe, expect, test } from 'vitest'
import {
  blankEvent,
  blankMessage,
  carries,
  emptyState,
  fold,
  hot,
  lookups,
  sha256,
  type Message,
  type SessionEvent,
  type WriteOp,
} from '../src/index.ts'
import { foldAll, grantOf, open, ops, roundTrip, server, text, writer, type TestSession } from './support.ts'

const canary = 'canary-"7f3a"\n'

/** The log as a store keeps it after the redactions in it. */
function blanked(log: readonly SessionEvent[]): readonly SessionEvent[] {
  return log.reduce<readonly SessionEvent[]>((before, event) => {
    if (event.type !== 'content.redacted') return [...before, event]
    const { data } = event
    const clean = before.map((old) => (carries(old, data) ? blankEvent(old, data, sha256(JSON.stringify(old))) : old))
    return [...clean, event]
  }, [])
}

function expectGone(session: TestSession): void {
  const clean = blanked(session.log)
  expect(foldAll(clean)).toEqual(session.state)
  for (const kept of [clean, session.state]) expect(JSON.stringify(kept)).not.toContain('7f3a')
  expect(roundTrip(session.state)).toEqual(session.state)
}

/** An answer with every kind of part. */
function answered(): { session: TestSession; id: string } {
  const session = open()
  const run = session.start()
  const opened: readonly WriteOp[] = [
    ops.start({ kind: 'text', text: canary }, 'a', 'text'),
    ops.delta(canary, 'a', 'text'),
    ops.start({ kind: 'reasoning' }, 'a', 'why'),
    ops.delta(canary, 'a', 'why'),
    ops.start({ kind: 'tool', name: canary, callId: 'c', input: { [canary]: 1 } }, 'a', 'tool'),
    ops.delta(canary, 'a', 'tool'),
    ops.set({ output: [canary] }, 'a', 'tool'),
    { op: 'close', message: 'a', part: 'tool', fields: { error: canary } },
    ops.start({ kind: 'file', url: `u:${canary}`, mediaType: canary, name: canary }, 'a', 'file'),
    ops.start({ kind: 'source', url: `u:${canary}`, title: canary }, 'a', 'source'),
    ops.start({ kind: 'data', name: canary, value: canary }, 'a', 'data'),
    ops.set({ value: 7 }, 'a', 'data'),
  ]
  session.write(run, ...opened, ops.end())
  return { session, id: `${run}.a` }
}

describe('S5e: what is redacted', () => {
  test('is gone from the state, and from the log without changing what the log says', () => {
    const { session, id } = answered()
    const { chars } = session.message(id)
    session.accept({ type: 'redact', message: id, reason: 'asked to' })
    expect(session.message(id)).toMatchObject({ redacted: true, chars })
    expect(session.message(id).parts.every((part) => part.redacted)).toBe(true)
    expectGone(session)
    session.post('and on')
    expectGone(session)
    session.noop({ type: 'redact', message: id })
  })

  test('may be one part; then the rest', () => {
    const { session, id } = answered()
    session.accept({ type: 'redact', message: id, part: '1.text' })
    expect(session.message(id).redacted).toBeUndefined()
    expect(session.message(id).parts.map((part) => part.redacted)).toEqual([true, ...Array.from({ length: 5 })])
    session.noop({ type: 'redact', message: id, part: '1.text' })
    session.accept({ type: 'redact', message: id })
    expectGone(session)
    const [first] = blanked(session.log).filter((event) => event.was !== undefined)
    const original = session.log.find((event) => event.seq === first?.seq)
    expect(first?.was).toBe(sha256(JSON.stringify(original)))
  })

  test('of a person, with a part by its index', () => {
    const session = open()
    session.accept({ type: 'post', parts: [...text('keep'), ...text(canary)] })
    session.accept({ type: 'redact', message: 'm2', part: '1' })
    expect(session.message('m2').parts).toMatchObject([{ text: 'keep' }, { text: '█'.repeat(canary.length) }])
    expectGone(session)
  })

  test('is complete: nothing that is being written, nothing that is not there', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    expect(session.refuse('part_conflict', { type: 'redact', message: `${run}.a` }).message).toContain('Stop its run')
    session.refuse('message_not_found', { type: 'redact', message: 'm99' })
    session.end(run)
    expect(session.refuse('message_not_found', { type: 'redact', message: `${run}.a`, part: 'x' }).detail).toEqual({
      message: `${run}.a`,
      part: 'x',
    })
    const weak = grantOf('user:ada', { capabilities: [{ sessions: '**', verbs: ['control', 'send'] }] })
    session.refuse('forbidden', { type: 'redact', message: `${run}.a` }, { as: weak })
  })

  test('stays out when a later attempt goes on with the message, whose new content can be taken out too', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.start({ kind: 'text', text: canary }), ops.close(), ops.closeMessage())
    session.accept({ type: 'redact', message: `${run}.a` })
    session.pass(6_000)
    session.claim(run)
    session.write(run, ops.start({ kind: 'text', text: 'new' }, 'a', 'q'), ops.end())
    expect(session.message(`${run}.a`).parts).toMatchObject([{ redacted: true }, { text: 'new' }])
    expectGone(session)
    session.accept({ type: 'redact', message: `${run}.a` })
    expect(JSON.stringify(session.message(`${run}.a`))).not.toContain('new')
  })

  test('may be cold: it is looked up, and what erases it is told', () => {
    const session = open()
    const id = session.post(canary)
    for (let i = 0; i < 60; i += 1) session.post()
    const body = { type: 'redact', message: id } as const
    expect(lookups(session.state, body)).toEqual([id])
    session.refuse('message_not_found', body)
    const cold: Message = fold(emptyState('demo/1'), session.log[1]!).view.messages[0]!
    session.accept(body, { options: { cold: [cold] } })
    const { seq } = session.view
    expect(session.state.guard.erasing).toEqual([{ seq, message: id }])
    session.noop(body, { options: { cold: [blankMessage(cold)] } })
    session.accept({ type: 'erased', of: seq }, { as: server })
    session.noop({ type: 'erased', of: seq }, { as: server })
    expect(session.state.guard.erasing).toEqual([])
    expectGone(session)
  })

  test('is erased one by one: each waits for its own', () => {
    const session = open()
    const [first, second] = [session.post(canary), session.post(canary)]
    const seqs = [first, second].map((message) => session.accept({ type: 'redact', message })[0]!.seq)
    expect(session.state.guard.erasing).toEqual([
      { seq: seqs[0], message: first },
      { seq: seqs[1], message: second },
    ])
    session.accept({ type: 'erased', of: seqs[0]! }, { as: server })
    expect(session.state.guard.erasing).toEqual([{ seq: seqs[1], message: second }])
    const gap = { first: 1, last: 1, before: '0'.repeat(64), after: sha256('x') }
    session.noop({ type: 'compacted', floor: 2, gaps: [gap] }, { as: server })
  })

  test('L6: at most 1,000 redactions wait to be erased', () => {
    const session = open()
    session.accept({ type: 'post', parts: text('x') }, { as: writer })
    const erasing = Array.from({ length: 1_000 }, (_, index) => ({ seq: index, message: 'm1' }))
    session.state = { ...session.state, guard: { ...session.state.guard, erasing } }
    expect(session.refuse('limit_exceeded', { type: 'redact', message: 'm2' }).detail).toMatchObject({
      limit: 'pendingErasures',
    })
  })
})

describe('S5c: a copy of a session', () => {
  test('has all that was said, and nothing that was under way', () => {
    const session = open({ policy: 'parallel', budget: { tokens: 100 } })
    const [active, queued] = [session.start({ budget: { tokens: 10 } }), session.send({ budget: { timeMs: 9_000 } })]
    session.write(
      active,
      ops.open(),
      { op: 'usage', usage: { outputTokens: 6 } },
      { op: 'request', key: 'q', spec: { kind: 'question', title: 'x' } },
    )
    session.accept({ type: 'steer', run: active, parts: text('faster') })
    session.accept({ type: 'join', device: 'd', node: 'n' })
    session.accept({ type: 'take-floor' })
    session.accept({ type: 'patch', patch: [{ op: 'add', path: '/a', value: 1 }] })
    session.accept({ type: 'forked', from: 'demo/0', at: session.view.seq }, { as: server })
    const { view, guard } = session.state
    expect(view).toMatchObject({
      forkedFrom: { session: 'demo/0', seq: view.seq - 1 },
      presence: [],
      floor: { asked: [] },
      document: { version: 1, value: { a: 1 } },
      requests: [{ status: 'withdrawn' }],
    })
    expect([active, queued].map((run) => session.ended(run).reason)).toEqual(['cancelled', 'cancelled'])
    expect(session.run(active).steers).toMatchObject([{ status: 'missed' }])
    expect(session.message(`${active}.a`).status).toBe('interrupted')
    expect(guard).toMatchObject({ commands: [], holds: {}, ends: [], notices: [], cold: {}, warned: {} })
    expect([guard.spent.runs, guard.spent.session.tokens]).toEqual([{}, 6])
    expect(foldAll(session.log)).toEqual(session.state)
    session.end(session.start())
  })

  test('says why what was under way is over, and keeps 50 of the requests that were open', () => {
    const session = open()
    const before = session.start()
    session.end(before)
    const ended = session.ended(before)
    session.now += 1_000
    const run = session.start()
    const spec = { kind: 'question' as const, title: 'x' }
    for (let i = 0; i < 60; i += 1) session.write(run, { op: 'request', key: `k${i}`, spec })
    session.write(run, ops.open(), ops.close(), ops.closeMessage())
    for (let i = 0; i < 60; i += 1) session.post()
    session.accept({ type: 'steer', run, parts: text('faster') })
    session.accept({ type: 'forked', from: 'demo/0', at: session.view.seq }, { as: server })
    expect(session.state.guard.cold).toEqual({})
    const why = 'The session was copied while this was open; it goes on in the original.'
    expect(session.run(before)).toBe(ended)
    expect(session.ended(run)).toMatchObject({ detail: why, attempt: 1, steers: [{ why }] })
    expect(session.view.requests.map(({ id, detail }) => [id, detail])).toEqual(
      Array.from({ length: hot.closedRequests }, (_, index) => [`${run}.k${index + 10}`, why]),
    )
  })
})

test('S4d: that raw output was dropped is in the log, and changes nothing else', () => {
  const session = open()
  session.post()
  const before = session.view
  const gap = { first: 1, last: 1, before: '0'.repeat(64), after: sha256('x') }
  session.accept({ type: 'compacted', floor: 2, gaps: [gap] }, { as: server })
  expect(session.view).toEqual({ ...before, seq: 3, compactedTo: 2 })
  expect(session.log.at(-1)?.data).toEqual({ floor: 2, gaps: [gap] })
})
