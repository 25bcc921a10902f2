import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import {
  HeadraceError,
  subprotocol,
  up,
  type Down,
  type ErrorCode,
  type SessionEvent,
  type SessionView,
  type Up,
} from '@headrace/core'

type Frame<T extends Up['type']> = Extract<Up, { readonly type: T }>

/** Things that come one after the other, for whoever waits for the next one. */
class Queue<T> {
  readonly #items: T[] = []
  readonly #waiting: ((item: T) => void)[] = []

  push(item: T): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting(item)
    else this.#items.push(item)
  }

  get size(): number {
    return this.#items.length
  }

  next(): Promise<T> {
    const item = this.#items.shift()
    return item === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(item)
  }
}

/** One connection, as a test drives it. Frames that a client may not send fail the test. */
export class ScriptedPeer {
  readonly socket: WebSocket
  readonly frames = new Queue<Up>()
  readonly closed: Promise<unknown>

  constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = once(socket, 'close')
    socket.on('message', (data: Buffer) => this.frames.push(up.parse(JSON.parse(data.toString()))))
    socket.on('error', () => undefined)
  }

  /** The next frame, which must be of this type. */
  async next<T extends Up['type']>(type: T): Promise<Frame<T>> {
    const frame = await this.frames.next()
    if (frame.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(frame)}`)
    return frame as Frame<T> // its type was compared on the line above
  }

  send(...frames: readonly Down[]): void {
    for (const frame of frames) this.socket.send(JSON.stringify(frame))
  }

  welcome(options: Partial<Extract<Down, { readonly type: 'welcome' }>> = {}): void {
    const expiresAt = Number.MAX_SAFE_INTEGER
    this.send({
      type: 'welcome',
      protocol: 1,
      node: 'n1',
      actor: 'user:ada',
      expiresAt,
      idleMs: 1_000_000_000,
      ...options,
    })
  }

  snapshot(view: SessionView): void {
    this.send({ type: 'snapshot', session: view.id, seq: view.seq, view })
  }

  /** The answer to a `subscribe` with `after`. */
  subscribed(session: string, seq: number): void {
    this.send({ type: 'subscribed', session, seq })
  }

  events(session: string, ...events: readonly SessionEvent[]): void {
    this.send({ type: 'events', session, events })
  }

  accept({ id, session }: Frame<'command'>, seq: number): void {
    this.send({ type: 'reply', id, session, outcome: 'accepted', seq })
  }

  refuse({ id, session }: Frame<'command'>, error: HeadraceError): void {
    this.send({ type: 'reply', id, session, outcome: 'refused', error: error.toWire() })
  }

  /** Ends the connection the way the server does: says why, then closes. */
  end(code: ErrorCode, message: string = code, detail?: Readonly<Record<string, string>>): void {
    const error = new HeadraceError(code, message, detail && { detail })
    this.send({ type: 'error', error: error.toWire() })
    this.socket.close(error.closeCode, code)
  }

  /** Ends it as a network does. */
  break(): void {
    this.socket.terminate()
  }
}

/** A server on loopback that does nothing but what a test tells it. */
export class ScriptedServer {
  readonly #http: Server
  readonly #sockets: WebSocketServer
  readonly #peers = new Queue<ScriptedPeer>()
  readonly #all = new Set<ScriptedPeer>()

  constructor(http: Server) {
    this.#http = http
    this.#sockets = new WebSocketServer({
      server: http,
      path: '/v1/connect',
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    })
    this.#sockets.on('connection', (socket) => {
      const peer = new ScriptedPeer(socket)
      this.#all.add(peer)
      this.#peers.push(peer)
    })
  }

  static async start(): Promise<ScriptedServer> {
    const http = createServer()
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    return new ScriptedServer(http)
  }

  get url(): string {
    const { port } = this.#http.address() as AddressInfo // it listens on TCP
    return `http://127.0.0.1:${port}`
  }

  /** The next connection. */
  connection(): Promise<ScriptedPeer> {
    return this.#peers.next()
  }

  /** Connections that no test has taken. */
  get untaken(): number {
    return this.#peers.size
  }

  /** The next connection, after its hello and welcome. */
  async welcomed(options: Partial<Extract<Down, { readonly type: 'welcome' }>> = {}): Promise<ScriptedPeer> {
    const peer = await this.connection()
    await peer.next('hello')
    peer.welcome(options)
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#all) peer.break()
    this.#sockets.close()
    this.#http.close()
    this.#http.closeAllConnections()
    await once(this.#http, 'close')
  }
}
