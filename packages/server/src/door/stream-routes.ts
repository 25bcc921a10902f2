/**
 * The Durable Streams protocol at `/v1/stream/`. Streams are named by all that follows there; what begins with `__ds` or
 * `sessions` is something else.
 */
import { HeadraceError, sessionId, type Grant, type JsonObject } from '@headrace/core'
import { readStreamPath } from '../streams/stream-key.ts'
import { mustAllow, type HttpServices } from './http-services.ts'
import { plainSource, sessionSource } from './stream-source.ts'
import { readStream, readStreamQuery } from './stream-read.ts'
import { createBodyRoom } from './stream-bodies.ts'
import { deleteStream, postStream, putStream, type StreamTarget } from './stream-write.ts'
import { streamsUnder } from './stream-options.ts'
import { baseOf } from './stream-base.ts'
import { subscriptionRoutes } from './stream-subscriptions.ts'
import { decodeSegment, type Answer, type Method, type RawCall, type Route, type TokenRoute } from './http-route.ts'

/** What stands before the path of a stream in an address. */
const streamRoot = '/v1/stream/'

const parameters: Readonly<Record<string, JsonObject>> = {
  path: { type: 'string', minLength: 1, maxLength: 512 },
  session: sessionId.json,
}
const readQueryShape: JsonObject = {
  type: 'object',
  properties: {
    offset: { type: 'string' },
    live: { enum: ['sse', 'long-poll'] },
    cursor: { type: 'string' },
  },
}

export function streamRoutes(services: HttpServices): readonly Route[] {
  const { streams: served, hub, limits } = services
  const { plain } = served
  const bodies = createBodyRoom(limits.streamBytesAtOnce)

  const target = (call: RawCall, grant: Grant, path: string): StreamTarget => ({
    streams: plain,
    tenant: grant.tenant,
    path,
    call,
    limits,
    root: streamRoot,
    base: baseOf(call, served.publicUrl),
  })
  const mayRead =
    (grant: Grant) =>
    (path: string): void =>
      mustAllow(grant, `${streamsUnder}${path}`, 'read')

  return [
    // First, because a path of a stream would fit these too.
    ...subscriptionRoutes(services),
    {
      ...line('GET', `${streamRoot}sessions/{session}`),
      query: readQueryShape,
      takesTicket: (query) => query.get('live') === 'sse',
      async handle(call, grant) {
        const session = sessionId.parse(decodeSegment(call.segments['session'] ?? '', 'session'), 'path.session')
        mustAllow(grant, session, 'read')
        const query = readStreamQuery(call.query)
        return readStream(services, {
          call,
          grant,
          query,
          source: await sessionSource(hub, grant, session),
          isPublic: false,
        })
      },
    },
    stream('GET', async (call, grant, path) => {
      mayRead(grant)(path)
      const query = readStreamQuery(call.query)
      const use = call.request.method !== 'HEAD'
      const source = await plainSource(plain, { tenant: grant.tenant, path, use })
      const isPublic = call.request.headers.authorization === undefined && served.anonymous(path) !== undefined
      return readStream(services, { call, grant, query, source, isPublic })
    }),
    stream('PUT', async (call, grant, path) => {
      mustAllow(grant, `${streamsUnder}${path}`, 'post')
      return bodies.hold(call.request, limits.streamBytes, () => putStream(target(call, grant, path), mayRead(grant)))
    }),
    stream('POST', async (call, grant, path) => {
      mustAllow(grant, `${streamsUnder}${path}`, 'post')
      return bodies.hold(call.request, limits.streamBytes, () => postStream(target(call, grant, path)))
    }),
    stream('DELETE', async (call, grant, path) => {
      mustAllow(grant, `${streamsUnder}${path}`, 'admin')
      return deleteStream(target(call, grant, path))
    }),
  ]

  function stream(method: Method, run: (call: RawCall, grant: Grant, path: string) => Promise<Answer>): TokenRoute {
    return {
      ...line(method, `${streamRoot}{path}`),
      ...(method === 'GET' && {
        query: readQueryShape,
        takesTicket: (query: URLSearchParams): boolean => query.get('live') === 'sse',
      }),
      anonymous: (call) => served.anonymous(plainPath(call)),
      handle: async (call, grant) => run(call, grant, plainPath(call)),
    }
  }
}

function line(method: Method, path: string): Pick<TokenRoute, 'method' | 'path' | 'parameters' | 'access'> {
  return { method, path, parameters, access: 'token' }
}

/** @throws HeadraceError where no stream can be */
function plainPath({ segments }: RawCall): string {
  const path = readStreamPath(segments['path'] ?? '')
  const [first] = path.split('/')
  if (first === 'sessions') {
    const text =
      'Here a session is read, and its id is one segment: write its slashes as %2F. It is written with POST /v1/sessions/{session}/commands.'
    throw new HeadraceError('method_not_allowed', text)
  }
  if (first === '__ds')
    throw new HeadraceError('not_found', "Paths that begin with __ds are the protocol's own, and this is none of them.")
  return path
}
