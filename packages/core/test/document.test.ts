import { describe, expect, test } from 'vitest'
import { hot, type JsonPatch } from '../src/index.ts'
import { bob, grantOf, open, text, writer } from './support.ts'

const add = (path: string, value: number | string | object = 1): JsonPatch => [
  { op: 'add', path, value } as JsonPatch[0],
] // JSON by its literal

describe('S7: the shared document', () => {
  test('is changed by people and agents; each change counts', () => {
    const session = open()
    expect(session.view.document).toEqual({ version: 0, value: {} })
    session.accept({ type: 'patch', patch: add('/todo', []) })
    session.accept({ type: 'patch', patch: add('/todo/-', 'ship') }, { as: writer })
    expect(session.view.document).toEqual({ version: 2, value: { todo: ['ship'] } })
    session.reload()
    session.accept({ type: 'patch', patch: add('/todo/-', 'rest'), version: 2 })
    expect(session.view.document.version).toBe(3)
  })

  test('of an older version is not overwritten, where a version is named', () => {
    const session = open()
    session.accept({ type: 'patch', patch: add('/a'), version: 0 }, { id: 'c1' })
    const error = session.refuse('version_conflict', { type: 'patch', patch: add('/b'), version: 0 }, { as: bob })
    expect(error.message).toBe('The document has version 1, not 0. Read it and try again.')
    expect(error.detail).toEqual({ version: 1 })
    expect(session.ask({ type: 'patch', patch: add('/a'), version: 0 }, { id: 'c1' })).toEqual({
      outcome: 'repeated',
      seq: 2,
    })
  })

  test('S7a: a patch that does not fit changes nothing, and the refusal names the operation', () => {
    const session = open()
    const patch: JsonPatch = [...add('/a'), { op: 'remove', path: '/none' }]
    const error = session.refuse('patch_failed', { type: 'patch', patch })
    expect(error.message).toBe('patch[1] does not fit the document: there is nothing at /none.')
    expect(error.detail).toEqual({ path: 'patch[1]' })
  })

  test('L6: is at most 262,144 characters and 32 levels deep, however little a patch says', () => {
    const session = open()
    session.accept({ type: 'patch', patch: add('/x', 'x'.repeat(200_000)) })
    const much = session.refuse('limit_exceeded', { type: 'patch', patch: add('/y', 'y'.repeat(62_200)) })
    expect(much.detail).toMatchObject({ limit: 'documentChars', allowed: 262_144 })
    const small = open()
    small.accept({ type: 'patch', patch: add('/l', ['some text']) })
    const bomb: JsonPatch = Array.from({ length: 1_000 }, () => ({ op: 'copy' as const, from: '/l', path: '/l/-' }))
    expect(small.refuse('limit_exceeded', { type: 'patch', patch: bomb }).detail).toMatchObject({
      limit: 'documentChars',
    })
    // Whoever follows makes the copies, also where nothing is left of them.
    const gone: JsonPatch = [...bomb.slice(0, 40), { op: 'remove', path: '/l' }]
    small.refuse('limit_exceeded', { type: 'patch', patch: gone })
    const deep: JsonPatch = [
      ...add('/d', {}),
      ...Array.from({ length: 40 }, () => ({ op: 'move' as const, from: '/d', path: '/e' })).flatMap((move) => [
        move,
        ...add('/d', {}),
        { op: 'move' as const, from: '/e', path: '/d/e' },
      ]),
    ]
    small.refuse('bad_request', { type: 'patch', patch: deep })
    small.refuse('limit_exceeded', { type: 'patch', patch: add('/x', 'x'.repeat(262_144)) })
  })

  test('exactly as large as allowed is allowed', () => {
    const session = open()
    const room = 262_144 - JSON.stringify({ x: '' }).length
    session.refuse('limit_exceeded', { type: 'patch', patch: add('/x', 'x'.repeat(room)) }) // the patch itself is an event
    session.accept({ type: 'patch', patch: add('/x', 'x'.repeat(200_000)) })
    const rest = 262_144 - JSON.stringify(session.view.document.value).length - JSON.stringify({ y: '' }).length + 1
    session.refuse('limit_exceeded', { type: 'patch', patch: add('/y', 'y'.repeat(rest + 1)) })
    session.accept({ type: 'patch', patch: add('/y', 'y'.repeat(rest)) })
    expect(JSON.stringify(session.view.document.value)).toHaveLength(262_144)
  })
})

describe('S6e: a branch that somebody shares', () => {
  test('is named by its leaf, with who did', () => {
    const session = open()
    const [a, b] = [session.post('a'), session.post('b')]
    session.accept({ type: 'select', leaf: a }, { as: bob })
    session.noop({ type: 'select', leaf: a })
    expect(session.view.selected).toEqual({ leaf: a, by: 'user:bob' })
    session.accept({ type: 'select', leaf: b })
    expect(session.view.selected).toEqual({ leaf: b, by: 'user:ada' })
    session.refuse('message_not_found', { type: 'select', leaf: 'm99' })
  })
})

describe('P2: cursors', () => {
  test('say how far a participant has read, and only go forward', () => {
    const session = open()
    session.post()
    session.accept({ type: 'read', seq: 2 })
    session.noop({ type: 'read', seq: 2 })
    session.noop({ type: 'read', seq: 1 })
    session.accept({ type: 'read', seq: 1 }, { as: bob })
    expect(session.view.cursors).toEqual([
      { actor: 'user:ada', seq: 2, at: session.now },
      { actor: 'user:bob', seq: 1, at: session.now },
    ])
    const error = session.refuse('bad_request', { type: 'read', seq: 99 })
    expect(error.message).toBe('seq is 99, but the log ends at 4. Name an event that you have seen.')
  })

  test(`are kept of the ${hot.cursors} that moved last`, () => {
    const session = open()
    for (let i = 0; i < hot.cursors + 5; i += 1) session.accept({ type: 'read', seq: 1 }, { as: grantOf(`user:u${i}`) })
    expect(session.view.cursors).toHaveLength(hot.cursors)
    expect(session.view.cursors[0]?.actor).toBe('user:u5')
  })
})

test('C1: a new setting needs control, and metadata the right to send', () => {
  const session = open()
  const weak = grantOf('user:ada', { capabilities: [{ sessions: '**', verbs: ['send'] }] })
  session.accept({ type: 'update', metadata: { title: 'T' } }, { as: weak })
  expect(session.refuse('forbidden', { type: 'update', archived: true }, { as: weak }).detail).toEqual({
    verb: 'control',
  })
  session.accept({ type: 'update', archived: true, retention: { sessionMs: 1_000 } })
  session.noop({ type: 'update', archived: true })
  session.accept({ type: 'update', archived: false, retention: null })
  expect(session.view).not.toHaveProperty('archived')
  expect(session.view).not.toHaveProperty('retention')
  session.accept({ type: 'post', parts: text('x') })
})
