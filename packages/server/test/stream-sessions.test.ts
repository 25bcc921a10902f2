import { stream } from '@durable-streams/client'
import type { WriteOp } from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { serve, type Served } from './support/serve.ts'
import { StreamCaller, offsetOf, tokenFor } from './support/streams.ts'

interface Shown {
  readonly seq: number
  readonly type: string
}

const session = 'team/plan'
const path = 'sessions/team%2Fplan'
const say = (text: string, to?: readonly `user:${string}`[]): object => ({
  type: 'post',
  parts: [{ kind: 'text', text }],
  ...(to && { to }),
})

async function post(server: Served, body: object): Promise<void> {
  const answer = await fetch(`${server.url}/v1/sessions/team%2Fplan/commands`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ body }),
  })
  expect(answer.status).toBe(200)
}

/** A session with three events: it was made, something for all, something for Carl. */
async function filled(server: Served): Promise<void> {
  await post(server, { type: 'create' })
  await post(server, say('for all'))
  await post(server, say('SECRET', ['user:carl']))
}

describe('a session as a stream', () => {
  test.each(['sse', 'long-poll'] as const)(
    'D10: the client of the protocol follows it from its beginning, by %s',
    async (live) => {
      await using server = await serve()
      await filled(server)
      const response = await stream<Shown>({
        url: new StreamCaller(server).url(path),
        headers: { authorization: `Bearer ${server.token}` },
        offset: '-1',
        live,
      })
      const seen: Shown[] = []
      const { promise: all, resolve } = Promise.withResolvers<void>()
      const { promise: caughtUp, resolve: reached } = Promise.withResolvers<void>()
      const offsets: string[] = []
      response.subscribeJson(({ items, offset }) => {
        seen.push(...items)
        offsets.push(offset)
        if (seen.length >= 3) reached()
        if (seen.length >= 5) resolve()
      })
      await caughtUp
      await post(server, say('more'))
      await post(server, say('and more'))
      await all
      response.cancel()
      expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
      expect(offsets.at(-1)).toBe(offsetOf(5))
    },
  )

  test('D10: what a reader may not see is hidden in every way of reading', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await filled(server)
    const token = await tokenFor(server, session, ['read'])
    const headers = { authorization: `Bearer ${token}` }
    const caughtUp = await streams.ask(`GET ${path}`, { token })
    const polled = await streams.ask(`GET ${path}?offset=${offsetOf(2)}&live=long-poll`, { token })
    const response = await fetch(streams.url(`${path}?offset=-1&live=sse`), { headers })
    const events = response.body?.pipeThrough(new TextDecoderStream()) ?? []
    let sse = ''
    for await (const piece of events) {
      sse += piece
      if (sse.includes('upToDate')) break
    }
    for (const text of [caughtUp.text, polled.text, sse]) {
      expect(text).toContain('"type":"hidden"')
      expect(text).not.toContain('SECRET')
    }
    expect(sse).toContain('for all')
    // Live too: they follow through the same pages.
    const live = await fetch(streams.url(`${path}?offset=${offsetOf(3)}&live=sse`), { headers })
    let heard = ''
    const pieces = live.body?.pipeThrough(new TextDecoderStream()) ?? []
    let hasAsked = false
    for await (const piece of pieces) {
      heard += piece
      if (!hasAsked) await post(server, say('SECRET', ['user:carl']))
      hasAsked = true
      if (heard.includes('hidden')) break
    }
    expect(heard).not.toContain('SECRET')
  })

  test('D10: it is read only, by who may read the session, and its offsets are seqs', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await filled(server)
    const head = await streams.ask(`HEAD ${path}`)
    expect(head.headers.get('stream-next-offset')).toBe(offsetOf(3))
    const rest = await streams.ask(`GET ${path}?offset=${offsetOf(2)}`)
    expect((JSON.parse(rest.text) as Shown[]).map(({ seq }) => seq)).toEqual([3])
    expect(rest.headers.get('stream-up-to-date')).toBe('true')
    // Nothing between keeps what may be redacted later, or is hidden from the next one who asks.
    expect([rest.headers.get('etag'), rest.headers.get('cache-control')]).toEqual([null, 'no-store'])
    expect((await streams.ask(`GET ${path}?offset=now`)).text).toBe('[]')
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const { status, text } = await streams.ask(`${method} ${path}`)
      expect(status).toBe(405)
      expect(text).toContain('/commands')
    }
    const token = await tokenFor(server, 'stream/**', ['read'])
    expect((await streams.ask(`GET ${path}`, { token })).status).toBe(403)
    expect((await streams.ask('GET sessions/none')).code).toBe('session_not_found')
    // A ticket stands for the token of a browser's EventSource.
    const made = await fetch(`${server.url}/v1/tickets`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}` },
    })
    const { ticket } = (await made.json()) as { ticket: string } // as PROTOCOL.md says
    const watched = await fetch(streams.url(`${path}?offset=now&live=sse&ticket=${ticket}`))
    expect(watched.status).toBe(200)
    await watched.body?.cancel()
  })

  test('D10: after a compaction it begins with what is left, and a place below that is gone', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await filled(server)
    const agent = await server.join()
    const sent = await agent.ask(session, { type: 'send', parts: [{ kind: 'text', text: 'work' }] })
    const run = `r${'seq' in sent ? sent.seq : 0}`
    await agent.ask(session, { type: 'claim', run, worker: 'w' })
    const ops: readonly WriteOp[] = [
      { op: 'open', message: 'm', part: 'p', start: { kind: 'text', text: 'a' } },
      { op: 'delta', message: 'm', part: 'p', text: 'b' },
      { op: 'close', message: 'm', part: 'p' },
      { op: 'end', reason: 'complete' },
    ]
    expect(await agent.ask(session, { type: 'write', run, attempt: 1, n: 1, ops })).toMatchObject({
      outcome: 'accepted',
    })
    const compacted = await fetch(`${server.url}/v1/sessions/team%2Fplan/compact`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(compacted.status).toBe(200)
    await post(server, say('after'))
    const all = await streams.ask(`GET ${path}`)
    expect(all.status).toBe(200)
    expect(all.text).toContain('after')
    const response = await fetch(streams.url(`${path}?offset=-1&live=sse`), {
      headers: { authorization: `Bearer ${server.token}` },
    })
    let sse = ''
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      sse += piece
      if (sse.includes('upToDate')) break
    }
    expect(sse).toContain('after')
    expect((await streams.ask(`GET ${path}?offset=${offsetOf(1)}`)).status).toBe(410)
  })
})
