/**
 * One WebSocket of the AI SDK's `WebSocketChatTransport`: any number of answers, each under the id of a request.
 *
 *   request ──send, resume──▶ start, chunk 0, 1, 2, … ──▶ end | error        resume without a run under way: no-active
 *                                  └──abort──▶ stopped, or left alone (`?abort=leave`)
 *
 * Who it is says a ticket in the address, or a token among the headers that each frame carries. Closing it means nothing
 * to any run.
 */
import { cancelNothing, runAt } from '../clock.ts'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { HeadraceError, allows, sessionKey, type Grant, type HiddenEvent, type SessionEvent } from '@headrace/core'
import { forVersion, type UiChunk, type UiStream } from '@headrace/formats/ai-sdk'
import type { Follower, Page } from '../hub-types.ts'
import { Rate } from '../rate.ts'
import { textFrames } from '../text-frames.ts'
import { tooFast } from '../too-fast.ts'
import { readVersion, versionHeader } from './ai-sdk-chat.ts'
import { readFrame, requestIdOf, type AiSdkFrame, type AiSdkReply } from './ai-sdk-frames.ts'
import { stopTurn, streamTurn, takeTurn, turnUnderWay, type ChatDoor } from './ai-sdk-turn.ts'
import { bearerToken } from './bearer.ts'
import { forbidden } from './forbidden.ts'
import { publicError } from './http-errors.ts'
import { checkLevels } from './json-text.ts'
import { Outlet } from './outlet.ts'
import { Heartbeat, parseFrame, readText, watchStranger } from './ws-peer.ts'
import type { ConnectionOptions } from './ws-connection.ts'

export interface AiSdkConnectionOptions extends ConnectionOptions {
  /** Of the address: `ticket`, `abort`. */
  readonly query: URLSearchParams
}

type Asked = Exclude<AiSdkFrame, { readonly type: 'abort' }>

/** A request of a chat that is not answered to its end. */
interface Live {
  readonly requestId: string
  sequence: number
  door?: ChatDoor
  run?: string
  stream?: UiStream
  follower?: Follower
  isAborted: boolean
  release: () => void
}

export class AiSdkConnection {
  readonly #ws: WebSocket
  readonly #options: AiSdkConnectionOptions
  readonly #outlet: Outlet<AiSdkReply>
  readonly #heartbeat: Heartbeat
  readonly #frames: Rate
  readonly #live = new Map<string, Live>()
  readonly #followed = new Map<Follower, Live>()
  readonly #ticket: Promise<Grant> | undefined
  readonly #leavesRuns: boolean
  #isOpen = false
  #letGo: () => void = cancelNothing
  #leaveTenant: () => void = cancelNothing
  #cancelHello: () => void
  #cancelStranger: () => void
  #closed = false

  constructor(ws: WebSocket, socket: Duplex, options: AiSdkConnectionOptions) {
    this.#ws = ws
    this.#options = options
    const { clock, pace, meter, limits, query, access, from } = options
    this.#frames = new Rate({ clock, perSecond: limits.framesPerSecond, burst: limits.frameBurst })
    this.#outlet = new Outlet({
      ws,
      socket,
      clock,
      pace,
      meter,
      maxUnsentBytes: limits.maxUnsentBytes,
      stallMs: limits.stallMs,
      onStall: () => this.#end(new HeadraceError('slow_consumer', `Nothing was read for ${limits.stallMs} ms.`)),
      onBroken: (follower, thrown) => this.#broken(follower, thrown),
      encode: (follower, page) => this.#encode(follower, page),
    })
    this.#heartbeat = new Heartbeat({ ws, clock, meter, idleMs: limits.idleMs })
    this.#leavesRuns = query.get('abort') === 'leave'
    this.#cancelHello = clock.after(limits.helloMs, () => {
      const text = `Come with a ticket, or send a request with an Authorization header within ${limits.helloMs} ms.`
      this.#end(new HeadraceError('hello_timeout', text))
    })
    const onTooMuch = (error: HeadraceError): void => this.#end(error)
    this.#cancelStranger = watchStranger({ ws, socket, maxBytes: limits.maxHelloBytes, onTooMuch })
    ws.on('message', (data, isBinary) => this.#receive(data, isBinary))
    ws.on('pong', () => this.#heartbeat.heard())
    ws.on('close', () => this.close())
    // `ws` closes the socket itself after an error of the peer's framing, with the right code.
    ws.on('error', () => undefined)
    const ticket = query.get('ticket')
    if (ticket === null) return
    this.#ticket = access.admit({ ticket }, 'read', from)
    this.#ticket.then((grant) => this.#accept(grant)).catch((thrown: unknown) => this.#end(this.#public(thrown)))
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** The server goes: the chat finds its answer again at another one. */
  bye(): void {
    this.#ws.close(1012)
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#closed) return
    this.#heartbeat.heard()
    let requestId: string | undefined
    try {
      const { limits } = this.#options
      const text = readText(data, isBinary)
      if (!this.#isOpen && text.length > limits.maxHelloChars) {
        const most = `Before it is known who asks, a frame may have ${limits.maxHelloChars} characters, not ${text.length}.`
        const advice = 'Connect with a ticket, or send the last message only (prepareSendMessagesRequest).'
        throw new HeadraceError('frame_too_large', `${most} ${advice}`)
      }
      const waitMs = this.#frames.take()
      const limit = { limit: 'framesPerSecond', allowed: limits.framesPerSecond, what: 'frames on a connection' }
      if (waitMs > 0) throw tooFast({ ...limit, waitMs })
      const value = parseFrame(text)
      requestId = requestIdOf(value)
      checkLevels(text)
      this.#handle(readFrame(value))
    } catch (thrown) {
      const error = this.#public(thrown)
      // Where it can be told whose frame was wrong, the others go on.
      if (requestId === undefined || error.code !== 'bad_request') return this.#end(error)
      this.#outlet.send({ type: 'error', requestId, errorText: error.message })
    }
  }

  #handle(frame: AiSdkFrame): void {
    if (frame.type === 'abort') return this.#abort(frame.requestId)
    const { requestId } = frame
    const { maxSubscriptions } = this.#options.limits
    if (this.#live.has(requestId))
      throw new HeadraceError('bad_request', `The request ${requestId} is under way already.`)
    if (this.#live.size >= maxSubscriptions) {
      const text = `A connection may have ${maxSubscriptions} requests under way (maxSubscriptions).`
      throw new HeadraceError('bad_request', text, { detail: { limit: 'maxSubscriptions', allowed: maxSubscriptions } })
    }
    const live: Live = { requestId, sequence: 0, isAborted: false, release: () => undefined }
    this.#live.set(requestId, live)
    this.#open(live, frame).catch((thrown: unknown) => this.#fail(live, thrown))
  }

  async #open(live: Live, frame: Asked): Promise<void> {
    const { hub, access, traffic } = this.#options
    const grant = await this.#grantFor(frame)
    const session = frame.chat.id
    if (!allows(grant, session, 'read')) throw forbidden('read', session)
    const refused = frame.type === 'send' && (access.revocations.refusal(grant, 'command') ?? traffic.command(grant))
    if (refused) throw refused
    const version = readVersion(
      frame.headers[versionHeader.toLowerCase()] ?? this.#options.query.get('version') ?? undefined,
    )
    const door: ChatDoor = { hub, key: sessionKey(grant.tenant, session), session, grant }
    const turn = frame.type === 'send' ? await takeTurn(door, frame.chat) : await turnUnderWay(door)
    if (turn?.run !== undefined) Object.assign(live, { door, run: turn.run })
    // What was asked for counts, also when the chat stopped waiting meanwhile.
    if (live.isAborted) return this.#stop(live)
    if (this.#closed) return
    if (!turn) return this.#finish(live, 'no-active')
    const stream = await streamTurn(door, turn, version)
    if (live.isAborted) return this.#stop(live)
    live.release = this.#hold(grant, (error) => this.#fail(live, error))
    // It may have been taken back by now.
    if (!this.#isLive(live)) return live.release()
    this.#outlet.send({ type: 'start', requestId: live.requestId })
    const nothing = forVersion({ type: 'finish', finishReason: 'interrupted' }, version)
    for (const reply of this.#replies(live, stream ? stream.begin() : nothing ? [nothing] : []))
      this.#outlet.send(reply)
    if (!stream || stream.isOver) return this.#finish(live, 'end')
    live.stream = stream
    const wake = (): void => {
      if (live.follower) this.#outlet.wake(live.follower)
    }
    const follower = await hub.follow(door.key, grant, { after: stream.view.seq, wake })
    if (this.#closed || !this.#isLive(live)) return follower.close()
    live.follower = follower
    this.#followed.set(follower, live)
    wake()
  }

  async #grantFor({ headers }: Asked): Promise<Grant> {
    const { authorization } = headers
    if (authorization === undefined) {
      if (this.#ticket) return this.#ticket
      const text =
        'Connect with ?ticket=… (POST /v1/tickets), or send the header Authorization: Bearer <token> in each frame.'
      throw new HeadraceError('unauthenticated', text)
    }
    const { access, from } = this.#options
    const grant = await access.admit({ token: bearerToken({ headers: { authorization } }) }, 'read', from)
    this.#admitted(grant)
    return grant
  }

  /** A connection that came with a ticket ends with what the ticket stands for: the chat comes back with a new one. */
  #accept(grant: Grant): void {
    this.#admitted(grant)
    this.#letGo = this.#hold(grant, (error) => this.#end(error))
    if (this.#closed) this.#letGo()
  }

  #admitted({ tenant }: Grant): void {
    if (this.#isOpen || this.#closed) return
    this.#leaveTenant = this.#options.traffic.crowd.join(tenant)
    this.#isOpen = true
    this.#cancelHello()
    this.#cancelStranger()
  }

  #isLive(live: Live): boolean {
    return this.#live.get(live.requestId) === live
  }

  /** Tells when a grant is over. Call the result when it is no longer in use. */
  #hold(grant: Grant, onOver: (error: HeadraceError) => void): () => void {
    const { access, clock } = this.#options
    const letGo = access.revocations.hold(grant, onOver)
    const cancel = runAt(clock, grant.expiresAt, () => {
      onOver(new HeadraceError('token_expired', 'The token expired. Resume with a new one.'))
    })
    return () => {
      letGo()
      cancel()
    }
  }

  #encode(follower: Follower, { events }: Page): Buffer {
    const live = this.#followed.get(follower)
    if (!live?.stream) return Buffer.alloc(0)
    const chunks = live.stream.push(events.map((event) => JSON.parse(event) as SessionEvent | HiddenEvent)) // as they were stored
    const replies = this.#replies(live, chunks)
    if (live.stream.isOver) {
      replies.push({ type: 'end', requestId: live.requestId })
      this.#forget(live)
    }
    return textFrames(replies.map((reply) => JSON.stringify(reply)))
  }

  #replies(live: Live, chunks: readonly UiChunk[]): AiSdkReply[] {
    const { requestId } = live
    return chunks.map((chunk) => {
      const sequence = live.sequence
      live.sequence += 1
      return { type: 'chunk', requestId, sequence, chunk }
    })
  }

  #abort(requestId: string): void {
    const live = this.#live.get(requestId)
    if (!live) return // it was over
    live.isAborted = true
    if (live.run === undefined) return // it is stopped as soon as it is known
    this.#stop(live).catch((thrown: unknown) => this.#fail(live, thrown))
  }

  /** The chat reads no more, so an `end` is for nobody; a refusal to stop is. */
  async #stop(live: Live): Promise<void> {
    const { door, run } = live
    this.#forget(live)
    if (door && run !== undefined && !this.#leavesRuns) await stopTurn(door, run)
  }

  #finish(live: Live, type: 'end' | 'no-active'): void {
    this.#forget(live)
    this.#outlet.send({ type, requestId: live.requestId })
  }

  #fail(live: Live, thrown: unknown): void {
    this.#forget(live)
    if (this.#closed) return
    const error = this.#public(thrown)
    this.#outlet.send({ type: 'error', requestId: live.requestId, errorText: error.message })
    // Who is not known yet gets no second try on this connection.
    if (!this.#isOpen) this.#end(error)
  }

  #broken(follower: Follower, thrown: unknown): void {
    const live = this.#followed.get(follower)
    if (live) this.#fail(live, thrown)
  }

  #forget(live: Live): void {
    if (this.#isLive(live)) this.#live.delete(live.requestId)
    live.release()
    const { follower } = live
    if (!follower) return
    this.#followed.delete(follower)
    this.#outlet.forget(follower)
    follower.close()
  }

  #public(thrown: unknown): HeadraceError {
    return publicError(thrown, this.#options.onError)
  }

  /** Says why, then closes. A peer that does not read is cut off without ceremony. */
  #end(error: HeadraceError): void {
    if (this.#closed) return
    this.#options.meter.cut(error.code)
    const stalled = this.#ws.bufferedAmount > 0
    if (!stalled) this.#outlet.flushTexts()
    // A reason has room for 123 bytes.
    this.#ws.close(error.closeCode, error.code)
    if (stalled) this.#ws.terminate()
    this.close()
  }

  /** Lets go of all that the connection held. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelHello()
    this.#cancelStranger()
    this.#letGo()
    this.#leaveTenant()
    this.#heartbeat.close()
    for (const live of this.#live.values()) this.#forget(live)
    this.#outlet.close()
  }
}
