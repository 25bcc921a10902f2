import { once } from 'node:events'
import { WebSocket } from 'ws'
import { missingRedis } from '../lib/redis-server.ts'
import { record } from './durable-streams.ts'
import { startWebOverRedis } from './web-over-redis.ts'
import { readingsOf, type Driver, type Load, type System } from '../tokens/system.ts'

const use =
  'What it takes to show Redis streams in browsers: a WebSocket server of 70 lines (bench/servers/redis-gateway.ts) that writes with XADD and PUBLISH and hands messages on. No authentication, no rules, no catching up. Connections as for headrace; every event is written at once.'

export const redisGatewayAlways: System = {
  name: 'redis gateway always',
  kept: 'on disk, then shown',
  promise: 'Accepted: written and fsynced by Redis (appendfsync always), then shown to readers.',
  use,
  missing: missingRedis,
  start: (directory) =>
    startWebOverRedis('redis-gateway.ts', ['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always']),
  open,
}

export const redisGatewayMemory: System = {
  name: 'redis gateway memory',
  kept: 'in memory',
  promise: 'Accepted: in the memory of Redis. Nothing survives it.',
  use,
  missing: missingRedis,
  start: (directory) => startWebOverRedis('redis-gateway.ts', ['--dir', directory, '--appendonly', 'no']),
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
  const readings = readingsOf(load)
  for (const { subscriber, sessions } of readings) {
    const ws = await dial()
    const hear = reader(subscriber)
    for (const session of sessions) {
      ws.send(JSON.stringify({ follow: `s${session}` }))
      await once(ws, 'message')
    }
    ws.on('message', (data: Buffer) => hear(data.toString('latin1')))
  }
  return {
    connections: { writing: 1, reading: readings.length },
    publish(session, text) {
      writes += 1
      writer.send(`{"write":${writes},"session":"s${session}","data":${record(session, text, load.eventBytes)}}`)
    },
    close: () => sockets.forEach((ws) => ws.terminate()),
  }
}
