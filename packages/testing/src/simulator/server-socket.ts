import { Buffer } from 'node:buffer'
import type { Link } from './network.ts'
import type { Arrival, End } from './network.ts'
import type { Host } from './host.ts'

/** First byte of a text frame that is whole. */
const finalText = 0x81
// States of a WebSocket.
const open = 1
const closing = 2
const closed = 3

type Listener = (...args: readonly unknown[]) => void

/**
 * The server's end of a connection: as much of a WebSocket of the package `ws`, and of the stream under it, as a server
 * uses. Give it as both.
 */
export class ServerSocket implements End {
  readonly host: Host
  readonly #listeners = new Map<string, Set<{ readonly listener: Listener; readonly once: boolean }>>()
  #link: Link | undefined
  #watch: SocketWatch | undefined
  #open = true
  #paused = false
  /** What came while it was paused. */
  readonly #backlog: Arrival[] = []

  constructor(host: Host) {
    this.host = host
  }

  /** Tells the ends of each other. */
  attach(link: Link, watch: SocketWatch): void {
    this.#link = link
    this.#watch = watch
  }

  get isOpen(): boolean {
    return this.#open
  }

  arrive(arrival: Arrival): void {
    if (!this.#open) return
    if (arrival.type === 'text' && (this.#paused || this.#backlog.length > 0)) this.#backlog.push(arrival)
    else this.#take(arrival)
  }

  #take(arrival: Arrival): void {
    switch (arrival.type) {
      case 'text':
        this.#watch?.received(arrival.text)
        return this.#emit('message', Buffer.from(arrival.text), false)
      case 'pong':
        return this.#emit('pong', Buffer.alloc(0))
      case 'ping':
        return this.#link?.send('client', { type: 'pong' })
      case 'close':
        return this.#ended(arrival.code)
      default:
        return arrival satisfies never
    }
  }

  drained(): void {
    this.#emit('drain')
  }

  // What `ws` has.

  readonly OPEN: number = open
  readyState: number = open

  get bufferedAmount(): number {
    return this.#link?.stuckBytes('client') ?? 0
  }

  get isPaused(): boolean {
    return this.#paused
  }

  on(event: string, listener: Listener): this {
    return this.#add(event, { listener, once: false })
  }

  once(event: string, listener: Listener): this {
    return this.#add(event, { listener, once: true })
  }

  off(event: string, listener: Listener): this {
    const known = this.#listeners.get(event)
    for (const entry of known ?? []) if (entry.listener === listener) known?.delete(entry)
    return this
  }

  send(data: string | Buffer): void {
    this.#say(typeof data === 'string' ? data : data.toString('utf8'))
  }

  #say(text: string): void {
    if (this.readyState !== this.OPEN) return
    this.#watch?.sent(text)
    this.#link?.send('client', { type: 'text', text })
  }

  ping(): void {
    if (this.#open) this.#link?.send('client', { type: 'ping' })
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#drain()
  }

  #drain(): void {
    if (this.#backlog.length === 0) return
    this.host.soon(() => {
      if (this.#paused || !this.#open) return
      const next = this.#backlog.shift()
      if (next) this.#take(next)
      this.#drain()
    })
  }

  close(code: number = 1005, reason: string = ''): void {
    if (this.readyState !== this.OPEN) return
    this.readyState = closing
    this.#link?.send('client', { type: 'close', code, reason })
    // The peer would answer; a server that closes a connection waits for nothing that matters here.
    this.host.soon(() => this.#ended(code))
  }

  terminate(): void {
    if (!this.#open) return
    this.readyState = closing
    this.#link?.cut({ tells: ['client'] })
    this.host.soon(() => this.#ended(1006))
  }

  // What a stream has.

  /** Text frames as they stand on the wire: a server may make them itself. */
  write(frames: Buffer): void {
    for (let at = 0; at < frames.length;) {
      const short = frames.readUInt8(at + 1)
      const [length, header] =
        short < 126
          ? [short, 2]
          : short === 126
            ? [frames.readUInt16BE(at + 2), 4]
            : [Number(frames.readBigUInt64BE(at + 2)), 10]
      if (frames.readUInt8(at) !== finalText) throw new Error('Only whole text frames without a mask can be written.')
      this.#say(frames.toString('utf8', at + header, at + header + length))
      at += header + length
    }
  }

  cork(): void {
    return undefined
  }

  uncork(): void {
    return undefined
  }

  #ended(code: number): void {
    if (!this.#open) return
    this.#open = false
    this.readyState = closed
    this.#emit('close', code, Buffer.alloc(0))
  }

  #add(event: string, entry: { readonly listener: Listener; readonly once: boolean }): this {
    const known = this.#listeners.get(event) ?? new Set()
    known.add(entry)
    this.#listeners.set(event, known)
    return this
  }

  #emit(event: string, ...args: readonly unknown[]): void {
    const known = this.#listeners.get(event)
    if (!known) return
    for (const entry of Array.from(known)) {
      if (entry.once) known.delete(entry)
      entry.listener(...args)
    }
  }
}

/** Who looks at what passes through the server's end of a connection. */
export interface SocketWatch {
  /** Before the server handles it. */
  received(text: string): void
  /** Before it goes on its way. */
  sent(text: string): void
}
