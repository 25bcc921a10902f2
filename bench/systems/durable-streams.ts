import { HttpConnection, openSocket } from '../lib/http-connection.ts'
import { startNode } from '../lib/child.ts'
import { pad } from '../tokens/mark.ts'
import { runningAt, type Driver, type Load, type Running, type System } from '../tokens/system.ts'

const use =
  'One JSON stream per session. Writers: plain POST on a kept-alive connection per session, one request at a time; events that come meanwhile share the next one, as its client library does. Readers: live=sse, one connection each.'

export const durableStreamsMemory: System = {
  name: 'durable-streams memory',
  kept: 'in memory',
  promise: 'Accepted: in the memory of the process. Nothing survives it.',
  use,
  start: () => start([]),
  open,
}

export const durableStreamsFile: System = {
  name: 'durable-streams file',
  kept: 'on disk, then shown',
  promise: 'Accepted: written and fdatasynced, then shown to readers.',
  use,
  start: (directory) => start([directory]),
  open,
}

async function start(args: readonly string[]): Promise<Running> {
  const server = await startNode(new URL('../servers/durable-streams.ts', import.meta.url), args)
  const { url } = JSON.parse(server.line) as { url: string }
  return runningAt(url, server)
}

/** The stream of one session, as its writer sees it. */
class Writer {
  readonly #connection: HttpConnection
  readonly #path: string
  #pending: string[] = []
  #busy = false

  constructor(connection: HttpConnection, path: string) {
    this.#connection = connection
    this.#path = path
  }

  write(event: string): void {
    this.#pending.push(event)
    if (!this.#busy) void this.#send()
  }

  async #send(): Promise<void> {
    this.#busy = true
    while (this.#pending.length > 0) {
      const body = `[${this.#pending.join(',')}]`
      this.#pending = []
      const status = await this.#connection.request('POST', this.#path, body)
      if (status !== 204 && status !== 200) throw new Error(`POST ${this.#path} was answered with ${status}.`)
    }
    this.#busy = false
  }
}

async function open(
  address: string,
  load: Load,
  reader: (subscriber: number) => (text: string) => void,
): Promise<Driver> {
  const url = new URL(address)
  const closers: (() => void)[] = []
  const writers: Writer[] = []
  for (let session = 0; session < load.sessions; session += 1) {
    const path = `/v1/stream/s${session}`
    const connection = await HttpConnection.open(url)
    closers.push(() => connection.close())
    const status = await connection.request('PUT', path, '')
    if (status !== 201) throw new Error(`PUT ${path} was answered with ${status}.`)
    writers.push(new Writer(connection, path))
    for (let subscriber = 0; subscriber < load.subscribers; subscriber += 1) {
      const socket = await openSocket(url)
      closers.push(() => socket.destroy())
      const hear = reader(subscriber)
      socket.on('data', (chunk: Buffer) => hear(chunk.toString('latin1')))
      socket.write(`GET ${path}?offset=-1&live=sse HTTP/1.1\r\nHost: ${url.host}\r\nAccept: text/event-stream\r\n\r\n`)
      await new Promise((resolve) => socket.once('data', resolve))
    }
  }
  return {
    connections: { writing: load.sessions, reading: load.sessions * load.subscribers },
    publish: (session, text) => writers[session]!.write(record(session, text, load.eventBytes)),
    close: () => closers.forEach((close) => close()),
  }
}

/** An event as an application would store it: the shape of an AI SDK text chunk. */
export function record(session: number, text: string, bytes: number): string {
  const head = `{"type":"text-delta","id":"msg_${session}","delta":"`
  return `${head}${pad(text, head.length + 2, bytes)}"}`
}
