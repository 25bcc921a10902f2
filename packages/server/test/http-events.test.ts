import { describe, expect, test } from 'vitest'
import { sessionKey, type Store } from '@headrace/core'
import { createMemoryStore } from '../src/store/memory.ts'
import { settled } from './support/fake-clock.ts'
import { ada, text } from './support/hub.ts'
import { everything, openDoor, type OpenDoor, type OpenDoorOptions } from './support/http.ts'

const key = sessionKey('default', 's')
const path = '/v1/sessions/s/events'

/** A door with a session `s` whose log has so many events. */
async function withLog(events: number, options: OpenDoorOptions & { readonly store?: Store } = {}): Promise<OpenDoor> {
  const server = await openDoor(options)
  await server.hub.submit(key, { grant: ada, body: { type: 'create' } })
  for (let seq = 2; seq <= events; seq += 1) await say(server, `event ${seq}`)
  return server
}

function say(server: OpenDoor, words: string) {
  return server.hub.submit(key, { grant: ada, body: { type: 'post', parts: text(words) } })
}

function seqs(body: { events: readonly { seq: number }[] }): readonly number[] {
  return body.events.map((event) => event.seq)
}

describe('reading the log', () => {
  test('S3: after=k gives exactly k+1 and on, within the limit, and the head', async () => {
    await using server = await withLog(6)
    expect((await server.ask(`GET ${path}?after=2&limit=3`)).body).toMatchObject({
      events: [{ seq: 3 }, { seq: 4 }, { seq: 5 }],
      head: 6,
    })
    expect((await server.ask(`GET ${path}?after=6`)).body).toEqual({ events: [], head: 6 })
    expect(seqs((await server.ask(`GET ${path}`)).body)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('S2: a view and the events after it have no gap and no overlap', async () => {
    await using server = await withLog(3)
    const { body: view } = await server.ask('GET /v1/sessions/s')
    await say(server, 'later')
    expect(seqs((await server.ask(`GET ${path}?after=${view.seq}`)).body)).toEqual([4])
  })

  test('L5: events are passed on byte for byte as they are stored', async () => {
    const store = createMemoryStore()
    await using server = await withLog(1, { store })
    await say(server, 'quote " back \\ line \n separator \u2028 null \u0000 emoji 🌊 lone \ud800')
    const stored = await store.read(key, 0, { maxEvents: 10, maxChars: 1e6 })
    expect((await server.ask(`GET ${path}`)).text).toBe(`{"events":[${stored.join(',')}],"head":2}`)
    const reader = await server.stream(`${path}?live=sse`)
    expect([(await reader.event())?.data, (await reader.event())?.data]).toEqual(stored)
    reader.close()
  })

  test.each(['', '&live=long-poll', '&live=sse'])(
    'S3: a seq that the log does not have is not of this log (after=9%s)',
    async (live) => {
      await using server = await withLog(2)
      expect(await server.ask(`GET ${path}?after=9${live}`)).toMatchObject({
        status: 400,
        body: { error: { code: 'bad_request', detail: { after: 9, head: 2 } } },
      })
    },
  )

  test.each(['', '?live=long-poll', '?live=sse'])(
    'a session that does not exist is said to be missing (%s)',
    async (live) => {
      await using server = await openDoor()
      expect(await server.ask(`GET ${path}${live}`)).toMatchObject({
        status: 404,
        body: { error: { code: 'session_not_found' } },
      })
    },
  )
})

describe('long poll', () => {
  /** Resolves when somebody follows the session. */
  function watched() {
    const following = Promise.withResolvers<void>()
    const options: OpenDoorOptions = {
      change: (hub) => ({
        follow: async (...args) => {
          const follower = await hub.follow(...args)
          following.resolve()
          return follower
        },
      }),
    }
    return { options, following: following.promise }
  }

  test('S3: it answers at once when there is something, else when there is', async () => {
    const { options, following } = watched()
    await using server = await withLog(2, options)
    expect(seqs((await server.ask(`GET ${path}?after=1&live=long-poll`)).body)).toEqual([2])
    const poll = server.ask(`GET ${path}?after=2&live=long-poll`)
    await following
    await say(server, 'news')
    expect((await poll).body).toMatchObject({ events: [{ seq: 3 }], head: 3 })
    expect(server.hub.stats().followers).toBe(0)
  })

  test('S3: what comes between the look and the wait is not missed', async () => {
    await using server = await withLog(2, {
      change: (hub) => ({
        follow: async (...args) => {
          await hub.submit(key, { grant: ada, body: { type: 'post', parts: text('in between') } })
          return hub.follow(...args)
        },
      }),
    })
    expect((await server.ask(`GET ${path}?after=2&live=long-poll`)).body).toMatchObject({
      events: [{ seq: 3 }],
      head: 3,
    })
  })

  test('it answers with nothing when the time is over', async () => {
    const { options, following } = watched()
    await using server = await withLog(2, options)
    const poll = server.ask(`GET ${path}?after=2&live=long-poll`)
    await following
    await settled()
    await server.clock.advance(24_999)
    expect(server.hub.stats().followers).toBe(1)
    await server.clock.advance(1)
    expect(await poll).toMatchObject({ status: 200, body: { events: [], head: 2 } })
  })

  test('A1: it does not wait past the expiry of the token', async () => {
    const { options, following } = watched()
    await using server = await withLog(2, options)
    const poll = server.ask(`GET ${path}?after=2&live=long-poll`, { token: await server.mint({}, 5) })
    await following
    await settled()
    await server.clock.advance(4_999)
    expect(server.hub.stats().followers).toBe(1)
    await server.clock.advance(1)
    expect((await poll).body).toEqual({ events: [], head: 2 })
  })

  test('a caller that goes away leaves no follower', async () => {
    const { options, following } = watched()
    await using server = await withLog(2, options)
    const gone = new AbortController()
    const poll = server.ask(`GET ${path}?after=2&live=long-poll`, { signal: gone.signal })
    await following
    gone.abort()
    await expect(poll).rejects.toThrow()
    await expect.poll(() => server.hub.stats().followers).toBe(0)
  })

  test('a closing door answers draining', async () => {
    const { options, following } = watched()
    await using server = await withLog(2, options)
    const poll = server.ask(`GET ${path}?after=2&live=long-poll`)
    await following
    server.door.close()
    expect(await poll).toMatchObject({ status: 503, body: { error: { code: 'draining', retry: 'reconnect' } } })
    expect(await server.ask(`GET ${path}?after=2&live=long-poll`)).toMatchObject({
      status: 503,
      body: { error: { code: 'draining' } },
    })
  })

  test('HEAD and waitMs=0 do not wait', async () => {
    await using server = await withLog(2)
    expect(await server.ask(`HEAD ${path}?after=2&live=long-poll`)).toMatchObject({ status: 200, text: '' })
    expect((await server.ask(`GET ${path}?after=2&live=long-poll&waitMs=0`)).body).toEqual({ events: [], head: 2 })
  })
})

describe('event stream', () => {
  test('L2 S3: one message for each event, the seq as its id, live after what is stored', async () => {
    await using server = await withLog(3)
    const reader = await server.stream(`${path}?after=1&live=sse`)
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'headrace-version': expect.any(String),
    })
    expect(await reader.next()).toBe('retry: 1000')
    for (const seq of ['2', '3']) {
      const event = await reader.event()
      expect(event).toEqual({ id: seq, data: expect.any(String) })
      expect(JSON.parse(event!.data!)).toMatchObject({ seq: Number(seq) })
    }
    await say(server, 'live')
    expect(await reader.event()).toMatchObject({ id: '4' })
    reader.close()
    await expect.poll(() => server.hub.stats().followers).toBe(0)
  })

  test('S3: Last-Event-ID counts for more than after, as a browser that reconnects needs', async () => {
    await using server = await withLog(5)
    const reader = await server.stream(`${path}?after=0&live=sse`, { 'Last-Event-ID': '4' })
    expect(await reader.event()).toMatchObject({ id: '5' })
    reader.close()
    const fresh = await server.stream(`${path}?after=3&live=sse`, { 'Last-Event-ID': '' })
    expect(await fresh.event()).toMatchObject({ id: '4' })
    fresh.close()
    expect(await server.ask(`GET ${path}?live=sse`, { headers: { 'Last-Event-ID': 'x1' } })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('Last-Event-ID must be a whole number') } },
    })
  })

  test('S3: a reader that is cut off again and again gets exactly the log', async () => {
    await using server = await withLog(1)
    const seen: string[] = []
    let last = ''
    for (let round = 0; round < 30; round += 1) {
      const reader = await server.stream(`${path}?live=sse`, { 'Last-Event-ID': last })
      await say(server, `a ${round}`)
      await say(server, `b ${round}`)
      const want = 1 + (round % 2) + (round === 0 ? 1 : 0)
      for (let count = 0; count < want; count += 1) {
        last = (await reader.event())?.id ?? ''
        seen.push(last)
      }
      reader.close()
    }
    expect(seen).toEqual(seen.map((_, index) => String(index + 1)))
  })

  test('under load events wait for the window of the pace and go together; the first goes at once', async () => {
    await using server = await withLog(1, { pace: { windowMs: 50 } })
    await server.clock.advance(1_000)
    const reader = await server.stream(`${path}?after=1&live=sse`)
    await reader.next()
    await server.clock.advance(50)
    await say(server, 'first')
    expect(await reader.event()).toMatchObject({ id: '2' })
    await say(server, 'second')
    await say(server, 'third')
    const delivered = async () => (await server.metrics.expose()).text.match(/events_delivered_total (\d+)/)?.[1]
    expect(await delivered()).toBe('1')
    await server.clock.advance(50)
    expect(await reader.event()).toMatchObject({ id: '3' })
    expect(await reader.event()).toMatchObject({ id: '4' })
    reader.close()
  })

  test('a quiet stream shows life every 15 s', async () => {
    await using server = await withLog(1)
    const reader = await server.stream(`${path}?after=1&live=sse`)
    expect(await reader.next()).toBe('retry: 1000')
    await server.clock.advance(15_000)
    expect(await reader.next()).toBe(': keep-alive')
    await server.clock.advance(15_000)
    expect(await reader.next()).toBe(': keep-alive')
    reader.close()
  })

  test('A1: it ends when the token expires, and says so', async () => {
    await using server = await withLog(1)
    const reader = await server.stream(`${path}?after=1&live=sse`, {
      Authorization: `Bearer ${await server.mint({}, 60)}`,
    })
    await reader.next()
    await server.clock.advance(60_000)
    const event = await reader.event()
    expect(event?.event).toBe('error')
    expect(JSON.parse(event!.data!)).toMatchObject({ error: { code: 'token_expired', retry: 'token' } })
    await reader.ended
    expect(server.hub.stats().followers).toBe(0)
  })

  test('a closing door ends streams with draining', async () => {
    await using server = await withLog(1)
    const reader = await server.stream(`${path}?after=1&live=sse`)
    await reader.next()
    server.door.close()
    server.door.close()
    expect(JSON.parse((await reader.event())!.data!)).toMatchObject({ error: { code: 'draining' } })
    await reader.ended
  })

  test('a log that can not be read ends the stream with an error, and its text stays inside', async () => {
    await using server = await withLog(1, {
      change: (hub) => ({
        follow: async (...args) => {
          const follower = await hub.follow(...args)
          return { cursor: 0, next: () => Promise.reject(new Error('secret path /etc')), close: () => follower.close() }
        },
      }),
    })
    const reader = await server.stream(`${path}?live=sse`)
    const event = await reader.event()
    expect(event?.event).toBe('error')
    expect(JSON.parse(event!.data!)).toMatchObject({ error: { code: 'internal' } })
    expect(event?.data).not.toContain('secret')
    await reader.ended
    expect(server.errors).toMatchObject([{ code: 'internal', message: 'secret path /etc' }])
  })

  test('HEAD of a stream has its headers and ends', async () => {
    await using server = await withLog(1)
    const { status, headers, text: body } = await server.ask(`HEAD ${path}?live=sse`)
    expect({ status, type: headers['content-type'], body }).toEqual({
      status: 200,
      type: 'text/event-stream; charset=utf-8',
      body: '',
    })
    expect(server.hub.stats().followers).toBe(0)
  })

  test('A3: streams and waits are counted, in all and for each identity', async () => {
    await using server = await withLog(1, { limits: { waiting: 3, waitingPerActor: 2 } })
    const readers = [await server.stream(`${path}?live=sse`), await server.stream(`${path}?live=sse`)]
    expect(await server.ask(`GET ${path}?live=sse`)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
      body: { error: { code: 'too_many_requests', detail: { limit: 'waitingPerActor', allowed: 2, actual: 3 } } },
    })
    const bob = { Authorization: `Bearer ${await server.mint({ ...everything, sub: 'bob' })}` }
    readers.push(await server.stream(`${path}?live=sse`, bob))
    expect(await server.ask(`GET ${path}?live=sse`, { headers: bob, token: null })).toMatchObject({
      status: 503,
      body: { error: { code: 'too_many_connections', detail: { limit: 'waiting' } } },
    })
    for (const reader of readers) reader.close()
    await expect.poll(() => server.hub.stats().followers).toBe(0)
    const again = await server.stream(`${path}?live=sse`)
    expect(again.response.statusCode).toBe(200)
    again.close()
  })
})

describe('readers that are slow', () => {
  const big = 'x'.repeat(60_000)
  const events = 200 // 12 MB: more than the kernel holds for a connection

  /** A connection that asked for the stream and reads nothing. */
  async function deaf(server: OpenDoor) {
    const socket = await server.dial()
    socket.pause()
    socket.write(
      `GET ${path}?after=1&live=sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.token}\r\n\r\n`,
    )
    return socket
  }

  /** Watches how far the door has read for its reader. */
  function cursors() {
    const followers: { cursor: number }[] = []
    const options: OpenDoorOptions = {
      change: (hub) => ({
        follow: async (...args) => {
          const follower = await hub.follow(...args)
          followers.push(follower)
          return follower
        },
      }),
    }
    return { options, cursor: () => followers[0]?.cursor ?? 0 }
  }

  /** Waits until a number has stopped moving, by turns of the event loop and not by time. */
  async function still(read: () => number): Promise<number> {
    for (let last = -1; ;) {
      const now = read()
      if (now === last && now > 1) return now
      last = now
      for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  test('A3: a client that never reads costs a bounded buffer, is cut after 30 s, and loses nothing', async () => {
    const { options, cursor } = cursors()
    await using server = await withLog(1, options)
    for (let count = 0; count < events; count += 1) await say(server, big)
    const socket = await deaf(server)
    const stopped = await still(cursor)
    expect(stopped).toBeLessThan(events)
    await say(server, 'more')
    await server.clock.advance(29_999)
    expect(cursor()).toBe(stopped)
    expect(server.hub.stats().followers).toBe(1)
    await server.clock.advance(1)
    await expect.poll(() => server.hub.stats().followers).toBe(0)
    expect((await server.metrics.expose()).text).toContain('headrace_cut_total{code="slow_consumer"} 1')
    socket.destroy()
    const reader = await server.stream(`${path}?live=sse`, { 'Last-Event-ID': String(events) })
    expect(await reader.event()).toMatchObject({ id: String(events + 1) })
    expect(await reader.event()).toMatchObject({ id: String(events + 2) })
    reader.close()
  })

  test('A3 S3: one that pauses and goes on gets all, in order', async () => {
    const { options, cursor } = cursors()
    await using server = await withLog(1, options)
    for (let count = 0; count < events; count += 1) await say(server, big)
    const socket = await deaf(server)
    await still(cursor)
    const ids: number[] = []
    let rest = ''
    socket.setEncoding('latin1')
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (/^id: \d+$/.test(line)) ids.push(Number(line.slice(4)))
        if (ids.length === events) resolve()
      })
      socket.resume()
    })
    expect(ids).toEqual(Array.from({ length: events }, (_, index) => index + 2))
    socket.destroy()
  })
})
