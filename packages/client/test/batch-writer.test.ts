import { expect, test } from 'vitest'
import { HeadraceError, type WriteOp } from '@headrace/core'
import { BatchWriter } from '../src/agent/batch-writer.ts'
import { Backoff } from '../src/net/backoff.ts'
import { FakeClock } from './support/fake-clock.ts'
import { settle } from './support/until.ts'

interface Sent {
  readonly n: number
  readonly ops: readonly WriteOp[]
  accept(more?: { readonly cancel?: true }): Promise<void>
  repeat(): Promise<void>
  refuse(code: ConstructorParameters<typeof HeadraceError>[0]): Promise<void>
}

function setup(maxUnanswered = 1_000) {
  const clock = new FakeClock()
  const sent: Sent[] = []
  const errors: HeadraceError[] = []
  const news = { lost: 0, cancel: 0, held: 0, broken: 0 }
  const writer = new BatchWriter({
    clock,
    backoff: new Backoff({ minMs: 100 }, () => 0.5),
    maxUnanswered,
    run: 'r1',
    attempt: 1,
    submit: ({ n, ops }) =>
      new Promise((resolve, reject) => {
        sent.push({
          n,
          ops,
          accept: (more) => (resolve({ outcome: 'accepted', seq: n, ...more }), settle()),
          repeat: () => (resolve({ outcome: 'noop', seq: n }), settle()),
          refuse: (code) => (reject(new HeadraceError(code, code)), settle()),
        })
      }),
    onAnswer: ({ cancel }) => (news.cancel += cancel ? 1 : 0),
    onHeld: () => (news.held += 1),
    onLost: () => (news.lost += 1),
    onBroken: () => (news.broken += 1),
    onError: (error) => errors.push(error),
  })
  return { clock, sent, errors, news, writer }
}

const delta = (text: string, part = '1'): WriteOp => ({ op: 'delta', message: 'answer', part, text })
const texts = (sent: readonly Sent[]): readonly string[] =>
  sent.map(({ ops }) => ops.map((op) => (op.op === 'delta' ? op.text : op.op)).join('|'))

test('the first operation goes at once, with what was written in the same breath', async () => {
  const { writer, sent } = setup()
  writer.push(delta('a'))
  writer.push(delta('b'))
  await settle()
  expect(texts(sent)).toEqual(['ab'])
  expect(sent[0]).toMatchObject({ n: 1 })
})

test('while a batch is unanswered the next one gathers for 20 ms; adjacent deltas of a part become one', async () => {
  const { writer, sent, clock } = setup()
  writer.push(delta('a'))
  await settle()
  for (const op of [delta('b'), delta('c'), delta('x', '2'), delta('d')]) writer.push(op)
  await settle()
  clock.advance(19)
  expect(texts(sent)).toEqual(['a'])
  clock.advance(1)
  expect(texts(sent)).toEqual(['a', 'bc|x|d'])
  await sent[0]?.accept()
  await sent[1]?.accept()
  expect(writer.isIdle).toBe(true)
  writer.push(delta('e'))
  await settle()
  expect(texts(sent).at(-1)).toBe('e')
})

test('an answer to all that is out sends what has gathered, without waiting', async () => {
  const { writer, sent } = setup()
  writer.push(delta('a'))
  await settle()
  writer.push(delta('b'))
  await sent[0]?.accept()
  expect(texts(sent)).toEqual(['a', 'b'])
})

test('at most 8 batches are unanswered', async () => {
  const { writer, sent, clock } = setup()
  for (let index = 0; index < 20; index += 1) {
    writer.push(delta(`${index} `))
    await settle()
    clock.advance(20)
  }
  expect(sent.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  await sent[0]?.accept()
  expect(texts(sent).at(-1)).toBe('8 9 10 11 12 13 14 15 16 17 18 19 ')
})

test('a large output is cut into batches', async () => {
  const { writer, sent } = setup(10_000_000)
  for (let index = 0; index < 20; index += 1) writer.push(delta('x'.repeat(10_000), String(index)))
  for (let index = 0; index < 700; index += 1) writer.push({ op: 'close', message: 'answer', part: String(index) })
  await settle()
  while (!writer.isIdle) for (const batch of sent.slice()) await batch.accept()
  expect(Math.max(...sent.map(({ ops }) => ops.length))).toBeLessThanOrEqual(500)
  expect(Math.max(...sent.map(({ ops }) => JSON.stringify(ops).length))).toBeLessThan(100_000)
  expect(sent.flatMap(({ ops }) => ops)).toHaveLength(720)
})

test('room waits while too much is unanswered', async () => {
  const { writer, sent } = setup(10)
  writer.push(delta('12345'))
  expect(writer.room()).toBeUndefined()
  writer.push(delta('678901'))
  let open = false
  const waiting = writer.room()?.then(() => (open = true))
  await settle()
  expect(open).toBe(false)
  await sent[0]?.accept()
  await waiting
  expect(open).toBe(true)
})

test('L6: who never waits for room is stopped, by the name of the limit', async () => {
  const { writer } = setup(10)
  const write = (): void => {
    for (let index = 0; index < 100; index += 1) writer.push(delta('0123456789'))
  }
  expect(write).toThrow(
    expect.objectContaining({
      code: 'limit_exceeded',
      detail: expect.objectContaining({ limit: 'maxUnansweredChars' }),
    }),
  )
})

test('L3: refused for now: all that is unanswered goes again, in order and with the same numbers', async () => {
  const { writer, sent, clock } = setup()
  for (const text of ['a', 'b', 'c']) {
    writer.push(delta(text))
    await settle()
    clock.advance(20)
  }
  await sent[0]?.refuse('store_unavailable')
  writer.push(delta('d'))
  await sent[1]?.refuse('out_of_order')
  clock.advance(1_000)
  expect(sent).toHaveLength(3) // one is still in flight
  await sent[2]?.refuse('out_of_order')
  clock.advance(50)
  expect(sent.slice(3).map(({ n }) => n)).toEqual([1, 2, 3])
  expect(texts(sent.slice(3))).toEqual(['a', 'b', 'c'])
  await sent[3]?.repeat() // it had been applied after all
  await sent[4]?.accept()
  await sent[5]?.accept()
  expect(texts(sent).at(-1)).toBe('d')
  expect(sent.at(-1)?.n).toBe(4)
})

test.each(['fenced', 'run_ended', 'run_not_found', 'session_not_found', 'forbidden'] as const)(
  'R3: %s: the run is lost and the rest is dropped',
  async (code) => {
    const { writer, sent, news, clock } = setup(3)
    writer.push(delta('aaaa'))
    const room = writer.room()
    await settle()
    clock.advance(20)
    writer.push(delta('b'))
    await settle()
    await sent[0]?.refuse(code)
    expect(news.lost).toBe(1)
    await room
    writer.push(delta('c'))
    await writer.end({ op: 'end', reason: 'complete' })
    clock.advance(10_000)
    await settle()
    expect(sent).toHaveLength(2)
    expect(clock.waiting).toBe(0)
  },
)

test('the end goes after all the rest, at once', async () => {
  const { writer, sent } = setup()
  writer.push(delta('a'))
  await settle()
  writer.push(delta('b'))
  let ended = false
  const end = writer.end({ op: 'end', reason: 'complete' }).then(() => (ended = true))
  await settle()
  expect(texts(sent)).toEqual(['a', 'b|end'])
  await sent[0]?.accept()
  expect(ended).toBe(false)
  await sent[1]?.accept()
  await end
  expect(() => writer.push(delta('late'))).not.toThrow()
  expect(sent).toHaveLength(2)
})

test('what is written after the end is refused', async () => {
  const { writer } = setup()
  void writer.end({ op: 'end', reason: 'complete' })
  expect(() => writer.push(delta('late'))).toThrow(expect.objectContaining({ code: 'run_ended' }))
})

test('an end whose answer was lost is answered as a repeat', async () => {
  const { writer, sent } = setup()
  const end = writer.end({ op: 'end', reason: 'complete' })
  await settle()
  await sent[0]?.repeat()
  await end
})

test('refused for good: what waits rejects, and the run fails under the number that was refused', async () => {
  const { writer, sent, clock } = setup(3)
  writer.push(delta('a'))
  await settle()
  await sent[0]?.accept()
  writer.push(delta('bbbb'))
  await settle()
  clock.advance(20)
  writer.push(delta('c'))
  await settle()
  const room = expect(writer.room()).rejects.toMatchObject({ code: 'limit_exceeded' })
  await sent[1]?.refuse('limit_exceeded')
  await room
  await sent[2]?.refuse('out_of_order')
  expect(() => writer.push(delta('d'))).toThrow(expect.objectContaining({ code: 'limit_exceeded' }))
  const end = writer.end({ op: 'end', reason: 'failed', detail: 'why' })
  await settle()
  expect(sent.at(-1)).toMatchObject({ n: 2, ops: [{ op: 'end', reason: 'failed' }] })
  await sent.at(-1)?.accept()
  await end
})

test('refused for good when the end was on its way: the end says so', async () => {
  const { writer, sent } = setup()
  writer.push(delta('a'))
  await settle()
  writer.push(delta('b'))
  const end = writer.end({ op: 'end', reason: 'complete' })
  await settle()
  await sent[0]?.refuse('part_conflict')
  await sent[1]?.refuse('out_of_order')
  expect(sent[2]).toMatchObject({
    n: 1,
    ops: [{ op: 'end', reason: 'failed', detail: 'The output was refused: part_conflict' }],
  })
  await sent[2]?.repeat() // the number had been used after all
  expect(sent[3]).toMatchObject({ n: 2 })
  await sent[3]?.accept()
  await end
})

test('a server that lost what it acknowledged loses the run', async () => {
  const { writer, sent, news, errors } = setup()
  writer.push(delta('a'))
  await settle()
  await sent[0]?.accept()
  writer.push(delta('b'))
  await settle()
  await sent[1]?.refuse('out_of_order')
  expect(news.lost).toBe(1)
  expect(errors).toMatchObject([{ code: 'out_of_order' }])
})

test('C3: an answer may say that somebody asked to stop', async () => {
  const { writer, sent, news } = setup()
  writer.push(delta('a'))
  await settle()
  await sent[0]?.accept({ cancel: true })
  expect(news.cancel).toBe(1)
})

test('stop: idempotent; nothing waits any more', async () => {
  const { writer, clock, sent } = setup(1)
  writer.push(delta('aa'))
  await settle()
  writer.push(delta('b'))
  await settle()
  const room = writer.room()
  writer.stop()
  writer.stop()
  await room
  await sent[0]?.refuse('store_full')
  expect(clock.waiting).toBe(0)
})

test('C6: a batch that is refused because the run is held waits, and goes out with its number when it is resumed', async () => {
  const { writer, sent, news, clock } = setup()
  writer.push(delta('a'))
  await settle()
  writer.push(delta('b', '2'))
  clock.advance(20)
  await sent[0]?.refuse('paused')
  await sent[1]?.refuse('out_of_order')
  expect(news).toMatchObject({ held: 1, lost: 0, broken: 0 })
  clock.advance(60_000)
  writer.push(delta('c'))
  await settle()
  expect(clock.waiting).toBe(0)
  expect(texts(sent)).toEqual(['a', 'b'])
  writer.hold(false)
  await settle()
  expect(sent.slice(2).map(({ n }) => n)).toEqual([1, 2])
  await sent[2]?.accept()
  await sent[3]?.accept()
  expect(texts(sent)).toEqual(['a', 'b', 'a', 'b', 'c'])
  expect(sent[4]?.n).toBe(3)
})

test('C3 L6: a run that is stopped waits for room like any other, so that its last words break nothing', async () => {
  const { writer, sent } = setup(10)
  writer.release()
  writer.push(delta('the last words'))
  await settle()
  const waiting = writer.room()
  expect(waiting).toBeDefined()
  await sent[0]?.accept()
  await waiting
})

test('C6: room waits while the run is held, and no longer when it is resumed or stopped', async () => {
  for (const end of ['resumed', 'stopped'] as const) {
    const { writer } = setup()
    writer.hold(true)
    let open = false
    const waiting = writer.room()?.then(() => (open = true))
    await settle()
    expect(open).toBe(false)
    if (end === 'resumed') writer.hold(false)
    else writer.release()
    await waiting
    expect([open, writer.room()]).toEqual([true, undefined])
  }
})

test('C3 C6: a run that is stopped while it is held ends under the number that was refused', async () => {
  const { writer, sent, clock } = setup()
  writer.push(delta('a'))
  await settle()
  await sent[0]?.accept()
  writer.push(delta('b'))
  await settle()
  writer.push(delta('c', '2'))
  clock.advance(20)
  writer.hold(true)
  writer.release()
  const end = writer.end({ op: 'end', reason: 'cancelled' })
  await sent[1]?.refuse('paused')
  await sent[2]?.refuse('out_of_order')
  await settle()
  expect(texts(sent).at(-1)).toBe('end')
  expect(sent.at(-1)?.n).toBe(2)
  await sent.at(-1)?.accept()
  await end
})

test('C6: a run that has done its work while it is held ends when it is resumed', async () => {
  const { writer, sent } = setup()
  writer.push(delta('a'))
  await settle()
  await sent[0]?.refuse('paused')
  const end = writer.end({ op: 'end', reason: 'complete' })
  await settle()
  expect(sent).toHaveLength(1)
  writer.hold(false)
  await sent[1]?.accept()
  expect(texts(sent)).toEqual(['a', 'a', 'end'])
  await sent[2]?.accept()
  await end
})
