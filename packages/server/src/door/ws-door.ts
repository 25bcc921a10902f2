import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { HeadraceError, subprotocol } from '@headrace/core'
import { AiSdkConnection } from './ai-sdk-connection.ts'
import { hasToken, noTokenInAddress } from './credential.ts'
import { adviceHeaders } from './http-reply.ts'
import { Connection, type ConnectionOptions } from './ws-connection.ts'
import type { Gate } from './gate.ts'

export interface WsDoorOptions extends Omit<ConnectionOptions, 'from'> {
  readonly gate: Gate
}

/** Most pieces of the network's that wait for the end of a frame; the bound on bytes comes first for all but tiny ones. */
const maxChunks = 4_096

/** Where chats of the AI SDK connect. */
const aiSdkPath = '/v1/ai-sdk/ws'

/** The WebSocket doors: of the native protocol at `/v1/connect`, and of the AI SDK's chats at `/v1/ai-sdk/ws`. */
export class WsDoor {
  readonly #options: WsDoorOptions
  readonly #server: WebSocketServer
  readonly #connections = new Set<Connection | AiSdkConnection>()
  #closing = false

  constructor(options: WsDoorOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.limits.maxFrameBytes,
      // A message in a thousand pieces costs much more memory than its bytes.
      maxFragments: options.limits.maxFragments,
      maxBufferedChunks: maxChunks,
      // Compression costs CPU and memory for each connection and lets a peer send a bomb before it is known.
      perMessageDeflate: false,
      clientTracking: false,
      handleProtocols: (offered, request) => {
        if (offered.has(subprotocol)) return subprotocol
        // A browser hangs up on a server that takes none of those that a page offers.
        return isAiSdk(request) ? ([...offered][0] ?? false) : false
      },
    })
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Answers an HTTP upgrade: with a WebSocket, or with an HTTP error that says why not. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const error = this.#check(request)
    if (error) {
      this.#options.meter.cut(error.code)
      return refuse(socket, error)
    }
    const from = this.#options.traffic.addressOf(request)
    const query = isAiSdk(request) ? new URLSearchParams(queryOf(request)) : undefined
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#opened(ws, socket, from, query))
  }

  /** A method of its own, so that nothing in it holds on to the request: its headers are more than all that a connection needs. */
  #opened(ws: WebSocket, socket: Duplex, from: string | undefined, query: URLSearchParams | undefined): void {
    const leave = this.#options.traffic.crowd.enter(from)
    const options = { ...this.#options, from }
    const connection = query
      ? new AiSdkConnection(ws, socket, { ...options, query })
      : new Connection(ws, socket, options)
    this.#connections.add(connection)
    this.#options.meter.connected('ws', 1)
    ws.once('close', () => {
      this.#connections.delete(connection)
      leave()
      this.#options.meter.connected('ws', -1)
    })
  }

  #check(request: IncomingMessage): HeadraceError | undefined {
    const { limits, gate, traffic } = this.#options
    const refused = gate.check(request)
    if (refused) return refused
    if (pathOf(request) !== '/v1/connect' && !isAiSdk(request))
      return new HeadraceError('not_found', `WebSockets are served at /v1/connect, and at ${aiSdkPath} for the AI SDK.`)
    if (hasToken(new URLSearchParams(queryOf(request)))) return new HeadraceError('bad_request', noTokenInAddress)
    const offered = request.headers['sec-websocket-protocol']
    const speaks =
      isAiSdk(request) || offered === undefined || offered.split(',').some((name) => name.trim() === subprotocol)
    if (!speaks) return new HeadraceError('unsupported_version', `This server speaks the subprotocol ${subprotocol}.`)
    if (this.#closing) return new HeadraceError('draining', 'The server is shutting down; reconnect in a moment.')
    if (this.#connections.size >= limits.maxConnections) {
      return new HeadraceError(
        'too_many_connections',
        `This server holds ${limits.maxConnections} connections at the most. Try again later.`,
      )
    }
    const crowded = traffic.crowd.refusal(traffic.addressOf(request))
    if (crowded) return crowded
    if (this.#strangers() >= limits.maxStrangers) {
      return new HeadraceError(
        'too_many_connections',
        `${limits.maxStrangers} connections have not said hello yet. Try again later.`,
      )
    }
    return undefined
  }

  #strangers(): number {
    if (this.#connections.size < this.#options.limits.maxStrangers) return 0
    let count = 0
    for (const connection of this.#connections) if (!connection.isOpen) count += 1
    return count
  }

  /** Says bye to everybody; each is told another moment to come back, so that they don't all come at once. */
  close(spreadMs: number): void {
    this.#closing = true
    let index = 0
    for (const connection of this.#connections) {
      connection.bye(Math.round((spreadMs * index) / Math.max(1, this.#connections.size)))
      index += 1
    }
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}

function queryOf({ url = '' }: IncomingMessage): string {
  return url.split('?')[1] ?? ''
}

function isAiSdk(request: IncomingMessage): boolean {
  return pathOf(request) === aiSdkPath
}

function refuse(socket: Duplex, error: HeadraceError): void {
  const body = JSON.stringify({ error: error.toWire() })
  const advice = Object.entries(adviceHeaders(error)).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${error.status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${advice.join('')}Connection: close\r\n\r\n${body}`,
  )
}
