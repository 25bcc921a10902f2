import { defaultContentType } from '@headrace/core'
import type { ReadStream, StreamServer, StreamSubject, StreamSurroundings } from '@headrace/testing/simulator'
import { RoomHub } from '../../src/hub.ts'
import { noMeter } from '../../src/hub-types.ts'
import type { Outgoing } from '../../src/outgoing/outgoing.ts'
import { readStreamKey } from '../../src/streams/stream-key.ts'
import { Streams } from '../../src/streams/streams.ts'
import { Subscriptions } from '../../src/streams/subscriptions.ts'
import { readWakeToken } from '../../src/streams/wake-token.ts'
import type { WebhookKey } from '../../src/streams/webhook-keys.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSystemLog } from '../../src/system-log.ts'

const tenant = 't'
const wakeStream = 'wakes'
/** Making one takes longer than a simulation, and signs nothing that anybody here checks. */
const webhookKey: WebhookKey = {
  jwk: { kty: 'OKP', crv: 'Ed25519', x: '', kid: '', use: 'sig', alg: 'EdDSA' },
  sign: () => '',
}

/** Our streams. `breakIt`: for mutants. */
export function simulatedStreams(breakIt: BreakStreams = {}): StreamSubject {
  const { around = (same) => same, server = (same) => same } = breakIt
  return { createStore: createMemoryStore, startServer: (given) => server(start(around(given))) }
}

export interface BreakStreams {
  readonly around?: (given: StreamSurroundings) => StreamSurroundings
  readonly server?: (server: StreamServer) => StreamServer
}

function start({ node, store, clock, random, onError, call }: StreamSurroundings): StreamServer {
  const hub = new RoomHub({
    node,
    store,
    clock,
    meter: noMeter,
    onError,
    due(key) {
      const found = readStreamKey(key)
      if (!found) return
      const { kind, name } = found
      ;(kind === 'ds' ? plain : subscriptions).due(tenant, name).catch(onError)
    },
  })
  const shared = { store, clock, meter: noMeter, onError }
  const plain = new Streams(shared)
  const subscriptions = new Subscriptions({
    ...shared,
    streams: plain,
    outgoing: outgoingTo(call),
    webhookKey: async () => webhookKey,
    log: createSystemLog({ hub, store }),
    callbackUrl: (base, name) => `${base}/${name}`,
    random,
  })
  subscriptions.start()
  return {
    create: (path, { text, fork }) =>
      plain.create(tenant, path, {
        contentType: typeOf(path),
        closed: false,
        body: Buffer.from(text),
        ...(fork !== undefined && { fork: { path: fork, sub: 0 } }),
      }),
    append: (path, { text, producer, close }) =>
      plain.append(tenant, path, {
        contentType: typeOf(path),
        body: Buffer.from(text),
        close,
        ...(producer && { producer }),
      }),
    remove: (path) => plain.remove(tenant, path),
    read: (path, after) => read(plain, path, after),
    subscribe: async (name, config) =>
      void (await subscriptions.create(tenant, name, { config, base: 'https://here' })),
    link: (name, path) => subscriptions.link(tenant, name, [path]),
    unlink: (name, path) => subscriptions.unlink(tenant, name, path),
    state: (name) => subscriptions.get(tenant, name),
    async claim(name, worker) {
      const { wake_id: wake, generation, token, streams } = await subscriptions.claim(tenant, name, worker)
      return { wake, generation, token, streams }
    },
    acknowledge: async (name, { token, wake, generation }, { acks, done }) =>
      void (await subscriptions.acknowledge(name, readWakeToken(token), { wake, generation, acks, done })),
    release: (name, { token, wake, generation }) =>
      subscriptions.release(name, readWakeToken(token), { wake, generation }),
    async close() {
      await subscriptions.shutDown()
      await plain.shutDown()
      await hub.close()
    },
  }
}

function typeOf(path: string): string {
  return path === wakeStream ? 'application/json' : defaultContentType
}

async function read(plain: Streams, path: string, after: number): Promise<ReadStream> {
  const stream = await plain.open(tenant, path, false)
  const pieces: ReadStream['pieces'][number][] = []
  for (let from = after; ;) {
    const found = from === Number.MAX_SAFE_INTEGER ? [] : await stream.pieces({ after: from, maxChars: 4_096 })
    const last = found.at(-1)
    if (!last) break
    for (const { seq, content } of found) pieces.push({ seq, text: textOf(content) })
    from = last.seq
  }
  const { id, tail, closed } = stream.state
  return { id, tail, closed, pieces }
}

type Content = Awaited<ReturnType<Awaited<ReturnType<Streams['open']>>['pieces']>>[number]['content']

function textOf(content: Content): string {
  switch (content.kind) {
    case 'json':
      return content.json
    case 'text':
      return content.text
    case 'bytes':
      return content.base64
    default:
      return content satisfies never
  }
}

/** As the real one: it never rejects because of the other end. */
function outgoingTo(call: StreamSurroundings['call']): Outgoing {
  return {
    fetch: () => Promise.reject(new Error('Nothing is fetched here.')),
    check: () => ({ allowed: true }),
    async post(url, body, _headers, { signal } = {}) {
      const givenUp = new Promise<undefined>((resolve) => {
        if (signal?.aborted === true) resolve(undefined)
        signal?.addEventListener('abort', () => resolve(undefined))
      })
      const answer = await Promise.race([call(url, String(body)), givenUp])
      if (!answer) return { outcome: 'failed', message: 'No answer came.' }
      return { outcome: 'answered', status: answer.status, headers: {}, body: Buffer.from(answer.body), isCut: false }
    },
  }
}
