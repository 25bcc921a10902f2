/** What every WebSocket of the server is watched for. */
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import { HeadraceError } from '@headrace/core'
import { cancelNothing, type Clock } from '../clock.ts'
import type { Meter } from '../hub-types.ts'

export interface HeartbeatOptions {
  readonly ws: WebSocket
  readonly clock: Clock
  readonly meter: Meter
  /** A peer that is silent for so long is taken for dead; it is asked at a third of it. Milliseconds. */
  readonly idleMs: number
}

/** Asks a silent peer, then takes it for dead. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #lastHeard: number
  #cancel: () => void = cancelNothing

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#lastHeard = options.clock.now()
    this.#watch()
  }

  heard(): void {
    this.#lastHeard = this.#options.clock.now()
  }

  #watch(): void {
    const { ws, clock, meter, idleMs } = this.#options
    this.#cancel = clock.after(idleMs / 3, () => {
      // A clock that was set back says nothing of the time that has passed.
      if (clock.now() < this.#lastHeard) this.#lastHeard = clock.now()
      const silent = clock.now() - this.#lastHeard
      if (silent >= idleMs) {
        meter.cut('idle_timeout')
        ws.terminate()
        return
      }
      if (silent >= idleMs / 3) ws.ping()
      this.#watch()
    })
  }

  close(): void {
    this.#cancel()
  }
}

export interface StrangerOptions {
  readonly ws: WebSocket
  readonly socket: Duplex
  readonly maxBytes: number
  readonly onTooMuch: (error: HeadraceError) => void
}

/** Somebody unknown must not make us hold a large frame while it is on its way. Returns what ends the watch. */
export function watchStranger({ ws, socket, maxBytes, onTooMuch }: StrangerOptions): () => void {
  let bytes = 0
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes <= maxBytes) return
    const text = `Before hello a connection may send ${maxBytes} bytes (maxHelloBytes).`
    onTooMuch(new HeadraceError('frame_too_large', text, { detail: { limit: 'maxHelloBytes', allowed: maxBytes } }))
    // Time to hear why, but not to go on for long.
    if (bytes > 2 * maxBytes) ws.terminate()
  }
  socket.on('data', onData)
  return () => socket.off('data', onData)
}

/**
 * The text of a frame. `ws` is left at its default of one Buffer per message and has checked the UTF-8.
 *
 * @throws HeadraceError `bad_request`
 */
export function readText(data: RawData, isBinary: boolean): string {
  if (!isBinary && Buffer.isBuffer(data)) return data.toString('utf8')
  throw new HeadraceError('bad_request', 'Frames must be text, not binary.')
}

/** @throws HeadraceError `bad_request` */
export function parseFrame(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HeadraceError('bad_request', 'The frame is not JSON.', { cause })
  }
}
