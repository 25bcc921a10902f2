import { describe, expect, test } from 'vitest'
import {
  AppendConflict,
  actorId,
  actorKind,
  errorTable,
  HeadraceError,
  type CommandBody,
  type ErrorCode,
  type WireError,
} from '../src/index.ts'
import { open } from './support.ts'

describe('W2: one error table', () => {
  test.each(Object.entries(errorTable))('%s has a status, a close code and advice', (code, row) => {
    const error = new HeadraceError(code as ErrorCode, 'text') // the keys of the table are the codes
    expect(error).toMatchObject({ name: 'HeadraceError', status: row.status, closeCode: row.close, retry: row.retry })
    expect(row.status).toBeGreaterThanOrEqual(400)
    expect(row.close >= 4_400 || [1_001, 1_006, 1_009, 1_011, 1_012, 1_013].includes(row.close)).toBe(true)
    expect(row.meaning).toMatch(/\.$/)
  })

  test('an error crosses the wire without its stack and cause', () => {
    const error = new HeadraceError('out_of_order', 'text', { detail: { expected: 2 }, cause: new Error('secret') })
    const wire = JSON.parse(JSON.stringify(error.toWire())) as WireError // what was just written
    expect(wire).toEqual({ code: 'out_of_order', message: 'text', retry: 'never', detail: { expected: 2 } })
    expect(HeadraceError.fromWire(wire).toWire()).toEqual(wire)
    expect(new HeadraceError('closed', 'x').toWire()).not.toHaveProperty('detail')
  })

  test('a code of a newer server becomes internal, and its advice still holds', () => {
    const wire = { code: 'quota_used', message: 'No more.', retry: 'never' } as unknown as WireError // of a version to come
    expect(HeadraceError.fromWire(wire)).toMatchObject({
      code: 'internal',
      retry: 'never',
      message: 'quota_used: No more.',
    })
    const odd = { code: 'toString', message: 'x', retry: 'later', detail: { a: 1 } } as unknown as WireError
    expect(HeadraceError.fromWire(odd)).toMatchObject({ code: 'internal', detail: { a: 1 } })
  })

  test('what others throw becomes ours in one place', () => {
    const ours = new HeadraceError('fenced', 'x')
    const theirs = new TypeError('bad')
    expect(HeadraceError.from(ours)).toBe(ours)
    expect(HeadraceError.from(theirs)).toMatchObject({ code: 'internal', message: 'bad', cause: theirs })
    expect(HeadraceError.from('text')).toMatchObject({ code: 'internal', message: 'text', cause: 'text' })
  })

  test('a defect is thrown, and never answered as a refusal', () => {
    const body = { type: 'post', parts: null } as unknown as CommandBody // what the checks at the edge would not let in
    expect(() => open().ask(body)).toThrow(TypeError)
  })

  test('L2: a conflict says where the log really ends', () => {
    const conflict = new AppendConflict('t!s', 3, 5)
    expect(conflict).toMatchObject({
      name: 'AppendConflict',
      actual: 5,
      message: 'The log of t!s ends at 5, not at 3.',
    })
  })
})

test('L5: an actor is a kind and an id', () => {
  expect([actorKind('user:a:b'), actorId('user:a:b')]).toEqual(['user', 'a:b'])
})
