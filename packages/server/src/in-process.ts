import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { duplexPair, type Duplex } from 'node:stream'
import { WebSocket } from 'ws'

interface Doors {
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
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
    server.emit('connection', far)
    return near
  }
  return class extends WebSocket {
    constructor(_url: string | URL, protocols?: string | string[]) {
      super('ws://localhost/v1/connect', protocols, { createConnection: dial as never }) // it asks for no more than a stream
    }
  } as unknown as typeof globalThis.WebSocket // `ws` has what the standard one has
}
