import { describe, expect, test } from 'vitest'
import type { PartStart, WriteOp } from '../src/index.ts'
import { open, ops, writer, type TestSession } from './support.ts'

describe('L3c L3d: batches are numbered', () => {
  const body = (session: TestSession, n: number, ...batch: readonly WriteOp[]) =>
    ({ type: 'write', run: 'r3', attempt: session.run('r3').attempt, n, ops: batch }) as const

  test('L3c: the next number is applied, an earlier one is a no-op, a later one is out of order', () => {
    const session = open()
    session.start()
    const error = session.refuse('out_of_order', body(session, 2, ops.open()), { as: writer })
    expect(error).toMatchObject({ detail: { expected: 1 }, message: expect.stringContaining('batch 1 next') as string })
    session.accept(body(session, 1, ops.open(), ops.delta('a')), { as: writer })
    session.noop(body(session, 1, ops.open(), ops.delta('a')), { as: writer })
    session.accept(body(session, 2, ops.delta('b')), { as: writer })
    session.noop(body(session, 1, ops.delta('something else')), { as: writer })
    session.refuse('out_of_order', body(session, 4, ops.delta('d')), { as: writer })
    expect(session.message('r3.a').parts).toMatchObject([{ text: 'ab' }])
  })

  test('L3c: a new attempt counts from 1', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    session.pass(10_000)
    session.claim(run)
    session.refuse('out_of_order', body(session, 2, ops.open()), { as: writer })
    session.accept(body(session, 1, ops.open()), { as: writer })
  })

  test('L3c: also in another process', () => {
    const session = open()
    session.start()
    session.accept(body(session, 1, ops.open(), ops.delta('a')), { as: writer })
    session.reload()
    session.noop(body(session, 1, ops.open(), ops.delta('a')), { as: writer })
    session.accept(body(session, 2, ops.delta('b')), { as: writer })
  })

  test('L3c: a heartbeat does not move the number', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    session.now += 5_000
    session.accept({ type: 'heartbeat', run, attempt: 1 }, { as: writer })
    session.accept(body(session, 2, ops.delta('b')), { as: writer })
  })

  test('L3c: a refused batch is applied in no part and can be sent again under its number', () => {
    const session = open()
    session.start()
    session.refuse('part_conflict', body(session, 1, ops.open(), ops.delta('a'), ops.delta('b', 'other')), {
      as: writer,
    })
    expect(session.view.messages).toHaveLength(1)
    session.accept(body(session, 1, ops.open(), ops.delta('a')), { as: writer })
  })

  test('L3d: the batch that ended the run can be sent again, and those before it', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.delta('all'))
    const last = body(session, 2, ops.end())
    session.accept(last, { as: writer })
    session.noop(last, { as: writer })
    session.reload()
    session.noop(last, { as: writer })
    session.noop(body(session, 1, ops.open()), { as: writer })
    session.refuse('run_ended', body(session, 3, ops.end()), { as: writer })
  })

  test('L3d: an attempt that did not end the run itself is told that it is over', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    session.accept({ type: 'cancel', target: { run } })
    session.pass(3_000)
    session.refuse('run_ended', body(session, 1, ops.open()), { as: writer })
    session.refuse('run_ended', body(session, 2, ops.end('cancelled')), { as: writer })
  })

  test('L3d: an earlier attempt is fenced, also after a later one ended the run', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open())
    session.pass(10_000)
    session.claim(run)
    session.end(run)
    session.refuse('fenced', { ...body(session, 1, ops.open()), attempt: 1 }, { as: writer })
    session.noop(body(session, 1, ops.end()), { as: writer })
  })
})

describe('R8: parts', () => {
  const starts: readonly PartStart[] = [
    { kind: 'text', text: 'x' },
    { kind: 'reasoning' },
    { kind: 'tool', name: 'search', callId: 'c1', input: { q: 1 } },
    { kind: 'file', url: 'blob:1', mediaType: 'image/png' },
    { kind: 'source', url: 'https://x', title: 'X' },
    { kind: 'data', name: 'chart', value: [1, 2] },
  ]

  test.each(starts)('a $kind part opens with what it was given and closes', (start) => {
    const session = open()
    const run = session.start()
    session.write(run, ops.start(start))
    const text = start.kind === 'text' || start.kind === 'reasoning' || start.kind === 'tool'
    const initial = { ...(text && { text: '' }), ...start, id: '1.p', status: 'open', attempt: 1 }
    expect(session.message(`${run}.a`).parts).toEqual([initial])
    session.write(run, ops.close())
    expect(session.message(`${run}.a`).parts).toEqual([{ ...initial, status: 'closed' }])
    session.refuse('part_conflict', session.batch(run, ops.close()), { as: writer })
    session.refuse('part_conflict', session.batch(run, ops.start(start)), { as: writer })
  })

  test.each(starts)('deltas and fields go where a $kind part takes them', (start) => {
    const session = open()
    const run = session.start()
    session.write(run, ops.start(start))
    const takes = (op: WriteOp): boolean => session.ask(session.batch(run, op), { as: writer }).outcome === 'accepted'
    const { kind } = start
    expect(takes(ops.delta('d'))).toBe(kind === 'text' || kind === 'reasoning' || kind === 'tool')
    for (const fields of [{ input: 1 }, { output: null }, { error: 'e' }])
      expect(takes(ops.set(fields))).toBe(kind === 'tool')
    expect(takes(ops.set({ value: 1 }))).toBe(kind === 'data')
    expect(takes({ op: 'close', message: 'a', part: 'p', fields: { value: 2 } })).toBe(kind === 'data')
  })

  test('a tool call streams its input, then gets input and output', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.start({ kind: 'tool', name: 'search', callId: 'c' }), ops.delta('{"q":'), ops.delta('1}'))
    session.write(run, ops.set({ input: { q: 1 } }))
    session.write(run, { op: 'close', message: 'a', part: 'p', fields: { output: ['found'] } })
    const tool = { kind: 'tool', text: '{"q":1}', input: { q: 1 }, output: ['found'], status: 'closed' }
    expect(session.message(`${run}.a`).parts).toMatchObject([tool])
  })

  test('several parts and messages are written side by side', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open('a', 'x'), ops.open('a', 'y'), ops.open('b', 'x'))
    session.write(
      run,
      ops.delta('1', 'a', 'x'),
      ops.delta('2', 'a', 'y'),
      ops.delta('3', 'b', 'x'),
      ops.delta('4', 'a', 'x'),
    )
    expect(session.message(`${run}.a`).parts).toMatchObject([{ text: '14' }, { text: '2' }])
    expect(session.message(`${run}.b`).parts).toMatchObject([{ text: '3' }])
  })

  test('what is not open is a conflict that names it', () => {
    const session = open()
    const run = session.start()
    const conflict = (...batch: readonly WriteOp[]): string =>
      session.refuse('part_conflict', session.batch(run, ...batch), { as: writer }).message
    expect(conflict(ops.delta('x', 'a', 'p'))).toContain('Message a has not been opened')
    session.write(run, ops.open())
    expect(conflict(ops.delta('x', 'a', 'q'))).toContain('Part q has not been opened')
    expect(conflict(ops.open())).toContain('Part p was already opened')
    expect(conflict(ops.closeMessage())).toContain('while its part 1.p is open')
    expect(conflict(ops.closeMessage('b'))).toContain('Message b has not been opened')
    session.write(run, ops.close(), ops.closeMessage())
    for (const op of [ops.delta('x'), ops.open('a', 'q'), ops.closeMessage()]) {
      expect(conflict(op)).toContain('Message a is closed')
    }
  })

  test('keys belong to their run', () => {
    const session = open({ policy: 'parallel' })
    const [a, b] = [session.start(), session.start()]
    session.write(a, ops.open())
    expect(session.refuse('part_conflict', session.batch(b, ops.delta('x')), { as: writer }).message).toContain(b)
  })

  test('end is the last operation of its batch', () => {
    const session = open()
    const run = session.start()
    const error = session.refuse('bad_request', session.batch(run, ops.end(), ops.open()), { as: writer })
    expect(error.detail).toEqual({ path: 'ops[0]' })
    session.write(run, ops.open(), ops.delta('x'), ops.end())
  })

  test('a run that completes closes what it left open; a tool call without a result is interrupted', () => {
    const session = open()
    const run = session.start()
    const call = (part: string): WriteOp => ops.start({ kind: 'tool', name: 't', callId: part }, 'a', part)
    session.write(run, ops.open('a', 'text'), call('none'), call('output'), call('error'))
    session.write(run, ops.set({ output: 1 }, 'a', 'output'), ops.set({ error: 'e' }, 'a', 'error'))
    session.end(run)
    const { status, parts } = session.message(`${run}.a`)
    expect(status).toBe('complete')
    expect(parts.map((part) => part.status)).toEqual(['closed', 'interrupted', 'closed', 'closed'])
  })

  test.each(['failed', 'cancelled'] as const)('a run that ends %s leaves what was open interrupted', (reason) => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.delta('so far'))
    session.end(run, reason)
    const parts = [{ text: 'so far', status: 'interrupted' }]
    expect(session.message(`${run}.a`)).toMatchObject({ status: 'interrupted', parts })
  })

  test('a run that wrote nothing ends without a message', () => {
    const session = open()
    session.end(session.start())
    expect(session.view.messages).toHaveLength(1)
  })
})

describe('R4: another process goes on', () => {
  /** Runs what attempt 1 wrote, then loses it and lets attempt 2 begin. */
  function adopted(...batch: readonly WriteOp[]): { session: TestSession; run: string } {
    const session = open()
    const run = session.start()
    if (batch.length > 0) session.write(run, ...batch)
    session.pass(10_000)
    session.claim(run, { worker: 'w2' })
    return { session, run }
  }
  const texts = (session: TestSession, id: string): readonly string[] =>
    session.message(id).parts.map((part) => `${part.attempt ?? ''}:${'text' in part ? part.text : ''}`)

  test('R4: the lost attempt’s output stays; what was open in it is interrupted, its message stays open', () => {
    const { session, run } = adopted(
      ops.open('a', 'x'),
      ops.delta('one', 'a', 'x'),
      ops.close('a', 'x'),
      ops.open('a', 'y'),
    )
    const parts = [{ status: 'closed' }, { status: 'interrupted' }]
    expect(session.message(`${run}.a`)).toMatchObject({ status: 'open', parts })
  })

  test('R4: the next attempt continues the message; its parts are its own, under the same keys', () => {
    const { session, run } = adopted(ops.open(), ops.delta('half'))
    const conflict = session.refuse('part_conflict', session.batch(run, ops.delta('x')), { as: writer })
    expect(conflict.message).toContain('by this attempt')
    session.write(run, ops.open(), ops.delta('whole'))
    expect(texts(session, `${run}.a`)).toEqual(['1:half', '2:whole'])
    expect(session.message(`${run}.a`).parts.map((part) => part.id)).toEqual(['1.p', '2.p'])
  })

  test('R4a: a retried step replaces its earlier output on its first new output, not before', () => {
    const { session, run } = adopted(
      ops.open('a', 'x', 's1'),
      ops.delta('one', 'a', 'x'),
      ops.close('a', 'x'),
      ops.open('a', 'y', 's2'),
      ops.delta('two', 'a', 'y'),
      ops.open('a', 'z', 's2'),
    )
    expect(texts(session, `${run}.a`)).toEqual(['1:one', '1:two', '1:'])
    session.write(run, ops.open('a', 'y', 's2'))
    expect(texts(session, `${run}.a`)).toEqual(['1:one', '2:'])
    session.write(run, ops.delta('again', 'a', 'y'), ops.open('a', 'more', 's2'))
    expect(texts(session, `${run}.a`)).toEqual(['1:one', '2:again', '2:'])
  })

  test('R4a: a retry that writes nothing takes nothing away', () => {
    const { session, run } = adopted(ops.open('a', 'x', 's1'), ops.delta('one', 'a', 'x'))
    session.end(run, 'failed')
    expect(texts(session, `${run}.a`)).toEqual(['1:one'])
  })

  test('R4a: in all messages of the run, and in no other run’s', () => {
    const session = open({ policy: 'parallel' })
    const [run, other] = [session.start(), session.start()]
    session.write(
      run,
      ops.open('a', 'x', 's'),
      ops.delta('in a', 'a', 'x'),
      ops.open('b', 'x', 's'),
      ops.open('b', 'keep'),
    )
    session.write(other, ops.open('a', 'x', 's'), ops.delta('other', 'a', 'x'))
    session.pass(10_000)
    session.claim(run)
    session.write(run, ops.open('c', 'x', 's'))
    expect(texts(session, `${run}.a`)).toEqual([])
    expect(texts(session, `${run}.b`)).toEqual(['1:'])
    expect(texts(session, `${run}.c`)).toEqual(['2:'])
    expect(texts(session, `${other}.a`)).toEqual(['1:other'])
  })

  test('R4a: a third attempt replaces what the first and the second left', () => {
    const { session, run } = adopted(ops.open('a', 'x', 's1'), ops.open('a', 'y', 's2'))
    session.write(run, ops.open('a', 'x', 's1'))
    session.pass(10_000)
    session.claim(run)
    session.write(run, ops.open('a', 'y', 's2'), ops.open('a', 'x', 's1'))
    expect(session.message(`${run}.a`).parts.map((part) => part.id)).toEqual(['3.y', '3.x'])
  })

  test('R4b: parts without a step are never replaced', () => {
    const { session, run } = adopted(ops.open(), ops.delta('kept'))
    session.write(run, ops.open('a', 'p', 's'))
    expect(texts(session, `${run}.a`)).toEqual(['1:kept', '2:'])
  })

  test('R4c: a later attempt may write again in a message that an earlier one had closed', () => {
    const step = [ops.open('a', 'x', 's1'), ops.delta('one', 'a', 'x'), ops.close('a', 'x'), ops.closeMessage()]
    const { session, run } = adopted(...step, ops.open('b', 'x', 's2'))
    expect(session.message(`${run}.a`).status).toBe('complete')
    session.write(run, ops.open('a', 'x', 's1'), ops.delta('new', 'a', 'x'))
    expect(session.message(`${run}.a`).status).toBe('open')
    expect(texts(session, `${run}.a`)).toEqual(['2:new'])
    session.write(run, ops.close('a', 'x'), ops.closeMessage())
    session.refuse('part_conflict', session.batch(run, ops.open('a', 'y')), { as: writer })
  })

  test('R4d: a message of the run that is no longer hot can’t be written again, by no attempt', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.close(), ops.closeMessage())
    for (let i = 0; i < 60; i += 1) session.post()
    expect(session.view.messages.map((message) => message.id)).not.toContain(`${run}.a`)
    const again = (): void => {
      const error = session.refuse('part_conflict', session.batch(run, ops.open()), { as: writer })
      expect(error.message).toContain('Message a is closed')
      session.refuse('part_conflict', session.batch(run, ops.closeMessage()), { as: writer })
    }
    again()
    session.reload()
    session.pass(10_000)
    session.claim(run)
    again()
    session.end(run)
    expect(session.state.guard.cold).toEqual({})
  })

  test('R4d: also if it went cold between two attempts', () => {
    const session = open()
    const run = session.start()
    session.write(run, ops.open(), ops.close(), ops.closeMessage())
    session.pass(10_000)
    for (let i = 0; i < 60; i += 1) session.post()
    session.claim(run)
    session.refuse('part_conflict', session.batch(run, ops.open()), { as: writer })
  })
})
