import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SessionEvent, Up } from '@headrace/core'
import { createMemoryStore } from '../src/store/memory.ts'
import type { TokenClaims } from '../src/auth/auth.ts'
import { text } from './support/hub.ts'
import { send, type AskOptions } from './support/http.ts'
import { everything, serve, type Served } from './support/serve.ts'

/** In everything that the other tenant keeps: what it says, how its things are called, why it revoked something. */
const canary = 'CANARY-7f3a'

const victim: TokenClaims = { ...everything, ten: 'victim', name: canary }
const attacker: TokenClaims = { ...everything, ten: 'attacker', sub: 'eve' }
const ids = ['plan', 'team/plan', 'a.b', 'A', `${canary}-only`]

interface Scene {
  readonly server: Served
  /** All that the victim's log says, session by session. */
  logs(): Promise<readonly string[]>
  readonly token: string
  readonly victimToken: string
  readonly share: { readonly id: string; readonly token: string }
  readonly cursor: string
  [Symbol.asyncDispose](): Promise<void>
}

async function open(): Promise<Scene> {
  const store = createMemoryStore()
  const server = await serve({ store })
  const victimToken = await server.auth.mint(victim, 600)
  const ask = (line: string, options: AskOptions = {}) => send(server.port, line, { token: victimToken, ...options })
  for (const session of ids) {
    await ask('POST /v1/sessions', { json: { id: session, metadata: { title: canary } } })
    const path = `/v1/sessions/${encodeURIComponent(session)}`
    await ask(`POST ${path}/commands`, { json: { body: { type: 'post', parts: text(canary) } } })
    // Waits for an agent of a name that the attacker may work as, in its own tenant.
    await ask(`POST ${path}/commands`, { json: { body: { type: 'send', agent: 'assistant', parts: text(canary) } } })
  }
  for (const stream of ids) {
    await fetch(`${server.url}/v1/stream/${stream}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${victimToken}`, 'content-type': 'text/plain' },
      body: canary,
    })
  }
  const { body: share } = await ask('POST /v1/sessions/plan/share', { json: { name: canary } })
  await ask('POST /v1/revocations', { json: { token: 'x', reason: canary } })
  const { body: list } = await ask('GET /v1/sessions?limit=1')
  return {
    server,
    token: await server.auth.mint(attacker, 600),
    victimToken,
    share,
    cursor: list.cursor,
    logs: () =>
      Promise.all(
        [
          ...[...ids, '~revocations', '~shares/plan'].map((session) => `victim!${session}` as const),
          ...ids.map((stream) => `victim~ds!${stream}` as const),
        ].map(async (key) => JSON.stringify(await store.read(key, 0, { maxEvents: 1_000, maxChars: 1e9 }))),
      ),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** An id that names the victim's session, or tries to lead there from the attacker's tenant. */
const aimed = fc.oneof(
  fc.constantFrom(...ids),
  fc
    .tuple(
      fc.constantFrom(
        'victim!',
        '!victim!',
        'victim/',
        'victim~ds!',
        '../victim~ds!',
        '../victim!',
        '..!',
        '/',
        './',
        'attacker!../victim!',
        '%00',
        '~',
        '**',
        '*',
        '',
      ),
      fc.constantFrom(...ids, '~revocations', '~shares/plan', '*', ''),
      fc.constantFrom('', '/', '/..', '\u0000', '!', '%2F', '?x', '#', '\u202e', '.'),
    )
    .map(([before, id, after]) => `${before}${id}${after}`),
  fc.string({ maxLength: 20, size: 'max' }),
)

describe('A1j: no tenant sees or changes what is another’s', () => {
  test('A1j: by HTTP, on every route, whatever the id', async () => {
    await using scene = await open()
    const before = await scene.logs()
    const heard: string[] = []
    const statuses = new Map<number, number>()
    const ask = async (line: string, options: AskOptions = {}): Promise<void> => {
      const answer = await send(scene.server.port, line, { token: scene.token, ...options })
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      // What was asked for may be said back; what was not must not be there.
      heard.push(
        `${answer.text.replaceAll(`${canary}-only`, '')}${JSON.stringify(answer.headers).replaceAll(`${canary}-only`, '')}`,
      )
    }
    const probe = async (id: string, isEncoded: boolean): Promise<void> => {
      const segment = isEncoded ? encodeURIComponent(id.toWellFormed()) : id.replaceAll(/[^\x21-\x7e]|[?#]/g, '')
      const path = `/v1/sessions/${segment}`
      for (const rest of ['', '/events', '/events?after=0&limit=10', '/messages', '/shares'])
        await ask(`GET ${path}${rest}`)
      await ask(`GET ${path}/events?live=long-poll&waitMs=0`)
      await ask(`POST ${path}/commands`, { json: { body: { type: 'cancel', target: { all: true } } } })
      await ask(`POST ${path}/commands`, { json: { body: { type: 'claim', run: 'r4', worker: 'w' } } })
      await ask(`POST ${path}/commands`, { json: { body: { type: 'update', metadata: { title: 'stolen' } } } })
      await ask(`POST ${path}/share`, { json: {} })
      await ask(`DELETE ${path}/shares/${scene.share.id}`)
      await ask(`DELETE ${path}`)
      const stream = `/v1/stream/${segment}`
      await ask(`GET ${stream}`)
      await ask(`GET ${stream}?offset=-1&live=long-poll`)
      await ask(`GET /v1/stream/sessions/${segment}`)
      await ask(`PUT /v1/stream/fork`, {
        headers: { 'stream-forked-from': stream.toWellFormed().replaceAll(/[^\x21-\x7e]/g, '') },
      })
      await ask(`POST ${stream}`, { headers: { 'content-type': 'text/plain' } })
      await ask(`DELETE ${stream}`)
      await ask(`GET /v1/stream/__ds/subscriptions/${segment}`)
    }
    await fc.assert(fc.asyncProperty(aimed, fc.boolean(), probe), { numRuns: 60 })
    for (const id of ids) await probe(id, true)

    await ask('GET /v1/sessions?limit=1000')
    await ask(`GET /v1/sessions?limit=1000&cursor=${encodeURIComponent(scene.cursor)}`)
    await ask('GET /v1/revocations')
    await ask('POST /v1/revocations', { json: { token: `share:${scene.share.id}` } })
    await ask('POST /v1/revocations', { json: { actor: 'operator:ada' } })
    await ask('POST /v1/agents/assistant/claim', { json: { worker: 'w', waitMs: 0 } })
    await ask('POST /v1/tokens', { json: { sub: 'x', ten: 'victim', cap: [{ s: '**', op: ['read'] }] } })

    expect(heard.filter((answer) => answer.includes(canary))).toEqual([])
    expect(await scene.logs()).toEqual(before)
    // The attacks got past the shapes of ids often enough to say something.
    expect(statuses.get(404)).toBeGreaterThan(100)
    // And the victim's own, with what the attacker tried to take away, still work.
    for (const token of [scene.victimToken, scene.share.token])
      expect((await send(scene.server.port, 'GET /v1/sessions/plan', { token })).text).toContain(canary)
  })

  test('A1j: by WebSocket: following, commands, work and held runs, whatever the id', async () => {
    await using scene = await open()
    const { server } = scene
    const before = await scene.logs()
    const heard: string[] = []
    /** Sends one frame on a connection of its own, and waits until the server has answered it or closed. */
    const say = async (...frames: readonly Up[]): Promise<void> => {
      const socket = await server.join(scene.token)
      for (const frame of frames) socket.send(frame)
      socket.send({ type: 'command', id: 'last', session: 'own', body: { type: 'create' } })
      await socket
        .next('reply', ({ id }) => id === 'last')
        .then(
          () => undefined,
          () => undefined,
        )
      socket.ws.close()
      await socket.closed
      heard.push(socket.seen.join('').replaceAll(`${canary}-only`, ''))
    }
    const probe = async (id: string): Promise<void> => {
      await say({ type: 'subscribe', session: id, device: 'd' }, { type: 'subscribe', session: id, after: 0 })
      await say({ type: 'command', id: 'c', session: id, body: { type: 'post', parts: text('stolen') } })
      await say({
        type: 'work',
        agent: 'assistant',
        worker: 'w',
        capacity: 10,
        held: [{ session: id, run: 'r4', attempt: 1 }],
      })
    }
    await fc.assert(fc.asyncProperty(aimed, probe), { numRuns: 60 })
    for (const id of ids) await probe(id)

    expect(heard.filter((frames) => frames.includes(canary))).toEqual([])
    expect(heard.filter((frames) => frames.includes('session_not_found')).length).toBeGreaterThan(ids.length)
    expect(await scene.logs()).toEqual(before)
  })

  test('A1j: a worker of one tenant gets no run of another, also not one that comes while it waits', async () => {
    await using scene = await open()
    const { server } = scene
    const worker = await server.join(scene.token)
    worker.send({ type: 'work', agent: 'assistant', worker: 'w', capacity: 100 })
    const claim = send(server.port, 'POST /v1/agents/writer/claim', { token: scene.token, json: { worker: 'x' } })
    await expect.poll(() => server.headrace.hub.stats().workers).toBe(2)
    const own = await server.join(scene.victimToken)
    await worker.ask('mine', { type: 'create' })
    for (const agent of ['assistant', 'writer']) {
      await own.ask('plan', { type: 'send', agent, policy: 'parallel', parts: text(canary) })
      await worker.ask('mine', { type: 'send', agent, parts: text('hello') })
    }
    const { body } = await claim
    const assigned = (): readonly string[] => worker.seen.filter((frame) => frame.includes('"type":"assign"'))
    await expect.poll(assigned).toHaveLength(1)
    expect([body.session, (JSON.parse(assigned()[0] ?? '') as { session: string }).session]).toEqual(['mine', 'mine'])
    expect(`${JSON.stringify(body)}${worker.seen.join('')}`).not.toContain(canary)
  })

  test('A1j: a ticket and a share link are of the tenant of their token, and of no other', async () => {
    await using scene = await open()
    const { server } = scene
    const { body } = await send(server.port, 'POST /v1/tickets', { token: scene.token })
    const stream = await send(server.port, `GET /v1/sessions/plan/events?live=sse&ticket=${body.ticket}`)
    expect(stream).toMatchObject({ status: 404, body: { error: { code: 'session_not_found' } } })
    // The same id in the other tenant is another session.
    await send(server.port, 'POST /v1/sessions', { token: scene.token, json: { id: 'plan' } })
    const made = await send(server.port, 'POST /v1/sessions/plan/share', { token: scene.token, json: {} })
    const seen = await send(server.port, 'GET /v1/sessions/plan/events', { token: made.body.token })
    expect(seen.body.events.map(({ type }: SessionEvent) => type)).toEqual(['session.created'])
  })
})
