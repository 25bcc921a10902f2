/**
 * A session's events as Server-Sent Events. One message for each event: `id` is its seq, `data` its JSON; or what another
 * protocol says of them.
 *
 *   waiting ──wake──▶ pumping ──end of the log──▶ waiting      at once, or under load after the pace's window
 *                        └──the socket is full──▶ stalled ──drain──▶ pumping
 *                                                    └──30 s without progress──▶ ended (slow_consumer)
 *
 * While it is stalled nothing is read from the log, so a reader that takes nothing costs about one page. Every way out
 * goes through `#end`: the caller is gone, the token expired, the door closes, reading failed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HeadraceError, type Grant, type SessionKey } from '@headrace/core'
import { cancelNothing, restOf, runAt } from '../clock.ts'
import type { Follower, Page } from '../hub-types.ts'
import type { HttpServices } from './http-services.ts'
import type { Wait } from './http-waits.ts'

export interface EventStreamTarget {
  readonly key: SessionKey
  readonly after: number
  readonly grant: Grant
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Default: the events as they are. */
  readonly format?: StreamFormat
}

/** What a stream says of a session. One for each stream. */
export interface StreamFormat {
  /** What comes first. */
  begin(): string
  page(page: Page): Buffer
  /** There is nothing more to say: the stream ends. */
  readonly isOver: boolean
  /** What tells the reader why it ends before that. */
  failed(error: HeadraceError): string
}

/** How long a browser waits before it connects again, in milliseconds. */
const retryMs = 1_000

/** A page is encoded once, whoever reads it. */
const encoded = new WeakMap<Page, Buffer>()

/** The events as they are: it goes on for ever. */
const plain: StreamFormat = {
  begin: () => `retry: ${retryMs}\n\n`,
  page: encode,
  isOver: false,
  failed: (error) => `event: error\ndata: ${JSON.stringify({ error: error.toWire() })}\n\n`,
}

export class EventStream {
  readonly #services: HttpServices
  readonly #target: EventStreamTarget
  readonly #wait: Wait
  readonly #format: StreamFormat
  #follower: Follower | undefined
  #state: 'waiting' | 'pumping' | 'stalled' | 'ended' = 'pumping'
  /** Woken while pumping: look again before resting. */
  #again = false
  #pumpedAt = 0
  #isPaced = false
  #cancelPace: () => void = cancelNothing
  #cancelHeartbeat: () => void = cancelNothing
  #cancelExpiry: () => void = cancelNothing
  #cancelStall: () => void = cancelNothing

  /** Starts a stream; it lives until its response is closed. Rejects when it can't start: nothing was sent then. */
  static async open(services: HttpServices, target: EventStreamTarget): Promise<void> {
    const { waits, traffic } = services
    const wait = waits.open(target.grant, target.response, traffic.addressOf(target.request))
    try {
      await new EventStream(services, target, wait).#start()
    } catch (thrown) {
      wait.close()
      throw thrown
    }
  }

  private constructor(services: HttpServices, target: EventStreamTarget, wait: Wait) {
    this.#services = services
    this.#target = target
    this.#wait = wait
    this.#format = target.format ?? plain
  }

  async #start(): Promise<void> {
    const { hub, metrics } = this.#services
    const { key, after, grant, request, response } = this.#target
    const follower = await hub.follow(key, grant, { after, wake: () => this.#wake() })
    if (this.#wait.signal.aborted) {
      follower.close()
      throw this.#wait.signal.reason
    }
    this.#follower = follower
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
    metrics.meter.connected('sse', 1)
    this.#wait.signal.addEventListener('abort', () => this.#end(HeadraceError.from(this.#wait.signal.reason)))
    response.once('close', () => this.#closed())
    if (request.method === 'HEAD') return this.#end()
    response.write(this.#format.begin())
    if (this.#format.isOver) return this.#end()
    this.#beat()
    this.#watchExpiry()
    void this.#pump()
  }

  #wake(): void {
    if (this.#state === 'pumping') this.#again = true
    if (this.#state !== 'waiting' || this.#isPaced) return
    const { clock, pace } = this.#services
    const rest = restOf(pace.windowMs, this.#pumpedAt, clock)
    if (pace.windowMs === 0 || rest <= 0) return void this.#pump()
    this.#isPaced = true
    this.#cancelPace = clock.after(rest, () => {
      this.#isPaced = false
      if (this.#state === 'waiting') void this.#pump()
    })
  }

  /** Writes until the log ends or the socket is full. Never rejects. */
  async #pump(): Promise<void> {
    this.#state = 'pumping'
    try {
      do {
        this.#again = false
        for (;;) {
          const next = this.#follower?.next()
          const page = next instanceof Promise ? await next : next
          if (this.#isEnded()) return
          if (!page) break
          const isTaken = this.#write(page)
          if (this.#format.isOver) return this.#end()
          if (!isTaken) return this.#stall(this.#target.response.writableLength)
        }
      } while (this.#again)
      this.#pumpedAt = this.#services.clock.now()
      this.#state = 'waiting'
    } catch (thrown) {
      this.#end(HeadraceError.from(thrown))
    }
  }

  #write(page: Page): boolean {
    const bytes = this.#format.page(page)
    this.#services.metrics.meter.delivered(page.events.length, bytes.length)
    return bytes.length === 0 || this.#target.response.write(bytes)
  }

  /** Waits for the socket to be empty; cuts a reader that took nothing in all that time. */
  #stall(unsent: number): void {
    const { clock, limits, metrics } = this.#services
    const { response } = this.#target
    this.#state = 'stalled'
    const onDrain = (): void => {
      this.#cancelStall()
      if (!this.#isEnded()) void this.#pump()
    }
    response.once('drain', onDrain)
    this.#cancelStall = clock.after(limits.stallMs, () => {
      response.off('drain', onDrain)
      if (response.writableLength < unsent) return this.#stall(response.writableLength)
      metrics.meter.cut('slow_consumer')
      // An error frame would only join the queue that nobody reads.
      response.destroy()
    })
  }

  #beat(): void {
    const { clock, limits } = this.#services
    this.#cancelHeartbeat = clock.after(limits.heartbeatMs, () => {
      if (this.#state === 'waiting') this.#target.response.write(': keep-alive\n\n')
      this.#beat()
    })
  }

  #watchExpiry(): void {
    this.#cancelExpiry = runAt(this.#services.clock, this.#target.grant.expiresAt, () => {
      this.#services.metrics.meter.cut('token_expired')
      this.#end(new HeadraceError('token_expired', 'The token expired. Get a new one and resume after the last id.'))
    })
  }

  #isEnded(): boolean {
    return this.#state === 'ended'
  }

  /** Says why, then closes; a reader that does not take even that is cut. */
  #end(error?: HeadraceError): void {
    if (this.#isEnded()) return
    const { response } = this.#target
    this.#release()
    if (response.destroyed) return
    const told = error && this.#services.publicError(error)
    response.end(told && this.#format.failed(told))
    this.#cancelStall = this.#services.clock.after(this.#services.limits.stallMs, () => response.destroy())
  }

  #closed(): void {
    if (!this.#isEnded()) this.#release()
    this.#cancelStall()
    this.#services.metrics.meter.connected('sse', -1)
  }

  #release(): void {
    this.#state = 'ended'
    this.#cancelPace()
    this.#cancelHeartbeat()
    this.#cancelExpiry()
    this.#cancelStall()
    this.#follower?.close()
    this.#wait.close()
  }
}

function encode(page: Page): Buffer {
  let bytes = encoded.get(page)
  if (!bytes) {
    const text = page.events.map((event, index) => `id: ${page.after + index + 1}\ndata: ${event}\n\n`)
    bytes = Buffer.from(text.join(''), 'utf8')
    encoded.set(page, bytes)
  }
  return bytes
}
