import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Usage, WriteOp } from '@headrace/core'
import { pieces } from '../src/agent/ops.ts'
import { PartWriter, RunParts } from '../src/agent/part-writer.ts'
import type { Chunk } from '@headrace/client/agent'

function write(...chunks: readonly Chunk[]): readonly WriteOp[] {
  const ops: WriteOp[] = []
  const writer = new PartWriter({
    parts: new RunParts(),
    place: { message: 'answer', step: 'main' },
    push: (op) => ops.push(op),
    onUsage: () => undefined,
  })
  for (const chunk of chunks) writer.write(chunk)
  writer.finish()
  return ops
}

const at = (part: string) => ({ message: 'answer', part })

test('text grows one part; another kind begins a new one', () => {
  expect(
    write(
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      { type: 'text', text: '' },
      { type: 'source', url: 'https://x', title: 'X' },
      { type: 'text', text: 'c' },
    ),
  ).toEqual([
    { op: 'open', ...at('1'), step: 'main', start: { kind: 'reasoning' } },
    { op: 'delta', ...at('1'), text: 'hm' },
    { op: 'close', ...at('1') },
    { op: 'open', ...at('2'), step: 'main', start: { kind: 'text' } },
    { op: 'delta', ...at('2'), text: 'a' },
    { op: 'delta', ...at('2'), text: 'b' },
    { op: 'close', ...at('2') },
    { op: 'open', ...at('3'), step: 'main', start: { kind: 'source', url: 'https://x', title: 'X' } },
    { op: 'close', ...at('3') },
    { op: 'open', ...at('4'), step: 'main', start: { kind: 'text' } },
    { op: 'delta', ...at('4'), text: 'c' },
    { op: 'close', ...at('4') },
  ])
})

test('text with another id begins a new part', () => {
  const ops = write(
    { type: 'text', text: 'a', id: '1' },
    { type: 'text', text: 'b', id: '1' },
    { type: 'text', text: 'c', id: '2' },
  )
  expect(ops.map(({ op }) => op)).toEqual(['open', 'delta', 'delta', 'close', 'open', 'delta', 'close'])
})

test('a tool call with streamed input, and its result', () => {
  expect(
    write(
      { type: 'text', text: 'a' },
      { type: 'tool-input', callId: 'c1', name: 'search', text: '' },
      { type: 'tool-input', callId: 'c1', name: 'search', text: '{"q":' },
      { type: 'tool-input', callId: 'c1', name: 'search', text: '1}' },
      { type: 'tool-call', callId: 'c1', name: 'search', input: { q: 1 } },
      { type: 'tool-result', callId: 'c1', output: ['x'], preliminary: true },
      { type: 'tool-result', callId: 'c1', output: ['x', 'y'] },
    ).slice(3),
  ).toEqual([
    { op: 'open', ...at('2'), step: 'main', start: { kind: 'tool', name: 'search', callId: 'c1' } },
    { op: 'delta', ...at('2'), text: '{"q":' },
    { op: 'delta', ...at('2'), text: '1}' },
    { op: 'set', ...at('2'), fields: { input: { q: 1 } } },
    { op: 'set', ...at('2'), fields: { output: ['x'] } },
    { op: 'close', ...at('2'), fields: { output: ['x', 'y'] } },
  ])
})

test('tool calls side by side, text between call and result, results in any order', () => {
  const ops = write(
    { type: 'tool-call', callId: 'c1', name: 'a', input: 1 },
    { type: 'tool-call', callId: 'c2', name: 'b', input: 2 },
    { type: 'text', text: 'while they run' },
    { type: 'tool-error', callId: 'c2', error: 'no' },
    { type: 'tool-result', callId: 'c1', output: undefined },
  )
  expect(ops).toEqual([
    { op: 'open', ...at('1'), step: 'main', start: { kind: 'tool', name: 'a', callId: 'c1', input: 1 } },
    { op: 'open', ...at('2'), step: 'main', start: { kind: 'tool', name: 'b', callId: 'c2', input: 2 } },
    { op: 'open', ...at('3'), step: 'main', start: { kind: 'text' } },
    { op: 'delta', ...at('3'), text: 'while they run' },
    { op: 'close', ...at('2'), fields: { error: 'no' } },
    { op: 'close', ...at('1'), fields: { output: null } },
    { op: 'close', ...at('3') },
  ])
})

test('a result that nobody announced, and a second one, get parts of their own', () => {
  const ops = write({ type: 'tool-result', callId: 'c1', output: 1 }, { type: 'tool-result', callId: 'c1', output: 2 })
  expect(ops.map((op) => ('part' in op ? `${op.op} ${op.part}` : op.op))).toEqual([
    'open 1',
    'close 1',
    'open 2',
    'close 2',
  ])
  expect(ops[0]).toMatchObject({ start: { name: 'unknown', callId: 'c1' } })
})

test('L6: the error of a tool is cut to what a part holds, so that the run goes on', () => {
  const error = 'x'.repeat(100_000)
  expect(write({ type: 'tool-error', callId: 'c1', error }).at(-1)).toEqual({
    op: 'close',
    ...at('1'),
    fields: { error: error.slice(0, 65_536) },
  })
})

test('values that JSON does not hold are written as JSON would, or as text', () => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  const values = [new Date(0), undefined, 10n, cycle, { a: undefined, b: [undefined] }, Number.NaN]
  const outputs = values.map((output) => {
    const op = write({ type: 'tool-result', callId: 'c', output }).at(-1)
    return op?.op === 'close' ? op.fields?.output : undefined
  })
  expect(outputs).toEqual(['1970-01-01T00:00:00.000Z', null, '10', '[object Object]', { b: [null] }, null])
})

test('file and data parts', () => {
  expect(
    write(
      { type: 'file', url: 'https://x/a.png', mediaType: 'image/png', name: 'a' },
      { type: 'data', name: 'chart', value: [1] },
    ),
  ).toEqual([
    {
      op: 'open',
      ...at('1'),
      step: 'main',
      start: { kind: 'file', url: 'https://x/a.png', mediaType: 'image/png', name: 'a' },
    },
    { op: 'close', ...at('1') },
    { op: 'open', ...at('2'), step: 'main', start: { kind: 'data', name: 'chart', value: [1] } },
    { op: 'close', ...at('2') },
  ])
})

test('usage is not a part', () => {
  const usages: Usage[] = []
  const ops: WriteOp[] = []
  const writer = new PartWriter({
    parts: new RunParts(),
    place: { message: 'm', step: 's' },
    push: (op) => ops.push(op),
    onUsage: (usage) => usages.push(usage),
  })
  writer.write({ type: 'usage', usage: { inputTokens: 3 } })
  expect(usages).toEqual([{ inputTokens: 3 }])
  expect(ops).toEqual([])
})

test('text is cut into pieces that join to the same, never within a character', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60, size: 'max' }),
      fc.integer({ min: 2, max: 9 }),
      (text, max) => {
        const cut = pieces(text, max)
        expect(cut.join('')).toBe(text)
        for (const piece of cut) {
          expect(piece.length).toBeGreaterThan(0)
          expect(piece.length).toBeLessThanOrEqual(max)
          expect(piece.isWellFormed()).toBe(text.isWellFormed())
        }
      },
    ),
  )
})
