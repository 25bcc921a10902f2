import { createPublicKey, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createMemoryStore } from '../src/store/memory.ts'
import { FakeClock } from './support/fake-clock.ts'
import { serve } from './support/serve.ts'
import { StreamCaller, offsetOf } from './support/streams.ts'

interface Call {
  readonly body: string
  readonly signature: string
  readonly said: {
    readonly wake_id: string
    readonly generation: number
    readonly callback_url: string
    readonly callback_token: string
    readonly streams: readonly { readonly path: string; readonly tail_offset: string }[]
  }
}

/** Receives webhooks, and answers as it is told. */
class Receiver implements AsyncDisposable {
  readonly calls: Call[] = []
  status = 200
  answer: object = {}
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const signature = String(request.headers['webhook-signature'])
      this.calls.push({ body, signature, said: JSON.parse(body) as Call['said'] }) // as PROTOCOL.md says
      response.writeHead(this.status).end(JSON.stringify(this.answer))
    })
  })

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook` // it listens
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const trust = { outgoing: { allowPrivate: ['127.0.0.1'] } }
const pull = { type: 'pull-wake', pattern: 'jobs/*', wake_stream: 'wakes', lease_ttl_ms: 1_000 }

describe('subscriptions', () => {
  test('D13: calls are signed with a key that anybody can read and that outlives a restart', async () => {
    await using receiver = new Receiver()
    const url = await receiver.listen()
    const store = { ...createMemoryStore(), close: async () => undefined }
    const kids: unknown[] = []
    for (const name of ['first', 'second']) {
      await using server = await serve({ store, ...trust })
      const streams = new StreamCaller(server)
      await streams.json(`PUT __ds/subscriptions/${name}`, { type: 'webhook', pattern: `${name}/*`, webhook: { url } })
      await streams.json(`PUT ${name}/a`, [1])
      await expect.poll(() => receiver.calls.length).toBe(kids.length + 1)
      const { keys } = JSON.parse((await streams.ask('GET __ds/jwks.json', { token: null })).text) as {
        keys: JsonWebKey[]
      } // RFC 7517
      const { body, signature } = receiver.calls.at(-1) ?? { body: '', signature: '' }
      const [, time = '', kid = '', mac = ''] = /^t=(\d+),kid=([\w-]+),ed25519=([\w-]+)$/.exec(signature) ?? []
      const key = createPublicKey({ key: { ...keys[0] }, format: 'jwk' })
      expect(verify(null, Buffer.from(`${time}.${body}`), key, Buffer.from(mac, 'base64url'))).toBe(true)
      expect(verify(null, Buffer.from(`${time}.${body} `), key, Buffer.from(mac, 'base64url'))).toBe(false)
      kids.push(kid)
    }
    expect(new Set(kids).size).toBe(1)
  })

  test('D13: addresses of the network behind the server are refused when they are set', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    const urls = [
      'http://10.0.0.1/',
      'https://127.0.0.1/',
      'https://169.254.169.254/',
      'http://example.com/',
      'file:///etc/passwd',
    ]
    for (const url of urls) {
      const body = { type: 'webhook', pattern: '*', webhook: { url } }
      expect((await streams.json('PUT __ds/subscriptions/s', body)).code).toBe('WEBHOOK_URL_REJECTED')
    }
  })

  test('D11: a call that fails is made again, later each time, and what came meanwhile is in it', async () => {
    const clock = new FakeClock(Date.now())
    await using receiver = new Receiver()
    const url = await receiver.listen()
    receiver.status = 500
    await using server = await serve({ clock, ...trust })
    const streams = new StreamCaller(server)
    await streams.json('PUT __ds/subscriptions/s', { type: 'webhook', pattern: 'jobs/*', webhook: { url } })
    await streams.json('PUT jobs/a', [1])
    await expect.poll(() => receiver.calls.length).toBe(1)
    const status = async (): Promise<unknown> =>
      (JSON.parse((await streams.ask('GET __ds/subscriptions/s')).text) as { status: string }).status // as PROTOCOL.md says
    await expect.poll(status).toBe('failed')
    await streams.json('PUT jobs/b', [1])
    receiver.status = 200
    receiver.answer = { done: true }
    await clock.advance(1_300)
    await expect.poll(() => receiver.calls.length).toBe(3)
    expect(receiver.calls[1]?.said).toMatchObject({ wake_id: receiver.calls[0]?.said.wake_id, generation: 1 })
    // It was called for what there was when the wake began; the rest begins the next one.
    expect(receiver.calls[2]?.said.streams.find(({ path }) => path === 'jobs/b')).toMatchObject({ has_pending: true })
    await expect.poll(status).toBe('active')
  })

  test('D11 D12: a worker that dies loses its claim, and nothing of the work, over a restart', async () => {
    const clock = new FakeClock(Date.now())
    const store = { ...createMemoryStore(), close: async () => undefined }
    let claimed = { token: '', wake_id: '', generation: 0 }
    {
      await using server = await serve({ clock, store })
      const streams = new StreamCaller(server)
      await streams.json('PUT wakes', [])
      await streams.json('PUT __ds/subscriptions/s', pull)
      await streams.json('PUT jobs/a', [1])
      await expect.poll(() => streams.text('wakes')).toContain('"subscription_id":"s"')
      claimed = JSON.parse(
        (await streams.json('POST __ds/subscriptions/s/claim', { worker: 'ann' })).text,
      ) as typeof claimed // as above
    }
    await using server = await serve({ clock, store })
    const streams = new StreamCaller(server)
    expect((await streams.json('POST __ds/subscriptions/s/claim', { worker: 'bob' })).code).toBe('ALREADY_CLAIMED')
    await clock.advance(1_000)
    await expect.poll(async () => (JSON.parse(await streams.text('wakes')) as unknown[]).length).toBe(2)
    const again = await streams.json('POST __ds/subscriptions/s/claim', { worker: 'bob' })
    expect(again.status).toBe(200)
    const { token, wake_id, generation } = claimed
    const ack = { wake_id, generation, acks: [{ stream: 'jobs/a', offset: offsetOf(2) }], done: true }
    expect((await streams.json('POST __ds/subscriptions/s/ack', ack, { token })).code).toBe('FENCED')
    expect((await streams.json('POST __ds/subscriptions/s/ack', ack, { token: server.token })).code).toBe(
      'TOKEN_INVALID',
    )
    const forged = token.replace('.1.', '.2.')
    expect((await streams.json('POST __ds/subscriptions/s/ack', ack, { token: forged })).code).toBe('TOKEN_INVALID')
    const mine = JSON.parse(again.text) as typeof claimed // as above
    const good = { ...ack, wake_id: mine.wake_id, generation: mine.generation }
    expect((await streams.json('POST __ds/subscriptions/s/ack', good, { token: mine.token })).text).toBe(
      '{"ok":true,"next_wake":false}',
    )
    expect((await streams.json('POST __ds/subscriptions/s/claim', { worker: 'ann' })).code).toBe('NO_PENDING_WORK')
  })

  test('D11: what was appended just before a stop wakes somebody after it', async () => {
    const memory = createMemoryStore()
    const store = { ...memory, close: async () => undefined }
    {
      await using server = await serve({ store })
      const streams = new StreamCaller(server)
      await streams.json('PUT wakes', [])
      await streams.json('PUT __ds/subscriptions/s', pull)
    }
    // As if the server had stopped between the append and the wake: the append is in the store, and nobody was told.
    const event = (seq: number, type: string, data: object): string =>
      JSON.stringify({ seq, at: Date.now(), type, data })
    const created = event(1, 'stream.created', { id: 'x', contentType: 'application/json' })
    const appended = event(2, 'stream.appended', { content: { kind: 'json', json: '[1]', count: 1 } })
    const row = {
      id: 'jobs/lost',
      createdAt: 1,
      updatedAt: 1,
      metadata: {},
      messages: 0,
      status: 'idle',
      openRuns: 0,
      work: [],
      due: null,
      archived: false,
      inbox: [],
    } as const
    await memory.append('default~ds!jobs/lost', 0, { events: [created, appended], row })
    await using server = await serve({ store })
    const streams = new StreamCaller(server)
    await expect.poll(() => streams.text('wakes')).toContain('"stream":"jobs/lost"')
  })

  test('D11: a pattern that takes in everything does not take in its own wakes', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    await streams.json('PUT wakes', [])
    await streams.json('PUT __ds/subscriptions/s', { ...pull, pattern: '**' })
    await streams.json('PUT jobs/a', [1])
    await expect.poll(() => streams.text('wakes')).toContain('"stream":"jobs/a"')
    const { text } = await streams.json('POST __ds/subscriptions/s/claim', { worker: 'ann' })
    const claimed = JSON.parse(text) as {
      token: string
      wake_id: string
      generation: number
      streams: { path: string }[]
    } // as above
    expect(claimed.streams.map(({ path }) => path)).toEqual(['jobs/a'])
    const { token, wake_id, generation } = claimed
    const ack = { wake_id, generation, acks: [{ stream: 'jobs/a', offset: offsetOf(2) }], done: true }
    expect((await streams.json('POST __ds/subscriptions/s/ack', ack, { token })).text).toContain('"next_wake":false')
  })

  test('D11: a stream that is removed leaves its subscriptions; one that is removed calls nobody', async () => {
    await using receiver = new Receiver()
    const url = await receiver.listen()
    await using server = await serve(trust)
    const streams = new StreamCaller(server)
    const shown = async (): Promise<readonly unknown[]> =>
      (JSON.parse((await streams.ask('GET __ds/subscriptions/s')).text) as { streams: unknown[] }).streams // as above
    await streams.json('PUT jobs/old', [1])
    await streams.json('PUT __ds/subscriptions/s', { type: 'webhook', pattern: 'jobs/*', webhook: { url } })
    expect(await shown()).toEqual([{ path: 'jobs/old', link_type: 'glob', acked_offset: offsetOf(2) }])
    await streams.ask('DELETE jobs/old')
    await expect.poll(shown).toEqual([])
    await streams.ask('DELETE __ds/subscriptions/s')
    expect((await streams.ask('GET __ds/subscriptions/s')).code).toBe('SUBSCRIPTION_NOT_FOUND')
    await streams.json('PUT jobs/new', [1])
    await streams.json('PUT __ds/subscriptions/t', { type: 'webhook', pattern: 'jobs/*', webhook: { url } })
    await streams.json('POST jobs/new', [2])
    await expect.poll(() => receiver.calls.length).toBe(1)
    expect(receiver.calls[0]?.body).toContain('"subscription_id":"t"')
  })

  test('D11: what is asked wrongly is refused in the words of the protocol', async () => {
    await using server = await serve()
    const streams = new StreamCaller(server)
    const wrong = [
      { ...pull, type: 'push' },
      { type: 'pull-wake', pattern: 'a/*' },
      { type: 'webhook', pattern: 'a/*' },
      { type: 'pull-wake', wake_stream: 'wakes' },
      { ...pull, lease_ttl_ms: 999 },
      { ...pull, lease_ttl_ms: 600_001 },
      { ...pull, more: 1 },
    ]
    for (const body of wrong)
      expect((await streams.json('PUT __ds/subscriptions/s', body)).code).toBe('INVALID_REQUEST')
    expect((await streams.json('PUT __ds/subscriptions/a!b', pull)).code).toBe('INVALID_REQUEST')
    expect((await streams.json('POST __ds/subscriptions/s/claim', { worker: 'w' })).code).toBe('SUBSCRIPTION_NOT_FOUND')
    expect((await streams.ask('GET __ds/other')).code).toBe('not_found')
    expect((await streams.ask('PUT __ds/x', { type: 'text/plain' })).code).toBe('not_found')
  })
})
