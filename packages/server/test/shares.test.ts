import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../src/store/memory.ts'
import { FakeClock } from './support/fake-clock.ts'
import { text } from './support/hub.ts'
import { openDoor, openStream, send, type AskOptions } from './support/http.ts'
import { everything, serve, type Served } from './support/serve.ts'

function ask(server: Served, line: string, options: AskOptions = {}) {
  return send(server.port, line, { token: server.token, ...options })
}

async function withSession(options: Parameters<typeof serve>[0] = {}): Promise<Served> {
  const server = await serve(options)
  for (const id of ['team/s', 'team/other']) await ask(server, 'POST /v1/sessions', { json: { id } })
  return server
}

const path = '/v1/sessions/team%2Fs'

async function share(server: Served, json: object = {}) {
  const made = await ask(server, `POST ${path}/share`, { json })
  expect(made).toMatchObject({
    status: 201,
    body: { token: expect.any(String), id: expect.stringMatching(/^[\w-]{22}$/), expiresAt: expect.any(Number) },
  })
  return made.body
}

describe('A4: a share link reads one session and nothing else', () => {
  test('A4: it reads the session on every door, and its bearer is a guest of its own', async () => {
    await using server = await withSession()
    const { token, id } = await share(server, { name: 'Auditor' })
    expect((await ask(server, 'GET /v1/me', { token })).body).toMatchObject({
      tenant: 'default',
      actor: `user:share:${id}`,
      name: 'Auditor',
      capabilities: [{ sessions: 'team/s', verbs: ['read'] }],
      agents: [],
    })
    for (const line of [`GET ${path}`, `GET ${path}/events`, `GET ${path}/messages`])
      expect((await ask(server, line, { token })).status).toBe(200)
    const socket = await server.join(token)
    socket.send({ type: 'subscribe', session: 'team/s', device: 'd' })
    expect(await socket.next('snapshot')).toMatchObject({ session: 'team/s' })
    const { rows } = (await ask(server, 'GET /v1/sessions', { token })).body
    expect(rows.map((row: { id: string }) => row.id)).toEqual(['team/s'])
  })

  test('A4: it writes nothing, reads nothing else, and makes no tokens', async () => {
    await using server = await withSession()
    const { token } = await share(server)
    const post = { body: { type: 'post', parts: text('x') } }
    for (const [line, json] of [
      [`POST ${path}/commands`, post],
      [`POST ${path}/commands`, { body: { type: 'cancel', target: { own: true } } }],
      [`POST ${path}/share`, {}],
      ['POST /v1/sessions', { id: 'mine' }],
      ['POST /v1/tokens', { sub: 'x', cap: [] }],
      ['POST /v1/revocations', { all: true }],
      ['POST /v1/agents/assistant/claim', { worker: 'w' }],
    ] as const)
      expect(await ask(server, line, { token, json })).toMatchObject({ status: 403 })
    for (const line of [
      'GET /v1/sessions/team%2Fother',
      'GET /v1/sessions/team%2Fother/events',
      'GET /v1/sessions/team%2Fs%2Fsub',
      `GET ${path}/shares`,
      `DELETE ${path}`,
    ])
      expect(await ask(server, line, { token })).toMatchObject({ status: 403 })
  })

  test('A4: it ends when it said, after a week if nothing else was asked for', async () => {
    const clock = new FakeClock()
    await using server = await withSession({ clock })
    expect((await share(server)).expiresAt).toBe(clock.now() + 604_800_000)
    const { token, expiresAt } = await share(server, { ttlSeconds: 60 })
    expect(expiresAt).toBe(clock.now() + 60_000)
    await clock.advance(60_000)
    expect(await ask(server, `GET ${path}`, { token })).toMatchObject({ body: { error: { code: 'token_expired' } } })
    expect(
      (await ask(server, `GET ${path}/shares`, { token: await server.auth.mint(everything, 60) })).body.shares,
    ).toHaveLength(1)
  })

  test('A4a: open links are listed without their tokens, and a closed one cuts whoever reads by it', async () => {
    const clock = new FakeClock()
    await using server = await withSession({ clock })
    const [one, two] = [await share(server, { name: 'One' }), await share(server)]
    const { body, text: listed } = await ask(server, `GET ${path}/shares`)
    expect(body.shares).toEqual([
      { id: one.id, createdAt: clock.now(), createdBy: 'operator:ada', expiresAt: one.expiresAt, name: 'One' },
      { id: two.id, createdAt: clock.now(), createdBy: 'operator:ada', expiresAt: two.expiresAt },
    ])
    expect(listed).not.toContain(one.token.slice(-20))
    const reader = await server.join(one.token)
    const stream = await openStream(server.port, `${path}/events?live=sse`, { Authorization: `Bearer ${one.token}` })
    expect(await stream.event()).toMatchObject({ id: '1' })
    expect((await ask(server, `DELETE ${path}/shares/${one.id}`)).status).toBe(204)
    expect(await reader.next('error')).toMatchObject({ error: { code: 'token_revoked' } })
    expect((await reader.closed).code).toBe(4401)
    expect(await stream.event()).toMatchObject({ event: 'error' })
    expect(await ask(server, `GET ${path}`, { token: one.token })).toMatchObject({
      body: { error: { code: 'token_revoked' } },
    })
    expect((await ask(server, `GET ${path}`, { token: two.token })).status).toBe(200)
    expect((await ask(server, `GET ${path}/shares`)).body.shares).toMatchObject([{ id: two.id }])
    expect((await ask(server, `DELETE ${path}/shares/${one.id}`)).status).toBe(204)
  })

  test('A4a: a link is not listed any more when all tokens of the tenant were revoked', async () => {
    const clock = new FakeClock()
    await using server = await withSession({ clock })
    const { token } = await share(server)
    await ask(server, 'POST /v1/revocations', { json: { all: true } })
    await clock.advance(1_000)
    const admin = await server.auth.mint(everything, 60)
    expect((await ask(server, `GET ${path}/shares`, { token: admin })).body.shares).toEqual([])
    expect((await ask(server, `GET ${path}`, { token })).status).toBe(401)
  })

  test('A4a: a link that is opened after all tokens of the tenant were revoked is listed', async () => {
    const clock = new FakeClock()
    await using server = await withSession({ clock })
    await share(server)
    await ask(server, 'POST /v1/revocations', { json: { all: true } })
    await clock.advance(1_000)
    const admin = { ...server, token: await server.auth.mint(everything, 60) }
    const { id } = await share(admin)
    expect((await ask(admin, `GET ${path}/shares`)).body.shares).toMatchObject([{ id }])
  })

  test('A4a: a link that was closed stays so on a server that starts later, which lists who closed it', async () => {
    const store = { ...createMemoryStore(), close: () => Promise.resolve() }
    let closed: Awaited<ReturnType<typeof share>>
    {
      await using server = await withSession({ store })
      closed = await share(server)
      expect((await ask(server, `DELETE ${path}/shares/${closed.id}`)).status).toBe(204)
    }
    await using later = await serve({ store })
    expect(await ask(later, `GET ${path}`, { token: closed.token })).toMatchObject({
      body: { error: { code: 'token_revoked' } },
    })
    expect((await ask(later, `GET ${path}/shares`)).body.shares).toEqual([])
    expect((await ask(later, 'GET /v1/revocations')).body.revocations).toMatchObject([
      { token: `share:${closed.id}`, by: 'operator:ada', until: closed.expiresAt },
    ])
  })

  test('A4 A1j: a link is for the tenant of whoever opened it', async () => {
    await using server = await withSession()
    const acme = { ...server, token: await server.auth.mint({ ...everything, ten: 'acme' }, 600) }
    await ask(acme, 'POST /v1/sessions', { json: { id: 'team/s', metadata: { of: 'acme' } } })
    const { token, id } = await share(acme)
    expect((await ask(server, `GET ${path}`, { token })).body).toMatchObject({ metadata: { of: 'acme' } })
    expect((await ask(server, `GET ${path}/shares`)).body.shares).toEqual([])
    expect((await ask(server, `DELETE ${path}/shares/${id}`)).status).toBe(404)
    expect((await ask(acme, `DELETE ${path}/shares/${id}`)).status).toBe(204)
    expect((await ask(server, `GET ${path}`, { token })).status).toBe(401)
  })

  test('A4b: links of a session that is deleted read nothing of another one under its id', async () => {
    await using server = await withSession()
    const { token } = await share(server)
    const reader = await server.join(token)
    expect((await ask(server, `DELETE ${path}`)).status).toBe(204)
    expect(await reader.next('error')).toMatchObject({ error: { code: 'token_revoked' } })
    await ask(server, 'POST /v1/sessions', { json: { id: 'team/s' } })
    expect(await ask(server, `GET ${path}`, { token })).toMatchObject({ body: { error: { code: 'token_revoked' } } })
    expect((await ask(server, `GET ${path}/shares`)).body.shares).toEqual([])
  })

  test('A4b: nor does one that was being opened as the session was deleted', async () => {
    const asked = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    await using server = await openDoor({
      auth: (own) => ({
        verify: (token) => own.verify(token),
        async mint(...args) {
          asked.resolve()
          await goOn.promise
          return own.mint(...args)
        },
      }),
    })
    const create = () => server.ask('POST /v1/sessions', { json: { id: 'team/s' } })
    await create()
    const opening = server.ask(`POST ${path}/share`, { json: {} })
    await asked.promise
    expect((await server.ask(`DELETE ${path}`)).status).toBe(204)
    await create()
    goOn.resolve()
    expect(await opening).toMatchObject({ status: 404, body: { error: { code: 'session_not_found' } } })
    expect((await server.ask(`GET ${path}/shares`)).body.shares).toEqual([])
    expect((await server.ask(`POST ${path}/share`, { json: {} })).status).toBe(201)
  })

  test('A4b: nor does one that was being written down then, and nothing stays of it', async () => {
    const asked = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const memory = createMemoryStore()
    const key = 'default!~shares/team/s'
    const append: typeof memory.append = async (to, ...rest) => {
      if (to === key && (await memory.head(key)) > 0) {
        asked.resolve()
        await goOn.promise
      }
      return memory.append(to, ...rest)
    }
    await using server = await openDoor({ store: { ...memory, append } })
    await server.ask('POST /v1/sessions', { json: { id: 'team/s' } })
    const opening = server.ask(`POST ${path}/share`, { json: { name: 'Mr Smith' } })
    await asked.promise
    expect((await server.ask(`DELETE ${path}`)).status).toBe(204)
    goOn.resolve()
    expect(await opening).toMatchObject({ status: 404, body: { error: { code: 'session_not_found' } } })
    expect(await memory.head(key)).toBe(0)
    expect((await server.ask('GET /v1/revocations')).body.revocations).toHaveLength(1)
    expect(server.errors).toEqual([])
  })

  test('A4b: what was written down about the links of a deleted session is gone with it', async () => {
    const store = createMemoryStore()
    await using server = await withSession({ store })
    await share(server, { name: 'Mr Smith' })
    const key = 'default!~shares/team/s'
    expect(JSON.stringify(await store.read(key, 0, { maxEvents: 10, maxChars: 1e6 }))).toContain('Mr Smith')
    await ask(server, `DELETE ${path}`)
    expect(await store.head(key)).toBe(0)
  })

  test('A4: nobody shares what they may not read and administer', async () => {
    await using server = await withSession()
    for (const op of [[], ['read'], ['admin'], ['read', 'post', 'send', 'control']] as const) {
      const token = await server.auth.mint({ sub: 'eve', cap: [{ s: 'team/*', op }] }, 60)
      expect(await ask(server, `POST ${path}/share`, { token, json: {} })).toMatchObject({
        status: 403,
        body: { error: { code: 'forbidden' } },
      })
    }
    const token = await server.auth.mint({ sub: 'lead', cap: [{ s: 'team/*', op: ['read', 'admin'] }] }, 60)
    expect((await ask(server, `POST ${path}/share`, { token, json: {} })).status).toBe(201)
  })
})

describe('bad input: share links', () => {
  test.each<[object, string]>([
    [{ ttlSeconds: 0 }, 'ttlSeconds must be a whole number from 1 to 2592000'],
    [{ ttlSeconds: 2_592_001 }, 'ttlSeconds must be'],
    [{ ttlSeconds: '60' }, 'ttlSeconds must be'],
    [{ name: '' }, 'name must be'],
    [{ name: 'a\u0000b' }, 'name must be'],
    [{ verbs: ['send'] }, 'verbs must be left out'],
    [[], 'must be an object'],
  ])('%j is refused and names the field', async (json, message) => {
    await using server = await withSession()
    expect(await ask(server, `POST ${path}/share`, { json })).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', message: expect.stringContaining(message) } },
    })
  })

  test('a session or a link that is not there, and an id that is none', async () => {
    await using server = await withSession()
    expect(await ask(server, 'POST /v1/sessions/nothing/share', { json: {} })).toMatchObject({
      status: 404,
      body: { error: { code: 'session_not_found' } },
    })
    expect((await ask(server, 'GET /v1/sessions/nothing/shares')).body).toEqual({ shares: [] })
    expect(await ask(server, `DELETE ${path}/shares/nothing`)).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    })
    expect(await ask(server, `DELETE ${path}/shares/~x`)).toMatchObject({
      status: 400,
      body: { error: { detail: { path: 'path.share' } } },
    })
    const { id } = await share(server)
    expect((await ask(server, `DELETE /v1/sessions/team%2Fother/shares/${id}`)).status).toBe(404)
  })

  test('A4: a session has a bounded number of open links', async () => {
    await using server = await withSession()
    for (let index = 0; index < 100; index += 1) await share(server)
    expect(await ask(server, `POST ${path}/share`, { json: {} })).toMatchObject({
      status: 413,
      body: { error: { code: 'limit_exceeded', detail: { limit: 'openShares', allowed: 100 } } },
    })
  })

  test('A4: a server that only checks tokens says so', async () => {
    await using own = await serve()
    await using server = await serve({ auth: { verify: (token) => own.auth.verify(token) } })
    await ask(server, 'POST /v1/sessions', { token: own.token, json: { id: 'team/s' } })
    expect(await ask(server, `POST ${path}/share`, { token: own.token, json: {} })).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: expect.stringContaining('only checks tokens') } },
    })
  })

  test('A4: a session id that ends in a slash can be shared, and the link is for that one', async () => {
    await using server = await withSession()
    for (const id of ['team/', 'team/x']) await ask(server, 'POST /v1/sessions', { json: { id } })
    const { body } = await ask(server, 'POST /v1/sessions/team%2F/share', { json: {} })
    expect((await ask(server, 'GET /v1/sessions/team%2F', { token: body.token })).status).toBe(200)
    expect((await ask(server, 'GET /v1/sessions/team%2Fx', { token: body.token })).status).toBe(403)
  })
})
