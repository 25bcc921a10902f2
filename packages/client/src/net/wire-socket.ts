/** One WebSocket, from opening to its end: says hello, turns text into frames, and gives one reason when it ends. */
import { HeadraceError, subprotocol, type Down, type Up } from '@headrace/core'
import { closeError } from './close-error.ts'

export interface WireSocketOptions {
  /** `ws:` or `wss:` address. */
  readonly url: string
  readonly hello: Up
  readonly WebSocket: typeof globalThis.WebSocket
  /** Every frame but `error`. */
  readonly onFrame: (frame: Down) => void
  /** An `error` frame that did not end the connection. */
  readonly onComplaint: (error: HeadraceError) => void
  /** Called once, unless this side closed. */
  readonly onEnd: (error: HeadraceError) => void
}

export interface WireSocket {
  send(frame: Up): void
  /** Nothing is called any more after this. Idempotent. */
  close(): void
}

/** @throws whatever the WebSocket constructor throws for an address it can't take */
export function openWireSocket(options: WireSocketOptions): WireSocket {
  const { url, hello, WebSocket, onFrame, onComplaint, onEnd } = options
  const socket = new WebSocket(url, subprotocol)
  let live = true
  let wasOpen = false
  /** An `error` frame explains the close that follows it. If another frame follows, it was only a complaint. */
  let said: HeadraceError | undefined
  const close = (): void => {
    if (!live) return
    live = false
    socket.close()
  }
  const end = (error: HeadraceError): void => {
    if (!live) return
    close()
    onEnd(error)
  }
  const receive = (data: unknown): void => {
    if (said) {
      const complaint = said
      said = undefined
      onComplaint(complaint)
    }
    const frame = parseFrame(data)
    if (frame.type === 'error') said = HeadraceError.fromWire(frame.error)
    else onFrame(frame)
  }
  socket.addEventListener('open', () => {
    wasOpen = true
    if (live) socket.send(JSON.stringify(hello))
  })
  socket.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (!live) return
    try {
      receive(event.data)
    } catch (thrown) {
      // Whatever could not be handled, the same place in the log can be asked for again on a new connection.
      end(HeadraceError.from(thrown))
    }
  })
  // A close event follows and says more than the error event may.
  socket.addEventListener('error', () => undefined)
  socket.addEventListener('close', ({ code, reason }) => end(closeError({ code, reason, said, wasOpen })))
  return { send: (frame) => socket.send(JSON.stringify(frame)), close }
}

function parseFrame(data: unknown): Down {
  if (typeof data !== 'string') throw new HeadraceError('internal', 'The server sent a frame that is not text.')
  const frame: unknown = JSON.parse(data)
  if (typeof frame !== 'object' || frame === null || !('type' in frame) || typeof frame.type !== 'string') {
    throw new HeadraceError('internal', 'The server sent a frame without a type.')
  }
  return frame as Down // the server checks nothing else of ours either: its frames are made from these types
}
