import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, type Client } from '@headrace/client'
import { createWorker, type RunHandler, type Worker, type WorkerOptions } from '@headrace/client/agent'
import { createHeadrace, createSecretAuth, type Headrace } from '@headrace/server'
import { createMemoryStore } from '@headrace/server/store/memory'

const auth = createSecretAuth('a secret that is long enough for tests only')
const op = ['read', 'post', 'send', 'control', 'answer', 'take-floor', 'write-as-agent', 'admin'] as const
const url = 'http://localhost'

/** The real server in this process, with clients and workers that reach it without a network. */
export class SessionsServer implements AsyncDisposable {
  readonly #headrace: Headrace
  readonly #open: { close(options?: { graceMs: number }): Promise<void> }[] = []
  readonly errors: Error[] = []
  #server: Server | undefined

  constructor() {
    this.#headrace = createHeadrace({
      store: createMemoryStore(),
      auth,
      onError: (error) => void this.errors.push(error),
    })
  }

  /** How others reach it. */
  get reach(): { url: string; WebSocket: typeof WebSocket; token: (agent: string) => Promise<string> } {
    return { url, WebSocket: this.#headrace.WebSocket, token: (agent) => token(agent, 'agent') }
  }

  async client(sub: string, kind: 'user' | 'agent' = 'user'): Promise<Client> {
    const client = connect({ url, token: await token(sub, kind), WebSocket: this.#headrace.WebSocket })
    this.#open.push(client)
    return client
  }

  /** A client over HTTP on loopback, which can read whole logs. */
  async httpClient(sub: string): Promise<Client> {
    if (!this.#server) {
      this.#server = createServer()
      this.#headrace.attach(this.#server)
      await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    }
    const { port } = this.#server.address() as AddressInfo // it listens on a port
    const client = connect({ url: `http://127.0.0.1:${port}`, token: await token(sub, 'user') })
    this.#open.push(client)
    return client
  }

  async worker(agent: string, handler: RunHandler, options: Partial<WorkerOptions> = {}): Promise<Worker> {
    const WebSocket = this.#headrace.WebSocket
    const worker = createWorker({ url, token: await token(agent, 'agent'), agent, handler, WebSocket, ...options })
    this.#open.push(worker)
    await worker.ready
    return worker
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Workers first: what they do with a client ends with them.
    for (const each of this.#open.reverse()) await each.close({ graceMs: 0 })
    await this.#headrace.close()
    this.#server?.close()
  }
}

function token(sub: string, kind: 'user' | 'agent'): Promise<string> {
  return auth.mint({ sub, kind, name: sub, cap: [{ s: '**', op }], agents: ['*'] }, 3_600)
}
