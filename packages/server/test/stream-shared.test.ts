import { expect, test } from 'vitest'
import type { HeadraceError, Store } from '@headrace/core'
import { noMeter } from '../src/hub-types.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { Streams } from '../src/streams/streams.ts'
import { FakeClock, settled } from './support/fake-clock.ts'

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

test('D8: a stream that another server used is not over', async () => {
  const clock = new FakeClock()
  const { a, b } = twoServers(clock)
  await a.create('t', 'log', { ...nothing, ttlSeconds: 30 })
  await clock.advance(25_000)
  await b.append('t', 'log', text('one'))
  await clock.advance(10_000)
  expect([await read(a, 'log'), await read(b, 'log')]).toEqual(['one', 'one'])
})

test('D8: an append that is written while the time of its stream ends keeps it alive', async () => {
  const clock = new FakeClock()
  const memory = createMemoryStore()
  const store = { ...memory }
  const streams = new Streams({ store, clock, meter: noMeter, onError: () => undefined })
  await streams.create('t', 'log', { ...nothing, ttlSeconds: 60 })
  const mayEnd = Promise.withResolvers<void>()
  await clock.advance(59_000)
  store.append = async (...args) => {
    await mayEnd.promise
    return memory.append(...args)
  }
  const appended = streams.append('t', 'log', text('one'))
  await settled()
  await clock.advance(2_000)
  const found = read(streams, 'log')
  await settled()
  mayEnd.resolve()
  await appended
  expect(await found).toBe('one')
})
