import { expect, test } from 'vitest'
import { HeadraceError, type Store } from '@headrace/core'
import { noMeter } from '../src/hub-types.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { Streams } from '../src/streams/streams.ts'
import { FakeClock } from './support/fake-clock.ts'

const nothing = { contentType: 'text/plain', closed: false, body: Buffer.alloc(0) }
const text = (words: string) => ({ contentType: 'text/plain', body: Buffer.from(words), close: false })

/** Two servers that share a store. */
function twoServers(clock = new FakeClock()): { readonly a: Streams; readonly b: Streams; readonly store: Store } {
  const store = {
    ...createMemoryStore(),
    capabilities: { name: 'shared', durability: 'none', shared: true } as const,
  }
  const errors: HeadraceError[] = []
  const start = (): Streams => new Streams({ store, clock, meter: noMeter, onError: (error) => errors.push(error) })
  return { a: start(), b: start(), store }
}

async function read(streams: Streams, path: string): Promise<string> {
  const stream = await streams.open('t', path, false)
  const pieces = await stream.pieces({ after: 0, maxChars: 1_000_000 })
  return pieces.map(({ content }) => (content.kind === 'text' ? content.text : JSON.stringify(content))).join('')
}

test('D2: what is appended to a stream that another server made anew with another content type is all there', async () => {
  const { a, b } = twoServers()
  const bytes = { contentType: 'application/octet-stream' }
  await a.create('t', 'log', nothing)
  await b.remove('t', 'log')
  await b.create('t', 'log', { ...nothing, ...bytes, body: Buffer.from('one') })
  await a.append('t', 'log', { ...text('two'), ...bytes })
  expect([await read(a, 'log'), await read(b, 'log')]).toEqual(['onetwo', 'onetwo'])
})

test('D9: a fork that another server removed is made anew', async () => {
  const { a, b } = twoServers()
  await a.create('t', 'log', nothing)
  await a.append('t', 'log', text('one'))
  await a.create('t', 'fork', { ...nothing, fork: { path: 'log', sub: 0 } })
  await b.remove('t', 'fork')
  await a.create('t', 'fork', { ...nothing, fork: { path: 'log', sub: 0 } })
  expect([await read(a, 'fork'), await read(b, 'fork')]).toEqual(['one', 'one'])
})

test('D9 S3d: a fork has all that its source had, whatever the server that is asked knew of that', async () => {
  const { a, b } = twoServers()
  await a.create('t', 'log', nothing)
  await a.append('t', 'log', text('one'))
  await b.append('t', 'log', text('two'))
  await b.create('t', 'fork', { ...nothing, fork: { path: 'log', sub: 0 } })
  expect([await read(a, 'fork'), await read(b, 'fork')]).toEqual(['onetwo', 'onetwo'])
})

test('D9: a fork does not begin with what its source replaced', async () => {
  const { a, b } = twoServers()
  await a.create('t', 'log', nothing)
  await a.append('t', 'log', text('old'))
  await b.remove('t', 'log')
  await b.create('t', 'log', nothing)
  await b.append('t', 'log', text('n'))
  await b.append('t', 'log', text('ew'))
  await b.create('t', 'fork', { ...nothing, fork: { path: 'log', sub: 0 } })
  expect([await read(a, 'fork'), await read(b, 'fork')]).toEqual(['new', 'new'])
})

test('D8: a stream that another server used is not over', async () => {
  const clock = new FakeClock()
  const { a, b } = twoServers(clock)
  await a.create('t', 'log', { ...nothing, ttlSeconds: 30 })
  await clock.advance(25_000)
  await b.append('t', 'log', text('one'))
  await clock.advance(10_000)
  expect([await read(a, 'log'), await read(b, 'log')]).toEqual(['one', 'one'])
})

test('D9a: what a fork of another server inherits stays', async () => {
  const clock = new FakeClock()
  const { a, b } = twoServers(clock)
  const isMissing = expect.objectContaining({ code: 'stream_not_found' })
  await expect(b.open('t', 'other', false)).rejects.toEqual(isMissing)
  await clock.advance(5_000)
  await expect(b.open('t', 'fork', false)).rejects.toEqual(isMissing)
  await a.create('t', 'log', nothing)
  await a.append('t', 'log', text('one'))
  await a.create('t', 'fork', { ...nothing, fork: { path: 'log', sub: 0 } })
  await clock.advance(61_000)
  await b.remove('t', 'log')
  expect([await read(a, 'fork'), await read(b, 'fork')]).toEqual(['one', 'one'])
})

test('D9a: whoever could not finish a deletion does not remove what another server made in its place', async () => {
  const { a, b } = twoServers()
  let removed = (): Promise<void> => Promise.reject(new HeadraceError('store_unavailable', 'not now'))
  a.watch({ grown: () => undefined, doubted: () => undefined, removed: () => removed() })
  await a.create('t', 'log', nothing)
  await expect(a.remove('t', 'log')).rejects.toMatchObject({ code: 'store_unavailable' })
  await b.create('t', 'log', nothing)
  for (const words of ['one', 'two']) await b.append('t', 'log', text(words))
  removed = () => Promise.resolve()
  expect([await read(a, 'log'), await read(b, 'log')]).toEqual(['onetwo', 'onetwo'])
})
