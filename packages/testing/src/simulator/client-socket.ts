import type { Arrival, End, Link } from './network.ts'
import type { Host } from './host.ts'

interface SocketEvents {
  readonly open: object
  readonly message: { readonly data: string }
  readonly close: { readonly code: number; readonly reason: string }
  readonly error: object
}

type Listener = (event: SocketEvents[keyof SocketEvents]) => void

/** How a client's process reaches a server. */
export interface Dialler {
  readonly host: Host
  /** Connects; calls `open` when there is a connection, or lets a close arrive. */
  dial(socket: ClientSocket): void
  /** Looks at what the client sends and is given. */
  sent(text: string): void
  received(text: string): void
}

/** The client's end of a connection: as much of a WebSocket as a client uses. */
export class ClientSocket implements End {
  readonly #dialler: Dialler
  readonly #listeners = new Map<string, Listener[]>()
  #link: Link | undefined
  #closed = false

  constructor(dialler: Dialler) {
    this.#dialler = dialler
    dialler.dial(this)
  }

  get host(): Host {
    return this.#dialler.host
  }

  get isClosed(): boolean {
    return this.#closed
  }

  open(link: Link): void {
    this.#link = link
    if (this.#closed) link.send('server', { type: 'close', code: 1005, reason: '' })
    else this.#emit('open', {})
  }

  arrive(arrival: Arrival): void {
    if (arrival.type === 'ping') return this.#link?.send('server', { type: 'pong' })
    if (this.#closed) return
    if (arrival.type === 'text') {
      this.#dialler.received(arrival.text)
      return this.#emit('message', { data: arrival.text })
    }
    if (arrival.type !== 'close') return
    this.#closed = true
    this.#emit('close', { code: arrival.code, reason: arrival.reason })
  }

  drained(): void {
    return undefined
  }

  // What a WebSocket has.

  addEventListener(type: string, listener: Listener): void {
    const known = this.#listeners.get(type)
    if (known) known.push(listener)
    else this.#listeners.set(type, [listener])
  }

  send(text: string): void {
    if (this.#closed) return
    this.#dialler.sent(text)
    this.#link?.send('server', { type: 'text', text })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#link?.send('server', { type: 'close', code: 1005, reason: '' })
  }

  #emit<T extends keyof SocketEvents>(type: T, event: SocketEvents[T]): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event)
  }
}

/** The class to give to a client as its `WebSocket`. */
export function webSocketOf(dialler: Dialler): typeof globalThis.WebSocket {
  class Socket extends ClientSocket {
    constructor() {
      super(dialler)
    }
  }
  return Socket as unknown as typeof globalThis.WebSocket // as much of it as a client uses
}
