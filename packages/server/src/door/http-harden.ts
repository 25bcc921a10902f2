import type { Socket } from 'node:net'
import { STATUS_CODES, type Server, type ServerOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import { HeadraceError } from '@headrace/core'
import { createClientAddress, createProxyCheck } from './client-address.ts'
import { Crowd } from './crowd.ts'

export interface HardenOptions {
  /** As of `createHeadrace`. */
  readonly trustedProxies?: readonly string[]
}

/**
 * Options for `createServer`, for what can't be set afterwards. Times are milliseconds.
 *
 * - `connectionsCheckingInterval` 5,000: how often the time limits below are looked at (Node's default is 30,000).
 * - `headersTimeout` 10,000: a connection that sends no whole request head in that time is closed with 408.
 * - `requestTimeout` 30,000: as long may a request take to arrive with its body. Answers may take as long as they like.
 * - `keepAliveTimeout` 65,000: longer than the 60 s after which common proxies reuse no connection.
 */
export const httpServerOptions: Readonly<ServerOptions> = {
  connectionsCheckingInterval: 5_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
}

/** Most connections of one server, WebSockets included: past that new ones are closed at once. */
const maxConnections = 25_000
/** Most of them from one address, whatever it says or does not say on them. */
const maxPerAddress = 2_500
const maxHeaders = 100

/**
 * Sets the limits that a server facing anything but friends needs, and answers bytes that are not HTTP with an error of
 * the table. Call it before `listen`; make the server with {@link httpServerOptions}, because one limit can only be set
 * there.
 *
 * One address may hold 2,500 connections at most; loopback, and the proxies that are named, as many as there are.
 *
 * @throws HeadraceError `bad_request` when an entry of `trustedProxies` has the wrong form
 * @example
 * ```ts
 * const server = createServer(httpServerOptions)
 * hardenServer(server)
 * headrace.attach(server)
 * ```
 */
export function hardenServer(server: Server, { trustedProxies = [] }: HardenOptions = {}): void {
  server.headersTimeout = httpServerOptions.headersTimeout ?? 0
  server.requestTimeout = httpServerOptions.requestTimeout ?? 0
  server.keepAliveTimeout = httpServerOptions.keepAliveTimeout ?? 0
  server.maxHeadersCount = maxHeaders
  server.maxConnections = Math.min(server.maxConnections || maxConnections, maxConnections)
  boundAddresses(server, trustedProxies)
  server.on('clientError', (thrown: Error, socket: Duplex) => {
    const isReset = 'code' in thrown && thrown.code === 'ECONNRESET'
    // Bytes in the middle of an answer would look like a part of it.
    const isAnswering = '_httpMessage' in socket && socket._httpMessage !== null && socket._httpMessage !== undefined
    if (isReset || isAnswering || !socket.writable) return void socket.destroy()
    socket.end(lastWords(clientError(thrown)))
  })
}

function boundAddresses(server: Server, trustedProxies: readonly string[]): void {
  const isProxy = createProxyCheck(trustedProxies)
  const addressOf = createClientAddress()
  const crowd = new Crowd({ connectionsPerAddress: maxPerAddress, connectionsPerTenant: 0 })
  server.on('connection', (socket: Socket) => {
    const address = isProxy(socket.remoteAddress) ? undefined : addressOf({ socket, headers: {} })
    // There is no request yet that could be answered.
    if (crowd.refusal(address)) return void socket.destroy()
    socket.once('close', crowd.enter(address))
  })
}

function clientError(thrown: Error): HeadraceError {
  const code = 'code' in thrown ? thrown.code : ''
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HeadraceError('idle_timeout', 'No whole request came in time.')
  if (code === 'HPE_HEADER_OVERFLOW')
    return new HeadraceError('limit_exceeded', 'The head of the request is too large: 16 KiB are accepted.')
  return new HeadraceError('bad_request', 'These bytes are not an HTTP request.')
}

function lastWords(error: HeadraceError): string {
  const body = JSON.stringify({ error: error.toWire() })
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Error'}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
