import { once } from 'node:events'
import { WebSocket } from 'ws'
import { startNode } from '../lib/child.ts'
import { missingRedis, startRedis } from '../lib/redis-server.ts'
import { record } from './durable-streams.ts'
import type { Driver, Load, Running, System } from '../tokens/system.ts'

export const redisGateway: System = {
  name: 'redis streams gateway',
  promise: 'Accepted: written and fsynced by Redis (appendfsync always), then shown to readers.',
  use: 'What it takes to show Redis streams in browsers: a WebSocket server of 70 lines (bench/servers/redis-gateway.ts) that writes with XADD and PUBLISH and hands messages on. No authentication, no rules, no catching up. Connections as for headrace; every event is written at once.',
  missing: missingRedis,
  async start(directory): Promise<Running> {
    const redis = await startRedis(['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always'])
    const server = await startNode(new URL('../servers/redis-gateway.ts', import.meta.url), [String(redis.port)])
    const { url } = JSON.parse(server.line) as { url: string }
    return {
      address: url,
      pids: [redis.pid, server.pid],
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await redis[Symbol.asyncDispose]()
      },
    }
  },
  open,
}

async function open(
  address: string,
  load: Load,
  reader: (subscriber: number) => (text: string) => void,
): Promise<Driver> {
  const sockets: WebSocket[] = []
  const dial = async (): Promise<WebSocket> => {
    const ws = new WebSocket(address, { perMessageDeflate: false })
    await once(ws, 'open')
    sockets.push(ws)
    return ws
  }
  const writer = await dial()
  let writes = 0
  let reading = 0
  for (let subscriber = 0; subscriber < load.subscribers; subscriber += 1) {
    for (let first = 0; first < load.sessions; first += load.sessionsPerConnection) {
      const ws = await dial()
      reading += 1
      const hear = reader(subscriber)
      for (let session = first; session < Math.min(first + load.sessionsPerConnection, load.sessions); session += 1) {
        ws.send(JSON.stringify({ follow: `s${session}` }))
        await once(ws, 'message')
      }
      ws.on('message', (data: Buffer) => hear(data.toString('latin1')))
    }
  }
  return {
    connections: { writing: 1, reading },
    publish(session, text) {
      writes += 1
      writer.send(`{"write":${writes},"session":"s${session}","data":${record(session, text, load.eventBytes)}}`)
    },
    close: () => sockets.forEach((ws) => ws.terminate()),
  }
}
