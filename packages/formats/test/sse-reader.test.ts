import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSseReader, type SseEvent } from '../src/index.ts'

function read(...pieces: readonly string[]): readonly SseEvent[] {
  const reader = createSseReader()
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]
}

describe('server-sent events', () => {
  test('H6: any text, cut anywhere, is read as the common parser reads it', () => {
    const field = fc.constantFrom('data', 'event', 'id', 'datum', '', 'data:', 'data: ')
    const end = fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n\r\n')
    const line = fc.tuple(field, fc.constantFrom(':', ': ', ''), fc.constantFrom('', 'a', 'ü😀', ' x', '{"a":1}'), end)
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 20, size: 'max' }),
        fc.array(fc.nat(60), { maxLength: 8 }),
        (lines, cuts) => {
          const text = `${lines.flat().join('')}\n\n`
          const whole: EventSourceMessage[] = []
          createParser({ onEvent: (event) => whole.push(event) }).feed(text)
          const at = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].sort((a, b) => a - b)
          const pieces = [0, ...at].map((from, index) => text.slice(from, at[index]))
          expect(read(...pieces).map(({ event, data }) => [event, data])).toEqual(
            whole.map(({ event, data }) => [event ?? 'message', data]),
          )
        },
      ),
    )
  })

  test('H6: a byte order mark, comments and retry times are no data, and an id stays until another one comes', () => {
    expect(read('\uFEFF: hello\nretry: 5\nid: 7\ndata: a\n\n', 'data: b\n\nid: 8\nevent: x\ndata:\n\n')).toEqual([
      { event: 'message', data: 'a', id: '7' },
      { event: 'message', data: 'b', id: '7' },
      { event: 'x', data: '', id: '8' },
    ])
  })

  test('H6: the last event counts without the blank line that many servers leave out', () => {
    expect(read('data: a\n\ndata: [DONE]')).toEqual([
      { event: 'message', data: 'a' },
      { event: 'message', data: '[DONE]' },
    ])
    expect(read('data: a\n')).toEqual([{ event: 'message', data: 'a' }])
    expect(read('')).toEqual([])
  })

  test.each([
    ['a line', 'data: xxxxxxxxxx'],
    ['many lines', 'data: xxx\n'],
    ['empty lines', 'data\n'],
    ['a comment', ':xxxxxxxxxxxxxx'],
  ])('H6: an event without end is an error and not memory: %s', (_, piece) => {
    const reader = createSseReader({ maxEventChars: 100 })
    expect(() => {
      for (let count = 0; count < 200; count += 1) reader.push(piece)
    }).toThrow(/more than 100 characters \(maxEventChars\)/)
  })
})
