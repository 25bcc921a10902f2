import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { duplexPair, type Duplex } from 'node:stream'
import { WebSocket } from 'ws'

interface Doors {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/**
 * What one end writes reaches the other in the next tick, as it does on a network. At once, both ends of a WebSocket that
 * closes would be in each other's `close`, and `ws` forgets one of the timers that it sets there, which holds the process
 * for 30 seconds.
 */
function deliverLater(end: Duplex): void {
  const push = end.push.bind(end)
  end.push = (chunk: unknown) => {
    process.nextTick(() => end.destroyed || push(chunk))
    return true
  }
}

/**
 * A WebSocket class whose sockets lead straight to a server in this process: the same doors, the same rules, the same
 * tokens, and no network. Give it to `connect` or `createWorker` as `WebSocket`, with `http://localhost` as the `url`.
 */
export function inProcessWebSocket({ handler, upgrade }: Doors): typeof globalThis.WebSocket {
  const server: Server = createServer(handler)
  server.on('upgrade', upgrade)
  const dial = (): Duplex => {
    const [near, far] = duplexPair()
    deliverLater(near)
    deliverLater(far)
    server.emit('connection', far)
    return near
  }
  return class extends WebSocket {
    constructor(_url: string | URL, protocols?: string | string[]) {
      super('ws://localhost/v1/connect', protocols, { createConnection: dial as never }) // it asks for no more than a stream
    }
  } as unknown as typeof globalThis.WebSocket // `ws` has what the standard one has
}
