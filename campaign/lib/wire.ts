import { WebSocket } from 'ws'
import { subprotocol, type Down, type Up } from '@headrace/core'

export interface WireOptions {
  /** Address and token to connect with now: both may change when a server comes back. */
  readonly at: () => { readonly url: string; readonly token: string }
  /** A server that says nothing for so long is taken for dead. Milliseconds; default never. */
  readonly silenceMs?: number
  /** A connection stands, the first one included. */
  readonly onOnline: () => void
  /** A connection that stood is gone. */
  readonly onOffline?: () => void
  /** What is said on it after the welcome. */
  readonly onFrame: (frame: Down) => void
}

/** A connection that comes back by itself, and no more: what was said on one that broke is for its user to say again. */
export interface Wire {
  readonly isOnline: boolean
  send(frame: Up): void
  /** What {@link Wire.send} makes of a frame. */
  sendText(frame: string): void
  /** Loses the connection. */
  drop(): void
  /** Idempotent. */
  close(): void
}

/** Waits before the next connection, in milliseconds. */
const again = { firstMs: 15, mostMs: 120 }
/** Given up when no welcome came in this time. */
const welcomeMs = 10_000

/** Speaks the protocol with no client library in it, as somebody who is welcome. */
export function startWire({ at, silenceMs, onOnline, onOffline, onFrame }: WireOptions): Wire {
  let isClosed = false
  let isOnline = false
  let socket: WebSocket | undefined
  let timer: NodeJS.Timeout | undefined
  let waitMs = again.firstMs

  function open(): void {
    const { url, token } = at()
    const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/connect`, subprotocol, { perMessageDeflate: false })
    socket = ws
    timer = setTimeout(() => ws.terminate(), welcomeMs)
    const silence = silenceMs === undefined ? undefined : setTimeout(() => ws.terminate(), silenceMs)
    ws.on('message', () => silence?.refresh())
    ws.on('ping', () => silence?.refresh())
    ws.once('open', () => ws.send(JSON.stringify({ type: 'hello', token } satisfies Up)))
    ws.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Down // a server of this protocol wrote it
      if (frame.type !== 'welcome') return onFrame(frame)
      clearTimeout(timer)
      waitMs = again.firstMs
      isOnline = true
      onOnline()
    })
    ws.once('error', () => undefined)
    ws.once('close', () => {
      clearTimeout(timer)
      clearTimeout(silence)
      if (isOnline) onOffline?.()
      isOnline = false
      if (isClosed) return
      timer = setTimeout(open, waitMs)
      waitMs = Math.min(2 * waitMs, again.mostMs)
    })
  }

  open()
  return {
    get isOnline() {
      return isOnline
    },
    send: (frame) => socket?.send(JSON.stringify(frame)),
    sendText: (frame) => socket?.send(frame),
    drop: () => socket?.terminate(),
    close() {
      isClosed = true
      clearTimeout(timer)
      socket?.terminate()
    },
  }
}
