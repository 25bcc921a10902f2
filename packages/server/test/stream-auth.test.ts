import { describe, expect, test } from 'vitest'
import type { Verb } from '@headrace/core'
import { createHeadrace } from '../src/create-headrace.ts'
import { createSecretAuth } from '../src/auth/secret-auth.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { FakeClock } from './support/fake-clock.ts'
import { serve } from './support/serve.ts'
import { StreamCaller, offsetOf, tokenFor } from './support/streams.ts'

describe('who may use streams', () => {
  test('D14: by default nobody without a token, and whoever has one for its path, by verb', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await streams.make('team/a', 'hello')
    const lines = [
      'GET team/a',
      'HEAD team/a',
      'PUT team/a',
      'POST team/a',
      'DELETE team/a',
      'PUT __ds/subscriptions/s',
      'GET sessions/a',
    ]
    for (const line of lines) {
      const { status } = await streams.ask(line, { token: null })
      expect([line, status]).toEqual([line, 401])
    }
    const reader = await tokenFor(server, 'stream/team/*', ['read'])
    const writer = await tokenFor(server, 'stream/team/*', ['post'])
    const elsewhere = await tokenFor(server, 'team/*', ['read', 'post', 'admin'])
    const statuses = async (token: string): Promise<readonly number[]> => {
      const asked = [
        await streams.ask('GET team/a', { token }),
        await streams.ask('POST team/a', { token, type: 'text/plain', body: '!' }),
        await streams.ask('PUT team/b', { token }),
        await streams.ask('DELETE team/b', { token }),
        await streams.ask('PUT other/b', { token }),
        await streams.ask('GET team/a/b', { token }),
      ]
      return asked.map(({ status }) => status)
    }
    expect(await statuses(reader)).toEqual([200, 403, 403, 403, 403, 403])
    expect(await statuses(writer)).toEqual([403, 204, 201, 403, 403, 403])
    expect(await statuses(elsewhere)).toEqual([403, 403, 403, 403, 403, 403])
    // Whoever may not read a stream takes nothing of it into a fork.
    const fork = { headers: { 'stream-forked-from': '/v1/stream/team/a' }, token: writer }
    expect((await streams.ask('PUT team/fork', fork)).status).toBe(403)
  })

  test('D14: streams of one tenant are not those of another', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await streams.make('a', 'mine')
    const token = await server.auth.mint(
      { sub: 'eve', ten: 'other', cap: [{ s: '**', op: ['read', 'post', 'admin'] }] },
      60,
    )
    expect((await streams.ask('GET a', { token })).status).toBe(404)
    expect((await streams.ask('PUT a', { token })).status).toBe(201)
    expect(await streams.text('a')).toBe('mine')
    // They are no sessions either.
    const list = await fetch(`${server.url}/v1/sessions`, { headers: { authorization: `Bearer ${server.token}` } })
    expect(await list.json()).toEqual({ rows: [] })
  })

  test('D14: open mode allows streams under its path, and nothing else', async () => {
    await using server = await serve({ durableStreams: { open: '/scratch/' } })
    const streams = new StreamCaller(server)
    const status = async (line: string): Promise<number> => (await streams.ask(line, { token: null })).status
    expect(await status('PUT scratch/a')).toBe(201)
    expect(await status('GET scratch/a')).toBe(200)
    expect(await status('DELETE scratch/a')).toBe(204)
    expect([await status('PUT scratch'), await status('GET scratch')]).toEqual([201, 200])
    await streams.make('private', 'secret')
    const refused = [
      'GET private',
      'GET scratchy/a',
      'PUT other',
      'PUT scratch%2F..%2Fprivate',
      'GET sessions/a',
      'GET __ds/subscriptions/s',
    ]
    expect(await Promise.all(refused.map(status))).toEqual(refused.map(() => 401))
    const fork = { token: null, headers: { 'stream-forked-from': '/v1/stream/private' } }
    expect((await streams.ask('PUT scratch/fork', fork)).status).toBe(403)
    expect((await fetch(`${server.url}/v1/sessions`)).status).toBe(401)
    // A token that was shown is judged, also where none is needed.
    expect((await streams.ask('GET scratch/a', { token: 'x.y.z' })).status).toBe(401)
    const { headers } = await streams.ask('PUT scratch/b', { token: null, headers: { origin: 'https://evil.example' } })
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(await status('GET scratch/b')).toBe(404)
  })

  test('D14 D15: who reads live is let go when their token expires, and after a minute, and comes back where they were', async () => {
    const clock = new FakeClock(Date.now())
    await using server = await serve({ clock })
    const streams = new StreamCaller(server)
    await streams.make('log', 'one')
    const cap = [{ s: 'stream/log', op: ['read'] as const }]
    for (const [ttl, live, ms] of [
      [20, 'sse', 20_000],
      [3_600, 'sse', 60_000],
      [10, 'long-poll', 10_000],
      [3_600, 'long-poll', 25_000],
    ] as const) {
      const token = await server.auth.mint({ sub: 'bob', cap }, ttl)
      let isOver = false
      const timers = clock.pending
      const answer = streams.ask(`GET log?offset=${offsetOf(2)}&live=${live}`, { token }).then((found) => {
        isOver = true
        return found
      })
      const began = clock.now()
      // When the request is there, so is its timer.
      await expect.poll(() => clock.pending).toBeGreaterThan(timers)
      await clock.advance(ms - 1_000)
      expect([live, ttl, isOver]).toEqual([live, ttl, false])
      while (!isOver && clock.now() < began + ms + 1_000) await clock.advance(500)
      const { text, headers } = await answer
      const last = live === 'sse' ? text : headers.get('stream-next-offset')
      expect(last).toContain(offsetOf(2))
    }
  })

  test('D14: open streams are refused on a server that others can reach', async () => {
    const store = createMemoryStore()
    const auth = createSecretAuth('a secret of thirty-two bytes or more')
    const options = { store, auth, loopbackOnly: false, durableStreams: { open: '' } }
    expect(() => createHeadrace(options)).toThrow(/only on a server that is bound to loopback/)
    const wrong = { ...options, loopbackOnly: true, durableStreams: { longPollTimeoutMs: 0 } }
    expect(() => createHeadrace(wrong)).toThrow(/longPollTimeoutMs is a whole number from 1 to 60000/)
    const noOrigin = { ...wrong, durableStreams: { publicUrl: 'https://streams.example.com/path' } }
    expect(() => createHeadrace(noOrigin)).toThrow(/publicUrl is scheme and host only/)
    await store.close()
  })

  test.each([
    ['PUT', '', 'admin', { type: 'pull-wake', streams: ['a'], wake_stream: 'wakes' }],
    ['GET', '', 'read', undefined],
    ['POST', '/streams', 'admin', { streams: ['b'] }],
    ['DELETE', '/streams/b', 'admin', undefined],
    ['POST', '/claim', 'post', { worker: 'w' }],
    ['DELETE', '', 'admin', undefined],
  ] as const)('D14: %s of a subscription%s is for who may %s there', async (method, rest, verb, body) => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    const config = { type: 'pull-wake', streams: ['a'], wake_stream: 'wakes' }
    for (const path of ['a', 'b', 'wakes']) await streams.make(path)
    if (method !== 'PUT') await streams.json('PUT __ds/subscriptions/s', config)
    const statusWith = async (verbs: readonly Verb[]): Promise<number> => {
      const cap = [
        { s: 'stream/*', op: ['read', 'post', 'admin'] as const },
        { s: 'stream/__ds/subscriptions/other', op: ['read', 'post', 'admin'] as const },
        { s: 'stream/__ds/subscriptions/s', op: verbs },
      ]
      const token = await server.auth.mint({ sub: 'bob', cap }, 600)
      const line = `${method} __ds/subscriptions/s${rest}`
      return (await (body ? streams.json(line, body, { token }) : streams.ask(line, { token }))).status
    }
    const others = (['read', 'post', 'admin'] as const).filter((one) => one !== verb)
    expect(await statusWith(others)).toBe(403)
    expect(await statusWith([verb])).not.toBe(403)
  })

  test('D14: nobody subscribes to what they may not read', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await streams.make('wakes')
    const token = await server.auth.mint(
      {
        sub: 'bob',
        cap: [
          { s: 'stream/__ds/subscriptions/*', op: ['admin', 'read', 'post'] },
          { s: 'stream/team/**', op: ['read'] },
          { s: 'stream/wakes', op: ['post'] },
          { s: 'stream/written/**', op: ['post', 'admin'] },
        ],
      },
      600,
    )
    const put = async (body: object): Promise<number> =>
      (await streams.json('PUT __ds/subscriptions/s', { type: 'pull-wake', wake_stream: 'wakes', ...body }, { token }))
        .status
    expect(await put({ pattern: '**' })).toBe(403)
    expect(await put({ pattern: 'other/*' })).toBe(403)
    expect(await put({ pattern: '**/team' })).toBe(403)
    expect(await put({ streams: ['other/a'] })).toBe(403)
    expect(await put({ pattern: 'written/*' })).toBe(403)
    expect(await put({ streams: ['written/a'] })).toBe(403)
    expect(await put({ pattern: 'team/*', wake_stream: 'team/a' })).toBe(403)
    expect(await put({ pattern: 'team/**/x' })).toBe(201)
    const more = await streams.json('POST __ds/subscriptions/s/streams', { streams: ['other/a'] }, { token })
    expect(more.status).toBe(403)
  })
})
