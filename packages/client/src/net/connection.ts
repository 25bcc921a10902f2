/**
 * A connection that comes back. Clients and workers stand on it; it knows tokens, heartbeats and waiting, and nothing of
 * sessions.
 *
 *   connecting ──welcome──▶ online ──lost, bye──▶ offline ──retryAt──▶ connecting
 *       └──────refused, no answer────────────────────▲ │
 *   any ──close(), or an error that no retry can cure──▶ closed
 *
 * - A token is got for every attempt, and again on the live connection before it expires.
 * - If the server wants another token, a new one is tried at once, but once only; after that the waits apply.
 * - Waits grow until a connection has lived for `stableMs`, so that a server which accepts and drops is not hammered.
 * - After `close` or `drop` nothing of the old socket arrives any more.
 * - One that was begun by `startWhenNeeded` is offline until something is to be sent, or somebody listens to its status.
 */
import { HeadraceError, protocolVersion, type Actor, type Down, type Up } from '@headrace/core'
import { systemClock, type Clock } from '../clock.ts'
import { Listeners } from '../listeners.ts'
import { reportError } from '../report-error.ts'
import { Backoff, type BackoffOptions } from './backoff.ts'
import { Heartbeat } from './heartbeat.ts'
import { Renewal } from './renewal.ts'
import { openWireSocket, type WireSocket } from './wire-socket.ts'
import type { ConnectionStatus } from './status.ts'
import type { Credential, TokenSource, Tokens } from './tokens.ts'

/** What a client and a worker have in common, beside how they say who they are. */
export interface ConnectionOptions {
  /** Address of the server: `http:` or `https:`, with a path if it is served under one. */
  readonly url: string
  /** Default: the platform's. */
  readonly WebSocket?: typeof globalThis.WebSocket
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch
  /** Names the program in the server's records, at most 128 characters. */
  readonly client?: string
  /** Waits between attempts to connect, in milliseconds. Default `{ minMs: 200, maxMs: 10_000 }`. */
  readonly backoff?: BackoffOptions
  /** Spreads the waits: a number from 0 to below 1. Default `Math.random`. */
  readonly random?: () => number
  /** An attempt that has not led to a welcome after so many milliseconds is given up. Default 10,000. */
  readonly connectTimeoutMs?: number
  /**
   * `true`: connects at once. `false`: stays offline until `setOnline(true)`. Default for a worker: `true`. Default for a
   * client: at once in a page; elsewhere, where a page may be rendered that needs no connection, with the first thing that
   * does: a session that is followed, a command, or somebody who listens to the status.
   */
  readonly online?: boolean
  /**
   * Called with failures that no call can reject with: a token function that throws, a listener that throws, an error
   * that closed the connection for good. A lost connection is none: it shows in `status`. Default: `reportError` in
   * browsers, a process warning in Node.
   */
  readonly onError?: (error: HeadraceError) => void
  /** Time; default the machine's. */
  readonly clock?: Clock
  /**
   * Makes ids for commands, devices and workers: 1 to 64 characters of `A–Z a–z 0–9 . _ : -`, never the same twice for one
   * identity. Default: 96 random bits.
   */
  readonly newId?: () => string
}

/** How a peer says who it is. */
export interface TokenOptions {
  /**
   * A token, or a function that gets one. The function is called for every connection and about 60 s before a token
   * expires; with a fixed token the connection closes for good when the token has expired.
   */
  readonly token: TokenSource
}

type FrameOf<T extends Down['type']> = Extract<Down, { readonly type: T }>
/** The frames that a connection does not handle itself. */
export type SessionFrame = FrameOf<
  'snapshot' | 'subscribed' | 'events' | 'ephemeral' | 'reply' | 'assign' | 'signal' | 'unsubscribed'
>

/** Who uses a connection. */
export interface Peer {
  /** A connection is there: say again what must be said on each. */
  online(): void
  /** It is gone; `closed` when no other will come. */
  offline(error: HeadraceError, closed: boolean): void
  frame(frame: SessionFrame): void
}

const stableMs = 5_000
/** A server that said bye closes the connection itself; if it forgets, this side does. */
const byeGraceMs = 1_000

export class Connection {
  readonly tokens: Tokens
  readonly onError: (error: HeadraceError) => void
  readonly #options: ConnectionOptions
  readonly #peer: Peer
  readonly #clock: Clock
  readonly #backoff: Backoff
  readonly #heartbeat: Heartbeat
  readonly #renewal: Renewal
  readonly #listeners: Listeners
  #status: ConnectionStatus = { state: 'connecting' }
  #actor: Actor | undefined
  #wanted: boolean
  /** Nobody has needed it yet. */
  #isAsleep = false
  #socket: WireSocket | undefined
  /** The one timer of the current state: waiting to retry, or for a welcome. */
  #cancelTimer: () => void = () => undefined
  /** Changes with every attempt, so that a token which arrives late opens nothing. */
  #round = 0
  #onlineSince: number | undefined
  #triedNewToken = false
  #byeMs: number | undefined

  constructor(options: ConnectionOptions, tokens: Tokens, peer: Peer) {
    const { clock = systemClock, onError = reportError } = options
    this.#options = options
    this.#peer = peer
    this.#clock = clock
    this.onError = onError
    this.tokens = tokens
    this.#listeners = new Listeners(onError)
    this.#backoff = new Backoff(options.backoff ?? {}, options.random ?? Math.random)
    this.#heartbeat = new Heartbeat({
      clock,
      ping: () => this.send({ type: 'ping' }),
      dead: (silentMs) =>
        this.#end(new HeadraceError('idle_timeout', `Nothing was heard from the server for ${silentMs} ms.`)),
    })
    this.#renewal = new Renewal({
      clock,
      tokens: this.tokens,
      onError,
      send: (token) => void this.send({ type: 'auth', token }),
    })
    this.#wanted = options.online ?? true
    if (!this.#wanted) this.#status = { state: 'offline', retryAt: null }
  }

  /** Begins to connect. Apart from the constructor, so that the peer is complete before it is called. */
  start(): void {
    if (this.#wanted && this.#status.state !== 'closed') void this.#open()
  }

  /** Begins to connect when the first frame is to be sent, or somebody listens to the status. */
  startWhenNeeded(): void {
    this.#wanted = false
    this.#isAsleep = true
    this.#status = { state: 'offline', retryAt: null }
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  /** Who the server said we are, when it last did. */
  get actor(): Actor | undefined {
    return this.#actor
  }

  get isOnline(): boolean {
    return this.#status.state === 'online'
  }

  onStatus(listener: () => void): () => void {
    // First, so that nobody is called back while it is asked to.
    this.#wake()
    return this.#listeners.add(listener)
  }

  /** Sends if it is online; returns whether it did. */
  send(frame: Up): boolean {
    this.#wake()
    if (!this.isOnline || !this.#socket) return false
    this.#socket.send(frame)
    return true
  }

  /** Loses the connection as a network failure would. */
  drop(error: HeadraceError = new HeadraceError('connection_lost', 'The connection was dropped on purpose.')): void {
    if (this.#socket) this.#end(error)
  }

  /** Stays offline until it is called with `true`. */
  setOnline(on: boolean): void {
    this.#isAsleep = false
    if (this.#status.state === 'closed' || on === this.#wanted) return
    this.#wanted = on
    if (on) return void this.#open()
    this.#end(new HeadraceError('connection_lost', 'The connection was switched off.'))
  }

  #wake(): void {
    if (this.#isAsleep) this.setOnline(true)
  }

  /** Does not wait any longer for the next attempt. */
  retryNow(): void {
    if (this.#status.state === 'offline' && this.#wanted) void this.#open()
  }

  /** For good. Idempotent. */
  close(error?: HeadraceError): void {
    if (this.#status.state === 'closed') return
    this.#stop()
    this.#status = error ? { state: 'closed', error } : { state: 'closed' }
    this.#peer.offline(
      error ??
        new HeadraceError(
          'closed',
          'Closed by this side. What was sent and not answered may or may not have been applied.',
        ),
      true,
    )
    this.#listeners.emit()
    if (error) this.onError(error)
  }

  async #open(): Promise<void> {
    this.#stop()
    const round = this.#round
    this.#set({ state: 'connecting' })
    let credential: Credential
    try {
      credential = await this.tokens.hello()
    } catch (thrown) {
      if (round !== this.#round) return
      const error = HeadraceError.from(thrown)
      // What closes it is reported as it is closed.
      if (!this.#isFinal(error, false)) this.onError(error)
      return this.#end(error, false)
    }
    if (round === this.#round) this.#openSocket(credential)
  }

  #openSocket(credential: Credential): void {
    const { client, connectTimeoutMs = 10_000, WebSocket = globalThis.WebSocket } = this.#options
    this.#cancelTimer = this.#clock.after(connectTimeoutMs, () => {
      this.#end(new HeadraceError('connection_lost', `The server did not answer within ${connectTimeoutMs} ms.`))
    })
    try {
      this.#socket = openWireSocket({
        url: socketUrl(this.#options.url),
        hello: { type: 'hello', ...credential, ...(client !== undefined && { client }) },
        WebSocket,
        onFrame: (frame) => this.#receive(frame),
        onComplaint: this.onError,
        onEnd: (error) => this.#end(error),
      })
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause)
      this.close(
        new HeadraceError('bad_request', `No WebSocket can be opened to ${this.#options.url}: ${text}`, { cause }),
      )
    }
  }

  #receive(frame: Down): void {
    this.#heartbeat.heard()
    switch (frame.type) {
      case 'welcome':
        return this.#welcome(frame)
      case 'bye':
        this.#byeMs = frame.retryAfterMs
        this.#cancelTimer()
        this.#cancelTimer = this.#clock.after(byeGraceMs, () =>
          this.#end(new HeadraceError('draining', 'The server is going away.')),
        )
        return
      case 'snapshot':
      case 'subscribed':
      case 'events':
      case 'reply':
      case 'assign':
      case 'signal':
      case 'ephemeral':
      case 'unsubscribed':
        return this.#peer.frame(frame)
      case 'pong':
      case 'error': // kept by the socket as the reason of the close that follows
        return
      default:
        return frame satisfies never // a newer server may send what this client does not know
    }
  }

  #welcome({ protocol, actor, name, node, expiresAt, idleMs }: FrameOf<'welcome'>): void {
    if (protocol !== protocolVersion) {
      const text = `The server speaks protocol version ${protocol} and this client ${protocolVersion}. Update the older of the two.`
      return this.close(new HeadraceError('unsupported_version', text))
    }
    const before = this.#status
    this.#actor = actor
    this.#status = { state: 'online', actor, node, ...(name !== undefined && { name }) }
    this.#renewal.start(expiresAt)
    if (before.state === 'online') {
      // The answer to a new token on the live connection: mostly it changes nothing but how long that counts.
      if (before.node === node && before.actor === actor && before.name === name) this.#status = before
      else this.#listeners.emit()
      return
    }
    this.#cancelTimer()
    this.#onlineSince = this.#clock.now()
    this.#heartbeat.start(idleMs)
    this.#peer.online()
    this.#listeners.emit()
  }

  /** The connection, or the attempt to make one, is over. */
  #end(error: HeadraceError, mayTryNewToken = true): void {
    const lived = this.#onlineSince === undefined ? 0 : this.#clock.now() - this.#onlineSince
    if (lived >= stableMs) {
      this.#backoff.reset()
      this.#triedNewToken = false
    }
    const byeMs = this.#byeMs ?? 0
    const wasWelcome = this.#onlineSince !== undefined
    this.#stop()
    if (this.#isFinal(error, wasWelcome)) return this.close(error)
    this.#status = { state: 'offline', retryAt: null, error }
    this.#peer.offline(error, false)
    // The peer's listeners may have closed it or switched it off.
    if (this.#status.state !== 'offline') return
    if (!this.#wanted) return this.#listeners.emit()
    if (error.retry === 'token' && mayTryNewToken && !this.#triedNewToken) {
      this.#triedNewToken = true
      return void this.#open()
    }
    const waitMs = byeMs + this.#backoff.next()
    this.#cancelTimer = this.#clock.after(waitMs, () => void this.#open())
    this.#set({ state: 'offline', retryAt: this.#clock.now() + waitMs, error })
  }

  /** Whether the next attempt could only end the same way. */
  #isFinal({ code, retry, detail }: HeadraceError, wasWelcome: boolean): boolean {
    if (retry === 'token') return !this.tokens.reconnects
    // The same hello would be refused again, unless its token is another one.
    if (code === 'bad_request' && !wasWelcome)
      return !((detail?.['path'] === 'token' || detail?.['path'] === 'ticket') && this.tokens.reconnects)
    return (
      code === 'unsupported_version' ||
      code === 'forbidden' ||
      code === 'origin_not_allowed' ||
      code === 'host_not_allowed'
    )
  }

  #stop(): void {
    this.#round += 1
    this.#cancelTimer()
    this.#heartbeat.stop()
    this.#renewal.stop()
    this.#socket?.close()
    this.#socket = undefined
    this.#onlineSince = undefined
    this.#byeMs = undefined
  }

  #set(status: ConnectionStatus): void {
    this.#status = status
    this.#listeners.emit()
  }
}

function socketUrl(base: string): string {
  const url = new URL('v1/connect', base.endsWith('/') ? base : `${base}/`)
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:'
  return url.href
}
