/**
 * The HTTP door: the native protocol for whoever has no WebSocket, down to `curl`.
 *
 *   gate (Host, Origin) ─▶ route ─▶ token ─▶ path, query, body ─▶ hub ─▶ answer
 *
 * Routes check every part of a request before they run and return what is to be sent; only event streams write for
 * themselves. Everything thrown becomes an error of the table in one place.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HeadraceError, type Grant } from '@headrace/core'
import { systemClock, type Clock } from '../clock.ts'
import { version } from '../version.ts'
import type { Access } from '../auth/access.ts'
import type { Auth } from '../auth/auth.ts'
import type { TokenUse } from '../auth/revocations.ts'
import type { Hub } from '../hub-types.ts'
import type { Metrics } from '../metrics.ts'
import type { Outgoing } from '../outgoing/outgoing.ts'
import type { HttpAgents } from '../agents/http-agents.ts'
import { readCredential } from './credential.ts'
import { versionHeader } from './ai-sdk-chat.ts'
import { agUiRoutes } from './http-ag-ui.ts'
import { aiSdkRoutes } from './http-ai-sdk.ts'
import { agentRoutes } from './http-agents.ts'
import { blobRoutes } from './http-blobs.ts'
import { discardRest } from './http-body.ts'
import { publicError } from './http-errors.ts'
import { eventRoutes } from './http-events.ts'
import { historyRoutes } from './http-history.ts'
import { defaultHttpLimits, type HttpLimits } from './http-limits.ts'
import { problem, send, streamed, type Reply } from './http-reply.ts'
import { mcpRequestHeaders, mcpRoutes } from './http-mcp.ts'
import { documentRoute } from './http-openapi.ts'
import { pushRoutes } from './http-push.ts'
import { createRouter, type Router } from './http-router.ts'
import { registryRoutes } from './http-registry.ts'
import { revocationRoutes } from './http-revocations.ts'
import { searchRoutes } from './http-search.ts'
import { sessionRoutes } from './http-sessions.ts'
import { shareRoutes } from './http-shares.ts'
import { requestHeaders } from './stream-headers.ts'
import { streamRoutes } from './stream-routes.ts'
import { systemRoutes } from './http-system.ts'
import { readTarget } from './http-target.ts'
import { tokenRoutes } from './http-tokens.ts'
import { Waits } from './http-waits.ts'
import { createStaticFiles, type StaticFiles } from './static.ts'
import type { Gate } from './gate.ts'
import type { Answer, RawCall, Route } from './http-route.ts'
import type { Traffic } from './traffic.ts'
import type { HttpServices, Pushes, ServedStreams } from './http-services.ts'

/** What a log may say about a request: the route and not the address, and nothing that came in a header. */
export interface RequestLog {
  readonly method: string
  /** As in `/v1/sessions/{session}`; `static` for files of the console, `none` where nothing fits. */
  readonly route: string
  readonly status: number
  readonly ms: number
  /** Whoever the token names. */
  readonly actor?: string
}

export interface HttpDoorOptions {
  readonly hub: Hub
  readonly auth: Auth
  /** Who may come in, as the WebSocket door has it. */
  readonly access: Access
  /** How much comes from whom, as the WebSocket door counts it. */
  readonly traffic: Traffic
  /** The gate that the WebSocket door has as well. */
  readonly gate: Gate
  readonly metrics: Metrics
  /** Agents behind HTTP. */
  readonly agents: HttpAgents
  /** The way out to addresses that others chose. */
  readonly outgoing: Outgoing
  /** Called with defects and failures whose text is not for callers; they get a plain `internal`. */
  readonly onError: (error: HeadraceError) => void
  /** Folder of a built console to serve at `/`. Default: none. */
  readonly consoleDirectory?: string
  readonly limits?: Partial<HttpLimits>
  readonly streams: ServedStreams
  /** Web Push. Default: off. */
  readonly pushes?: Pushes
  /** Time; default the machine's. */
  readonly clock?: Clock
  /** The pace of the server, so that streams write less often under load. Default: they write at once, always. */
  readonly pace?: { readonly windowMs: number }
  /** Called when a response is over. Default: nothing is logged. */
  readonly onRequest?: (log: RequestLog) => void
  /** Throws or rejects with a HeadraceError while the server should get no traffic: `/readyz` says so. */
  readonly ready?: () => void | Promise<void>
}

/** A handler of HTTP requests. */
export interface HttpDoor {
  (request: IncomingMessage, response: ServerResponse): void
  /** Ends what waits or streams and makes `/readyz` say draining; other requests go on. Idempotent. */
  close(): void
}

/**
 * Makes the HTTP door.
 *
 * @throws HeadraceError `bad_request` when the console's folder has no console
 */
export function createHttpDoor(options: HttpDoorOptions): HttpDoor {
  const {
    hub,
    auth,
    access,
    traffic,
    gate,
    metrics,
    onError,
    onRequest,
    clock = systemClock,
    pace = { windowMs: 0 },
  } = options
  const limits = { ...defaultHttpLimits, ...options.limits }
  const waits = new Waits({ limits, revocations: access.revocations, meter: metrics.meter, crowd: traffic.crowd })
  const files = options.consoleDirectory === undefined ? undefined : createStaticFiles(options.consoleDirectory)
  const ready = async (): Promise<void> => {
    if (waits.isClosed) throw new HeadraceError('draining', 'The server is shutting down.')
    await options.ready?.()
  }
  const services: HttpServices = {
    hub,
    auth,
    access,
    traffic,
    clock,
    metrics,
    agents: options.agents,
    outgoing: options.outgoing,
    limits,
    waits,
    pace,
    streams: options.streams,
    ...(options.pushes && { pushes: options.pushes }),
    publicError: (thrown) => publicError(thrown, onError),
  }
  const routes = [
    ...sessionRoutes(services),
    ...eventRoutes(services),
    ...historyRoutes(services),
    ...blobRoutes(services),
    ...searchRoutes(services),
    ...agentRoutes(services),
    ...agUiRoutes(services),
    ...aiSdkRoutes(services),
    ...registryRoutes(services),
    ...shareRoutes(services),
    ...tokenRoutes(services),
    ...mcpRoutes(services),
    ...pushRoutes(services),
    ...revocationRoutes(services),
    ...streamRoutes(services),
    ...systemRoutes(services, { ready }),
  ]
  const router = createRouter([...routes, documentRoute(routes)])

  const onHandle = (request: IncomingMessage, response: ServerResponse): void => {
    const began = clock.now()
    const exchange: Exchange = { request, response, router, gate, files, access, traffic, limits, route: 'none' }
    response.once('close', () => {
      const { route, grant } = exchange
      const log = { method: knownMethod(request.method), route, status: response.statusCode, ms: clock.now() - began }
      metrics.requested(log)
      onRequest?.({ ...log, ...(grant && { actor: grant.actor }) })
    })
    answer(exchange)
      .catch((thrown: unknown): Answer => errorReply(exchange, services.publicError(thrown)))
      .then((reply) => {
        if (reply !== streamed) send(request, response, reply)
        discardRest(request, clock)
      })
      .catch((thrown: unknown) => {
        services.publicError(thrown)
        response.destroy()
      })
  }
  return Object.assign(onHandle, { close: () => waits.close() })
}

/** One request on its way through the door. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly router: Router
  readonly gate: Gate
  readonly files: StaticFiles | undefined
  readonly access: Access
  readonly traffic: Traffic
  readonly limits: HttpLimits
  /** For logs and metrics. */
  route: string
  grant?: Grant
}

async function answer(exchange: Exchange): Promise<Answer> {
  const { request, response, router, gate, files } = exchange
  response.setHeader('Headrace-Version', version)
  const { method = 'GET' } = request
  const { path, query } = readTarget(request)
  const match = router.match(method, path)
  const isProbe = match.kind === 'route' && match.route.access === 'probe'
  if (!isProbe) {
    const refused = gate.check(request)
    if (refused) throw refused
    for (const [name, value] of Object.entries(gate.corsHeaders(request))) response.setHeader(name, value)
  }
  if (match.kind === 'none') {
    const reply = await files?.serve(request, path)
    if (!reply) throw router.notFound(method, path)
    exchange.route = 'static'
    return reply
  }
  for (const [name, value] of Object.entries(dataHeaders)) response.setHeader(name, value)
  if (match.kind === 'method') {
    return method === 'OPTIONS' ? options(exchange, match.allow) : notAllowed(method, path, match.allow)
  }
  exchange.route = match.route.path
  const call = { request, response, segments: match.segments, query, maxBodyBytes: exchange.limits.bodyBytes }
  return run(exchange, match.route, call)
}

async function run(exchange: Exchange, route: Route, call: RawCall): Promise<Answer> {
  if (route.access !== 'token') return route.handle(call)
  const { access, traffic } = exchange
  const use = useOf(call.request)
  // Whoever shows a token is judged by it.
  const isSilent = call.request.headers.authorization === undefined
  const anonymous = isSilent ? route.anonymous?.(call) : undefined
  if (anonymous) await access.revocations.check(anonymous, use)
  exchange.grant = anonymous ?? (await access.admit(readCredential(call, route), use, traffic.addressOf(call.request)))
  const refused = use === 'command' ? traffic.command(exchange.grant) : undefined
  if (refused) throw refused
  return route.handle(call, exchange.grant)
}

/** Whoever changes nothing may do so a while longer when the server can't tell which tokens were revoked. */
function useOf({ method }: IncomingMessage): TokenUse {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'command'
}

/** Answers are for one caller at one moment, and never anything that a browser should run. */
const dataHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
}

/** What a browser asks before a page of another origin may send a request. */
function options({ request, response }: Exchange, allow: string): Reply {
  const isPreflight = request.headers['access-control-request-method'] !== undefined
  if (!isPreflight || !response.hasHeader('Access-Control-Allow-Origin'))
    return { status: 204, headers: { Allow: allow } }
  return {
    status: 204,
    headers: {
      Allow: allow,
      'Access-Control-Allow-Methods': allow,
      'Access-Control-Allow-Headers': [
        'Authorization',
        'Content-Type',
        'Last-Event-ID',
        versionHeader,
        ...requestHeaders,
        ...mcpRequestHeaders,
      ].join(', '),
      'Access-Control-Max-Age': '600',
    },
  }
}

function notAllowed(method: string, path: string, allow: string): Reply {
  const text = `${method.slice(0, 16)} is not for ${path.slice(0, 200)}. Allowed: ${allow}.`
  return problem(new HeadraceError('method_not_allowed', text, { detail: { allow } }), { Allow: allow })
}

function errorReply({ response }: Exchange, error: HeadraceError): Reply {
  // An address that answers with a file today may answer with data tomorrow: errors are never kept.
  for (const [name, value] of Object.entries(dataHeaders)) response.setHeader(name, value)
  return problem(error)
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Bounds what a caller can make a log or a metric say. */
function knownMethod(method: string | undefined): string {
  return method !== undefined && methods.has(method) ? method : 'other'
}
