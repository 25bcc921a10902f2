import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Somebody else's HTTP server. */
export interface Endpoint {
  readonly url: string
  /** `host:port`, for whoever must be told to trust it. */
  readonly host: string
  readonly received: Received[]
  /** The status of the next answers; the last one stays. */
  answers: number[]
  /** Waits until so many requests have come in all. */
  count(many: number): Promise<readonly Received[]>
  [Symbol.asyncDispose](): Promise<void>
}

export async function openEndpoint(onRequest?: (received: Received) => void): Promise<Endpoint> {
  const received: Received[] = []
  let arrived = (): void => undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) }
      response.writeHead((endpoint.answers.length > 1 ? endpoint.answers.shift() : endpoint.answers[0]) ?? 204).end()
      received.push(one)
      onRequest?.(one)
      arrived()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const endpoint: Endpoint = {
    url: `http://127.0.0.1:${port}/hook`,
    host: `127.0.0.1:${port}`,
    received,
    answers: [204],
    async count(many) {
      while (received.length < many) await new Promise<void>((resolve) => (arrived = resolve))
      return received
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return endpoint
}
