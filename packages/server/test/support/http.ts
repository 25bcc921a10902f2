import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { defaultSessionLimits, verbs, type HeadraceError, type Store } from '@headrace/core'
import { createHttpAgents } from '../../src/agents/http-agents.ts'
import { createAccess } from '../../src/auth/access.ts'
import { createSecretAuth } from '../../src/auth/secret-auth.ts'
import type { Auth, MintingAuth, TokenClaims } from '../../src/auth/auth.ts'
import { defaultConnectionLimits } from '../../src/door/connection-limits.ts'
import { createTraffic } from '../../src/door/traffic.ts'
import { createGate, type GateOptions } from '../../src/door/gate.ts'
import { createHttpDoor, type HttpDoor, type HttpDoorOptions, type RequestLog } from '../../src/door/http-door.ts'
import { hardenServer, httpServerOptions } from '../../src/door/http-harden.ts'
import { readStreamOptions } from '../../src/door/stream-options.ts'
import { callbackUrl } from '../../src/door/stream-subscriptions.ts'
import { createStreamServices } from '../../src/streams/stream-services.ts'
import { createSystemLog } from '../../src/system-log.ts'
import { RoomHub } from '../../src/hub.ts'
import { createMetrics, type Metrics } from '../../src/metrics.ts'
import { createOutgoing, type OutgoingOptions } from '../../src/outgoing/outgoing.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import type { Hub } from '../../src/hub-types.ts'
import { FakeClock } from './fake-clock.ts'

export const everything: TokenClaims = { sub: 'ada', kind: 'operator', cap: [{ s: '**', op: verbs }], agents: ['*'] }

export interface OpenDoorOptions extends Pick<HttpDoorOptions, 'limits' | 'consoleDirectory' | 'ready' | 'pace'> {
  readonly gate?: GateOptions
  /** Changes the hub that the door sees, to make it fail or to watch it. */
  readonly change?: (hub: Hub) => Partial<Hub>
  readonly auth?: (own: MintingAuth) => Auth
  readonly store?: Store
  readonly outgoing?: OutgoingOptions
}

export interface OpenDoor {
  readonly door: HttpDoor
  readonly server: Server
  readonly hub: RoomHub
  readonly clock: FakeClock
  readonly auth: MintingAuth
  readonly metrics: Metrics
  readonly port: number
  /** Allows everything for an hour. */
  readonly token: string
  readonly errors: HeadraceError[]
  readonly logs: RequestLog[]
  ask(line: string, options?: AskOptions): Promise<Answered>
  stream(path: string, headers?: Record<string, string>): Promise<SseReader>
  /** A bare connection to the port. */
  dial(): Promise<Socket>
  mint(claims: Partial<TokenClaims>, ttlSeconds?: number): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

export interface AskOptions {
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly raw?: string | Buffer
  readonly headers?: Record<string, string>
  /** `null` sends none. */
  readonly token?: string | null
  readonly signal?: AbortSignal
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON, whatever that is; `undefined` when it is none. */
  readonly body: ReturnType<typeof JSON.parse>
}

/** An HTTP door over the real hub and a memory store, with a clock that stands still. */
export async function openDoor(options: OpenDoorOptions = {}): Promise<OpenDoor> {
  const clock = new FakeClock()
  const auth = createSecretAuth('a secret of thirty-two bytes or more', { clock })
  const errors: HeadraceError[] = []
  const logs: RequestLog[] = []
  const onError = (error: HeadraceError): number => errors.push(error)
  const metrics = createMetrics({ stats: () => hub.stats() })
  const store = options.store ?? createMemoryStore()
  const hub = new RoomHub({
    node: 'node-1',
    store,
    clock,
    meter: metrics.meter,
    limits: defaultSessionLimits,
    onError,
    beforePurge: (key) => access.shares.forget(key),
  })
  const ownAuth = options.auth?.(auth) ?? auth
  const access = createAccess({
    auth: ownAuth,
    store,
    hub,
    clock,
    failuresPerMinute: defaultConnectionLimits.failuresPerMinute,
  })
  const traffic = createTraffic({ limits: defaultConnectionLimits, clock })
  const log = createSystemLog({ hub, store })
  const agents = createHttpAgents({ log, clock, isShared: false, onError })
  const streams = createStreamServices({
    store,
    clock,
    meter: metrics.meter,
    log,
    outgoing: createOutgoing({ clock, ...options.outgoing }),
    callbackUrl,
    onError,
  })
  const door = createHttpDoor({
    streams: { ...readStreamOptions({}, { loopbackOnly: true, maxWaitMs: 60_000 }), ...streams },
    hub: options.change ? changed(hub, options.change(hub)) : hub,
    auth: ownAuth,
    access,
    traffic,
    gate: createGate(options.gate),
    metrics,
    agents,
    outgoing: createOutgoing({ clock, ...options.outgoing }),
    clock,
    onError,
    onRequest: (log) => logs.push(log),
    ...(options.limits && { limits: options.limits }),
    ...(options.ready && { ready: options.ready }),
    ...(options.pace && { pace: options.pace }),
    ...(options.consoleDirectory !== undefined && { consoleDirectory: options.consoleDirectory }),
  })
  const server = createServer({ ...httpServerOptions, connectionsCheckingInterval: 20 }, door)
  hardenServer(server)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const token = await auth.mint(everything, 3_600)
  return {
    door,
    server,
    hub,
    clock,
    auth,
    metrics,
    port,
    token,
    errors,
    logs,
    ask: (line, ask) => send(port, line, { token, ...ask }),
    stream: (path, headers = {}) => openStream(port, path, { Authorization: `Bearer ${token}`, ...headers }),
    async dial() {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      return socket
    },
    mint: (claims, ttlSeconds = 3_600) => auth.mint({ ...everything, ...claims }, ttlSeconds),
    async [Symbol.asyncDispose]() {
      door.close()
      access.close()
      agents.close()
      await streams.close()
      await hub.close()
      metrics.close()
      await store.close()
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function changed(hub: RoomHub, changes: Partial<Hub>): Hub {
  return new Proxy<Hub>(hub, {
    get(target, name) {
      const value: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** One request on a connection of its own. */
export async function send(port: number, line: string, options: AskOptions = {}): Promise<Answered> {
  const [method = 'GET', path = '/'] = line.split(' ')
  const { json, token, signal } = options
  const raw = json === undefined ? options.raw : JSON.stringify(json)
  const headers = {
    ...(json !== undefined && { 'Content-Type': 'application/json' }),
    ...(raw !== undefined && { 'Content-Length': String(Buffer.byteLength(raw)) }),
    ...(token !== undefined && token !== null && { Authorization: `Bearer ${token}` }),
    ...options.headers,
  }
  const request = httpRequest({
    method,
    path,
    port,
    host: '127.0.0.1',
    agent: false,
    headers,
    ...(signal && { signal }),
  })
  // An answer that comes before the body was sent is still an answer.
  let response: IncomingMessage | undefined
  request.on('error', () => undefined)
  request.end(raw)
  await Promise.race([
    once(request, 'response').then(([first]: IncomingMessage[]) => (response = first)),
    once(request, 'close'),
  ])
  if (!response) throw new Error(`no answer to ${line}`)
  return readAnswer(response)
}

async function readAnswer(response: IncomingMessage): Promise<Answered> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer) // no encoding was set
  const text = Buffer.concat(chunks).toString()
  const isJson = response.headers['content-type']?.startsWith('application/json') === true && text !== ''
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  }
}

/** An event stream on a connection of its own. */
export async function openStream(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<SseReader> {
  const request = httpRequest({ port, host: '127.0.0.1', path, agent: false, headers })
  request.on('error', () => undefined)
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage] // the argument of that event
  return new SseReader(response)
}

/** Reads Server-Sent Events block by block, as they stand in the stream. */
export class SseReader {
  readonly response: IncomingMessage
  /** Resolves when the stream is over, also when it broke off. */
  readonly ended: Promise<unknown>
  readonly #blocks: string[] = []
  #text = ''
  #over = false
  #arrived: () => void = () => undefined

  constructor(response: IncomingMessage) {
    this.response = response
    response.setEncoding('utf8')
    response.on('error', () => undefined)
    response.on('data', (chunk: string) => {
      const parts = (this.#text + chunk).split('\n\n')
      this.#text = parts.pop() ?? ''
      this.#blocks.push(...parts)
      this.#arrived()
    })
    this.ended = once(response, 'close').then(() => {
      this.#over = true
      this.#arrived()
    })
  }

  /** The next block; `undefined` at the end. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const block = this.#blocks.shift()
      if (block !== undefined || this.#over) return block
      await new Promise<void>((resolve) => (this.#arrived = resolve))
    }
  }

  /** The next event with its fields, past comments and `retry`. */
  async event(): Promise<{ readonly id?: string; readonly event?: string; readonly data?: string } | undefined> {
    for (;;) {
      const block = await this.next()
      if (block === undefined) return undefined
      const fields = Object.fromEntries(
        block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      if ('data' in fields) return fields
    }
  }

  close(): void {
    this.response.destroy()
  }
}
