import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '@headrace/core'

/** A call that somebody else's endpoint got. */
export interface UpstreamCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: JsonObject
  readonly response: ServerResponse
  /** Resolves when the connection is over: `true` when the answer had not been finished. */
  readonly closed: Promise<boolean>
}

/** Somebody else's endpoint, on loopback. */
export interface Upstream extends AsyncDisposable {
  readonly url: string
  readonly host: string
  readonly calls: readonly UpstreamCall[]
  /** Waits for the nth call, from 1. */
  call(n: number): Promise<UpstreamCall>
}

export async function openUpstream(answer: (call: UpstreamCall) => unknown): Promise<Upstream> {
  const calls: UpstreamCall[] = []
  const watchers = new Set<() => void>()
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    request.on('end', () => {
      const closed = once(response, 'close').then(() => !response.writableFinished)
      const body = JSON.parse(text) as JsonObject // what we call sends one
      const call = { path: request.url ?? '', headers: request.headers, text, body, response, closed }
      calls.push(call)
      for (const watch of watchers) watch()
      void answer(call)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    url: `http://127.0.0.1:${port}/chat`,
    host: `127.0.0.1:${port}`,
    calls,
    call(n) {
      return new Promise((resolve) => {
        const watch = (): void => {
          const call = calls[n - 1]
          if (!call) return
          watchers.delete(watch)
          resolve(call)
        }
        watchers.add(watch)
        watch()
      })
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Begins an answer of server-sent events. */
export function sse({ response }: UpstreamCall): (data: unknown) => void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' }).flushHeaders()
  return (data) => void response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
}
