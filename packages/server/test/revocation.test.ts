import fc from 'fast-check'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { HeadraceError, type Grant, type Store } from '@headrace/core'
import { RevocationList } from '../src/auth/revocation-list.ts'
import { hits, readRevocation, type Revocation } from '../src/auth/revocation.ts'
import { createRevocationLog } from '../src/auth/revocation-log.ts'
import { Revocations } from '../src/auth/revocations.ts'
import { createSystemLog } from '../src/system-log.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import type { TokenClaims } from '../src/auth/auth.ts'
import { FakeClock } from './support/fake-clock.ts'
import { faulty, grantOf, openHub, text } from './support/hub.ts'
import { openStream, send, type AskOptions } from './support/http.ts'
import { everything, serve, type Served, type TestSocket } from './support/serve.ts'

const post = { type: 'post' as const, parts: text('hello') }
const bob: TokenClaims = {
  sub: 'bob',
  cap: [{ s: '**', op: ['read', 'post', 'send', 'write-as-agent'] }],
  agents: ['*'],
}

/** Keeps the store from being closed with a server, so that another one can go on with it. */
function lasting(store: Store, shared: boolean): Store {
  return { ...faulty(store), capabilities: { ...store.capabilities, shared }, close: () => Promise.resolve() }
}

function ask(server: Served, line: string, options: AskOptions = {}) {
  return send(server.port, line, { token: server.token, ...options })
}

async function revoke(server: Served, json: object) {
  const made = await ask(server, 'POST /v1/revocations', { json })
  expect(made).toMatchObject({ status: 201, body: { by: 'operator:ada', id: expect.any(String) } })
  return made.body
}

async function ended(socket: TestSocket) {
  const { error } = await socket.next('error')
  return { code: error.code, retry: error.retry, close: (await socket.closed).code }
}

const cut = { code: 'token_revoked', retry: 'token', close: 4401 }
const refused = { status: 401, body: { error: { code: 'token_revoked', retry: 'token' } } }

describe('A1d: a token that was taken back counts no more', () => {
  test('A1d: everything that is open by it is cut at once, and it is refused on every way in', async () => {
    await using server = await serve()
    const owner = await server.join()
    await owner.ask('s', { type: 'create' })
    const token = await server.auth.mint(bob, 600, 'bob-1')
    const other = await server.join(await server.auth.mint(bob, 600, 'bob-2'))
    const socket = await server.join(token)
    const worker = await server.join(token)
    worker.send({ type: 'work', agent: 'assistant', worker: 'w', capacity: 1 })
    expect(await socket.ask('s', post)).toMatchObject({ outcome: 'accepted' })
    // Whoever has used it by HTTP is in the cache of tokens that were verified.
    expect(await ask(server, 'GET /v1/me', { token })).toMatchObject({ status: 200 })
    const stream = await openStream(server.port, '/v1/sessions/s/events?live=sse&after=2', {
      Authorization: `Bearer ${token}`,
    })
    const poll = ask(server, 'GET /v1/sessions/s/events?live=long-poll&after=2', { token })
    const claim = ask(server, 'POST /v1/agents/writer/claim', { token, json: { worker: 'x' } })
    await expect.poll(() => server.headrace.hub.stats()).toMatchObject({ followers: 2, workers: 2 })

    await revoke(server, { token: 'bob-1', reason: 'left the team' })

    expect(await Promise.all([ended(socket), ended(worker)])).toEqual([cut, cut])
    expect(await stream.event()).toMatchObject({ event: 'error', data: expect.stringContaining('token_revoked') })
    expect(await stream.event()).toBeUndefined()
    expect(await Promise.all([poll, claim])).toMatchObject([refused, refused])
    expect(server.headrace.hub.stats()).toMatchObject({ followers: 0, workers: 0 })
    for (const line of ['GET /v1/me', 'GET /v1/sessions', 'GET /v1/sessions/s', 'POST /v1/tickets', 'POST /v1/tokens'])
      expect(await ask(server, line, { token })).toMatchObject(refused)
    const again = await server.open()
    again.send({ type: 'hello', token })
    expect(await ended(again)).toEqual(cut)
    expect(await other.ask('s', post)).toMatchObject({ outcome: 'accepted' })
  })

  test('A1d: it is not taken as a new token on a live connection either, and the old one still counts', async () => {
    await using server = await serve()
    const socket = await server.join(await server.auth.mint(bob, 600, 'bob-1'))
    await revoke(server, { token: 'bob-2' })
    socket.send({ type: 'auth', token: await server.auth.mint(bob, 600, 'bob-2') })
    expect(await socket.next('error')).toMatchObject({ error: { code: 'token_revoked' } })
    expect(await socket.ask('s', { type: 'create' })).toMatchObject({ outcome: 'accepted' })
  })

  test('A1d: a connection that took a new token lives on when the old one is revoked', async () => {
    await using server = await serve()
    const socket = await server.join(await server.auth.mint(bob, 600, 'bob-1'))
    socket.send({ type: 'auth', token: await server.auth.mint(bob, 600, 'bob-2') })
    await socket.next('welcome')
    await revoke(server, { token: 'bob-1' })
    expect(await socket.ask('s', { type: 'create' })).toMatchObject({ outcome: 'accepted' })
    await revoke(server, { token: 'bob-2' })
    expect(await ended(socket)).toEqual(cut)
  })

  test('A1d: by actor: all tokens made until now, not later ones, and nobody else’s', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    const [one, two] = [await server.auth.mint(bob, 600), await server.auth.mint(bob, 900)]
    const agent = await server.auth.mint({ ...bob, kind: 'agent' }, 600)
    const socket = await server.join(one)
    await revoke(server, { actor: 'user:bob' })
    expect(await ended(socket)).toEqual(cut)
    expect(await ask(server, 'GET /v1/me', { token: two })).toMatchObject(refused)
    expect(await ask(server, 'GET /v1/me', { token: agent })).toMatchObject({ status: 200 })
    await clock.advance(1_000)
    expect(await ask(server, 'GET /v1/me', { token: await server.auth.mint(bob, 600) })).toMatchObject({ status: 200 })
  })

  test('A1d: by actor or tenant: also a token that says that it was made in the future', async () => {
    for (const target of [{ actor: 'user:bob' }, { all: true }]) {
      await using server = await serve()
      const jwt = new SignJWT({ sub: 'bob', cap: [...bob.cap], exp: 9e9, iat: Date.now() })
      const token = await jwt
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from('a secret of thirty-two bytes or more'))
      const socket = await server.join(token)
      await revoke(server, target)
      expect(await ended(socket)).toEqual(cut)
      expect(await ask(server, 'GET /v1/me', { token })).toMatchObject(refused)
    }
  })

  test('A1d: by tenant: all tokens made before a time, those of other tenants not', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    const acme = await server.auth.mint({ ...everything, ten: 'acme' }, 600)
    const old = await server.auth.mint(bob, 600)
    await clock.advance(10_000)
    const recent = await server.auth.mint(bob, 600)
    const mine = await server.auth.mint(everything, 600)
    const asked = await ask(server, 'POST /v1/revocations', {
      token: mine,
      json: { all: true, issuedBefore: clock.now() - 5_000 },
    })
    expect(asked.status).toBe(201)
    expect(await ask(server, 'GET /v1/me', { token: old })).toMatchObject(refused)
    for (const token of [recent, mine, acme])
      expect(await ask(server, 'GET /v1/me', { token })).toMatchObject({ status: 200 })
    await revoke({ ...server, token: mine }, { all: true })
    for (const token of [recent, mine]) expect(await ask(server, 'GET /v1/me', { token })).toMatchObject(refused)
    expect(await ask(server, 'GET /v1/me', { token: acme })).toMatchObject({ status: 200 })
  })

  test('A1d: it is durable: a server that starts later knows it', async () => {
    const store = lasting(createMemoryStore(), false)
    const [one, two] = [await serve({ store }), await serve({ store })]
    const token = await one.auth.mint(bob, 600, 'bob-1')
    await revoke(one, { token: 'bob-1' })
    await one[Symbol.asyncDispose]()
    expect(await ask(two, 'GET /v1/me', { token })).toMatchObject(refused)
    await two[Symbol.asyncDispose]()
  })

  test('A1d: other servers cut and refuse it within 5 s', async () => {
    const clock = new FakeClock()
    const store = lasting(createMemoryStore(), true)
    await using one = await serve({ store, clock })
    await using two = await serve({ store, clock })
    const token = await one.auth.mint(bob, 600, 'bob-1')
    const socket = await two.join(token)
    await socket.ask('s', { type: 'create' })
    expect(await ask(two, 'GET /v1/me', { token })).toMatchObject({ status: 200 })
    await revoke(one, { token: 'bob-1' })
    await clock.advance(4_000)
    expect(await ended(socket)).toEqual(cut)
    expect(await ask(two, 'GET /v1/me', { token })).toMatchObject(refused)
  })
})

describe('A1e: when it can’t be told which tokens were revoked', () => {
  /** A shared store that can be made unreadable. */
  function breakable() {
    const store = lasting(createMemoryStore(), true)
    const state = { broken: false }
    const read: Store['read'] = (...args) =>
      state.broken ? Promise.reject(new HeadraceError('store_unavailable', 'No.')) : store.read(...args)
    return { store: { ...store, read }, state }
  }

  test('A1e: commands are refused within 5 s, reads go on for 60 s and are then cut', async () => {
    const clock = new FakeClock()
    const { store, state } = breakable()
    await using server = await serve({ store, clock, connectionLimits: { idleMs: 1e9 } })
    const socket = await server.join()
    await socket.ask('s', { type: 'create' })
    socket.send({ type: 'subscribe', session: 's' })
    await socket.next('snapshot')
    const worker = await server.join()
    state.broken = true
    await clock.advance(5_000)
    worker.send({ type: 'work', agent: 'assistant', worker: 'w', capacity: 1 })
    expect(await worker.next('error')).toMatchObject({ error: { code: 'auth_unavailable' } })
    expect(await socket.ask('s', post)).toMatchObject({
      outcome: 'refused',
      error: { code: 'auth_unavailable', retry: 'later' },
    })
    expect(await ask(server, 'POST /v1/sessions/s/commands', { json: { body: post } })).toMatchObject({ status: 503 })
    expect(await ask(server, 'GET /v1/sessions/s')).toMatchObject({ status: 200 })
    await clock.advance(50_000)
    socket.send({ type: 'ping' })
    await socket.next('pong')
    await clock.advance(10_000)
    expect(await socket.next('error')).toMatchObject({ error: { code: 'auth_unavailable' } })
    expect((await socket.closed).code).toBe(1013)
    expect(await ask(server, 'GET /v1/sessions/s')).toMatchObject({ status: 503 })
  })

  test('A1e: it mends itself, and what was never read is refused', async () => {
    const clock = new FakeClock()
    const { store, state } = breakable()
    await using server = await serve({ store, clock })
    state.broken = true
    for (const line of ['GET /v1/me', 'POST /v1/tickets'])
      expect(await ask(server, line)).toMatchObject({ status: 503 })
    const socket = await server.open()
    socket.send({ type: 'hello', token: server.token })
    expect(await socket.next('error')).toMatchObject({ error: { code: 'auth_unavailable' } })
    state.broken = false
    expect(await ask(server, 'GET /v1/me')).toMatchObject({ status: 200 })
  })

  test('A1e: a revocation that can’t be stored is not said to be in force', async () => {
    const store = faulty(createMemoryStore())
    await using server = await serve({ store })
    const token = await server.auth.mint(bob, 600, 'bob-1')
    store.beforeAppend = () => Promise.reject(new HeadraceError('store_full', 'No room.'))
    expect(await ask(server, 'POST /v1/revocations', { json: { token: 'bob-1' } })).toMatchObject({ status: 507 })
    expect(await ask(server, 'GET /v1/me', { token })).toMatchObject({ status: 200 })
  })

  test('A1e: a stored revocation that can’t be read stops its tenant and not the others', async () => {
    await using server = await serve()
    const { hub } = server.headrace
    const grant: Grant = grantOf('system:headrace', { tenant: 'acme' })
    const key = 'acme!~revocations'
    await hub.submit(key, { grant, body: { type: 'create' } })
    const parts = [{ kind: 'data' as const, name: 'revocation', value: { id: 'x', planet: 'mars' } }]
    await hub.submit(key, { grant, body: { type: 'post', parts } })
    const acme = await server.auth.mint({ ...everything, ten: 'acme' }, 600)
    expect(await ask(server, 'GET /v1/me', { token: acme })).toMatchObject({ status: 503 })
    expect(await ask(server, 'GET /v1/me')).toMatchObject({ status: 200 })
  })
})

describe('the list of revocations', () => {
  test('A1d: it is shown newest first, and says who and why', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    await revoke(server, { token: 't-1', reason: 'lost phone' })
    await clock.advance(1_000)
    await revoke(server, { actor: 'agent:writer' })
    const { body } = await ask(server, 'GET /v1/revocations')
    expect(body).toMatchObject({
      revocations: [
        { actor: 'agent:writer', issuedBefore: 1_001_001, by: 'operator:ada', at: 1_001_000 },
        { token: 't-1', reason: 'lost phone', at: 1_000_000 },
      ],
      more: false,
    })
    expect((await ask(server, 'GET /v1/revocations?limit=1')).body).toMatchObject({ more: true })
    const acme = await server.auth.mint({ ...everything, ten: 'acme' }, 600)
    expect((await ask(server, 'GET /v1/revocations', { token: acme })).body).toEqual({ revocations: [], more: false })
  })

  test('A1d: one is forgotten when the token would have expired', async () => {
    const clock = new FakeClock()
    await using server = await serve({ clock })
    await revoke(server, { token: 't-1', expiresAt: clock.now() + 5_000 })
    await clock.advance(5_000)
    expect((await ask(server, 'GET /v1/revocations')).body.revocations).toEqual([])
  })

  test('A1d: a tenant has a bounded number, and one for all takes the place of the earlier ones', async () => {
    const { hub, store, clock } = openHub()
    const log = createRevocationLog(createSystemLog({ hub, store }), false)
    const revocations = new Revocations({ log, clock, maxEntries: 2 })
    const common = { at: clock.now(), by: 'operator:ada' as const, until: 9e15 }
    for (const token of ['a', 'b']) await revocations.add('t', { ...common, token, id: token })
    await expect(revocations.add('t', { ...common, token: 'c', id: 'c' })).rejects.toMatchObject({
      code: 'limit_exceeded',
      detail: { limit: 'revocations', allowed: 2, actual: 3 },
    })
    await revocations.add('t', { ...common, all: true, issuedBefore: clock.now() + 1, id: 'all' })
    expect(await revocations.list('t')).toMatchObject([{ id: 'all' }])
    await revocations.add('t', { ...common, at: clock.now() + 2, token: 'c', id: 'c' })
    await hub.close()
  })

  test('A1d: what is remembered of tenants is bounded, and read again when it is needed', async () => {
    const { hub, store, clock } = openHub()
    const log = createRevocationLog(createSystemLog({ hub, store }), false)
    let reads = 0
    const counting = { ...log, read: (...args: Parameters<typeof log.read>) => ((reads += 1), log.read(...args)) }
    const revocations = new Revocations({ log: counting, clock, maxTenants: 2 })
    const held = grantOf('user:a', { tenant: 'held', jti: 'x' })
    revocations.hold(held, () => undefined)
    const common = { at: clock.now(), by: 'operator:ada' as const, until: 9e15 }
    await revocations.add('held', { ...common, token: 'x', id: 'x' })
    for (const tenant of ['one', 'two', 'three']) await revocations.check(grantOf('user:a', { tenant }), 'read')
    const before = reads
    await revocations.check(grantOf('user:a', { tenant: 'three' }), 'read')
    expect(reads).toBe(before)
    await revocations.check(grantOf('user:a', { tenant: 'one' }), 'read')
    expect(reads).toBe(before + 1)
    await expect(revocations.check(held, 'read')).rejects.toMatchObject({ code: 'token_revoked' })
    await hub.close()
  })

  test('A1d: whoever begins to hold what was taken back a moment ago is cut, once', async () => {
    const { hub, store, clock } = openHub()
    const revocations = new Revocations({ log: createRevocationLog(createSystemLog({ hub, store }), false), clock })
    const cuts: string[] = []
    const grant = grantOf('user:a', { jti: 'x' })
    await revocations.check(grant, 'read')
    await revocations.add('default', { id: 'x', token: 'x', at: clock.now(), by: 'operator:ada', until: 9e15 })
    revocations.hold(grant, ({ code }) => cuts.push(code))
    await revocations.add('default', { id: 'y', token: 'y', at: clock.now(), by: 'operator:ada', until: 9e15 })
    expect(cuts).toEqual(['token_revoked'])
    await hub.close()
  })

  test('A1d: whoever is here is cut, however many tenants came since', async () => {
    const { hub, store, clock } = openHub()
    const log = createRevocationLog(createSystemLog({ hub, store }), false)
    const revocations = new Revocations({ log, clock, maxTenants: 2 })
    const cuts: string[] = []
    const grant = grantOf('user:a', { tenant: 'held', jti: 'x' })
    await revocations.check(grant, 'read')
    revocations.hold(grant, ({ code }) => cuts.push(code))
    const letGo = revocations.hold(grant, () => cuts.push('gone'))
    for (const tenant of ['one', 'two', 'three']) await revocations.check(grantOf('user:a', { tenant }), 'read')
    letGo()
    await revocations.add('held', { id: 'x', token: 'x', at: clock.now(), by: 'operator:ada', until: 9e15 })
    expect(cuts).toEqual(['token_revoked'])
    await hub.close()
  })

  test('A1d: what other servers took back is in the list at once, and counts for the limit', async () => {
    const { hub, store, clock } = openHub()
    const log = createRevocationLog(createSystemLog({ hub, store }), true)
    const [one, two] = [new Revocations({ log, clock }), new Revocations({ log, clock, maxEntries: 2 })]
    const take = (token: string) => ({ id: token, token, at: clock.now(), by: 'operator:ada' as const, until: 9e15 })
    await two.add('t', take('a'))
    await one.add('t', take('b'))
    await clock.advance(1)
    expect(await two.list('t')).toMatchObject([{ id: 'a' }, { id: 'b' }])
    await one.add('t', take('c'))
    await expect(two.add('t', take('d'))).rejects.toMatchObject({ detail: { limit: 'revocations', actual: 4 } })
    one.close()
    two.close()
    await hub.close()
  })

  test('A1d: nobody looks for a tenant that nobody asks about, nor after the end', async () => {
    const { hub, store, clock } = openHub()
    const log = createRevocationLog(createSystemLog({ hub, store }), true)
    const asked: string[] = []
    const read: typeof log.read = (tenant, after) => (asked.push(tenant), log.read(tenant, after))
    const revocations = new Revocations({ log: { ...log, read }, clock })
    const readFor = async (ms: number): Promise<ReadonlySet<string>> => {
      asked.length = 0
      await clock.advance(ms)
      return new Set(asked)
    }
    for (const tenant of ['held', 'seen']) await revocations.check(grantOf('user:a', { tenant }), 'read')
    const letGo = revocations.hold(grantOf('user:a', { tenant: 'held' }), () => undefined)
    expect(await readFor(60_000)).toEqual(new Set(['held', 'seen']))
    expect(await readFor(60_000)).toEqual(new Set(['held']))
    letGo()
    await revocations.check(grantOf('user:a', { tenant: 'seen' }), 'read')
    expect(await readFor(10_000)).toEqual(new Set(['seen']))
    revocations.close()
    revocations.refusal(grantOf('user:a', { tenant: 'seen' }), 'read')
    expect(await readFor(10_000)).toEqual(new Set())
    await hub.close()
  })

  test('A1d: the list tells the same as looking at every revocation, whatever was dropped from it', () => {
    const time = fc.nat(20)
    const made = { id: 'x', by: 'user:a' as const, until: 1_000 }
    const revocation: fc.Arbitrary<Revocation> = fc.oneof(
      fc.record({ token: fc.constantFrom('t0', 't1', 't2'), at: time }).map((entry) => ({ ...made, ...entry })),
      fc
        .record({ actor: fc.constantFrom('user:a' as const, 'user:b' as const), issuedBefore: time, at: time })
        .map((entry) => ({ ...made, ...entry })),
      fc.record({ issuedBefore: time, at: time }).map((entry) => ({ ...made, ...entry, all: true as const })),
    )
    const token = fc.record({
      actor: fc.constantFrom('user:a' as const, 'user:b' as const),
      issuedAt: fc.option(time, { nil: undefined }),
      jti: fc.constantFrom('t0', 't1', 't2', undefined),
    })
    const check = (
      revocations: readonly Revocation[],
      shown: { actor: 'user:a' | 'user:b'; issuedAt: number | undefined; jti: string | undefined },
    ): void => {
      const { actor, issuedAt, jti } = shown
      const grant = grantOf(actor, { ...(issuedAt !== undefined && { issuedAt }), ...(jti !== undefined && { jti }) })
      // A token is older than its own revocation: nobody can revoke what was not made yet.
      const possible = revocations.filter(
        (entry) => !('token' in entry) || entry.token !== jti || (issuedAt ?? 0) < entry.at,
      )
      const list = new RevocationList()
      for (const entry of possible) list.add(entry)
      expect(list.find(grant) !== undefined).toBe(possible.some((entry) => hits(entry, grant)))
      expect(list.size).toBeLessThanOrEqual(possible.length)
    }
    fc.assert(fc.property(fc.array(revocation, { maxLength: 12, size: 'max' }), token, check), { numRuns: 5_000 })
  })

  test('A1d: what is stored is read as it was, and nothing else is taken for a revocation', () => {
    const common = { id: 'i', at: 1, by: 'operator:ada', until: 9, reason: 'why' }
    for (const target of [{ token: 't' }, { actor: 'user:a', issuedBefore: 5 }])
      expect(readRevocation({ ...common, ...target })).toEqual({ ...common, ...target })
    expect(readRevocation({ ...common, all: 1, issuedBefore: 5 })).toEqual({ ...common, all: true, issuedBefore: 5 })
    for (const wrong of [null, 7, {}, common, { ...common, actor: 'user:a' }, { ...common, token: 't', extra: 1 }])
      expect(() => readRevocation(wrong)).toThrow(HeadraceError)
  })
})

describe('bad input: revocations', () => {
  test.each<[object | string, string]>([
    [{}, 'exactly one of token'],
    [{ reason: 'x' }, 'exactly one of token'],
    [{ token: 't', all: true }, 'exactly one of token'],
    [{ actor: 'user:a', all: true }, 'exactly one of token'],
    [{ token: '' }, 'token must be'],
    [{ token: 'two words' }, 'token must be'],
    [{ token: 7 }, 'token must be'],
    [{ all: false }, 'all must be true'],
    [{ actor: 'bob' }, 'actor must be'],
    [{ actor: 'system:headrace' }, 'actor must be'],
    [{ actor: 'user:' }, 'actor must be'],
    [{ all: true, issuedBefore: 9e15 }, 'must not be in the future'],
    [{ all: true, issuedBefore: -1 }, 'issuedBefore must be'],
    [{ all: true, issuedBefore: 1.5 }, 'issuedBefore must be'],
    [{ token: 't', issuedBefore: 1 }, 'goes with actor or all'],
    [{ actor: 'user:a', expiresAt: 9e15 }, 'goes with token'],
    [{ token: 't', expiresAt: 1 }, 'expiresAt is over'],
    [{ token: 't', reason: '' }, 'reason must be'],
    [{ token: 't', reason: 'a\nb' }, 'reason must be'],
    [{ token: 't', reason: 'x'.repeat(201) }, 'reason must be'],
    [{ token: 't', tenant: 'acme' }, 'tenant must be left out'],
    [[], 'must be an object'],
    ['text', 'must be an object'],
  ])('%j is refused and says why', async (json, message) => {
    await using server = await serve()
    expect(await ask(server, 'POST /v1/revocations', { json })).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', message: expect.stringContaining(message) } },
    })
    expect((await ask(server, 'GET /v1/revocations')).body.revocations).toEqual([])
  })

  test.each<[string, TokenClaims['cap']]>([
    ['nothing', []],
    ['all but admin', [{ s: '**', op: ['read', 'post', 'send', 'control', 'answer', 'take-floor', 'write-as-agent'] }]],
    ['admin of some sessions', [{ s: 'team/**', op: ['admin'] }]],
    ['admin of every session of one segment', [{ s: '*', op: ['admin'] }]],
  ])('A1d: somebody with %s may neither revoke nor see revocations', async (_, cap) => {
    await using server = await serve()
    const token = await server.auth.mint({ sub: 'eve', cap }, 60)
    for (const target of [{ token: 't' }, { actor: 'user:a' }, { all: true }])
      expect(await ask(server, 'POST /v1/revocations', { token, json: target })).toMatchObject({ status: 403 })
    expect(await ask(server, 'GET /v1/revocations', { token })).toMatchObject({ status: 403 })
  })

  test('A1d: there is no way to take one back', async () => {
    await using server = await serve()
    const { id } = await revoke(server, { token: 't' })
    expect(await ask(server, 'DELETE /v1/revocations')).toMatchObject({ status: 405 })
    expect(await ask(server, `DELETE /v1/revocations/${id}`)).toMatchObject({ status: 404 })
  })
})

describe('A1f: what the server keeps for itself', () => {
  test('A1f: it is in no list, and no door can name it', async () => {
    await using server = await serve()
    await revoke(server, { token: 't' })
    await ask(server, 'POST /v1/sessions', { json: { id: 's' } })
    await ask(server, 'POST /v1/sessions/s/share', { json: {} })
    expect((await ask(server, 'GET /v1/sessions')).body.rows.map(({ id }: { id: string }) => id)).toEqual(['s'])
    const socket = await server.join()
    for (const id of ['~revocations', '~shares/s', '%7Erevocations', 'default!~revocations', '!~revocations']) {
      for (const path of ['', '/events', '/events?live=sse', '/messages', '/shares'])
        expect((await ask(server, `GET /v1/sessions/${encodeURIComponent(id)}${path}`)).status).toBe(400)
      expect((await ask(server, `DELETE /v1/sessions/${encodeURIComponent(id)}`)).status).toBe(400)
      expect((await ask(server, 'POST /v1/sessions', { json: { id } })).status).toBe(400)
    }
    socket.send({ type: 'subscribe', session: '~revocations' })
    expect(await socket.next('error')).toMatchObject({ error: { code: 'bad_request', detail: { path: 'session' } } })
  })
})
