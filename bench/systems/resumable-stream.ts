import { missingRedis, startRedis } from '../lib/redis-server.ts'
import { startNode } from '../lib/child.ts'
import { openSocket } from '../lib/http-connection.ts'
import { record } from './durable-streams.ts'
import type { Driver, Load, Running, System } from '../tokens/system.ts'

export const resumableStream: System = {
  name: 'resumable-stream',
  promise:
    'Nothing is stored: events live in the memory of the web server that makes them, and go through Redis pub/sub.',
  use: 'A web server with one resumable stream per session, over ioredis. Tokens come in as the body of a POST; its response is the first reader, a GET that resumes is each other one, as in its README.',
  missing: missingRedis,
  async start(directory): Promise<Running> {
    const redis = await startRedis(['--dir', directory, '--appendonly', 'no'])
    const server = await startNode(new URL('../servers/resumable-stream.ts', import.meta.url), [String(redis.port)])
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
