import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { answer, refuse } from './answer.ts'
import { asked } from './asked.ts'
import { besideAnswers, dialectOf, protocolAt } from './routes.ts'
import { isRefusal, type Script } from './script.ts'
import type { JsonObject } from '@headrace/core'
import type { ModelEnd, ModelRequest } from './model-request.ts'

/** Settings of {@link startModelServer}. */
export interface ModelServerOptions {
  /** Decides what is answered. */
  readonly script: Script
  /** Port to listen on; default any free one. */
  readonly port?: number
  /** Names for the list of models. Any model is answered. Default `['scripted']`. */
  readonly models?: readonly string[]
}

/** A model that says what a script says. */
export interface ModelServer {
  /** Address without `/v1`: clients of OpenAI want that behind it, those of Anthropic don't. */
  readonly url: string
  /** What was asked so far, oldest first. */
  readonly requests: readonly ModelRequest[]
  /** The request of that number, the first is 0; waits until it is there. */
  request(index: number): Promise<ModelRequest>
  /** Stops listening, and cuts whoever still waits. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * A model provider on loopback whose models follow a script, over real HTTP: OpenAI Responses and Chat Completions,
 * Anthropic Messages and Gemini, streamed or whole. For tests of agents and of what is put before models; no key is needed,
 * and any is accepted.
 *
 * @example
 * ```ts
 * const script = inOrder(
 *   { steps: [{ type: 'tools', calls: [{ name: 'weather', input: { city: 'Oslo' } }] }] },
 *   { steps: [{ type: 'text', text: 'It rains' }, { type: 'reset' }] },
 * )
 * await using models = await startModelServer({ script })
 * process.env.OPENAI_BASE_URL = `${models.url}/v1`
 * ```
 */
export async function startModelServer({
  script,
  port = 0,
  models = ['scripted'],
}: ModelServerOptions): Promise<ModelServer> {
  const requests: ModelRequest[] = []
  const arrivals = new EventTarget()
  let calls = 0
  const callId = (): string => `call_${(calls += 1)}`

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://model').pathname
    const protocol = request.method === 'POST' ? protocolAt(path) : undefined
    if (!protocol) {
      request.resume()
      const found = besideAnswers(request.method ?? 'GET', path, models)
      response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(found ?? { error: { message: `Nothing is at ${path}.`, type: 'not_found' } }))
      return
    }
    // A client that goes while it asks, or while it is answered, looks the same from here.
    const gone = new AbortController()
    response.on('close', () => gone.abort(new Error('The client went away.')))
    const ended = Promise.withResolvers<ModelEnd>()
    let sentPieces = 0
    const body = JSON.parse(await text(request)) as JsonObject // clients send JSON; anything else is refused below
    const seen: ModelRequest = {
      protocol,
      path,
      headers: request.headers,
      body,
      ...asked(protocol, body, path),
      get sentPieces() {
        return sentPieces
      },
      ended: ended.promise,
    }
    requests.push(seen)
    arrivals.dispatchEvent(new Event('request'))
    const dialect = dialectOf(protocol, { request: seen, id: String(requests.length) })
    const options = {
      request: seen,
      response,
      dialect,
      signal: gone.signal,
      callId,
      onPiece: () => void (sentPieces += 1),
    }
    try {
      const turn = await script(seen)
      ended.resolve(isRefusal(turn) ? refuse(options, turn) : await answer(options, turn))
    } catch (thrown) {
      ended.resolve('aborted')
      if (!gone.signal.aborted) throw thrown
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((thrown: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: `The script failed: ${String(thrown)}`, type: 'server_error' } }))
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    requests,
    async request(index) {
      for (;;) {
        const found = requests[index]
        if (found) return found
        await once(arrivals, 'request')
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
