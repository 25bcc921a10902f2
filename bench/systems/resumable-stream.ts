import { missingRedis } from '../lib/redis-server.ts'
import { openSocket } from '../lib/http-connection.ts'
import { record } from './durable-streams.ts'
import { startWebOverRedis } from './web-over-redis.ts'
import type { Driver, Load, System } from '../tokens/system.ts'

const use =
  'A web server with one resumable stream per session, over ioredis. Tokens come in as the body of a POST; its response is the first reader, a GET that resumes is each other one, as in its README.'

export const resumableStream: System = {
  name: 'resumable-stream',
  kept: 'not kept',
  promise:
    'Nothing is stored: events live in the memory of the web server that makes them, and go through Redis pub/sub.',
  use,
  missing: missingRedis,
  start: (directory) => startWebOverRedis('resumable-stream.ts', ['--dir', directory, '--appendonly', 'no']),
  open,
}

/** As an application must use it that wants to have the answer when its web server dies. */
export const resumableStreamStored: System = {
  name: 'resumable-stream always',
  kept: 'on disk, then shown',
  promise:
    'Each event is added to a Redis stream with XADD and fsynced (appendfsync always), then handed to resumable-stream.',
  use: `${use} Before that, the web server keeps each piece of the body with XADD and waits for the answer; nothing reads what is kept.`,
  missing: missingRedis,
  start: (directory) => {
    const synced = ['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always']
    return startWebOverRedis('resumable-stream.ts', synced, ['stored'])
  },
  open,
}

async function open(
  address: string,
  load: Load,
  reader: (subscriber: number) => (text: string) => void,
): Promise<Driver> {
  const url = new URL(address)
  const closers: (() => void)[] = []
  const request = async (method: string, path: string, hear: (text: string) => void) => {
    const socket = await openSocket(url)
    closers.push(() => socket.destroy())
    socket.on('data', (chunk: Buffer) => hear(chunk.toString('latin1')))
    const body = method === 'POST' ? 'Transfer-Encoding: chunked\r\n' : ''
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${url.host}\r\n${body}\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    return socket
  }
  const writers: ((text: string) => void)[] = []
  for (let session = 0; session < load.sessions; session += 1) {
    const path = `/s${session}`
    const socket = await request('POST', path, reader(0))
    writers.push((text) => {
      const event = `data: ${record(session, text, load.eventBytes)}\n\n`
      socket.write(`${event.length.toString(16)}\r\n${event}\r\n`, 'latin1')
    })
    for (let subscriber = 1; subscriber < load.subscribers; subscriber += 1)
      await request('GET', path, reader(subscriber))
  }
  return {
    connections: { writing: load.sessions, reading: load.sessions * (load.subscribers - 1) },
    publish: (session, text) => writers[session]!(text),
    close: () => closers.forEach((close) => close()),
  }
}
