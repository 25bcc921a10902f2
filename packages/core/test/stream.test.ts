import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decideStream,
  fitsPattern,
  foldStream,
  formatOffset,
  jsonContent,
  noStream,
  parseOffset,
  readTime,
  readTtl,
  streamLimits,
  streamStatus,
  useLagMs,
  type StreamAnswer,
  type StreamCommand,
  type StreamContent,
  type StreamState,
} from '../src/index.ts'

const hello: StreamContent = { kind: 'text', text: 'hello' }
const made: StreamCommand = { type: 'create', id: 's1', contentType: 'text/plain', closed: false }
type Append = Extract<StreamCommand, { type: 'append' }>
const bring = (more: Partial<Append> = {}): Append => ({
  type: 'append',
  contentType: 'text/plain',
  content: hello,
  close: false,
  ...more,
})
const by = (id: string, epoch: number, seq: number): { producer: { id: string; epoch: number; seq: number } } => ({
  producer: { id, epoch, seq },
})

/** A stream that commands are given to, one after the other. */
class Played {
  state: StreamState = noStream
  now = 1_000

  do(command: StreamCommand): StreamAnswer | string {
    const decision = decideStream(this.state, command, { now: this.now, usedAt: 0 })
    if (decision.outcome === 'refused') return decision.error.code
    if (decision.outcome === 'accepted') {
      // What is decided is what is folded.
      expect(decision.events.reduce(foldStream, this.base(command))).toEqual(decision.state)
      this.state = decision.state
    }
    return decision.answer
  }

  private base(command: StreamCommand): StreamState {
    const fork = command.type === 'create' ? command.fork : undefined
    return fork ? { ...this.state, seq: Math.max(1, fork.origin.seq) } : this.state
  }
}

function begun(...commands: readonly StreamCommand[]): Played {
  const stream = new Played()
  for (const command of [made, ...commands]) expect(stream.do(command)).toBeTypeOf('object')
  return stream
}

describe('a stream', () => {
  test('D2a: an offset is a seq of one width, and nothing else is one', () => {
    expect(formatOffset(12)).toBe('0000000000000012_0000000000000000')
    expect(parseOffset(formatOffset(12))).toBe(12)
    for (const text of ['', '12', '-1', 'now', '0000000000000012_0000000000000001', '1,2', '../../etc/passwd'])
      expect(parseOffset(text)).toBeUndefined()
    expect(['0000000000000009', '0000000000000010'].map((seq) => `${seq}_${'0'.repeat(16)}`)).toEqual(
      [9, 10].map((seq) => formatOffset(seq)).sort(),
    )
  })

  test('D3: JSON is taken apart one level and keeps every character of its messages', () => {
    expect(jsonContent('[1.0, {"a": [1,2]} ,[3,[4]], "x,]\\"[", 12345678901234567890]')).toEqual({
      kind: 'json',
      json: '[1.0,{"a": [1,2]},[3,[4]],"x,]\\"[",12345678901234567890]',
      count: 5,
    })
    expect(jsonContent(' {"a":[1]} ')).toEqual({ kind: 'json', json: '[{"a":[1]}]', count: 1 })
    expect(jsonContent('"[1,2]"')).toEqual({ kind: 'json', json: '["[1,2]"]', count: 1 })
    expect(jsonContent('[ ]')).toBeUndefined()
  })

  test('D4: the request that closed it may come again, closing alone always, and nothing else', () => {
    const closed = begun(bring({ ...by('p', 0, 0), close: true }))
    expect(closed.do(bring({ ...by('p', 0, 0), close: true }))).toMatchObject({ repeated: true, closed: true })
    expect(closed.do(bring({ ...by('p', 0, 1), close: true }))).toBe('stream_closed')
    expect(closed.do({ type: 'close' })).toMatchObject({ closed: true, tail: 2 })
    expect(closed.do({ type: 'close', ...by('q', 0, 0) })).toBe('stream_closed')
    expect(closed.do(bring())).toBe('stream_closed')
    expect(begun({ type: 'close' }).do(bring({ close: true }))).toBe('stream_closed')
  })

  test('D5: appends of a producer come in its order, each once; a higher epoch begins at 0 and fences the lower ones', () => {
    const stream = begun(bring(by('p', 0, 0)), bring(by('p', 0, 1)))
    const { tail } = stream.state
    expect(stream.do(bring(by('p', 0, 1)))).toMatchObject({ repeated: true, tail, producer: { epoch: 0, seq: 1 } })
    expect(stream.do(bring(by('p', 0, 0)))).toMatchObject({ repeated: true, producer: { seq: 1 } })
    expect(stream.do(bring(by('p', 0, 3)))).toBe('out_of_order')
    expect(stream.do(bring(by('q', 4, 1)))).toBe('out_of_order')
    expect(stream.do(bring(by('p', 2, 1)))).toBe('bad_request')
    expect(stream.do(bring(by('p', 2, 0)))).toMatchObject({ tail: tail + 1 })
    expect(stream.do(bring(by('p', 1, 0)))).toBe('producer_fenced')
  })

  test('D5 D15: it remembers so many producers, and forgets the one that appended longest ago', () => {
    const stream = begun(...Array.from({ length: streamLimits.producers }, (_, n) => bring(by(`p${n}`, 0, 0))))
    expect(stream.do(bring(by('p0', 0, 1)))).toBeTypeOf('object')
    expect(stream.do(bring(by('new', 0, 0)))).toBeTypeOf('object')
    expect(stream.state.producers).toHaveLength(streamLimits.producers)
    expect(stream.do(bring(by('p0', 0, 1)))).toMatchObject({ repeated: true })
    expect(stream.do(bring(by('p1', 0, 1)))).toBe('out_of_order')
  })

  test('D6 D7: Stream-Seq goes up as text; what is wrong in several ways is refused for the first', () => {
    const stream = begun(bring({ streamSeq: '10' }))
    expect(stream.do(bring({ streamSeq: '10' }))).toBe('stream_conflict')
    expect(stream.do(bring({ streamSeq: '1' }))).toBe('stream_conflict')
    expect(stream.do(bring({ streamSeq: '2' }))).toBeTypeOf('object')
    expect(stream.do(bring({ contentType: 'application/json', ...by('p', 0, 7), streamSeq: '0' }))).toBe(
      'stream_conflict',
    )
    expect(stream.do(bring({ ...by('p', 0, 7), streamSeq: '0' }))).toBe('out_of_order')
    const { content: _none, ...unreadable } = bring()
    expect(stream.do({ ...unreadable, contentType: 'application/json' })).toBe('stream_conflict')
    expect(stream.do(unreadable)).toBe('bad_request')
    stream.do({ type: 'close' })
    expect(stream.do(bring({ contentType: 'application/json', ...by('p', 0, 7) }))).toBe('stream_closed')
    stream.do({ type: 'fork', id: 'f', path: 'f' })
    stream.do({ type: 'delete' })
    expect(stream.do(bring({ contentType: 'application/json' }))).toBe('stream_gone')
  })

  test('D8: it lives for its TTL after every use, or until its end', () => {
    const stream = new Played()
    stream.do({ ...made, type: 'create', id: 's', contentType: 'text/plain', closed: false, ttlSeconds: 10 })
    const at = (ms: number, usedAt = 0): string => streamStatus(stream.state, 1_000 + ms, usedAt)
    expect([at(9_999), at(10_000)]).toEqual(['live', 'over'])
    expect(at(10_000, 1_500)).toBe('live')
    stream.now += 5_000
    stream.do({ type: 'use' })
    expect([at(14_999), at(15_000)]).toEqual(['live', 'over'])
    expect(useLagMs(stream.state)).toBe(1_000)
    // Whoever took it for over finds that it was used meanwhile.
    stream.do({ type: 'expire' })
    expect(stream.state.deleted).toBe(false)
    stream.now += 10_000
    expect(stream.do(bring())).toBe('stream_not_found')
    stream.do({ type: 'expire' })
    expect(stream.state.deleted).toBe(true)

    const ends = begun()
    ends.state = { ...ends.state, expiresAt: '2030-01-01T00:00:00Z' }
    const end = Date.parse('2030-01-01T00:00:00Z')
    expect([end - 1, end].map((now) => streamStatus(ends.state, now, now))).toEqual(['live', 'over'])
    expect(['0', '10', '01', '+1', '1.5', '1e3', '-1', ''].map(readTtl)).toEqual([
      0,
      10,
      ...Array.from({ length: 6 }, () => undefined),
    ])
  })

  test('D8: an end is a time as RFC 3339 writes it, the same as JavaScript reads it', () => {
    const times = [
      '2030-01-01T00:00:00Z',
      '2024-02-29T23:59:59.123Z',
      '2000-03-01t12:30:00+05:30',
      '1969-12-31T23:59:59-08:00',
    ]
    for (const time of times) expect([time, readTime(time)]).toEqual([time, Date.parse(time.toUpperCase())])
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date(-62_135_596_800_000), max: new Date(253_402_300_799_999) }),
        (date) => {
          expect(readTime(date.toISOString())).toBe(date.getTime())
        },
      ),
    )
    const wrong = [
      'tomorrow',
      '2030',
      '2030-13-01T00:00:00Z',
      '2023-02-29T00:00:00Z',
      '2030-01-01T24:00:00Z',
      '2030-01-01T00:00:00',
    ]
    expect(wrong.map(readTime)).toEqual(wrong.map(() => undefined))
  })

  test('D9: a fork counts on from its source, is open, and knows none of its producers', () => {
    const source = begun(bring(by('p', 0, 0)), bring(by('p', 0, 1)), { type: 'close' })
    const fork = new Played()
    const origin = { path: 'source', id: 's1', seq: source.state.tail, asked: { sub: 0 } }
    const inherited = [{ path: 'source', id: 's1', last: source.state.tail }]
    const made2: StreamCommand = {
      ...made,
      type: 'create',
      id: 'f1',
      contentType: 'text/plain',
      closed: false,
      fork: { origin, inherited },
    }
    expect(fork.do(made2)).toMatchObject({ created: true, tail: 3, closed: false })
    expect(fork.do(bring(by('p', 0, 0)))).toMatchObject({ tail: 5 })
    expect(fork.do(made2)).not.toHaveProperty('created')
    expect(fork.do({ ...made2, fork: { origin: { ...origin, path: 'other' }, inherited } })).toBe('stream_conflict')
    const deep = Array.from({ length: streamLimits.depth + 1 }, () => inherited).flat()
    expect(new Played().do({ ...made2, fork: { origin, inherited: deep } })).toBe('limit_exceeded')
  })

  test('D9a: what was deleted is gone for everybody but its forks, and its path is not free', () => {
    const stream = begun({ type: 'fork', id: 'f', path: 'f' })
    stream.do({ type: 'delete' })
    expect(stream.do(made)).toBe('stream_conflict')
    expect(stream.do({ type: 'fork', id: 'g', path: 'g' })).toBe('stream_conflict')
    expect(stream.do({ type: 'delete' })).toBe('stream_gone')
    stream.do({ type: 'end-fork', id: 'f' })
    expect(stream.state.forks).toEqual([])
  })

  test('D15: a stream has so many forks', () => {
    const forks = Array.from({ length: streamLimits.forks }, (_, n): StreamCommand => ({
      type: 'fork',
      id: `${n}`,
      path: `${n}`,
    }))
    expect(begun(...forks).do({ type: 'fork', id: 'more', path: 'more' })).toBe('limit_exceeded')
  })

  test.each([
    ['events/*', 'events/a', true],
    ['events/*', 'events/a/b', false],
    ['events/*', 'events', false],
    ['**', 'a/b/c', true],
    ['a/**', 'a', true],
    ['a/**/z', 'a/z', true],
    ['a/**/z', 'a/b/c/z', true],
    ['a/**/z', 'a/b/c', false],
    ['**/b/**', 'a/b', true],
    ['a*', 'ab', false],
  ])('D11: the pattern %s and the path %s: %s', (pattern, path, fits) => {
    expect(fitsPattern(pattern, path)).toBe(fits)
  })

  test('D15: a hostile pattern is judged in the time of its length times that of the path', () => {
    const pattern = Array.from({ length: 200 }, () => '**/a').join('/')
    expect(fitsPattern(pattern, Array.from({ length: 199 }, () => 'a').join('/'))).toBe(false)
  })
})
