import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { IdempotentProducer, DurableStream } from '@durable-streams/client'
import { describe, expect, test } from 'vitest'
import { HeadraceError, type Store } from '@headrace/core'
import { openEmbeddedStore } from '../src/store/embedded.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { noMeter } from '../src/hub-types.ts'
import { Streams } from '../src/streams/streams.ts'
import { FakeClock, settled } from './support/fake-clock.ts'
import { serve } from './support/serve.ts'
import { StreamCaller, offsetOf } from './support/streams.ts'

const forked = (from: string): { headers: Record<string, string> } => ({
  headers: { 'stream-forked-from': `/v1/stream/${from}` },
})

const empty = { contentType: 'text/plain', closed: false, body: Buffer.alloc(0) }

function streamsOn(store: Store, onError: (error: HeadraceError) => void, clock = new FakeClock()): Streams {
  return new Streams({ store, clock, meter: noMeter, onError })
}

describe('streams', () => {
  test('D2 D2a D5 D9: streams, producers, closure and forks are there after a restart', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'headrace-streams-'))
    const producer = (seq: number): Record<string, string> => ({
      'producer-id': 'p',
      'producer-epoch': '3',
      'producer-seq': String(seq),
    })
    const append = { type: 'text/plain', body: 'a', headers: producer(0) }
    {
      await using server = await serve({ store: await openEmbeddedStore({ directory }) })
      const streams = new StreamCaller(server)
      await streams.make('log')
      await streams.ask('POST log', append)
      await streams.ask('POST log', { ...append, body: 'b', headers: producer(1) })
      await streams.ask('PUT fork', forked('log'))
      await streams.ask('POST fork', { type: 'text/plain', body: 'x' })
      await streams.make('over', 'end')
      await streams.ask('POST over', { headers: { 'stream-closed': 'true' } })
    }
    await using server = await serve({ store: await openEmbeddedStore({ directory }) })
    const streams = new StreamCaller(server)
    expect((await streams.ask('POST log', { ...append, body: 'b', headers: producer(1) })).status).toBe(204)
    expect((await streams.ask('POST log', { ...append, body: 'c', headers: producer(2) })).status).toBe(200)
    expect(
      (await streams.ask('POST log', { ...append, headers: { ...producer(0), 'producer-epoch': '2' } })).code,
    ).toBe('producer_fenced')
    expect(await streams.text('log')).toBe('abc')
    expect(await streams.text('fork')).toBe('abx')
    expect(await streams.text(`fork?offset=${offsetOf(2)}`)).toBe('bx')
    const over = await streams.ask('GET over')
    expect([over.text, over.headers.get('stream-closed')]).toEqual(['end', 'true'])
    await rm(directory, { recursive: true })
  })

  test('D2 D5: appends of many at once have one order, and are there once each', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await streams.json('PUT log', [])
    await Promise.all(Array.from({ length: 100 }, (_, n) => streams.json('POST log', { n })))
    const found = JSON.parse(await streams.text('log')) as { n: number }[] // what was sent
    expect(found.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n))

    // The producer of the protocol's own client, several batches at once.
    const handle = new DurableStream({
      url: streams.url('log'),
      headers: { authorization: `Bearer ${server.token}` },
      contentType: 'application/json',
    })
    const failures: unknown[] = []
    const producer = new IdempotentProducer(handle, 'writer', {
      maxBatchBytes: 40,
      onError: (error) => failures.push(error),
    })
    for (let n = 0; n < 50; n += 1) producer.append(JSON.stringify({ n }))
    await producer.flush()
    expect(failures).toEqual([])
    expect((JSON.parse(await streams.text('log')) as unknown[]).slice(100)).toEqual(
      Array.from({ length: 50 }, (_, n) => ({ n })),
    )
    await producer.close()
    expect((await streams.ask('HEAD log')).headers.get('stream-closed')).toBe('true')
  })

  test('D2: appends that come together go to the store together', async () => {
    const memory = createMemoryStore()
    const batches: number[] = []
    const store: Store = {
      ...memory,
      append: (key, seq, batch) => {
        batches.push(batch.events.length)
        return memory.append(key, seq, batch)
      },
    }
    const errors: HeadraceError[] = []
    const streams = streamsOn(store, (error) => errors.push(error))
    await streams.create('t', 'log', { contentType: 'text/plain', closed: false, body: Buffer.alloc(0) })
    const append = { contentType: 'text/plain', body: Buffer.from('x'), close: false }
    const answers = await Promise.all(Array.from({ length: 600 }, () => streams.append('t', 'log', append)))
    expect(
      answers
        .map(({ tail }) => tail)
        .sort((a, b) => a - b)
        .at(-1),
    ).toBe(601)
    expect(batches).toEqual([1, 512, 88])
    await streams.shutDown()
    expect(errors).toEqual([])
  })

  test('D2 D5: servers that share a store append to one stream, and each append is there once', async () => {
    const store = {
      ...createMemoryStore(),
      capabilities: { name: 'shared', durability: 'none', shared: true } as const,
    }
    const errors: HeadraceError[] = []
    const servers = Array.from({ length: 3 }, () => streamsOn(store, (error) => errors.push(error)))
    const nothing = { contentType: 'application/json', closed: false, body: Buffer.alloc(0) }
    const made = await Promise.all(servers.map((server) => server.create('t', 'log', nothing)))
    expect(made.filter(({ created }) => created)).toHaveLength(1)
    const append = { contentType: 'application/json', close: false }
    await Promise.all(
      servers.flatMap((server, writer) =>
        Array.from({ length: 40 }, async (_, seq) => {
          // Everybody sends everything: whoever is first counts, and the others find that it was.
          const producer = { id: `p${seq}`, epoch: 0, seq: 0 }
          await new Promise((resolve) => setImmediate(resolve))
          await server.append('t', 'log', { ...append, producer, body: Buffer.from(String(seq)) })
          return writer
        }),
      ),
    )
    for (const server of servers) {
      const stream = await server.open('t', 'log', false)
      const pieces = await stream.pieces({ after: 0, maxChars: 1_000_000 })
      const found = pieces.map(({ content }) => (content.kind === 'json' ? content.json : ''))
      expect([...found].sort()).toEqual(Array.from({ length: 40 }, (_, seq) => `[${seq}]`).sort())
    }
    // One removes it and another makes it anew: the third must not go on from what it knew.
    const [first, second, third] = servers
    await first?.remove('t', 'log')
    await second?.create('t', 'log', nothing)
    await third?.append('t', 'log', { ...append, body: Buffer.from('"new"') })
    const stream = await first?.open('t', 'log', false)
    expect(await stream?.pieces({ after: 0, maxChars: 1_000 })).toMatchObject([{ content: { json: '["new"]' } }])
    for (const server of servers) await server.shutDown()
    expect(errors).toEqual([])
  })

  test('D2: text that is cut within a character comes to a live reader as it came in', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await streams.make('log')
    const reading = await fetch(streams.url('log?offset=-1&live=sse'), {
      headers: { authorization: `Bearer ${server.token}` },
    })
    let text = ''
    const all = (async () => {
      for await (const chunk of reading.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk
    })()
    const bytes = new TextEncoder().encode('a€😀b')
    for (const [n, byte] of bytes.entries()) {
      await streams.ask('POST log', { type: 'text/plain', body: Uint8Array.of(byte) })
      // Each one is read before the next comes.
      await expect.poll(() => text).toContain(offsetOf(n + 2))
    }
    await streams.ask('POST log', {
      type: 'text/plain',
      body: Uint8Array.of(0xe2),
      headers: { 'stream-closed': 'true' },
    })
    await all
    const data = [...text.matchAll(/^data:(?!\{)(.*)$/gm)].map(([, line]) => line)
    expect(data).toEqual(['a', '€', '😀', 'b', '\u{fffd}'])
  })

  test('D15: a stream that nobody uses leaves the memory, one that is read live stays', async () => {
    const memory = createMemoryStore()
    const opened: string[] = []
    const store: Store = {
      ...memory,
      getSnapshot: (key) => {
        opened.push(key)
        return memory.getSnapshot(key)
      },
    }
    const clock = new FakeClock()
    const streams = streamsOn(store, () => undefined, clock)
    const asked = { contentType: 'text/plain', closed: false, body: Buffer.from('x') }
    await streams.create('t', 'idle', asked)
    await streams.create('t', 'read', asked)
    const live = await streams.open('t', 'read', false)
    const stop = live.follow(() => undefined)
    for (let n = 0; n < 8; n += 1) await clock.advance(10_000)
    expect(opened).toEqual(['t~ds!idle', 't~ds!read'])
    await streams.open('t', 'idle', false)
    await streams.open('t', 'read', false)
    expect(opened).toEqual(['t~ds!idle', 't~ds!read', 't~ds!idle'])
    stop()
    await streams.shutDown()
  })

  test('D3: JSON comes out as it went in, numbers that JavaScript can’t hold included', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await streams.ask('PUT log', { type: 'application/json', body: '[12345678901234567890, 1.0]' })
    await streams.ask('POST log', { type: 'application/json', body: '[[1, 2]]' })
    expect(await streams.text('log')).toBe('[12345678901234567890,1.0,[1, 2]]')
    const append = async (body: string | Uint8Array<ArrayBuffer>): Promise<string | undefined> =>
      (await streams.ask('POST log', { type: 'application/json', body })).code
    expect(await append('{"a":')).toBe('bad_request')
    expect(await append('[]')).toBe('bad_request')
    expect(await append(Uint8Array.of(0x22, 0xff, 0x22))).toBe('bad_request')
    const zipped = await streams.ask('POST log', {
      type: 'application/json',
      body: '1',
      headers: { 'content-encoding': 'gzip' },
    })
    expect(zipped.code).toBe('bad_request')
    const bytes = Uint8Array.of(0, 0xff, 0x0d, 0x0a, 0xc3)
    await streams.ask('PUT bin', { type: 'image/png', body: bytes })
    await streams.ask('POST bin', { type: 'image/png', body: Uint8Array.of(0xa9) })
    const read = await fetch(streams.url('bin'), { headers: { authorization: `Bearer ${server.token}` } })
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(Uint8Array.of(...bytes, 0xa9))
  })

  test('D5: headers of producers that are wrong are refused by name, before anything is appended', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await streams.make('log')
    const good = { 'producer-id': 'p', 'producer-epoch': '0', 'producer-seq': '0' }
    const wrong: readonly Record<string, string>[] = [
      { 'producer-id': 'p' },
      { ...good, 'producer-id': '' },
      { ...good, 'producer-id': 'p'.repeat(257) },
      { ...good, 'producer-epoch': '-1' },
      { ...good, 'producer-seq': '1.5' },
      { ...good, 'producer-seq': '1e3' },
      { ...good, 'producer-seq': '9007199254740992' },
      { 'stream-seq': 'x'.repeat(257) },
      { 'producer-seq': '0', 'producer-epoch': '0' },
    ]
    for (const headers of wrong) {
      const { code, status } = await streams.ask('POST log', { type: 'text/plain', body: 'x', headers })
      expect([status, code, headers]).toEqual([400, 'bad_request', headers])
    }
    expect(await streams.text('log')).toBe('')
  })

  test('D8: a life slides with reads and appends, not with HEAD; what is over is removed though nobody asks', async () => {
    const clock = new FakeClock(Date.now())
    const store = createMemoryStore()
    await using server = await serve({ clock, store })
    const streams = new StreamCaller(server)
    await streams.ask('PUT log', { type: 'text/plain', headers: { 'stream-ttl': '60' } })
    for (const line of ['GET log', 'GET log?offset=now', 'POST log']) {
      await clock.advance(50_000)
      const body = line.startsWith('POST') ? { type: 'text/plain', body: 'x' } : {}
      expect((await streams.ask(line, body)).status).toBeLessThan(300)
    }
    await clock.advance(50_000)
    expect((await streams.ask('HEAD log')).headers.get('stream-ttl')).toBe('60')
    await clock.advance(10_000)
    expect((await streams.ask('HEAD log')).status).toBe(404)

    await streams.ask('PUT left', { type: 'text/plain', headers: { 'stream-ttl': '60' }, body: 'x' })
    expect(await store.head('default~ds!left')).toBeGreaterThan(0)
    for (let n = 0; n < 12; n += 1) await clock.advance(10_000)
    await expect.poll(() => store.head('default~ds!left')).toBe(0)
  })

  test('D9 D9a: what a fork inherits lives as long as it does, and then nothing is left in the store', async () => {
    const store = createMemoryStore()
    await using server = await serve({ store })
    const streams = new StreamCaller(server)
    await streams.make('a', 'one')
    await streams.ask('PUT b', forked('a'))
    await streams.ask('POST b', { type: 'text/plain', body: 'two' })
    await streams.ask('PUT c', forked('b'))
    await streams.ask('POST c', { type: 'text/plain', body: 'three' })
    await streams.ask('DELETE a')
    await streams.ask('DELETE b')
    expect([(await streams.ask('GET a')).code, (await streams.ask('PUT b')).code]).toEqual([
      'stream_gone',
      'stream_conflict',
    ])
    expect(await streams.text('c')).toBe('onetwothree')
    expect((await streams.ask('DELETE c')).status).toBe(204)
    const heads = await Promise.all(['a', 'b', 'c'].map((name) => store.head(`default~ds!${name}`)))
    expect(heads).toEqual([0, 0, 0])
    await streams.make('a', 'new')
    expect(await streams.text('a')).toBe('new')
  })

  test('D9a: a deletion that a stop cut short is finished when the stream is met again', async () => {
    const store = createMemoryStore()
    let refuse = true
    const failing: Store = {
      ...store,
      purge: async (key) => {
        if (refuse) throw new Error('the process ends here')
        return store.purge(key)
      },
      close: async () => undefined,
    }
    {
      await using server = await serve({ store: failing })
      const streams = new StreamCaller(server)
      await streams.make('a', 'one')
      await streams.ask('PUT b', forked('a'))
      expect((await streams.ask('DELETE b')).status).toBe(500)
      await streams.ask('DELETE a')
    }
    refuse = false
    await using server = await serve({ store: failing })
    const streams = new StreamCaller(server)
    expect((await streams.ask('GET b')).status).toBe(404)
    expect((await streams.ask('GET a')).status).toBe(404)
    expect(await store.head('default~ds!b')).toBe(0)
  })

  test('D15: a body over the limit is refused by name, before it is read whole', async () => {
    await using server = await serve({ httpLimits: { streamBytes: 1_000 } })
    const streams = new StreamCaller(server)
    await streams.make('log')
    const big = { type: 'text/plain', body: 'x'.repeat(1_001) }
    const refused = await streams.ask('POST log', big)
    expect([refused.status, refused.code]).toEqual([413, 'frame_too_large'])
    expect(refused.text).toContain('streamBytes')
    expect((await streams.ask('PUT other', big)).status).toBe(413)
    expect((await streams.ask('POST log', { ...big, body: 'x'.repeat(1_000) })).status).toBe(204)
    const path = `p/${'x'.repeat(600)}`
    expect((await streams.ask(`PUT ${path}`)).code).toBe('bad_request')
    expect((await streams.ask('PUT a//b')).code).toBe('bad_request')
    const malformed = [
      'PUT a%zz',
      'GET sessions/%zz',
      'GET __ds/subscriptions/%zz',
      'DELETE __ds/subscriptions/s/streams/%zz',
    ]
    for (const line of malformed) expect([line, (await streams.ask(line)).status]).toEqual([line, 400])
    expect(server.errors).toEqual([])
  })

  test('D15: bodies that come in at the same time are bounded, and leave room when they are in', async () => {
    await using server = await serve({ httpLimits: { streamBytes: 1_000, streamBytesAtOnce: 1_000 } })
    const streams = new StreamCaller(server)
    await streams.make('log')
    const headers = {
      authorization: `Bearer ${server.token}`,
      'content-type': 'text/plain',
      'content-length': '800',
    }
    const slow = request({ port: server.port, host: '127.0.0.1', method: 'POST', path: '/v1/stream/log', headers })
    slow.write('x'.repeat(400))
    const more = { type: 'text/plain', body: 'y'.repeat(300) }
    await expect.poll(async () => (await streams.ask('POST log', more)).code).toBe('too_many_requests')
    expect((await streams.ask('POST log', more)).text).toContain('streamBytesAtOnce')
    expect((await streams.ask('POST log', { ...more, body: 'z' })).status).toBe(204)
    const answered = once(slow, 'response')
    slow.end('x'.repeat(400))
    await answered
    await expect.poll(async () => (await streams.ask('POST log', more)).status).toBe(204)
    // One that does not say how large it is counts as the largest there may be.
    const { 'content-length': _said, ...chunked } = headers
    const unsaid = request({
      port: server.port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/v1/stream/log',
      headers: chunked,
    })
    unsaid.write('x')
    await expect.poll(async () => (await streams.ask('POST log', { ...more, body: 'z' })).status).toBe(429)
    unsaid.end()
    await once(unsaid, 'response')
  })

  test('D15: readers that wait are counted, and let go when the server closes', async () => {
    await using server = await serve({ httpLimits: { waitingPerActor: 1 } })
    const streams = new StreamCaller(server)
    await streams.make('log')
    const first = await fetch(streams.url('log?offset=-1&live=sse'), {
      headers: { authorization: `Bearer ${server.token}` },
    })
    expect((await streams.ask('GET log?offset=now&live=long-poll')).code).toBe('too_many_requests')
    const text = first.text()
    await server.headrace.close()
    expect(await text).toContain('upToDate')
  })

  test('D15: a live reader that takes nothing costs about a page, holds up nobody, and is cut', async () => {
    const clock = new FakeClock(Date.now())
    await using server = await serve({ clock })
    const streams = new StreamCaller(server)
    const mebibyte = 'x'.repeat(1_048_576)
    await streams.make('log', ...Array.from({ length: 16 }, () => mebibyte))
    const reader = connect(server.port, '127.0.0.1')
    reader.write(
      `GET /v1/stream/log?offset=-1&live=sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n\r\n`,
    )
    await once(reader, 'readable') // and never takes it
    const unsent = (): number => Math.max(...[...server.sockets].map(({ writableLength }) => writableLength))
    await expect.poll(unsent).toBeGreaterThan(0)
    expect(unsent()).toBeLessThan(3 * mebibyte.length)
    await streams.ask('POST log', { type: 'text/plain', body: 'more' })
    expect(await streams.text(`log?offset=${offsetOf(17)}`)).toBe('more')
    const cut = once(reader, 'close')
    reader.on('error', () => undefined)
    // Once nothing moves any more, the time without progress counts.
    for (let n = 0; n < 4; n += 1) await clock.advance(30_000)
    reader.resume()
    await cut
  })

  test('D15: a long stream is read in pages, and all of it comes', async () => {
    await using server = await serve({ httpLimits: { pageChars: 10_000 } })
    const streams = new StreamCaller(server)
    const words = Array.from({ length: 40 }, (_, n) => String(n).padStart(1_000, '.'))
    await streams.make('log', ...words)
    let offset = '-1'
    let all = ''
    let pages = 0
    for (let isAtEnd = false; !isAtEnd; pages += 1) {
      const page = await streams.ask(`GET log?offset=${offset}`)
      all += page.text
      offset = page.headers.get('stream-next-offset') ?? ''
      isAtEnd = page.headers.get('stream-up-to-date') === 'true'
      expect(page.headers.get('cache-control')).toContain(isAtEnd ? 'no-cache' : 'max-age=60')
    }
    expect(all).toBe(words.join(''))
    expect(pages).toBeGreaterThan(1)
  })

  test('D8: an append that is written while the time of its stream ends keeps it alive', async () => {
    const clock = new FakeClock()
    const memory = createMemoryStore()
    const store = { ...memory }
    const streams = streamsOn(store, () => undefined, clock)
    await streams.create('t', 'log', { ...empty, ttlSeconds: 60 })
    const mayEnd = Promise.withResolvers<void>()
    await clock.advance(59_000)
    store.append = async (...args) => {
      await mayEnd.promise
      return memory.append(...args)
    }
    const appended = streams.append('t', 'log', { contentType: 'text/plain', body: Buffer.from('one'), close: false })
    await settled()
    await clock.advance(2_000)
    const opened = streams.open('t', 'log', false)
    await settled()
    mayEnd.resolve()
    await appended
    const pieces = await (await opened).pieces({ after: 0, maxChars: 1_000 })
    expect(pieces).toMatchObject([{ content: { text: 'one' } }])
  })

  test('D9a: a fork that was noted and never made keeps its source for a minute, and no longer', async () => {
    const clock = new FakeClock()
    const memory = createMemoryStore()
    const store = { ...memory }
    const streams = streamsOn(store, () => undefined, clock)
    await streams.create('t', 'log', empty)
    store.begin = () => Promise.reject(new HeadraceError('unknown_outcome', 'the process ends here'))
    const fork = { ...empty, fork: { path: 'log', sub: 0 } }
    await expect(streams.create('t', 'fork', fork)).rejects.toMatchObject({ code: 'unknown_outcome' })
    await clock.advance(59_000)
    await streams.remove('t', 'log')
    await expect(streams.create('t', 'log', empty)).rejects.toMatchObject({ code: 'stream_conflict' })
    await clock.advance(2_000)
    expect(await streams.create('t', 'log', empty)).toMatchObject({ created: true })
    // So it is where it is deleted again and not made anew.
    await expect(streams.create('t', 'fork', fork)).rejects.toMatchObject({ code: 'unknown_outcome' })
    await streams.remove('t', 'log')
    await clock.advance(61_000)
    await expect(streams.remove('t', 'log')).rejects.toMatchObject({ code: 'stream_not_found' })
    expect(await store.head('t~ds!log')).toBe(0)
  })

  test('D9a: a deletion that was cut short is due, unless what is left is there for forks', async () => {
    const memory = createMemoryStore()
    const store = { ...memory }
    const clock = new FakeClock()
    const streams = streamsOn(store, () => undefined, clock)
    await streams.create('t', 'cut', empty)
    await streams.create('t', 'kept', empty)
    await streams.create('t', 'fork', { ...empty, fork: { path: 'kept', sub: 0 } })
    await streams.remove('t', 'kept')
    store.purge = () => Promise.reject(new HeadraceError('store_unavailable', 'not now'))
    await expect(streams.remove('t', 'cut')).rejects.toMatchObject({ code: 'store_unavailable' })
    store.purge = (key) => memory.purge(key)
    expect(await store.due(clock.now(), 10)).toMatchObject([{ key: 't~ds!cut' }])
    await streams.due('t', 'cut')
    expect([await store.head('t~ds!cut'), await store.due(clock.now(), 10)]).toEqual([0, []])
  })
})
