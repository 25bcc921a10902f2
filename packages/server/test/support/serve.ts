import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocket } from 'ws'
import { subprotocol, verbs, type CommandBody, type Down, type HeadraceError, type Up } from '@headrace/core'
import { createHeadrace, type Headrace, type HeadraceOptions } from '../../src/create-headrace.ts'
import { createSecretAuth } from '../../src/auth/secret-auth.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import type { MintingAuth, TokenClaims } from '../../src/auth/auth.ts'

export const everything: TokenClaims = { sub: 'ada', kind: 'operator', cap: [{ s: '**', op: verbs }], agents: ['*'] }

export interface Served {
  readonly headrace: Headrace
  readonly auth: MintingAuth
  readonly port: number
  readonly url: string
  readonly token: string
  readonly errors: HeadraceError[]
  /** The server's ends of all connections that are open. */
  readonly sockets: ReadonlySet<Socket>
  /** A connection that has said hello and been welcomed. */
  join(token?: string): Promise<TestSocket>
  /** A connection that has said nothing. */
  open(options?: { headers?: Record<string, string>; protocol?: string }): Promise<TestSocket>
  [Symbol.asyncDispose](): Promise<void>
}

export async function serve(options: Partial<HeadraceOptions> = {}): Promise<Served> {
  const auth = createSecretAuth('a secret of thirty-two bytes or more', options.clock ? { clock: options.clock } : {})
  const errors: HeadraceError[] = []
  const headrace = createHeadrace({
    store: createMemoryStore(),
    auth,
    onError: (error) => errors.push(error),
    ...options,
  })
  const server = createServer()
  headrace.attach(server)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const token = await auth.mint(everything, 3_600)
  const open: Served['open'] = async ({ headers, protocol = subprotocol } = {}) => {
    const socket = new TestSocket(
      new WebSocket(`ws://127.0.0.1:${port}/v1/connect`, protocol, { headers: headers ?? {} }),
    )
    await socket.opened
    return socket
  }
  return {
    headrace,
    auth,
    port,
    url: `http://127.0.0.1:${port}`,
    token,
    errors,
    sockets,
    open,
    async join(as = token) {
      const socket = await open()
      socket.send({ type: 'hello', token: as })
      await socket.next('welcome')
      return socket
    },
    async [Symbol.asyncDispose]() {
      await headrace.close()
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

type Of<T extends Down['type']> = Extract<Down, { readonly type: T }>

/** A raw client: sends frames as they are and keeps what comes back. */
export class TestSocket {
  readonly ws: WebSocket
  readonly opened: Promise<void>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly frames: Down[] = []
  /** All that ever came, as it came. */
  readonly seen: string[] = []
  #arrived: () => void = () => undefined
  #commands = 0
  readonly #name = randomUUID()

  constructor(ws: WebSocket) {
    this.ws = ws
    this.opened = new Promise((resolve, reject) => {
      ws.once('open', resolve)
      ws.once('error', reject)
    })
    this.closed = new Promise((resolve) =>
      ws.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
    ws.on('error', () => undefined)
    ws.on('message', (data: Buffer) => {
      this.seen.push(data.toString())
      this.frames.push(JSON.parse(data.toString()) as Down) // sent by the server under test
      this.#arrived()
    })
    ws.on('close', () => this.#arrived())
  }

  send(frame: Up): void {
    this.ws.send(JSON.stringify(frame))
  }

  /** Waits for the next frame of a type and takes it, with what came before it, off the queue. */
  async next<T extends Down['type']>(type: T, fits: (frame: Of<T>) => boolean = () => true): Promise<Of<T>> {
    for (;;) {
      const index = this.frames.findIndex((frame) => frame.type === type && fits(frame as Of<T>)) // the type was compared
      if (index >= 0) return this.frames.splice(0, index + 1).at(-1) as Of<T> // found by its type
      if (this.ws.readyState === WebSocket.CLOSED) throw new Error(`closed while waiting for ${type}`)
      await new Promise<void>((resolve) => (this.#arrived = resolve))
    }
  }

  async ask(session: string, body: CommandBody): Promise<Of<'reply'>> {
    this.#commands += 1
    const id = `${this.#name}-${this.#commands}`
    this.send({ type: 'command', id, session, body })
    return this.next('reply', (frame) => frame.id === id)
  }
}
