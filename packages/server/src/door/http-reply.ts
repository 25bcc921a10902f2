import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HeadraceError } from '@headrace/core'

/** An answer that is sent whole. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** What a handler returns when it has written, or goes on writing, the response itself. */
export const streamed = 'streamed'

/** A JSON answer. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return rawJson(status, JSON.stringify(value), headers)
}

/** A JSON answer out of text that is JSON already: stored events are never parsed to be sent. */
export function rawJson(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers }, body }
}

/** The answer for an error of the table. */
export function problem(error: HeadraceError, headers: Readonly<Record<string, string>> = {}): Reply {
  return json(error.status, { error: error.toWire() }, { ...adviceHeaders(error), ...headers })
}

/** What a caller should do about an error, as HTTP says it. */
export function adviceHeaders(error: HeadraceError): Readonly<Record<string, string>> {
  if (error.status === 401) {
    return { 'WWW-Authenticate': `Bearer realm="headrace", error="invalid_token"` }
  }
  if (error.status !== 503 && error.status !== 429) return {}
  const waitMs = error.detail?.['retryAfterMs']
  return { 'Retry-After': String(typeof waitMs === 'number' ? Math.max(1, Math.ceil(waitMs / 1_000)) : 1) }
}

/** Sends an answer. The body of an answer to HEAD stays here. */
export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return
  if (response.headersSent) {
    response.destroy() // half of something was sent already: only breaking it off tells that it is not whole
    return
  }
  const { status, headers = {}, body } = reply
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (body !== undefined) response.setHeader('Content-Length', Buffer.byteLength(body))
  response.writeHead(status)
  response.end(request.method === 'HEAD' ? undefined : body)
}
