import { io, type Socket } from 'socket.io-client'
import { startNode } from '../lib/child.ts'
import { record } from './durable-streams.ts'
import { readingsOf, runningAt, type Driver, type Load, type Running, type System } from '../tokens/system.ts'

export const socketIo: System = {
  name: 'socket.io',
  kept: 'not kept',
  promise: 'Nothing is kept but what a client missed that comes back within two minutes, in the memory of the process.',
  use: 'Socket.IO 4 with connection state recovery, its in-memory adapter and WebSocket only; a room per session, its own client library at both ends. One connection publishes, each reader has one.',
  start,
  open,
}

async function start(): Promise<Running> {
  const server = await startNode(new URL('../servers/socket-io.ts', import.meta.url), [])
  const { url } = JSON.parse(server.line) as { url: string }
  return runningAt(url, server)
}

async function open(
  address: string,
  load: Load,
  reader: (subscriber: number) => (text: string) => void,
): Promise<Driver> {
  const sockets: Socket[] = []
  const dial = async (): Promise<Socket> => {
    const socket = await dialSocketIo(address)
    sockets.push(socket)
    return socket
  }
  const writer = await dial()
  const readings = readingsOf(load)
  for (const { subscriber, sessions } of readings) {
    const socket = await dial()
    socket.on('event', reader(subscriber))
    for (const session of sessions) await socket.emitWithAck('follow', `s${session}`)
  }
  return {
    connections: { writing: 1, reading: readings.length },
    publish: (session, text) => void writer.emit('publish', `s${session}`, record(session, text, load.eventBytes)),
    close: () => sockets.forEach((socket) => socket.disconnect()),
  }
}

export async function dialSocketIo(address: string): Promise<Socket> {
  const socket = io(address, { transports: ['websocket'], forceNew: true, reconnection: false })
  await new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(undefined))
    socket.once('connect_error', reject)
  })
  return socket
}
