import { startNode } from '../lib/child.ts'
import { dialSocketIo } from '../systems/socket-io.ts'
import { payload, type WatchedSystem } from './system.ts'

export const socketIo: WatchedSystem = {
  name: 'socket.io',
  use: 'Socket.IO 4 with connection state recovery, its in-memory adapter and WebSocket only; its own client library.',

  async start() {
    const server = await startNode(new URL('../servers/socket-io.ts', import.meta.url), [])
    const { url } = JSON.parse(server.line) as { url: string }
    return { address: url, pids: [server.pid], [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  },

  async writer(address) {
    const socket = await dialSocketIo(address)
    return async (count) => {
      await socket.emitWithAck('write', count, payload)
    }
  },

  async watch(address) {
    let heard = 0
    const socket = await dialSocketIo(address)
    socket.on('event', () => {
      heard += 1
    })
    return {
      get heard() {
        return heard
      },
      drop: () => void socket.io.engine.close(),
      async resume() {
        const connected = new Promise((resolve) => socket.once('connect', () => resolve(undefined)))
        socket.connect()
        await connected
      },
    }
  },
}
