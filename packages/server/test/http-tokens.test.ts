import { verbs } from '@headrace/core'
import { describe, expect, test } from 'vitest'
import { openDoor } from './support/http.ts'

describe('who am I', () => {
  test('A1: it says what the server read in the token', async () => {
    await using server = await openDoor()
    const token = await server.mint(
      { sub: 'bob', kind: 'user', name: 'Bob', cap: [{ s: 'a/*', op: ['read'] }], agents: [] },
      60,
    )
    expect((await server.ask('GET /v1/me', { token })).body).toEqual({
      tenant: 'default',
      actor: 'user:bob',
      name: 'Bob',
      capabilities: [{ sessions: 'a/*', verbs: ['read'] }],
      agents: [],
      expiresAt: 1_060_000,
      issuedAt: 1_000_000,
      jti: expect.any(String),
    })
  })
})

describe('tokens for others', () => {
  test('A1: an admin makes one, and it works', async () => {
    await using server = await openDoor()
    const made = await server.ask('POST /v1/tokens', {
      json: { sub: 'bob', cap: [{ s: 'a/*', op: ['read', 'send'] }], agents: ['writer'], ttlSeconds: 60 },
    })
    expect(made).toMatchObject({
      status: 201,
      body: { expiresAt: 1_060_000, id: expect.any(String) },
      headers: { 'cache-control': 'no-store' },
    })
    expect((await server.ask('GET /v1/me', { token: made.body.token })).body).toMatchObject({
      actor: 'user:bob',
      jti: made.body.id,
      tenant: 'default',
      capabilities: [{ sessions: 'a/*', verbs: ['read', 'send'] }],
      agents: ['writer'],
      expiresAt: 1_060_000,
    })
  })

  test('A1: it is of the tenant of who made it, whatever is asked', async () => {
    await using server = await openDoor()
    const token = await server.mint({ ten: 'acme' })
    const made = await server.ask('POST /v1/tokens', { token, json: { sub: 'bob', cap: [] } })
    expect((await server.ask('GET /v1/me', { token: made.body.token })).body.tenant).toBe('acme')
    const refused = await server.ask('POST /v1/tokens', { token, json: { sub: 'bob', cap: [], ten: 'default' } })
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden', detail: { claim: 'ten' } } } })
  })

  test.each<[string, object, string]>([
    ['more sessions', { cap: [{ s: '**', op: ['read'] }] }, 'cap'],
    ['a verb it does not hold', { cap: [{ s: 'a/1', op: ['control'] }] }, 'cap'],
    ['sessions where it is no admin', { cap: [{ s: 'b/1', op: ['read'] }] }, 'cap'],
    ['another agent', { cap: [], agents: ['reader'] }, 'agents'],
    ['any agent', { cap: [], agents: ['*'] }, 'agents'],
    ['an operator', { cap: [], kind: 'operator' }, 'kind'],
  ])('A1: nobody gives away more than they have: %s', async (_, claims, claim) => {
    await using server = await openDoor()
    const token = await server.mint({
      kind: 'user',
      cap: [
        { s: 'a/**', op: ['read', 'admin'] },
        { s: 'b/**', op: ['read'] },
      ],
      agents: ['writer'],
    })
    const ask = (json: object) => server.ask('POST /v1/tokens', { token, json: { sub: 'eve', ...json } })
    expect(await ask(claims)).toMatchObject({ status: 403, body: { error: { code: 'forbidden', detail: { claim } } } })
    expect((await ask({ cap: [{ s: 'a/x/**', op: ['read'] }], agents: ['writer'] })).status).toBe(201)
  })

  test('A1: an operator makes operators, for their own tenant; whoever is only called so makes none', async () => {
    await using server = await openDoor()
    const asked = { sub: 'sue', kind: 'operator', ten: 'acme', cap: [{ s: 'a', op: ['read'] }] }
    const made = async (maker: Parameters<typeof server.mint>[0]) =>
      server.ask('POST /v1/tokens', { token: await server.mint({ ten: 'acme', ...maker }), json: asked })
    const { status, body } = await made({ kind: 'operator' })
    expect(status).toBe(201)
    expect((await server.ask('GET /v1/me', { token: body.token })).body).toMatchObject({
      actor: 'operator:sue',
      tenant: 'acme',
    })
    for (const maker of [{ kind: 'user', sub: 'operator:eve' }, { kind: 'agent' }] as const)
      expect(await made(maker)).toMatchObject({ status: 403, body: { error: { detail: { claim: 'kind' } } } })
  })

  test('A1: without admin anywhere there are none, not even empty ones', async () => {
    await using server = await openDoor()
    const token = await server.mint({ cap: [{ s: '**', op: verbs.filter((verb) => verb !== 'admin') }] })
    expect(await server.ask('POST /v1/tokens', { token, json: { sub: 'x', cap: [] } })).toMatchObject({
      status: 403,
      body: { error: { detail: { claim: 'admin' } } },
    })
  })

  test.each<[object | null, string]>([
    [null, 'must be an object'],
    [[], 'must be an object'],
    [{}, 'sub must be'],
    [{ sub: 'x' }, 'cap must be an array'],
    [{ sub: 'x', cap: [], ttlSeconds: 0 }, 'ttlSeconds must be a whole number from 1 to 2592000'],
    [{ sub: 'x', cap: [], ttlSeconds: null }, 'ttlSeconds must be'],
    [{ sub: 'x', cap: [], exp: 9e9 }, 'exp must be left out'],
  ])('bad input: %j is refused and names the field', async (json, message) => {
    await using server = await openDoor()
    expect(await server.ask('POST /v1/tokens', { json })).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', message: expect.stringContaining(message) } },
    })
  })

  test('a server that only checks tokens says where they come from', async () => {
    await using server = await openDoor({ auth: (own) => ({ verify: (token) => own.verify(token) }) })
    expect(await server.ask('POST /v1/tokens', { json: { sub: 'x', cap: [] } })).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    })
  })
})
