import { describe, expect, test } from 'vitest'
import {
  defaultSessionLimits,
  hot,
  sessionId,
  sessionKey,
  splitKey,
  type SessionLimits,
  type WriteOp,
} from '../src/index.ts'
import { ada, bob, foldAll, grantOf, open, ops, server, TestSession, text, writer } from './support.ts'

describe('L1: id and order', () => {
  test('the log is dense from 1, whatever the commands', () => {
    const session = open()
    session.start()
    session.post()
    session.pass(60_000)
    expect(session.log.map((event) => event.seq)).toEqual(session.log.map((_, index) => index + 1))
    expect(session.view.seq).toBe(session.log.length)
  })

  test.each(['a', 'team-a/chat.1', 'A:b_c', 'x'.repeat(256), '/', '..'])('%s is a session id', (id) => {
    expect(sessionId.parse(id)).toBe(id)
  })

  test.each(['', 'x'.repeat(257), 'a b', 'a!b', 'é', 'a*', 'a\n'])('%j is not a session id', (id) => {
    expect(() => sessionId.parse(id)).toThrow('a session id of 1 to 256 characters')
  })

  test('tenant and id make a key that only they make', () => {
    const key = sessionKey('acme', 'team:a/b')
    expect(splitKey(key)).toEqual({ tenant: 'acme', session: 'team:a/b' })
  })

  test('nothing but create is taken by a session that does not exist', () => {
    const session = new TestSession()
    const bodies = [
      { type: 'update', metadata: {} },
      { type: 'send', parts: text('hi') },
      { type: 'post', parts: text('hi') },
      { type: 'regenerate', input: 'm2' },
      { type: 'cancel', target: { all: true } },
      { type: 'claim', run: 'r3', worker: 'w' },
      { type: 'heartbeat', run: 'r3', attempt: 1 },
      { type: 'write', run: 'r3', attempt: 1, n: 1, ops: [ops.end()] },
      { type: 'tick' },
      { type: 'join', device: 'd', node: 'n' },
      { type: 'leave', device: 'd' },
    ] as const
    for (const body of bodies) session.refuse('session_not_found', body, { as: server })
  })
})

describe('L1a: settings and metadata', () => {
  test('create takes settings, and what it does not set has defaults', () => {
    const session = open({ metadata: { title: 'T', gone: null }, agent: 'coder', policy: 'reject', maxAttempts: 2 })
    expect(session.view).toMatchObject({ agent: 'coder', policy: 'reject', maxAttempts: 2, metadata: { title: 'T' } })
    expect(session.view).toMatchObject({ createdAt: session.now, createdBy: 'user:ada' })
    expect(session.view.metadata).not.toHaveProperty('gone')
    expect(open().view).toMatchObject({ agent: 'assistant', policy: 'queue', maxAttempts: 3, metadata: {} })
  })

  test('create of a session that exists is a no-op, whoever asks and with whatever settings', () => {
    const session = open({ agent: 'coder' })
    session.noop({ type: 'create', agent: 'other' }, { as: bob })
    expect(session.view.agent).toBe('coder')
  })

  test('update merges at the top level and null removes a key', () => {
    const session = open({ metadata: { title: 'T', nested: { a: 1, b: 2 }, keep: true } })
    session.accept({ type: 'update', metadata: { title: null, nested: { a: 3 }, extra: [1] } }, { as: bob })
    expect(session.view.metadata).toEqual({ nested: { a: 3 }, keep: true, extra: [1] })
  })

  test('an update that changes nothing is a no-op', () => {
    const session = open({ metadata: { title: 'T', list: [{ a: 1 }] } })
    session.noop({ type: 'update', metadata: {} })
    session.noop({ type: 'update', metadata: { title: 'T', absent: null, list: [{ a: 1 }] } })
  })

  test('a key named __proto__ is data like any other', () => {
    const session = open({ metadata: JSON.parse('{"__proto__":{"x":1}}') as { [key: string]: { x: number } } })
    expect(JSON.stringify(session.view.metadata)).toBe('{"__proto__":{"x":1}}')
    session.accept({ type: 'update', metadata: { a: 1 } })
    expect(JSON.stringify(session.view.metadata)).toBe('{"__proto__":{"x":1},"a":1}')
  })
})

describe('L3: retries', () => {
  const commands = {
    create: (session: TestSession) => session.ask({ type: 'create', agent: 'a' }, { id: 'c' }),
    update: (session: TestSession) => session.ask({ type: 'update', metadata: { a: 1 } }, { id: 'c' }),
    send: (session: TestSession) => session.ask({ type: 'send', parts: text('hi') }, { id: 'c' }),
    post: (session: TestSession) => session.ask({ type: 'post', parts: text('hi') }, { id: 'c' }),
    cancel: (session: TestSession) => session.ask({ type: 'cancel', target: { all: true } }, { id: 'c' }),
    regenerate: (session: TestSession) => session.ask({ type: 'regenerate', input: 'm2' }, { id: 'c' }),
  }

  test.each(Object.entries(commands))('%s is applied once and its retry names the same seq', (type, command) => {
    const session = type === 'create' ? new TestSession() : open()
    if (type !== 'create') session.start()
    const first = command(session)
    expect(first.outcome).toBe('accepted')
    const { seq } = session.view
    expect(command(session)).toEqual({ outcome: 'repeated', seq })
    session.post('something else')
    session.now += 100_000
    expect(command(session)).toEqual({ outcome: 'repeated', seq })
  })

  test('a retry with another body gets the first answer too: the id names the command', () => {
    const session = open()
    session.accept({ type: 'post', parts: text('one') }, { id: 'c' })
    const { seq } = session.view
    expect(session.ask({ type: 'send', parts: text('two') }, { id: 'c' })).toEqual({ outcome: 'repeated', seq })
    expect(session.view.messages).toHaveLength(1)
  })

  test('L3a: also in another process, from a snapshot or from the log', () => {
    const session = open()
    session.accept({ type: 'send', parts: text('hi') }, { id: 'c' })
    const { seq } = session.view
    session.reload()
    expect(session.ask({ type: 'send', parts: text('hi') }, { id: 'c' })).toEqual({ outcome: 'repeated', seq })
    session.state = foldAll(session.log)
    expect(session.ask({ type: 'send', parts: text('hi') }, { id: 'c' })).toEqual({ outcome: 'repeated', seq })
  })

  test('L3a: the answer to a command of several events names the last', () => {
    const session = open({ policy: 'interrupt' })
    session.start()
    const events = session.accept({ type: 'send', parts: text('no, this') }, { id: 'c' })
    expect(events.map((event) => event.type)).toEqual(['run.cancel-requested', 'message.added', 'run.queued'])
    const seq = events.at(-1)?.seq
    expect(session.ask({ type: 'send', parts: text('no, this') }, { id: 'c' })).toEqual({ outcome: 'repeated', seq })
    expect(session.state.guard.commands).toHaveLength(1)
  })

  test('L3a: ids are the sender’s own, so nobody can use up an id of somebody else', () => {
    const session = open()
    session.accept({ type: 'post', parts: text('ada') }, { id: 'c', as: ada })
    session.accept({ type: 'post', parts: text('bob') }, { id: 'c', as: bob })
    session.accept({ type: 'post', parts: text('x') }, { id: 'x', as: grantOf('user:a b') })
    session.accept({ type: 'post', parts: text('y') }, { id: 'b:x', as: grantOf('user:a') })
    expect(session.view.messages).toHaveLength(4)
  })

  test(`L3a: the newest ${hot.commands} accepted commands are remembered, and memory stays bounded`, () => {
    const session = open()
    for (let i = 0; i <= hot.commands; i += 1) session.accept({ type: 'update', metadata: { i } }, { id: `c${i}` })
    expect(session.state.guard.commands).toHaveLength(hot.commands)
    expect(session.ask({ type: 'update', metadata: { i: 1 } }, { id: 'c1' }).outcome).toBe('repeated')
    expect(session.ask({ type: 'update', metadata: { i: 0 } }, { id: 'c0' }).outcome).toBe('accepted')
  })

  test('L3c: what is written in an agent’s name is told by its number, whatever ids its worker has used before', () => {
    const session = open()
    const run = session.send()
    session.accept({ type: 'post', parts: text('x') }, { as: writer, id: 'c' })
    session.accept({ type: 'claim', run, worker: 'w' }, { as: writer, id: 'c' })
    session.accept(session.batch(run, ops.open(), ops.delta('x')), { as: writer, id: 'c' })
    session.accept(session.batch(run, ops.end()), { as: writer, id: 'c' })
    expect(session.ended(run).reason).toBe('complete')
  })

  test('L3b: refusals and no-ops are not remembered: sent again, they are decided again', () => {
    const session = open()
    session.refuse('message_not_found', { type: 'regenerate', input: 'm2' }, { id: 'c' })
    session.noop({ type: 'cancel', target: { all: true } }, { id: 'd' })
    session.send()
    session.accept({ type: 'regenerate', input: 'm2' }, { id: 'c' })
    session.accept({ type: 'cancel', target: { all: true } }, { id: 'd' })
  })

  test('L3b: a command without an id is applied each time', () => {
    const session = open()
    session.post('same')
    session.post('same')
    expect(session.view.messages).toHaveLength(2)
  })
})

describe('L4: time', () => {
  test('at never goes backwards, whatever the wall clock does', () => {
    const session = open()
    session.now -= 500_000
    session.post()
    session.now += 900_000
    session.post()
    session.now = 0
    session.send()
    const times = session.log.map((event) => event.at)
    expect(times).toEqual([1_000_000, 1_000_000, 1_400_000, 1_400_000, 1_400_000])
  })

  test('R3: a lease that began before the clock was set back does not lapse early', () => {
    const session = open()
    const run = session.start()
    session.now -= 3_600_000
    expect(session.pass(7_000).outcome).toBe('noop')
    expect(session.run(run).status).toBe('active')
  })
})

describe('L5: what an event carries', () => {
  test('the identity that the server verified, the run, and the id of its command', () => {
    const session = open()
    const [added, queued] = session.accept({ type: 'send', parts: text('hi') }, { id: 'c1' })
    const id = session.run('r3').id
    const named = { id: 'm2', parent: null, role: 'user', parts: text('hi'), name: 'Ada' }
    expect(added).toEqual({ seq: 2, at: 1_000_000, type: 'message.added', actor: 'user:ada', cmd: 'c1', data: named })
    expect(queued).toMatchObject({ seq: 3, type: 'run.queued', actor: 'user:ada', run: id, cmd: 'c1' })
  })

  test('output is written in the name of the run’s agent, with the number of its batch and no command id', () => {
    const session = open()
    const run = session.start()
    const batch = session.batch(run, ops.open(), ops.delta('x'))
    const events = session.accept(batch, { as: grantOf('user:some-service'), id: 'ignored' })
    expect(events.map((event) => event.type)).toEqual(['message.opened', 'part.opened', 'part.delta'])
    for (const event of events) {
      expect(event).toMatchObject({ actor: 'agent:assistant', run, n: 1 })
      expect(event).not.toHaveProperty('cmd')
    }
  })

  test('what time does is the server’s own', () => {
    const session = open()
    session.start()
    session.pass(10_000)
    expect(session.log.at(-1)).toMatchObject({ type: 'run.lapsed', actor: 'system:headrace' })
  })

  test('text of any kind comes through as it was', () => {
    const session = open()
    const words = '\u0000 \ud83d\ude00 \ud83d \u2028 " \\ é'
    const run = session.start()
    session.write(run, ops.open(), ops.delta('\ud83d'), ops.delta('\ude00'), ops.delta(words))
    session.reload()
    expect(session.view.messages.at(-1)?.parts).toMatchObject([{ text: `\ud83d\ude00${words}` }])
  })
})

describe('L6: limits are named in the refusal', () => {
  function limited(limits: Partial<SessionLimits>): { options: { limits: SessionLimits } } {
    return { options: { limits: { ...defaultSessionLimits, ...limits } } }
  }
  const refusal = (limit: keyof SessionLimits, allowed: number, actual: number): object => ({
    message: expect.stringContaining(`${limit} is limited to ${allowed}, but this makes ${actual}`) as string,
    detail: { limit, allowed, actual },
  })

  test('eventChars: messages, deltas, fields, patches', () => {
    const session = open()
    const few = limited({ eventChars: 10 })
    const as = { as: writer, ...few }
    const parts = text('12345678901')
    expect(session.refuse('limit_exceeded', { type: 'post', parts }, few)).toMatchObject(refusal('eventChars', 10, 11))
    session.refuse('limit_exceeded', { type: 'send', parts: [...text('123456'), ...text('78901')] }, few)
    session.refuse('limit_exceeded', { type: 'update', metadata: { abcdefgh: null, a: 1 } }, few)
    session.accept({ type: 'post', parts: text('1234567890') }, few)

    const run = session.start()
    session.refuse('limit_exceeded', session.batch(run, ops.start({ kind: 'text', text: '12345678901' })), as)
    session.write(run, ops.open(), ops.start({ kind: 'tool', name: 't', callId: 'c' }, 'a', 'q'))
    session.refuse('limit_exceeded', session.batch(run, ops.delta('12345678901')), as)
    session.refuse('limit_exceeded', session.batch(run, ops.set({ output: '123456789' }, 'a', 'q')), as)
    const closing = { op: 'close', message: 'a', part: 'q', fields: { output: '123456789' } } as const
    session.refuse('limit_exceeded', session.batch(run, closing), as)
    session.accept(session.batch(run, ops.delta('1234567890'), ops.set({ output: '12345678' }, 'a', 'q')), as)
  })

  test('metadataChars counts what would be stored, so removing is always possible', () => {
    const few = limited({ metadataChars: 20 })
    const session = new TestSession()
    session.refuse('limit_exceeded', { type: 'create', metadata: { title: 'x'.repeat(20) } }, few)
    session.accept({ type: 'create', metadata: { title: '12345678' } }, few)
    const error = session.refuse('limit_exceeded', { type: 'update', metadata: { b: 1 } }, few)
    expect(error).toMatchObject(refusal('metadataChars', 20, 26))
    session.accept({ type: 'update', metadata: { title: null, someLongerAbsentKey: null } }, few)
    expect(session.view.metadata).toEqual({})
  })

  test('queuedRuns', () => {
    const session = open()
    const two = limited({ queuedRuns: 2 })
    session.send()
    session.send()
    const error = session.refuse('limit_exceeded', { type: 'send', parts: text('x') }, two)
    expect(error).toMatchObject(refusal('queuedRuns', 2, 3))
    session.refuse('limit_exceeded', { type: 'regenerate', input: 'm2' }, two)
    session.accept({ type: 'send', parts: text('x'), policy: 'interrupt' }, two) // makes room itself
  })

  test('queuedRuns: also of those that agents ask for', () => {
    const session = open()
    const run = session.start()
    const ask = { as: writer, ...limited({ queuedRuns: 1 }) }
    const spawn = (key: string): WriteOp => ({ op: 'spawn', key, agent: 'coder', parts: text('x') })
    session.accept(session.batch(run, spawn('a')), ask)
    const error = session.refuse('limit_exceeded', session.batch(run, spawn('b')), ask)
    expect(error).toMatchObject(refusal('queuedRuns', 1, 2))
  })

  test('activeRuns', () => {
    const session = open({ policy: 'parallel' })
    session.start()
    const run = session.send()
    const ask = { as: writer, ...limited({ activeRuns: 1 }) }
    const error = session.refuse('limit_exceeded', { type: 'claim', run, worker: 'w' }, ask)
    expect(error).toMatchObject(refusal('activeRuns', 1, 2))
  })

  test('opsPerWrite', () => {
    const session = open()
    const run = session.start()
    const ask = { as: writer, ...limited({ opsPerWrite: 2 }) }
    const error = session.refuse('limit_exceeded', session.batch(run, ops.open(), ops.delta('a'), ops.delta('b')), ask)
    expect(error).toMatchObject(refusal('opsPerWrite', 2, 3))
  })

  test('partsPerMessage counts what a retried step leaves', () => {
    const session = open()
    const run = session.start()
    const ask = { as: writer, ...limited({ partsPerMessage: 2 }) }
    session.write(run, ops.open('a', 'p', 's'), ops.open('a', 'q', 's'))
    const error = session.refuse('limit_exceeded', session.batch(run, ops.open('a', 'r')), ask)
    expect(error).toMatchObject(refusal('partsPerMessage', 2, 3))
    session.pass(10_000)
    session.claim(run)
    session.refuse('limit_exceeded', session.batch(run, ops.open('a', 'p')), ask)
    session.accept(session.batch(run, ops.open('a', 'p', 's')), ask)
  })

  test('messageChars', () => {
    const session = open()
    const run = session.start()
    const ask = { as: writer, ...limited({ messageChars: 10 }) }
    session.write(run, ops.open(), ops.delta('12345'), ops.start({ kind: 'data', name: 'd', value: 1 }, 'a', 'q'))
    const error = session.refuse('limit_exceeded', session.batch(run, ops.delta('67890')), ask)
    expect(error).toMatchObject(refusal('messageChars', 10, 11))
    session.refuse('limit_exceeded', session.batch(run, ops.set({ value: '12345' }, 'a', 'q')), ask)
    session.refuse('limit_exceeded', session.batch(run, ops.start({ kind: 'text', text: '67890' }, 'a', 'r')), ask)
    session.accept(session.batch(run, ops.delta('6789')), ask)
    session.accept(session.batch(run, ops.open('b'), ops.delta('1234567890', 'b')), ask)
  })

  test('openMessagesPerRun and messagesPerRun', () => {
    const session = open()
    const run = session.start()
    const oneOpen = { as: writer, ...limited({ openMessagesPerRun: 1 }) }
    const two = { as: writer, ...limited({ messagesPerRun: 2 }) }
    session.write(run, ops.open('a'))
    const opened = session.refuse('limit_exceeded', session.batch(run, ops.open('b')), oneOpen)
    expect(opened).toMatchObject(refusal('openMessagesPerRun', 1, 2))
    session.write(run, ops.close('a'), ops.closeMessage('a'))
    session.accept(session.batch(run, ops.open('b')), oneOpen)
    const all = session.refuse('limit_exceeded', session.batch(run, ops.open('c')), two)
    expect(all).toMatchObject(refusal('messagesPerRun', 2, 3))
    for (let i = 0; i < 60; i += 1) session.post()
    session.refuse('limit_exceeded', session.batch(run, ops.open('c')), two) // those that went cold count too
  })

  test('presentDevices', () => {
    const session = open()
    const one = limited({ presentDevices: 1 })
    session.accept({ type: 'join', device: 'a', node: 'n' }, one)
    const error = session.refuse('limit_exceeded', { type: 'join', device: 'b', node: 'n' }, one)
    expect(error).toMatchObject(refusal('presentDevices', 1, 2))
    session.accept({ type: 'join', device: 'a', node: 'n2' }, one) // the same device again is not one more
  })
})
