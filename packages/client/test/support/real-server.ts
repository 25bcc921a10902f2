import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createHeadrace, createSecretAuth, systemClock, type Clock, type Headrace } from '@headrace/server'
import { createMemoryStore } from '@headrace/server/store/memory'
import { sessionKey, type ActorKind, type SessionEvent } from '@headrace/core'

const auth = createSecretAuth('a secret that is long enough for tests only')

export interface TokenOptions {
  readonly kind?: Exclude<ActorKind, 'system'>
  readonly ttlSeconds?: number
  /** Pattern of the sessions that it is good for. Default all. */
  readonly sessions?: string
}

/** The real server in this process, over a memory store that outlives it, so that it can be killed and started again. */
export class RealServer {
  readonly #store = createMemoryStore()
  readonly #sockets = new Set<Socket>()
  #headrace: Headrace | undefined
  #http: Server | undefined
  #port = 0
  #clock = new MortalClock()
  readonly #cors: readonly string[]

  constructor(cors: readonly string[] = []) {
    this.#cors = cors
  }

  /** @param cors - origins of pages that may connect */
  static async start(cors?: readonly string[]): Promise<RealServer> {
    const server = new RealServer(cors)
    await server.start()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  /** Starts it, the second time where it was. */
  async start(): Promise<void> {
    this.#clock = new MortalClock()
    // The store stays when the server is closed or killed, as a disk does.
    const store = { ...this.#store, close: async () => undefined }
    this.#headrace = createHeadrace({
      store,
      auth,
      cors: this.#cors,
      clock: this.#clock,
      onError: (error) => void this.errors.push(error),
    })
    this.#http = createServer()
    this.#http.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#headrace.attach(this.#http)
    this.#http.listen(this.#port, '127.0.0.1')
    await once(this.#http, 'listening')
    this.#port = (this.#http.address() as AddressInfo).port // it listens on TCP
  }

  /** Defects that the server reported. */
  readonly errors: Error[] = []

  /** As `kill -9` does: connections end in the middle, nothing more happens in the old server. */
  async kill(): Promise<void> {
    this.#clock.die()
    await this.#unlisten()
  }

  /** Time passes on the server, and nowhere else. */
  skip(ms: number): void {
    this.#clock.skip(ms)
  }

  /** As a deploy does: says bye. */
  async stop(): Promise<void> {
    await this.#headrace?.close()
    await this.#unlisten()
  }

  async #unlisten(): Promise<void> {
    const http = this.#http
    if (!http?.listening) return
    const closed = once(http, 'close')
    http.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** A token that may do everything. */
  token(sub: string, { kind = 'user', ttlSeconds = 3_600, sessions = '**' }: TokenOptions = {}): Promise<string> {
    const op = ['read', 'post', 'send', 'control', 'answer', 'take-floor', 'write-as-agent', 'admin'] as const
    return auth.mint({ sub, kind, name: sub, cap: [{ s: sessions, op }], agents: ['*'] }, ttlSeconds)
  }

  /** The whole log of a session. */
  async log(session: string): Promise<readonly SessionEvent[]> {
    const limits = { maxEvents: Number.MAX_SAFE_INTEGER, maxChars: Number.MAX_SAFE_INTEGER }
    const events = await this.#store.read(sessionKey('default', session), 0, limits)
    return events.map((event) => JSON.parse(event) as SessionEvent) // the server wrote it
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.#store.close()
  }
}

interface Timer {
  readonly at: number
  readonly run: () => void
  readonly cancel: () => void
}

/** Time of one server process: goes on as the machine's does, can be moved on, and stops when the process is killed. */
class MortalClock implements Clock {
  #ahead = 0
  #dead = false
  readonly #timers = new Set<Timer>()

  now(): number {
    return systemClock.now() + this.#ahead
  }

  after(ms: number, run: () => void): () => void {
    const end = (): void => {
      cancel()
      this.#timers.delete(timer)
    }
    const once = (): void => {
      end()
      if (!this.#dead) run()
    }
    const cancel = systemClock.after(ms, once)
    const timer = { at: this.now() + ms, run: once, cancel }
    this.#timers.add(timer)
    return end
  }

  skip(ms: number): void {
    this.#ahead += ms
    for (const { at, run } of Array.from(this.#timers)) if (at <= this.now()) run()
  }

  die(): void {
    this.#dead = true
    for (const { cancel } of this.#timers) cancel()
    this.#timers.clear()
  }
}
