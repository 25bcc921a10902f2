/**
 * One WebSocket of the native protocol.
 *
 *   greeting ──hello──▶ open ──▶ closed
 *      └──5 s / a frame that is not hello──▶ closed
 *
 * A connection holds no rule: it turns frames into commands and subscriptions, and answers. Closing it means nothing to
 * any session but that its devices and workers are not heard from through it any more.
 */
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { HeadraceError, protocolVersion, sessionKey, up, type Grant, type Up } from '@headrace/core'
import { Outlet } from './outlet.ts'
import type { Access } from '../auth/access.ts'
import { cancelNothing, runAt, type Clock } from '../clock.ts'
import type { Follower, Meter } from '../hub-types.ts'
import type { Pacing } from '../pace.ts'
import { Rate } from '../rate.ts'
import { tooFast } from '../too-fast.ts'
import type { SocketHub } from '../socket-hub.ts'
import type { Traffic } from './traffic.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { Subscriptions } from './ws-subscriptions.ts'
import { Heartbeat, parseFrame, readText, watchStranger } from './ws-peer.ts'
import { WorkerOffers } from './ws-workers.ts'

export interface ConnectionOptions {
  readonly hub: SocketHub
  readonly access: Access
  readonly traffic: Traffic
  /** The address it comes from, for counting. */
  readonly from: string | undefined
  readonly clock: Clock
  readonly pace: Pacing
  readonly meter: Meter
  readonly limits: ConnectionLimits
  readonly onError: (error: HeadraceError) => void
}

type Frame<T extends Up['type']> = Extract<Up, { readonly type: T }>

export class Connection {
  readonly #ws: WebSocket
  readonly #options: ConnectionOptions
  readonly #outlet: Outlet
  readonly #subscriptions: Subscriptions
  readonly #workers: WorkerOffers
  #grant: Grant | undefined
  #greeting = false
  #cancelHello: () => void
  #cancelExpiry: () => void = cancelNothing
  #letGo: () => void = cancelNothing
  #leaveTenant: () => void = cancelNothing
  readonly #frames: Rate
  #cancelRest: () => void = cancelNothing
  readonly #heartbeat: Heartbeat
  #unanswered = 0
  #isResting = false
  #cancelStranger: () => void = cancelNothing
  #closed = false

  constructor(ws: WebSocket, socket: Duplex, options: ConnectionOptions) {
    this.#ws = ws
    this.#options = options
    const { hub, access, clock, pace, meter, limits } = options
    this.#heartbeat = new Heartbeat({ ws, clock, meter, idleMs: limits.idleMs })
    this.#frames = new Rate({ clock, perSecond: limits.framesPerSecond, burst: limits.frameBurst })
    this.#outlet = new Outlet({
      ws,
      socket,
      clock,
      pace,
      meter,
      maxUnsentBytes: limits.maxUnsentBytes,
      stallMs: limits.stallMs,
      onStall: () =>
        this.#cut(
          'slow_consumer',
          `Nothing was read for ${limits.stallMs} ms. Reconnect and resume after the last seq.`,
        ),
      onBroken: (follower, thrown) => this.#broken(follower, thrown),
    })
    const outlet = this.#outlet
    this.#subscriptions = new Subscriptions({ hub, outlet, clock, limits })
    this.#workers = new WorkerOffers({ hub, access, outlet, limits })
    this.#cancelHello = clock.after(limits.helloMs, () => {
      this.#cut('hello_timeout', `Send a hello frame with a token within ${limits.helloMs} ms of connecting.`)
    })
    const onTooMuch = (error: HeadraceError): void => this.#end(error)
    this.#cancelStranger = watchStranger({ ws, socket, maxBytes: limits.maxHelloBytes, onTooMuch })
    ws.on('message', (data, isBinary) => this.#receive(data, isBinary))
    ws.on('pong', () => this.#heard())
    ws.on('close', () => this.close())
    // `ws` closes the socket itself after an error of the peer's framing, with the right code.
    ws.on('error', () => undefined)
  }

  /** Tells the client to come back, then closes. */
  bye(retryAfterMs: number): void {
    this.#outlet.send({ type: 'bye', retryAfterMs })
    this.#outlet.flushTexts()
    this.#ws.close(1012)
  }

  get isOpen(): boolean {
    return this.#grant !== undefined
  }

  #receive(data: RawData, isBinary: boolean): void {
    // A peer that was told to go may take its time to close; what it says until then counts for nothing.
    if (this.#closed) return
    this.#heard()
    try {
      const text = readText(data, isBinary)
      const { limits } = this.#options
      if (!this.#grant && text.length > limits.maxHelloChars) {
        throw new HeadraceError(
          'frame_too_large',
          `Before hello a frame may have ${limits.maxHelloChars} characters, not ${text.length}.`,
        )
      }
      const waitMs = this.#frames.take()
      const frame = up.parse(parseFrame(text))
      if (waitMs === 0) this.#handle(frame)
      else this.#slowDown(frame, waitMs)
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      // A peer that speaks the protocol wrongly can't be told which of its frames failed, so the connection ends.
      if (error.code === 'internal') this.#fail(error)
      else this.#end(error)
    }
  }

  /** A frame too many: a command is refused, anything else ends the connection. Nothing more is read for that time. */
  #slowDown(frame: Up, waitMs: number): void {
    const { limits, clock } = this.#options
    const error = tooFast({
      limit: 'framesPerSecond',
      allowed: limits.framesPerSecond,
      waitMs,
      what: 'frames on a connection',
    })
    if (frame.type !== 'command' || !this.#grant) throw error
    this.#refuse(frame, error)
    this.#isResting = true
    this.#ws.pause()
    this.#cancelRest()
    this.#cancelRest = clock.after(waitMs, () => {
      this.#isResting = false
      this.#listen()
    })
  }

  #refuse({ id, session }: Frame<'command'>, error: HeadraceError): void {
    this.#options.meter.answered('refused', error.code)
    this.#outlet.send({ type: 'reply', id, session, outcome: 'refused', error: error.toWire() })
  }

  /** Reads on, unless there is a reason not to. */
  #listen(): void {
    const isBehind = this.#unanswered >= this.#options.limits.maxUnanswered / 2
    if (this.#ws.isPaused && !this.#isResting && !isBehind) this.#ws.resume()
  }

  #handle(frame: Up): void {
    if (frame.type === 'hello') return this.#hello(frame)
    if (!this.#grant)
      throw new HeadraceError(
        'unauthenticated',
        'The first frame must be hello, and its welcome must come before the next one.',
      )
    switch (frame.type) {
      case 'auth':
        return void this.#auth(frame).catch((thrown: unknown) => this.#fail(thrown))
      case 'subscribe':
        return void this.#subscriptions.subscribe(frame, this.#grant).catch((thrown: unknown) => this.#fail(thrown))
      case 'unsubscribe':
        return this.#subscriptions.unsubscribe(frame.session)
      case 'command':
        return void this.#command(frame, this.#grant).catch((thrown: unknown) => this.#fail(thrown))
      case 'work':
        return this.#workers.offer(frame, this.#grant)
      case 'ephemeral':
        return this.#subscriptions.show(frame, this.#grant)
      case 'ping':
        return this.#outlet.send({ type: 'pong' })
      default:
        return frame satisfies never
    }
  }

  #hello(frame: Frame<'hello'>): void {
    if (this.#greeting) throw new HeadraceError('bad_request', 'hello was sent before. To change the token send auth.')
    this.#greeting = true
    const credential = frame.ticket === undefined ? { token: frame.token } : { ticket: frame.ticket }
    this.#options.access
      .admit(credential, 'read', this.#options.from)
      .then((grant) => {
        if (this.#closed) return
        // What a stranger is watched with is not kept for as long as the connection lasts.
        this.#cancelHello()
        this.#cancelHello = cancelNothing
        this.#cancelStranger()
        this.#cancelStranger = cancelNothing
        this.#leaveTenant = this.#options.traffic.crowd.join(grant.tenant)
        this.#accept(grant)
        if (!this.#closed) this.#welcome(grant)
      })
      .catch((thrown: unknown) => this.#fail(thrown))
  }

  #welcome({ actor, name, expiresAt }: Grant): void {
    const { node } = this.#options.hub
    const { idleMs } = this.#options.limits
    const known = { protocol: protocolVersion, node, actor, ...(name !== undefined && { name }), expiresAt, idleMs }
    this.#outlet.send({ type: 'welcome', ...known })
  }

  /** From here on this grant counts, and the connection ends with it. */
  #accept(grant: Grant): void {
    this.#grant = grant
    this.#letGo()
    this.#letGo = this.#options.access.revocations.hold(grant, (error) => this.#end(error))
    this.#cancelExpiry()
    if (this.#closed) return
    this.#cancelExpiry = runAt(this.#options.clock, grant.expiresAt, () => {
      this.#cut('token_expired', 'The token expired on this connection. Reconnect with a new one.')
    })
  }

  async #auth({ token }: Frame<'auth'>): Promise<void> {
    try {
      const grant = await this.#options.access.admit({ token }, 'read', this.#options.from)
      if (grant.actor !== this.#grant?.actor || grant.tenant !== this.#grant.tenant) {
        throw new HeadraceError(
          'forbidden',
          'A new token must be for the same identity and tenant. Reconnect to change them.',
        )
      }
      if (this.#closed) return
      this.#accept(grant)
      this.#welcome(grant)
      this.#subscriptions.keep(grant)
      this.#workers.keep(grant)
    } catch (thrown) {
      // The old token still counts until it expires.
      const error = HeadraceError.from(thrown)
      if (error.code === 'internal') throw error
      this.#outlet.send({ type: 'error', error: error.toWire() })
    }
  }

  /** A defect in reading ends the connection, anything else the subscription that it is about. */
  #broken(follower: Follower, thrown: unknown): void {
    const error = HeadraceError.from(thrown)
    if (error.code === 'internal') return this.#fail(error)
    this.#subscriptions.broken(follower, error)
  }

  async #command(frame: Frame<'command'>, grant: Grant): Promise<void> {
    const { limits, hub, access, traffic } = this.#options
    const refused = access.revocations.refusal(grant, 'command') ?? traffic.command(grant)
    if (refused) return this.#refuse(frame, refused)
    const { id, session, body } = frame
    this.#unanswered += 1
    // A client that asks faster than the server answers waits in its own socket.
    if (this.#unanswered >= limits.maxUnanswered) this.#ws.pause()
    const outcome = await hub.submit(sessionKey(grant.tenant, session), { id, grant, body })
    this.#unanswered -= 1
    this.#listen()
    this.#outlet.send({ type: 'reply', id, session, ...outcome })
  }

  #heard(): void {
    this.#heartbeat.heard()
    this.#workers.heard()
  }

  #cut(code: 'slow_consumer' | 'hello_timeout' | 'token_expired', text: string): void {
    this.#end(new HeadraceError(code, text))
  }

  /** A defect of ours: report it, tell the peer no more than that. */
  #fail(thrown: unknown): void {
    const error = HeadraceError.from(thrown)
    if (error.code !== 'internal') return this.#end(error)
    this.#options.onError(error)
    this.#end(new HeadraceError('internal', 'The server failed; its log says why. Reconnect and resume.'))
  }

  /** Says why, then closes. A peer that does not read is cut off without ceremony. */
  #end(error: HeadraceError): void {
    if (this.#closed) return
    this.#options.meter.cut(error.code)
    const stalled = this.#ws.bufferedAmount > 0
    if (!stalled) {
      this.#outlet.send({ type: 'error', error: error.toWire() })
      this.#outlet.flushTexts()
    }
    this.#ws.close(error.closeCode, error.code)
    // So that the peer's close is read.
    if (this.#ws.isPaused) this.#ws.resume()
    if (stalled) this.#ws.terminate()
    this.close()
  }

  /** Lets go of all that the connection held. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelHello()
    this.#cancelExpiry()
    this.#heartbeat.close()
    this.#letGo()
    this.#leaveTenant()
    this.#cancelRest()
    this.#subscriptions.close()
    this.#workers.close()
    this.#outlet.close()
  }
}
