import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  array,
  boolean,
  commandBody,
  integer,
  object,
  oneOf,
  optional,
  commandRequest,
  HeadraceError,
  protocolVersion,
  sessionSettings,
  subprotocol,
  up,
  type Json,
} from '../src/index.ts'
import { partFields, partStart } from '../src/parts.ts'
import { shapeHashes } from '../src/wire.ts'
import { bodies, frames } from './frames.ts'
import { fits } from './json-schema.ts'
import { roundTrip } from './support.ts'

function refusal(parse: () => unknown): HeadraceError {
  try {
    parse()
  } catch (thrown) {
    if (thrown instanceof HeadraceError) return thrown
    throw thrown
  }
  throw new Error('nothing was refused')
}

describe('W1: what a client sends is checked', () => {
  test.each(frames.map((frame) => [frame.type === 'command' ? `command ${frame.body.type}` : frame.type, frame]))(
    '%s',
    (_, frame) => {
      expect(up.parse(roundTrip(frame))).toEqual(frame)
    },
  )

  test.each(bodies.map((body) => [body.type, body]))('%s over HTTP, with and without an id', (_, body) => {
    expect(commandRequest.parse({ id: 'c', body })).toEqual({ id: 'c', body })
    expect(commandRequest.parse({ body })).toEqual({ body })
  })

  const send = { type: 'send', parts: [{ kind: 'text', text: 'x' }] }
  const command = { type: 'command', id: 'c', session: 's', body: send }
  const write = { type: 'write', run: 'r', attempt: 1, n: 1, ops: [{ op: 'close-message', message: 'a' }] }
  test.each<[path: string, what: string, frame: unknown]>([
    ['.', 'the message must be an object, but is null', null],
    ['.', 'the message must be an object, but is an array of 1', [1]],
    ['.', 'the message must be an object, but is "text"', 'text'],
    ['.', 'the message must be an object, but is the number 7', 7],
    [
      'type',
      'type must be one of hello, auth, subscribe, unsubscribe, command, work, ephemeral, ping, but is missing',
      {},
    ],
    ['type', 'but is "toString"', { type: 'toString' }],
    ['type', 'but is the number 1', { type: 1 }],
    ['token', 'token must be a string of 1 to 16384 characters, but is missing', { type: 'hello' }],
    ['token', 'but is a string of 16385 characters', { type: 'hello', token: 'x'.repeat(16_385) }],
    [
      'client',
      'client must be a string of at most 128 characters',
      { type: 'hello', token: 't', client: 'x'.repeat(129) },
    ],
    ['tokn', 'tokn must be left out (known here: token)', { type: 'auth', token: 't', tokn: 't' }],
    ['session', 'session must be a session id of 1 to 256 characters', { type: 'subscribe', session: 'a b' }],
    [
      'after',
      'after must be a whole number from 0 to 9007199254740991, but is the number -1',
      { type: 'subscribe', session: 'a', after: -1 },
    ],
    ['after', 'but is the number 1.5', { type: 'subscribe', session: 'a', after: 1.5 }],
    ['after', 'but is null', { type: 'subscribe', session: 'a', after: null }],
    ['capacity', 'a whole number from 0 to 10000', { type: 'work', agent: 'a', worker: 'w', capacity: 1e9 }],
    [
      'held[0].run',
      'held[0].run must be',
      { type: 'work', agent: 'a', worker: 'w', capacity: 1, held: [{ session: 's', run: '!', attempt: 1 }] },
    ],
    ['id', 'id must be an id of 1 to 128 characters', { ...command, id: 'a/b' }],
    ['id', 'id must be', { type: 'command', session: 's', body: send }],
    ['body', 'body must be an object, but is missing', { type: 'command', id: 'c', session: 's' }],
    ['body.type', 'body.type must be one of create, update, send', { ...command, body: { type: 'tick' } }],
    [
      'body.parts',
      'an array of 1 to 64 items, but is an array of 0',
      { ...command, body: { type: 'post', parts: [] } },
    ],
    [
      'body.parts[0].kind',
      'one of text, reasoning, tool, file, source, data',
      { ...command, body: { type: 'post', parts: [{}] } },
    ],
    [
      'body.parts[0].url',
      'but is missing',
      { ...command, body: { type: 'post', parts: [{ kind: 'file', mediaType: 'm' }] } },
    ],
    [
      'body.policy',
      'one of queue, parallel, interrupt, reject, steer, but is "maybe"',
      { ...command, body: { ...send, policy: 'maybe' } },
    ],
    [
      'body.__proto__',
      'must be left out',
      { ...command, body: JSON.parse('{"type":"create","__proto__":1}') as unknown },
    ],
    [
      'body.target',
      'an object with exactly one of run, subtree, agent, all, own, but is an object',
      { ...command, body: { type: 'cancel', target: {} } },
    ],
    ['body.target', 'exactly one of', { ...command, body: { type: 'cancel', target: { run: 'r3', all: true } } }],
    ['body.target', 'exactly one of', { ...command, body: { type: 'cancel', target: { user: 'x' } } }],
    ['body.target', 'exactly one of', { ...command, body: { type: 'cancel', target: 'all' } }],
    [
      'body.target.all',
      'must be true, but is the boolean false',
      { ...command, body: { type: 'cancel', target: { all: false } } },
    ],
    ['body.target.run', 'body.target.run must be', { ...command, body: { type: 'cancel', target: { run: 7 } } }],
    ['body.metadata', 'a JSON object', { ...command, body: { type: 'update', metadata: [] } }],
    [
      'body.leaseMs',
      'from 1000 to 600000',
      { ...command, body: { type: 'claim', run: 'r', worker: 'w', leaseMs: 10 } },
    ],
    [
      'body.ops',
      'an array of 1 to 1000 items',
      { ...command, body: { ...write, ops: Array(1_001).fill(write.ops[0]) } },
    ],
    [
      'body.ops[1].op',
      'one of open, delta, set, close, close-message, usage, request, withdraw, consume, spawn, suspend, end',
      { ...command, body: { ...write, ops: [...write.ops, { op: 'x' }] } },
    ],
    [
      'body.ops[0].text',
      'at least 1 character',
      { ...command, body: { ...write, ops: [{ op: 'delta', message: 'a', part: 'p', text: '' }] } },
    ],
    [
      'body.ops[0].usage.costUsd',
      'a number of at least 0',
      { ...command, body: { ...write, ops: [{ op: 'end', reason: 'complete', usage: { costUsd: -1 } }] } },
    ],
    [
      'body.ops[0].reason',
      'one of complete, cancelled, failed, but is "lost"',
      { ...command, body: { ...write, ops: [{ op: 'end', reason: 'lost' }] } },
    ],
  ])('%s: %s', (path, what, frame) => {
    const error = refusal(() => up.parse(frame))
    expect(error).toMatchObject({ code: 'bad_request', detail: { path } })
    expect(error.message).toContain(what)
  })

  test('JSON is taken up to 32 levels deep, and no further', () => {
    const nested = (depth: number): Json => (depth === 0 ? 1 : [nested(depth - 1)])
    // An object, of which the first level is its own, and any value.
    const update = (depth: number): unknown => ({ type: 'update', metadata: { a: nested(depth - 1) } })
    const data = (depth: number): unknown => ({
      type: 'send',
      parts: [{ kind: 'data', name: 'n', value: nested(depth) }],
    })
    for (const body of [update, data]) {
      expect(commandBody.parse(body(31))).toEqual(body(31))
      expect(refusal(() => commandBody.parse(body(32))).message).toContain('nested at most 32 levels deep')
      expect(refusal(() => commandBody.parse(body(5_000))).code).toBe('bad_request')
    }
  })

  test.each([[undefined], [Number.NaN], [Infinity], [1n], [() => 1], [Symbol('x')]])('%s is not JSON', (value) => {
    expect(refusal(() => commandBody.parse({ type: 'update', metadata: { a: value } })).detail).toEqual({
      path: 'metadata.a',
    })
  })

  test('shapes that doors make for themselves are checked in the same way', () => {
    const shape = object({
      on: boolean(),
      tags: optional(array(oneOf('a', 'b'), { max: 2 })),
      n: optional(integer(1, 2)),
    })
    expect(shape.parse({ on: false, tags: ['b'] })).toEqual({ on: false, tags: ['b'] })
    expect(refusal(() => shape.parse({ on: 'yes' })).message).toBe('on must be true or false, but is "yes".')
    expect(refusal(() => shape.parse({ on: true, tags: ['a', 'c'] })).detail).toEqual({ path: 'tags[1]' })
    expect(refusal(() => shape.parse([], 'query')).message).toBe('query must be an object, but is an array of 0.')
    expect([fits(shape.json, { on: true }), fits(shape.json, { on: 1 })]).toEqual([true, false])
  })

  test('an error shows no long value, so no token', () => {
    const secret = `eyJ${'x'.repeat(60)}`
    expect(refusal(() => up.parse({ type: secret })).message).not.toContain('eyJ')
  })
})

describe('W1: the published schema says the same as the check', () => {
  const junk = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom('', 'a', 0, -1, 1.5, 1e9, true, null, [], {}, 'x'.repeat(300)),
  )

  /** Changes one place of a frame, anywhere inside. */
  function changed(value: unknown, choose: fc.GeneratorValue): unknown {
    const inside = typeof value === 'object' && value !== null ? Object.keys(value) : []
    if (inside.length === 0 || choose(fc.nat, 5) === 0) return choose(() => junk)
    const key = inside[choose(fc.nat, inside.length - 1)] ?? ''
    const copy = roundTrip(value) as Record<string, unknown> // an object or an array, by the lines above
    const how = choose(fc.nat, 5)
    if (how === 0 && !Array.isArray(value)) delete copy[key]
    else if (how === 1 && !Array.isArray(value))
      copy[choose(() => fc.constantFrom('extra', 'type', 'text', 'id'))] = choose(() => junk)
    else copy[key] = changed(copy[key], choose)
    return copy
  }

  test('for valid frames and for frames with something wrong in one place', () => {
    const check = (frame: Json, choose: fc.GeneratorValue): void => {
      const value = choose(fc.nat, 9) === 0 ? frame : changed(changed(frame, choose), choose)
      expect(fits(up.json, value)).toBe(parses(value))
    }
    const frame = fc.constantFrom(...frames.map((one) => roundTrip(one) as unknown as Json))
    fc.assert(fc.property(frame, fc.gen(), check), { numRuns: 5_000 })
  })

  function parses(value: unknown): boolean {
    try {
      up.parse(value)
      return true
    } catch {
      return false
    }
  }
})

describe('W3: the version guards the shapes', () => {
  const hash = (value: string): string => createHash('sha256').update(value).digest('hex').slice(0, 16)
  const source = (file: string): string => readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')
  /** Type declarations as text, without imports, comments and layout. */
  const types = (text: string): string =>
    text.replaceAll(/^import [^;]*?from '.*'$|\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replaceAll(/\s|(?<=[=(<])\|/g, '')

  const advice = (name: keyof typeof shapeHashes): string =>
    `The shape of what travels has changed. If old clients still understand new servers and the other way round, put the new hash into shapeHashes.${name} in wire.ts and say in PROTOCOL.md what was added. If not, raise protocolVersion too.`

  test('what clients send', () => {
    const schemas = [up, commandRequest, commandBody, sessionSettings, partStart, partFields].map(
      (schema) => schema.json,
    )
    expect(hash(JSON.stringify(schemas)), advice('up')).toBe(shapeHashes.up)
  })

  test('what servers send: events, views, frames', () => {
    const wire = source('wire.ts')
    const down = wire.slice(wire.indexOf('export type Outcome'), wire.indexOf('const token'))
    const parts = source('parts.ts')
    const text = [source('events.ts'), source('view.ts'), parts.slice(0, parts.indexOf('const settable')), down]
    expect(hash(types(text.join('\n'))), advice('down')).toBe(shapeHashes.down)
  })

  test('the subprotocol names the version', () => {
    expect(subprotocol).toBe(`headrace.v${protocolVersion}`)
  })
})
