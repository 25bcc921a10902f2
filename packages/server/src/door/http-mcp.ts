import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HeadraceError, type Schema } from '@headrace/core'
import { hubSessions } from '../mcp/hub-sessions.ts'
import { streamed } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import type { HttpServices } from './http-services.ts'

/** Headers that pages may send. */
export const mcpRequestHeaders: readonly string[] = ['Mcp-Method', 'Mcp-Name', 'Mcp-Protocol-Version']

/** A JSON-RPC message. What is in it is for the protocol's own library to check. */
const message: Schema<object> = {
  parse(value, path = '') {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    const text = `${path || 'The body'} must be one JSON-RPC message. Send several as several requests: MCP has no batches any more.`
    throw new HeadraceError('bad_request', text, { detail: { path: path || '.' } })
  },
  json: { type: 'object' },
}

/**
 * MCP by streamable HTTP, without sessions of its own: each request is complete, is answered by a server made for it, and
 * has the rights of its own token. Nothing needs more: tools send nothing before their result, and a result that was lost
 * on the way is asked for again.
 */
export function mcpRoutes(services: HttpServices): readonly Route[] {
  const { hub, clock, waits, traffic } = services
  const publicError = (thrown: unknown): HeadraceError => services.publicError(thrown)
  return [
    route('POST /v1/mcp', { body: message }, async ({ request, response, body, grant }) => {
      const sessions = hubSessions({ hub, clock, grant })
      // An eighth of all that a server would read before it is ready, and many are never asked.
      const [{ createMcpHandler }, { createMcpServer }] = await Promise.all([
        import('@modelcontextprotocol/server'),
        import('../mcp/create-mcp-server.ts'),
      ])
      const handler = createMcpHandler(() => createMcpServer({ sessions, publicError }), {
        // What it tells of are requests that it refused, and whoever sent them is told.
        onerror: () => undefined,
      })
      const wait = waits.open(grant, response, traffic.addressOf(request))
      try {
        const asked = new Request('http://localhost/v1/mcp', {
          method: 'POST',
          headers: headersOf(request),
          signal: wait.signal,
        })
        await pass(await handler.fetch(asked, { parsedBody: body }), response, wait.signal)
      } finally {
        wait.close()
        await handler.close()
      }
      return streamed
    }),
  ]
}

/** What the protocol looks at. The token has done its work. */
function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && name !== 'authorization' ? [[name, value] as const] : [],
  )
  return Object.fromEntries(given)
}

async function pass(answer: Response, response: ServerResponse, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  try {
    if (answer.body) await pipeline(Readable.from(answer.body), response)
    else response.end()
  } catch {
    response.destroy() // the caller is gone, or may read no more
  }
}
