import { createECDH, randomBytes } from 'node:crypto'
import { decrypt } from 'http_ece'
import { decodeJwt } from 'jose'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { HeadraceError, verbs, type CommandBody, type SessionEvent, type WriteOp } from '@headrace/core'
import type { NotifyOptions } from '../src/create-headrace.ts'
import { createWebhookSecret } from '../src/outgoing/webhook-signature.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { openEndpoint, type Endpoint, type Received } from './support/endpoint.ts'
import { FakeClock, settled } from './support/fake-clock.ts'
import { text } from './support/hub.ts'
import { send } from './support/http.ts'
import { serve, type Served } from './support/serve.ts'

const session = 'demo/1'
const secret = createWebhookSecret()

function verified({ headers, body }: Received): { type: string; data: Record<string, unknown> } {
  const signed = headers as Record<string, string> // the three that are looked at came once each
  return new Webhook(secret).verify(body, signed) as { type: string; data: Record<string, unknown> } // sent by the server under test
}

interface Stage {
  readonly server: Served
  readonly clock: FakeClock
  readonly endpoint: Endpoint
  ask(body: CommandBody): Promise<Record<string, unknown>>
  /** Asks for work and does it. */
  work(...ops: readonly WriteOp[]): Promise<void>
  log(): Promise<readonly SessionEvent[]>
  [Symbol.asyncDispose](): Promise<void>
}

/** The wall's time, because signatures are looked at by it. */
async function open(notify: (endpoint: Endpoint) => NotifyOptions, store = createMemoryStore()): Promise<Stage> {
  const clock = new FakeClock(Date.now())
  const endpoint = await openEndpoint()
  const server = await serve({
    clock,
    store,
    notify: { delayMs: 5_000, ...notify(endpoint) },
    outgoing: { allowPrivate: [endpoint.host] },
  })
  const socket = await server.join(
    await server.auth.mint(
      { sub: 'ada', cap: [{ s: '**', op: ['read', 'post', 'send', 'control', 'answer'] }] },
      3_600,
    ),
  )
  const worker = await server.join()
  await socket.ask(session, { type: 'create', metadata: { title: 'Trip' } })
  return {
    server,
    clock,
    endpoint,
    ask: (body) => socket.ask(session, body) as unknown as Promise<Record<string, unknown>>,
    async work(...ops) {
      const sent = await socket.ask(session, { type: 'send', parts: text('go') })
      const run = `r${'seq' in sent ? sent.seq : 0}`
      await worker.ask(session, { type: 'claim', run, worker: 'w1', leaseMs: 600_000 })
      await worker.ask(session, { type: 'write', run, attempt: 1, n: 1, ops })
    },
    async log() {
      const events = await store.read(`default!${session}`, 0, { maxEvents: 1_000, maxChars: 1e9 })
      return events.map((event) => JSON.parse(event) as SessionEvent)
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await endpoint[Symbol.asyncDispose]()
    },
  }
}

const webhook = ({ url }: Endpoint): NotifyOptions => ({ webhooks: [{ url, secrets: [secret] }] })
const outcomes = async (stage: Stage): Promise<readonly string[]> =>
  (await stage.log()).flatMap((event) => (event.type === 'notice.settled' ? [event.data.outcome] : []))

/** Waits for a notice to be settled, moving no time. */
async function isSettled(stage: Stage, many = 1): Promise<readonly string[]> {
  for (;;) {
    const found = await outcomes(stage)
    if (found.length >= many) return found
    await settled()
  }
}

describe('P4: people who are away are told', () => {
  test('that a run is done, signed as Standard Webhooks says, once', async () => {
    await using stage = await open(webhook)
    await stage.work({ op: 'end', reason: 'complete' })
    await stage.clock.advance(5_000)
    const [first] = await stage.endpoint.count(1)
    expect(verified(first!)).toMatchObject({
      type: 'notice.done',
      data: { tenant: 'default', session, to: 'user:ada', title: 'Trip: assistant is done' },
    })
    expect(await isSettled(stage)).toEqual(['sent'])
    await stage.clock.advance(600_000)
    expect(stage.endpoint.received).toHaveLength(1)
  })

  test('once, also where that it was told can not be written for a while', async () => {
    const store = createMemoryStore()
    const flaky = { ...store }
    await using stage = await open(webhook, flaky)
    await stage.work({ op: 'end', reason: 'complete' })
    flaky.append = () => Promise.reject(new HeadraceError('store_full', 'The disk is full.'))
    await stage.clock.advance(5_000)
    await stage.endpoint.count(1)
    await stage.clock.advance(20_000)
    flaky.append = (...args) => store.append(...args)
    await stage.ask({ type: 'post', parts: text('goes on') })
    await stage.clock.advance(600_000)
    expect(await isSettled(stage)).toEqual(['sent'])
    expect(stage.endpoint.received).toHaveLength(1)
  })

  test('that it failed, and that something needs them; not what they stopped themselves', async () => {
    await using stage = await open(webhook)
    await stage.work({ op: 'end', reason: 'failed', detail: 'no network' })
    await stage.work({ op: 'request', key: 'ok', spec: { kind: 'approval', title: 'Delete it?', action: {} } })
    await stage.ask({ type: 'send', parts: text('again') })
    await stage.clock.advance(5_000)
    const told = (await stage.endpoint.count(2)).map(verified)
    expect(told.map(({ type, data }) => [type, data['title']])).toEqual([
      ['notice.failed', 'Trip: assistant did not finish'],
      ['notice.needs-you', 'Trip: Delete it?'],
    ])
    await stage.ask({ type: 'cancel', target: { all: true } })
    await isSettled(stage, 2)
    await stage.clock.advance(60_000)
    expect(stage.endpoint.received).toHaveLength(2)
  })

  test('P4 L7 that something needs them, without a word of a request that not everybody sees', async () => {
    await using stage = await open(webhook)
    const spec = { kind: 'approval', title: 'Dismiss Bob?', action: {}, to: ['user:ada'] } as const
    await stage.work({ op: 'request', key: 'ok', spec })
    await stage.clock.advance(5_000)
    const [told] = await stage.endpoint.count(1)
    expect(verified(told!)).toMatchObject({ type: 'notice.needs-you', data: { to: 'user:ada', title: 'Trip' } })
    expect(told?.body.toString()).not.toContain('Dismiss')
  })

  test('not while they are looking, and not when somebody has answered by then', async () => {
    await using stage = await open(webhook)
    const looking = await stage.server.join(
      await stage.server.auth.mint({ sub: 'ada', cap: [{ s: '**', op: ['read'] }] }, 3_600),
    )
    looking.send({ type: 'subscribe', session, device: 'phone' })
    await looking.next('events')
    await stage.work({ op: 'end', reason: 'complete' })
    await stage.clock.advance(5_000)
    expect(await isSettled(stage)).toEqual(['seen'])
    looking.ws.terminate()
    await looking.closed
    await settled()
    await stage.clock.advance(6_000)
    await stage.work({ op: 'request', key: 'q', spec: { kind: 'question', title: 'Which?' } })
    const asked = (await stage.log()).findLast((event) => event.type === 'request.opened')
    await stage.ask({
      type: 'answer',
      request: asked?.type === 'request.opened' ? asked.data.id : '',
      answer: { value: 1 },
    })
    await stage.clock.advance(60_000)
    expect(stage.endpoint.received).toEqual([])
  })

  test('again when it could not be told, with the same id, and no more after the last try', async () => {
    await using stage = await open(webhook)
    stage.endpoint.answers = [500]
    await stage.work({ op: 'end', reason: 'complete' })
    for (const [index, ms] of [5_000, 5_000, 30_000, 300_000].entries()) {
      await stage.clock.advance(ms)
      await stage.endpoint.count(index + 1)
      while (stage.clock.pending === 0) await settled()
    }
    expect(await isSettled(stage)).toEqual(['failed'])
    const ids = new Set(stage.endpoint.received.map(({ headers }) => headers['webhook-id']))
    expect([stage.endpoint.received.length, ids.size]).toEqual([4, 1])
  })

  test('P4 each of several sessions, also where their names are alike: no receiver and no device takes one for another', async () => {
    const clock = new FakeClock(Date.now())
    await using endpoint = await openEndpoint()
    const notify = { delayMs: 5_000, ...webhook(endpoint), push: { contact: 'mailto:ops@example.com' } }
    await using server = await serve({ clock, notify, outgoing: { allowPrivate: [endpoint.host] } })
    const ada = await server.auth.mint({ sub: 'ada', cap: [{ s: '**', op: verbs }] }, 3_600)
    const ecdh = createECDH('prime256v1')
    const authSecret = randomBytes(16)
    const keys = { p256dh: ecdh.generateKeys().toString('base64url'), auth: authSecret.toString('base64url') }
    await send(server.port, 'POST /v1/push/subscriptions', {
      token: ada,
      json: { endpoint: `http://${endpoint.host}/phone`, keys },
    })
    const [person, worker] = [await server.join(ada), await server.join()]
    for (const id of ['demo/1', 'demo_1', 'demo.1']) {
      await person.ask(id, { type: 'create' })
      await person.ask(id, { type: 'send', parts: text('go') })
      await worker.ask(id, { type: 'claim', run: 'r3', worker: 'w1', leaseMs: 600_000 })
      const ops = [{ op: 'end', reason: 'complete' }] as const
      await worker.ask(id, { type: 'write', run: 'r3', attempt: 1, n: 1, ops })
    }
    await clock.advance(5_000)
    const told = await endpoint.count(6)
    const hooks = told.filter(({ path }) => path === '/hook')
    expect(new Set(hooks.map(({ headers }) => headers['webhook-id'])).size).toBe(3)
    const pushed = told
      .filter(({ path }) => path === '/phone')
      .map(({ body }) => decrypt(body, { version: 'aes128gcm', privateKey: ecdh, authSecret: keys.auth }).toString())
    expect(new Set(pushed.map((json) => (JSON.parse(json) as { tag: string }).tag)).size).toBe(3)
  })

  test('also when the server was restarted in between', async () => {
    const store = createMemoryStore()
    const kept = { ...store, close: async () => undefined }
    await using endpoint = await openEndpoint()
    {
      await using before = await open(() => ({ delayMs: 600_000 }), kept)
      await before.work({ op: 'end', reason: 'complete' })
    }
    const clock = new FakeClock(Date.now() + 60_000)
    const options = { webhooks: [{ url: endpoint.url, secrets: [secret] }] }
    await using _after = await serve({ clock, store, notify: options, outgoing: { allowPrivate: [endpoint.host] } })
    await settled()
    await clock.advance(10_000)
    expect(await endpoint.count(1)).toHaveLength(1)
  })

  test('by Web Push, encrypted for one of their devices, the one that subscribed last', async () => {
    await using stage = await open(() => ({ push: { contact: 'mailto:ops@example.com' } }))
    const { server, endpoint } = stage
    const token = await server.auth.mint({ sub: 'ada', cap: [{ s: '**', op: ['read'] }] }, 3_600)
    const api = (method: string, path: string, body?: unknown): Promise<Response> =>
      fetch(`${server.url}/v1/push${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    const { publicKey } = (await (await api('GET', '/key')).json()) as { publicKey: string }
    expect(Buffer.from(publicKey, 'base64url')).toHaveLength(65)
    const device = (): {
      keys: { p256dh: string; auth: string }
      ecdh: ReturnType<typeof createECDH>
      auth: Buffer
    } => {
      const ecdh = createECDH('prime256v1')
      const auth = randomBytes(16)
      const p256dh = ecdh.generateKeys().toString('base64url')
      return { keys: { p256dh, auth: auth.toString('base64url') }, ecdh, auth }
    }
    const [laptop, phone] = [device(), device()]
    const base = `http://${endpoint.host}`
    await api('POST', '/subscriptions', { endpoint: `${base}/laptop`, keys: laptop.keys })
    const narrow = await server.auth.mint({ sub: 'ada', cap: [{ s: 'other/*', op: ['read'] }] }, 3_600)
    const tablet = { endpoint: `${base}/tablet`, keys: laptop.keys }
    expect((await send(server.port, 'POST /v1/push/subscriptions', { token: narrow, json: tablet })).status).toBe(204)
    expect(
      (await api('POST', '/subscriptions', { endpoint: `${base}/phone`, keys: phone.keys, label: 'Phone' })).status,
    ).toBe(204)
    const refused = await api('POST', '/subscriptions', { endpoint: 'http://10.0.0.1/x', keys: phone.keys })
    expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      'bad_request',
    ])

    await stage.work({ op: 'end', reason: 'complete' })
    await stage.clock.advance(5_000)
    const [pushed] = await endpoint.count(1)
    expect(pushed?.path).toBe('/phone')
    const plain = decrypt(pushed!.body, { version: 'aes128gcm', privateKey: phone.ecdh, authSecret: phone.keys.auth })
    expect(JSON.parse(plain.toString())).toMatchObject({ kind: 'done', session, title: 'Trip: assistant is done' })
    const jwt = /t=([^,]+)/.exec(pushed?.headers.authorization ?? '')?.[1] ?? ''
    expect(decodeJwt(jwt)).toMatchObject({ aud: base, sub: 'mailto:ops@example.com' })
    expect(await isSettled(stage)).toEqual(['sent'])

    endpoint.answers = [410, 201]
    await stage.work({ op: 'end', reason: 'complete' })
    await stage.clock.advance(5_000)
    expect((await endpoint.count(3)).map(({ path }) => path)).toEqual(['/phone', '/phone', '/laptop'])
    await isSettled(stage, 2)
    const left = (await (await api('GET', '/subscriptions')).json()) as { subscriptions: readonly unknown[] }
    expect(left.subscriptions).toEqual([{ endpoint: `${base}/laptop` }, { endpoint: `${base}/tablet` }])

    endpoint.answers = [410]
    await stage.work({ op: 'end', reason: 'complete' })
    await stage.clock.advance(5_000)
    expect((await endpoint.count(4)).at(-1)?.path).toBe('/laptop')
    expect(await isSettled(stage, 3)).toEqual(['sent', 'sent', 'no-address'])
  })

  test('or it is written down that there is no way to reach them', async () => {
    await using stage = await open(() => ({}))
    await stage.work({ op: 'end', reason: 'complete' })
    await stage.clock.advance(5_000)
    expect(await isSettled(stage)).toEqual(['no-address'])
  })
})
