import { once } from 'node:events'
import { WebSocket } from 'ws'
import { startNode } from '../lib/child.ts'
import { countMarkers, payload, type WatchedSystem } from './system.ts'

/** What is missed is lost, so it can't resume: it is the floor of what a connection costs. */
export const wsRelay: WatchedSystem = {
  name: 'bare ws',
  use: 'A WebSocket server of 20 lines (bench/servers/ws-relay.ts) that hands messages on. No sessions, nothing kept.',

  async start() {
    const server = await startNode(new URL('../servers/ws-relay.ts', import.meta.url), [])
    const { url } = JSON.parse(server.line) as { url: string }
    return { address: url, pids: [server.pid], [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  },

  async writer(address) {
    const ws = await dial(address)
    return async (count) => {
      for (let index = 0; index < count; index += 1) {
        ws.send(payload)
        await once(ws, 'message')
      }
    }
  },

  async watch(address) {
    let heard = 0
    const ws = await dial(address)
    ws.on('message', (data: Buffer) => {
      heard += countMarkers(data.toString('latin1'))
    })
    return {
      get heard() {
        return heard
      },
      drop: () => ws.terminate(),
      resume: () => Promise.reject(new Error('A bare relay keeps nothing.')),
    }
  },
}

async function dial(address: string): Promise<WebSocket> {
  const ws = new WebSocket(address, { perMessageDeflate: false })
  await once(ws, 'open')
  return ws
}
