import { describe, expect, test } from 'vitest'
import {
  defaultSessionLimits,
  foldView,
  emptyState,
  hasPrivate,
  hot,
  lookups,
  sees,
  visibleEvent,
  visibleView,
  type Actor,
  type Audience,
  type Message,
  type SessionView,
  type WriteOp,
} from '../src/index.ts'
import { covers } from '../src/audience.ts'
import { ada, bob, grantOf, open, ops, text, writer, type TestSession } from './support.ts'

const sue = grantOf('operator:sue')
const canary = 'canary-7f3a'

function as(session: TestSession, actor: Actor): SessionView {
  const view = visibleView(session.view, { actor })
  const followed = session.log.reduce(
    (before, event) => foldView(before, visibleEvent(event, { actor })),
    emptyState('demo/1').view,
  )
  expect(followed, `${actor} followed`).toEqual(view)
  return view
}

const secretPart = (part: string, words: string, step?: string): WriteOp => ({
  op: 'open',
  message: 'a',
  part,
  start: { kind: 'text', text: words },
  to: 'operators',
  ...(step !== undefined && { step }),
})

describe('L7a: what is not for a reader is absent', () => {
  test('a message: from the view and the events of others; its seq is accounted for', () => {
    const session = open()
    session.accept({ type: 'post', parts: text(canary), to: ['user:bob'], mentions: ['user:bob'] })
    session.post('for all')
    for (const actor of ['user:ada', 'user:bob'] as const) expect(as(session, actor).messages).toHaveLength(2)
    for (const actor of ['user:cleo', 'operator:sue', 'agent:assistant'] as const) {
      const view = as(session, actor)
      expect(view.messages).toHaveLength(1)
      expect(view.seq).toBe(session.view.seq)
      expect(JSON.stringify(view)).not.toContain(canary)
      const event = visibleEvent(session.log[1]!, { actor })
      expect(event).toEqual({ seq: 2, at: session.now, type: 'hidden' })
    }
    expect(as(session, 'system:headrace')).toEqual(session.view)
  })

  test.each<[string, 'operators' | 'agents', Actor, boolean]>([
    ['operators', 'operators', 'operator:x', true],
    ['operators', 'operators', 'agent:x', false],
    ['operators', 'operators', 'user:x', false],
    ['agents', 'agents', 'operator:x', true],
    ['agents', 'agents', 'agent:x', true],
    ['agents', 'agents', 'user:x', false],
  ])('what is for %s', (_, to, actor, expected) => {
    expect(sees({ actor }, to)).toBe(expected)
  })

  test('a part of a message that everybody sees, and all that happens to it', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.delta('shown'), secretPart('q', canary), ops.delta(canary, 'a', 'q'))
    session.write(run, ops.close('a', 'q'), ops.close())
    expect(as(session, 'user:ada').messages.at(-1)?.parts).toMatchObject([{ text: 'shown' }])
    expect(as(session, 'operator:sue').messages.at(-1)?.parts).toHaveLength(2)
    expect(session.message(`${run}.a`).chars).toBe('shown'.length)
    expect(hasPrivate(as(session, 'user:ada'))).toBe(false)
  })

  test('a request, its claim and its answer; who asks for it by id is told that there is none', () => {
    const session = open()
    const run = session.start()
    const spec = { kind: 'question' as const, title: canary, to: ['user:bob' as const] }
    session.write(run, { op: 'request', key: 'q', spec })
    expect(as(session, 'user:ada').requests).toEqual([])
    expect(
      session.refuse('request_not_found', { type: 'answer', request: `${run}.q`, answer: { value: 1 } }).message,
    ).toBe(`This session has no open or recent request ${run}.q.`)
    session.accept({ type: 'answer', request: `${run}.q`, answer: { value: canary } }, { as: bob })
    expect(JSON.stringify([as(session, 'user:ada'), as(session, 'user:cleo')])).not.toContain(canary)
    expect(as(session, 'user:bob').requests).toMatchObject([
      { status: 'answered', spec: { title: canary, to: ['user:bob', 'agent:assistant'] } },
    ])
  })

  test('a request, whatever becomes of it', () => {
    const session = open()
    const run = session.start()
    const base = { title: canary, to: ['user:bob'] as const, expiresMs: 20_000 }
    const tool = { ...base, kind: 'tool' as const, name: 't', claimMs: 2_000 }
    const approval = { ...base, kind: 'approval' as const, action: 1, expiresMs: 1_000, onExpiry: 'escalate' as const }
    session.write(
      run,
      { op: 'request', key: 'again', spec: { ...tool, onLapse: 'again' } },
      { op: 'request', key: 'fail', spec: tool },
      { op: 'request', key: 'escalated', spec: { ...approval, escalateTo: ['user:bob'] } },
      { op: 'request', key: 'withdrawn', spec: { ...base, kind: 'question' } },
      { op: 'request', key: 'over', spec: { ...base, kind: 'question' } },
    )
    for (const key of ['again', 'fail'])
      session.accept({ type: 'claim-request', request: `${run}.${key}`, device: 'd' }, { as: bob })
    for (let i = 0; i < 2; i += 1) session.pass(1_000)
    session.accept({ type: 'claim-request', request: `${run}.again`, device: 'd' }, { as: bob })
    const answer = { type: 'answer', request: `${run}.again`, device: 'd', answer: { output: canary } } as const
    session.accept(answer, { as: bob })
    session.write(run, { op: 'withdraw', key: 'withdrawn' }, ops.end())
    const about = session.log.filter(({ type }) => type.startsWith('request.'))
    expect(new Set(about.map(({ type }) => type)).size).toBe(7)
    for (const event of about) {
      expect(event.run, event.type).toBe(run)
      expect(visibleEvent(event, { actor: 'user:cleo' }).type, event.type).toBe('hidden')
      expect(visibleEvent(event, { actor: 'user:bob' }).type).toBe(event.type)
    }
  })

  test('no command can name it: reply, edit, regenerate, select', () => {
    const session = open()
    session.accept({ type: 'post', parts: text(canary), to: ['user:bob'] })
    const cleo = { as: grantOf('user:cleo') }
    session.refuse('message_not_found', { type: 'post', parts: text('x'), parent: 'm2' }, cleo)
    session.refuse('message_not_found', { type: 'post', parts: text('x'), edits: 'm2' }, cleo)
    session.refuse('message_not_found', { type: 'regenerate', input: 'm2' }, cleo)
    session.refuse('message_not_found', { type: 'select', leaf: 'm2' }, cleo)
    session.refuse('bad_request', { type: 'select', leaf: 'm2' })
  })
})

describe('L7b: an audience', () => {
  test('always has the writer in it, and the agents that are asked', () => {
    const session = open()
    const run = session.send({ parts: text('hi'), to: ['user:bob'] })
    expect(session.message(session.run(run).input).to).toEqual(['user:bob', 'user:ada', 'agent:assistant'])
    session.claim(run)
    session.accept({ type: 'steer', run, parts: text('also'), to: ['user:bob'] })
    expect(session.view.messages.at(-1)?.to).toContain('agent:assistant')
    session.write(run, { op: 'spawn', key: 'k', agent: 'coder', parts: text('do') })
    expect(session.view.messages.at(-1)?.to).toEqual(['user:bob', 'user:ada', 'agent:assistant', 'agent:coder'])
  })

  test('of people is one that they are in; agents may write for others', () => {
    const session = open()
    expect(session.refuse('bad_request', { type: 'post', parts: text('x'), to: 'operators' }).detail).toEqual({
      path: 'to',
    })
    session.accept({ type: 'post', parts: text('x'), to: 'operators' }, { as: sue })
    session.accept({ type: 'post', parts: text('x'), to: 'operators' }, { as: writer })
  })

  test('that the agent which is asked is not in is refused', () => {
    const session = open()
    const sent = { type: 'send', parts: text('x'), to: 'operators' } as const
    expect(session.refuse('bad_request', sent, { as: sue }).message).toContain(
      'agent:assistant is asked and would not see it',
    )
    const run = session.send({ to: ['user:bob'] })
    const other = { type: 'regenerate', input: session.run(run).input, agent: 'coder' } as const
    expect(session.refuse('bad_request', other).detail).toEqual({ path: 'agent' })
  })

  test('sees what its messages follow, in whatever order it is named', () => {
    const session = open()
    session.accept({ type: 'post', parts: text('x'), to: ['user:bob'] })
    session.accept({ type: 'post', parts: text('y'), to: ['user:ada'], parent: 'm2' }, { as: bob })
    for (const body of [
      { parent: 'm2' },
      { parent: 'm2', to: ['user:cleo' as const] },
      { edits: 'm2', to: ['user:cleo' as const] },
    ])
      session.refuse('bad_request', { type: 'post', parts: text('z'), ...body })
    session.accept({ type: 'post', parts: text('edited'), edits: 'm2' })
    expect(session.view.messages.at(-1)?.to).toEqual(['user:bob', 'user:ada'])
  })

  test.each<[Audience | undefined, Audience | undefined, boolean]>([
    [undefined, 'operators', true],
    ['operators', undefined, false],
    ['agents', 'agents', true],
    ['agents', 'operators', true],
    ['operators', 'agents', false],
    [['user:ada', 'operator:sue'], 'operators', false],
    [['user:ada', 'user:bob'], ['user:bob'], true],
    [['user:bob'], ['user:ada', 'user:bob'], false],
    ['agents', ['agent:coder', 'operator:sue'], true],
    ['agents', ['agent:coder', 'user:ada'], false],
    ['operators', ['operator:sue'], true],
  ])('that sees what is for %j has everybody of %j in it: %j', (outer, inner, expected) => {
    expect(covers(outer, inner)).toBe(expected)
  })

  test('is one of 16 at most', () => {
    const session = open()
    for (let i = 0; i < 16; i += 1) session.accept({ type: 'post', parts: text('x'), to: [`user:u${i}`] })
    const error = session.refuse('limit_exceeded', { type: 'post', parts: text('x'), to: ['user:more'] })
    expect(error.detail).toEqual({ limit: 'audiences', allowed: 16, actual: 17 })
    session.accept({ type: 'post', parts: text('x'), to: ['user:u3'] })
  })
})

describe('L7c: bounds hold for each audience by itself', () => {
  test('private messages push out none of those for all, nor the other way round', () => {
    const session = open()
    for (let i = 0; i < 60; i += 1) {
      session.post(`for all ${i}`)
      session.accept({ type: 'post', parts: text('psst'), to: ['user:bob'] })
    }
    expect(session.view.messages).toHaveLength(2 * hot.messages)
    expect(session.view).toMatchObject({ older: 10, olderFor: { 'user:ada user:bob': 10 } })
    expect(as(session, 'user:cleo').olderFor).toBeUndefined()
    expect(as(session, 'user:bob').olderFor).toEqual({ 'user:ada user:bob': 10 })
  })

  test.each<['operators' | 'agents', readonly Actor[], Actor]>([
    ['operators', ['operator:sue'], 'agent:writer'],
    ['agents', ['operator:sue', 'agent:coder'], 'user:ada'],
  ])('how many messages for %s are cold, they alone are told', (to, those, other) => {
    const session = open()
    for (let i = 0; i < 60; i += 1) session.accept({ type: 'post', parts: text('psst'), to }, { as: writer })
    for (const actor of those) expect(as(session, actor).olderFor).toEqual({ [to]: 10 })
    expect(as(session, other).olderFor).toBeUndefined()
  })

  test('a private message lets none go that deltas have made too many, because others do not see that it came', () => {
    const session = open()
    const run = session.start()
    for (let i = 0; i < 10; i += 1) session.post('x'.repeat(20_000))
    session.write(run, ops.open(), ops.delta('y'.repeat(200_000)))
    const { older } = session.view
    session.accept({ type: 'post', parts: text('psst'), to: ['user:bob'] })
    expect(session.view.older).toBe(older)
    as(session, 'user:cleo')
    session.post('for all')
    expect(session.view.older).toBeGreaterThan(older)
    as(session, 'user:cleo')
  })

  test('what is private in one message is at most 262,144 characters', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), secretPart('q', 'x'.repeat(262_000)))
    const error = session.refuse('limit_exceeded', session.batch(run, ops.delta('y'.repeat(145), 'a', 'q')), {
      as: writer,
    })
    expect(error.detail).toEqual({ limit: 'privateChars', allowed: 262_144, actual: 262_145 })
    session.write(run, ops.delta('y'.repeat(144), 'a', 'q'))
  })

  test('the fields of a private part count for that bound, not for what a message may hold for all', () => {
    const session = open()
    const run = session.start()
    const limits = { ...defaultSessionLimits, messageChars: 10, privateChars: 30 }
    const ask = { as: writer, options: { limits } }
    const call: WriteOp = {
      op: 'open',
      message: 'a',
      part: 'q',
      start: { kind: 'tool', name: 't', callId: 'c' },
      to: 'agents',
    }
    session.accept(session.batch(run, call, ops.set({ input: 'x'.repeat(18) }, 'a', 'q')), ask)
    const closing = { op: 'close', message: 'a', part: 'q', fields: { output: 'y'.repeat(10) } } as const
    for (const more of [ops.set(closing.fields, 'a', 'q'), closing])
      expect(session.refuse('limit_exceeded', session.batch(run, more), ask).detail).toEqual({
        limit: 'privateChars',
        allowed: 30,
        actual: 32,
      })
    expect(session.message(`${run}.a`).chars).toBe(0)
    session.accept(session.batch(run, ops.start({ kind: 'text', text: 'for all 10' }, 'a', 'all')), ask)
  })

  test('what a step replaces counts for that bound no more', () => {
    const session = open()
    const run = session.start()
    const ask = { as: writer, options: { limits: { ...defaultSessionLimits, privateChars: 30 } } }
    session.accept(session.batch(run, secretPart('q', 'x'.repeat(20), 's')), ask)
    session.pass(6_000)
    session.claim(run)
    session.refuse('limit_exceeded', session.batch(run, secretPart('q', 'y'.repeat(20))), ask)
    session.accept(session.batch(run, secretPart('q', 'y'.repeat(20), 's')), ask)
  })
})

describe('L7d: whoever may not see a question does not see what is said to it', () => {
  const asked = (session: TestSession): string => session.send({ parts: text(canary), to: ['user:bob'] })
  const answer = [ops.open(), ops.delta(canary)]

  test('its answer, the requests of its run, and what its run asks others', () => {
    const session = open()
    const run = asked(session)
    session.claim(run)
    session.write(run, ...answer)
    session.write(
      run,
      ops.start({ kind: 'tool', name: 't', callId: 'c' }, 'a', 'q'),
      ops.set({ input: canary }, 'a', 'q'),
      { op: 'close', message: 'a', part: 'q', fields: { output: canary } },
    )
    session.write(run, { op: 'request', key: 'q', spec: { kind: 'question', title: canary } })
    session.write(run, { op: 'withdraw', key: 'q', detail: canary })
    session.write(run, { op: 'spawn', key: 'k', agent: 'coder', parts: text(canary) })
    expect(JSON.stringify(as(session, 'user:cleo'))).not.toContain(canary)
    // Not even in what their view has no place for.
    const events = session.log.map((event) => visibleEvent(event, { actor: 'user:cleo' }))
    expect(JSON.stringify(events)).not.toContain(canary)
    expect(as(session, 'user:bob').requests).toMatchObject([
      { spec: { kind: 'question', title: canary, to: ['user:bob', 'user:ada', 'agent:assistant'] } },
    ])
    expect(as(session, 'agent:coder').messages).toHaveLength(1)
    const other = { ...secretPart('z', 'x'), to: 'agents' } as WriteOp
    expect(session.refuse('bad_request', session.batch(run, other), { as: writer }).detail).toEqual({ path: 'to' })
  })

  test('also when the question is no longer hot: it is looked up', () => {
    const session = open()
    const first = asked(session)
    const { input } = session.run(first)
    session.accept({ type: 'cancel', target: { run: first } })
    for (let i = 0; i < 60; i += 1)
      session.accept({ type: 'post', parts: text('x'), to: ['user:bob', 'agent:assistant'] })
    const cold: Message = { ...(session.log[1] as unknown as Message), ...coldMessage(session, input) }
    session.accept({ type: 'regenerate', input }, { options: { cold: [cold] } })
    const run = session.view.runs.at(-1)!.id
    session.claim(run)
    const batch = session.batch(run, ...answer)
    expect(lookups(session.state, batch)).toEqual([input])
    session.accept(batch, { as: writer, options: { cold: [cold] } })
    expect(session.message(`${run}.a`).to).toEqual(cold.to)
    expect(lookups(session.state, session.batch(run, ops.delta('x')))).toEqual([])
    expect(JSON.stringify(as(session, 'user:cleo'))).not.toContain(canary)
  })
})

/** A message as a store has it. */
function coldMessage(session: TestSession, id: string): Message {
  const event = session.log.find((candidate) => candidate.type === 'message.added' && candidate.data.id === id)
  const view = foldView(emptyState('demo/1').view, event!)
  return view.messages[0]!
}

test('L7e: everybody sees that a step begins again, though not with what', () => {
  const session = open()
  const run = session.start()
  session.write(run, ops.open('a', 'p', 's'), ops.delta('old'))
  session.pass(6_000)
  session.claim(run)
  session.write(run, secretPart('q', canary, 's'))
  expect(session.log.slice(-2)).toMatchObject([
    { type: 'step.restarted', data: { step: 's', attempt: 2 } },
    { to: 'operators' },
  ])
  expect(as(session, 'user:ada').messages.at(-1)?.parts).toEqual([])
  expect(as(session, 'operator:sue').messages.at(-1)?.parts).toHaveLength(1)
  session.accept({ type: 'post', parts: text('x') }, { as: ada })
})
