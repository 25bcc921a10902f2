import type { Socket } from 'node:net'
import { missingNats, startNats } from '../lib/nats-server.ts'
import { openSocket } from '../lib/http-connection.ts'
import { record } from './durable-streams.ts'
import { readingsOf, runningAt, type Driver, type Load, type Running, type System } from '../tokens/system.ts'

/** NATS with its own defaults: a stream on files, which are synced every two minutes. */
export const natsFile: System = {
  name: 'nats jetstream file',
  kept: 'shown, on disk within minutes',
  promise:
    'Accepted: written to a file that is synced every two minutes. A crash of the machine may lose them, which readers have seen.',
  use: 'One stream of files with a subject per session, no web tier: pipelined PUB on one connection; what is stored is republished, and each reader has a connection of its own that subscribes to that. A browser would need the WebSocket listener.',
  missing: missingNats,
  start,
  open,
}

async function start(directory: string): Promise<Running> {
  const nats = await startNats(directory)
  return runningAt(`nats://127.0.0.1:${nats.port}`, nats)
}

async function open(
  address: string,
  load: Load,
  reader: (subscriber: number) => (text: string) => void,
): Promise<Driver> {
  const url = new URL(address)
  const sockets: Socket[] = []
  const dial = async (hear: (text: string) => void): Promise<Socket> => {
    const socket = await connect(url, hear)
    sockets.push(socket)
    return socket
  }
  let created: (answer: string) => void = () => undefined
  const answered = new Promise<string>((resolve) => (created = resolve))
  const writer = await dial((text) => {
    if (text.includes('io.nats.jetstream.api')) created(text)
  })
  const stream = {
    name: 'events',
    subjects: ['s.*'],
    storage: 'file',
    republish: { src: 's.*', dest: 'live.s.{{wildcard(1)}}' },
  }
  writer.write(`SUB answers 1\r\n${publication('$JS.API.STREAM.CREATE.events answers', JSON.stringify(stream))}`)
  const answer = await answered
  if (answer.includes('"error"')) throw new Error(`NATS made no stream: ${answer}`)
  const readings = readingsOf(load)
  for (const { subscriber, sessions } of readings) {
    const socket = await dial(reader(subscriber))
    for (const session of sessions) socket.write(`SUB live.s.${session} ${session + 1}\r\n`)
    await settled(socket)
  }
  return {
    connections: { writing: 1, reading: readings.length },
    publish: (session, text) =>
      writer.write(publication(`s.${session}`, record(session, text, load.eventBytes)), 'latin1'),
    close: () => sockets.forEach((socket) => socket.destroy()),
  }
}

/** The least that speaks NATS: messages are looked at as text, and a server that asks is told that somebody is here. */
async function connect(url: URL, hear: (text: string) => void): Promise<Socket> {
  const socket = await openSocket(url)
  socket.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1')
    if (text.startsWith('PING\r\n')) socket.write('PONG\r\n')
    if (text.includes('-ERR')) throw new Error(`NATS said ${text}`)
    hear(text)
  })
  socket.write('CONNECT {"verbose":false,"pedantic":false}\r\n')
  await settled(socket)
  return socket
}

/** Waits until the server has done all that was sent before. */
async function settled(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (chunk: Buffer): void => {
      if (!chunk.includes('PONG')) return
      socket.off('data', look)
      resolve()
    }
    socket.on('data', look)
    socket.write('PING\r\n')
  })
}

function publication(subject: string, text: string): string {
  return `PUB ${subject} ${text.length}\r\n${text}\r\n`
}
