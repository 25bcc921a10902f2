import { describe, expect, test } from 'vitest'
import { listQuery } from '../src/door/http-list-query.ts'
import { readQuery } from '../src/door/http-query.ts'
import { openDoor, type OpenDoor, type OpenDoorOptions } from './support/http.ts'
import { text } from './support/hub.ts'

const post = (words: string) => ({ body: { type: 'post', parts: text(words) } })

async function make(server: OpenDoor, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await server.ask('POST /v1/sessions', { json: { id } })
    await server.clock.advance(1)
  }
}

/** A door that says when a claim waits. */
function tellingClaims(onClaim: () => void): NonNullable<OpenDoorOptions['change']> {
  return (hub) => ({
    claim: (...args) => {
      const claimed = hub.claim(...args)
      onClaim()
      return claimed
    },
  })
}

describe('sessions over HTTP', () => {
  test('HTTP alone is enough to write and read a session', async () => {
    await using server = await openDoor()
    const made = await server.ask('POST /v1/sessions', { json: { id: 'team-a/chat:1', metadata: { title: 'Chat' } } })
    expect(made).toMatchObject({ status: 201, body: { id: 'team-a/chat:1', outcome: 'accepted', seq: 1 } })
    expect(made.headers.location).toBe('/v1/sessions/team-a%2Fchat%3A1')
    const path = made.headers.location!
    const sent = await server.ask(`POST ${path}/commands`, { json: { body: { type: 'send', parts: text('Hello') } } })
    expect(sent).toMatchObject({ status: 200, body: { outcome: 'accepted', seq: 3 } })
    const view = await server.ask(`GET ${path}`)
    expect(view).toMatchObject({
      status: 200,
      body: {
        id: 'team-a/chat:1',
        seq: 3,
        metadata: { title: 'Chat' },
        messages: [{ id: 'm2' }],
        runs: [{ id: 'r3' }],
      },
    })
    const { body } = await server.ask(`GET ${path}/events?after=1`)
    expect(body).toMatchObject({
      events: [
        { seq: 2, type: 'message.added', actor: 'operator:ada' },
        { seq: 3, type: 'run.queued' },
      ],
      head: 3,
    })
    expect((await server.ask(`DELETE ${path}`)).status).toBe(204)
    expect(await server.ask(`GET ${path}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'session_not_found' } },
    })
  })

  test('L1: a session without an id gets one, and making one that exists is a no-op', async () => {
    await using server = await openDoor()
    const made = await server.ask('POST /v1/sessions', { json: {} })
    expect(made.status).toBe(201)
    expect(made.body.id).toMatch(/^[a-z0-9-]{36}$/)
    expect(await server.ask('POST /v1/sessions', { json: { id: made.body.id } })).toMatchObject({
      status: 200,
      body: { id: made.body.id, outcome: 'noop' },
    })
  })

  test('L3: a command that is sent again with its id gets the first answer and applies once', async () => {
    await using server = await openDoor()
    await make(server, 's')
    const command = { id: 'c1', ...post('once') }
    const first = await server.ask('POST /v1/sessions/s/commands', { json: command })
    const again = await server.ask('POST /v1/sessions/s/commands', { json: command })
    expect(again.body).toEqual(first.body)
    expect((await server.ask('GET /v1/sessions/s')).body.seq).toBe(2)
  })

  test('A1: a refused command has the status of its code, and the body says refused', async () => {
    await using server = await openDoor()
    await make(server, 's')
    const token = await server.mint({ sub: 'eve', cap: [{ s: '**', op: ['read'] }] })
    expect(await server.ask('POST /v1/sessions/s/commands', { json: post('no'), token })).toMatchObject({
      status: 403,
      body: { outcome: 'refused', error: { code: 'forbidden', retry: 'never', detail: { verb: 'post' } } },
    })
    expect(await server.ask('POST /v1/sessions/none/commands', { json: post('no') })).toMatchObject({
      status: 404,
      body: { outcome: 'refused', error: { code: 'session_not_found' } },
    })
    expect(await server.ask('POST /v1/sessions', { json: { id: 'x' }, token })).toMatchObject({
      status: 403,
      body: { outcome: 'refused' },
    })
  })

  test('A1: reading needs read on that session, and deleting needs admin', async () => {
    await using server = await openDoor()
    await make(server, 'team-a/1', 'team-b/1')
    const token = await server.mint({ sub: 'bob', cap: [{ s: 'team-a/*', op: ['read'] }] })
    for (const what of ['', '/events', '/messages', '/events?live=sse', '/events?live=long-poll']) {
      const refused = await server.ask(`GET /v1/sessions/team-b%2F1${what}`, { token })
      expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden', detail: { verb: 'read' } } } })
    }
    expect((await server.ask('GET /v1/sessions/team-a%2F1', { token })).status).toBe(200)
    expect(await server.ask('DELETE /v1/sessions/team-a%2F1', { token })).toMatchObject({
      status: 403,
      body: { error: { detail: { verb: 'admin' } } },
    })
  })

  test('A1: a tenant sees nothing of another, not even that it is there', async () => {
    await using server = await openDoor()
    await make(server, 'canary')
    const token = await server.mint({ ten: 'other' })
    expect((await server.ask('GET /v1/sessions', { token })).body).toEqual({ rows: [] })
    expect((await server.ask('GET /v1/sessions/canary', { token })).status).toBe(404)
    expect((await server.ask('DELETE /v1/sessions/canary', { token })).status).toBe(404)
    expect((await server.ask('GET /v1/sessions/canary')).status).toBe(200)
  })

  test('A1: lists show what the caller may read, page by page, with none left out', async () => {
    await using server = await openDoor()
    const ids = Array.from({ length: 12 }, (_, index) => `${index % 4 === 3 ? 'theirs' : 'mine'}/${index}`)
    await make(server, ...ids)
    const token = await server.mint({ cap: [{ s: 'mine/*', op: ['read'] }] })
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await server.ask(
        `GET /v1/sessions?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
        { token },
      )
      expect(body.rows.length).toBeLessThanOrEqual(2)
      seen.push(...body.rows.map((row: { id: string }) => row.id))
      cursor = body.cursor ?? ''
    } while (cursor !== '')
    expect(seen).toEqual([10, 9, 8, 6, 5, 4, 2, 1, 0].map((index) => `mine/${index}`))
  })

  test('A3: a list request looks at a bounded number of rows, however few the caller may see', async () => {
    let reads = 0
    await using server = await openDoor({
      change: (hub) => ({ list: (query) => ((reads += 1), hub.list(query)) }),
    })
    await make(server, ...Array.from({ length: 30 }, (_, index) => `theirs/${index}`))
    const token = await server.mint({ cap: [{ s: 'mine/*', op: ['read'] }] })
    const { body } = await server.ask('GET /v1/sessions?limit=2', { token })
    expect(body).toEqual({ rows: [], cursor: expect.any(String) })
    expect(reads).toBe(10)
  })

  test.each<[string, object]>([
    ['', { archived: false }],
    ['limit=1000&cursor=x&status=idle', { limit: 1_000, cursor: 'x', status: 'idle', archived: false }],
    ['archived=false', { archived: false }],
    ['archived=true', { archived: true }],
    ['archived=any', {}],
    ['metadata.team=red&metadata.a.b=x%20y', { archived: false, metadata: { team: 'red', 'a.b': 'x y' } }],
    ['metadata.n=-1.5e3&metadata.m=0', { archived: false, metadata: { n: -1_500, m: 0 } }],
    ['metadata.n="7"&metadata.m=007&metadata.o=1e', { archived: false, metadata: { n: '7', m: '007', o: '1e' } }],
    [
      'metadata.a=true&metadata.b=false&metadata.c="true"',
      { archived: false, metadata: { a: true, b: false, c: 'true' } },
    ],
    ['metadata.a="&metadata.b=""&metadata.c=x"y"', { archived: false, metadata: { a: '"', b: '', c: 'x"y"' } }],
    [
      Array.from({ length: 8 }, (_, index) => `metadata.${index}=x`).join('&'),
      { archived: false, metadata: Object.fromEntries(Array.from({ length: 8 }, (_, index) => [index, 'x'])) },
    ],
  ])('P6: a list is asked for by "%s"', (query, asked) => {
    expect(listQuery.parse(readQuery(query), 'query')).toEqual(asked)
  })

  test.each([
    ['archived=yes', 'query.archived must be'],
    ['limit=1001', 'query.limit must be'],
    ['metadata.=x', 'query.metadata. must be left out'],
    ['xmetadata.a=x', 'query.xmetadata.a must be left out'],
    [Array.from({ length: 9 }, (_, index) => `metadata.${index}=x`).join('&'), 'may ask for 8 fields of the metadata'],
  ])('bad input: a list is not asked for by "%s"', (query, message) => {
    expect(() => listQuery.parse(readQuery(query), 'query')).toThrow(message)
  })

  test('A1: what waits for somebody is in their own list only', async () => {
    await using server = await openDoor()
    await make(server, 's')
    const bob = await server.mint({ sub: 'bob', kind: 'user' })
    const asks = (json: object, token = server.token) => server.ask('POST /v1/sessions/s/commands', { json, token })
    await asks({ body: { type: 'send', parts: text('go') } }, bob)
    await asks({ body: { type: 'claim', run: 'r3', worker: 'w' } })
    await asks({ body: { type: 'write', run: 'r3', attempt: 1, n: 1, ops: [{ op: 'end', reason: 'failed' }] } })
    const inboxes = [bob, server.token].map(
      async (token) => (await server.ask('GET /v1/sessions', { token })).body.rows,
    )
    expect(await Promise.all(inboxes)).toMatchObject([[{ inbox: [{ for: 'user:bob' }] }], [{ inbox: [] }]])
  })

  test('S4e: a session is read as it was after an event or at a time, and not by both', async () => {
    await using server = await openDoor()
    await make(server, 's')
    const times: number[] = []
    for (const words of ['one', 'two']) {
      times.push(server.clock.now())
      await server.ask('POST /v1/sessions/s/commands', { json: post(words) })
      await server.clock.advance(10)
    }
    const seqOf = async (query: string) => (await server.ask(`GET /v1/sessions/s?${query}`)).body.seq
    expect([await seqOf('at=1'), await seqOf('at=2'), await seqOf('')]).toEqual([1, 2, 3])
    expect([await seqOf(`time=${times[0]}`), await seqOf(`time=${times[1]}`)]).toEqual([2, 3])
    expect(await server.ask(`GET /v1/sessions/s?at=2&time=${times[0]}`)).toMatchObject({
      status: 400,
      body: { error: { detail: { path: 'query.time' } } },
    })
  })

  test('S2a: older messages come by page, oldest first, until there are no more', async () => {
    await using server = await openDoor()
    await make(server, 's')
    for (let index = 0; index < 60; index += 1)
      await server.ask('POST /v1/sessions/s/commands', { json: post(`message ${index}`) })
    const { body: view } = await server.ask('GET /v1/sessions/s')
    expect(view.older).toBe(10)
    const seen: number[] = []
    let before: number = view.messages[0].seq
    for (let more = true; more;) {
      const { body } = await server.ask(`GET /v1/sessions/s/messages?before=${before}&limit=4`)
      seen.unshift(...body.messages.map((message: { seq: number }) => message.seq))
      before = body.messages[0].seq
      more = body.more
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => index + 2))
    expect((await server.ask('GET /v1/sessions/s/messages?before=2')).body).toEqual({ messages: [], more: false })
  })

  test('L6: a page of messages is bounded in size, but never empty', async () => {
    await using server = await openDoor({ limits: { pageChars: 10 } })
    await make(server, 's')
    for (let index = 0; index < 53; index += 1)
      await server.ask('POST /v1/sessions/s/commands', { json: post(`message ${index}`) })
    const { body } = await server.ask('GET /v1/sessions/s/messages')
    expect(body).toMatchObject({ messages: [{ seq: 4 }], more: true })
  })
})

describe('agents over HTTP', () => {
  const work = { body: { type: 'send', parts: text('work'), agent: 'writer' } }

  test('R2: an agent without a socket claims a run and writes its answer by commands', async () => {
    await using server = await openDoor()
    await make(server, 's')
    await server.ask('POST /v1/sessions/s/commands', { json: work })
    const claimed = await server.ask('POST /v1/agents/writer/claim', { json: { worker: 'w1' } })
    expect(claimed).toMatchObject({
      status: 200,
      body: { session: 's', agent: 'writer', attempt: 1, view: { id: 's' } },
    })
    const { run, attempt } = claimed.body
    const ops = [
      { op: 'open', message: 'a', part: 'p', start: { kind: 'text', text: 'Hi' } },
      { op: 'end', reason: 'complete' },
    ]
    const written = await server.ask('POST /v1/sessions/s/commands', {
      json: { body: { type: 'write', run, attempt, n: 1, ops } },
    })
    expect(written).toMatchObject({ status: 200, body: { outcome: 'accepted' } })
    expect((await server.ask('GET /v1/sessions/s')).body.runs).toMatchObject([
      { id: run, status: 'ended', reason: 'complete' },
    ])
  })

  test('R2: a claim waits for work, and gets nothing when none comes in time', async () => {
    let waiting = Promise.withResolvers<void>()
    await using server = await openDoor({ change: tellingClaims(() => waiting.resolve()) })
    await make(server, 's')
    const claim = server.ask('POST /v1/agents/writer/claim', { json: { worker: 'w1' } })
    await waiting.promise
    await server.ask('POST /v1/sessions/s/commands', { json: work })
    expect((await claim).status).toBe(200)
    waiting = Promise.withResolvers()
    const vain = server.ask('POST /v1/agents/writer/claim', { json: { worker: 'w1', waitMs: 1_000 } })
    await waiting.promise
    await server.clock.advance(1_000)
    expect(await vain).toMatchObject({ status: 204, text: '' })
  })

  test('R2 A1: a claim has the lease that was asked for, and waits no longer than its token lives', async () => {
    const waiting = Promise.withResolvers<void>()
    await using server = await openDoor({ change: tellingClaims(() => waiting.resolve()) })
    await make(server, 's')
    const token = await server.mint({}, 5)
    const vain = server.ask('POST /v1/agents/writer/claim', { token, json: { worker: 'w1', waitMs: 60_000 } })
    await waiting.promise
    await server.clock.advance(5_000)
    expect((await vain).status).toBe(204)
    await server.ask('POST /v1/sessions/s/commands', { json: work })
    const claimed = await server.ask('POST /v1/agents/writer/claim', { json: { worker: 'w1', leaseMs: 77_000 } })
    expect(claimed.body.leaseMs).toBe(77_000)
  })

  test('R2: a caller that goes away takes no work with it', async () => {
    const waiting = Promise.withResolvers<AbortSignal>()
    await using server = await openDoor({
      change: (hub) => ({
        claim: (agent, worker, grant, options) => {
          waiting.resolve(options.signal)
          return hub.claim(agent, worker, grant, options)
        },
      }),
    })
    await make(server, 's')
    const gone = new AbortController()
    const claim = server.ask('POST /v1/agents/writer/claim', { json: { worker: 'w1' }, signal: gone.signal })
    const signal = await waiting.promise
    const noticed = new Promise((resolve) => signal.addEventListener('abort', resolve))
    gone.abort()
    await expect(claim).rejects.toThrow()
    await noticed
    await server.ask('POST /v1/sessions/s/commands', { json: work })
    expect((await server.ask('GET /v1/sessions/s')).body.runs).toMatchObject([{ status: 'queued' }])
  })

  test('A1: claiming needs that agent in the token', async () => {
    await using server = await openDoor()
    const token = await server.mint({ agents: ['reader'] })
    const refused = await server.ask('POST /v1/agents/writer/claim', { json: { worker: 'w1' }, token })
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden', detail: { agent: 'writer' } } } })
  })
})
