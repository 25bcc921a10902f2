import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  HeadraceError,
  agentName,
  object,
  sessionId,
  string,
  type Grant,
  type JsonObject,
  type Schema,
} from '@headrace/core'
import { readJson } from './http-body.ts'
import { readQuery } from './http-query.ts'
import type { Reply, streamed } from './http-reply.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
export type Answer = Reply | typeof streamed

/** What may stand in braces in the path of a route, and its shape. */
const parameters: Readonly<Record<Parameter, Schema<string>>> = {
  session: sessionId,
  agent: agentName,
  share: string({ pattern: /^[A-Za-z0-9_-]{1,64}$/, called: 'the id of a share link' }),
  blob: string({ pattern: /^[0-9a-f]{64}$/, called: 'the id of a blob: 64 hex digits' }),
}
type Parameter = 'session' | 'agent' | 'share' | 'blob'
const parameterSchemas = Object.fromEntries(Object.entries(parameters).map(([name, shape]) => [name, shape.json]))

/** `GET /v1/sessions/{session}` has `{ session: string }`. */
export type ParamsOf<Line extends string> = Line extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in Name & Parameter]: string } & ParamsOf<Rest>
  : object

/** A request whose every part was checked. */
export interface Call<Params, Query, Body> {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** Who asks, and what they may do. */
  readonly grant: Grant
}

/** A request as the router hands it to a route. */
export interface RawCall {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Segments of the path that stand for parameters, as they came. */
  readonly segments: Readonly<Record<string, string>>
  /** What follows the `?`. */
  readonly query: string
  readonly maxBodyBytes: number
}

interface RouteBase {
  readonly method: Method
  /** As in `/v1/sessions/{session}`. */
  readonly path: string
  /** The shapes of what it takes as JSON Schemas: of the parameters in its path, its query and its body. */
  readonly parameters: Readonly<Record<string, JsonObject>>
  readonly query?: JsonObject
  readonly body?: JsonObject
}

/** Needs a token. */
export interface TokenRoute extends RouteBase {
  readonly access: 'token'
  /** Whether a request with these parameters may come with a ticket instead. Default never. */
  readonly takesTicket?: (query: URLSearchParams) => boolean
  /** What somebody may do who shows no token. Default: nothing. */
  readonly anonymous?: (call: RawCall) => Grant | undefined
  handle(call: RawCall, grant: Grant): Promise<Answer>
}

/**
 * Needs none. `probe` is for load balancers, which ask under an address and not a name: the Host is not checked. `public`
 * looks at the request itself.
 */
export interface OpenRoute extends RouteBase {
  readonly access: 'public' | 'probe'
  handle(call: RawCall): Promise<Answer>
}

export type Route = TokenRoute | OpenRoute

interface Shapes<Query, Body> {
  /** Parameters of the query string. Default: none are known. */
  readonly query?: Schema<Query>
  /** The JSON body. Default: none is read. */
  readonly body?: Schema<Body>
  readonly takesTicket?: (query: URLSearchParams) => boolean
}

const noQuery: Schema<unknown> = object({})

/**
 * A route for callers with a token.
 *
 * @param line - method and path; `{session}`, `{agent}`, `{share}` and `{blob}` stand for parameters
 */
export function route<const Line extends `${Method} /${string}`, Query = object, Body = undefined>(
  line: Line,
  shapes: Shapes<Query, Body>,
  run: (call: Call<ParamsOf<Line>, Query, Body>) => Promise<Answer>,
): TokenRoute {
  return {
    ...parseLine(line),
    access: 'token',
    ...(shapes.query && { query: shapes.query.json }),
    ...(shapes.body && { body: shapes.body.json }),
    ...(shapes.takesTicket && { takesTicket: shapes.takesTicket }),
    async handle({ request, response, segments, query, maxBodyBytes }, grant) {
      const shape = shapes.query ?? noQuery
      return run({
        request,
        response,
        grant,
        params: readParams(segments) as ParamsOf<Line>, // the path of `Line` is where the segments come from
        query: shape.parse(readQuery(query), 'query') as Query, // `noQuery` only where Query is its default
        body: (shapes.body ? shapes.body.parse(await readJson(request, maxBodyBytes)) : undefined) as Body, // as above
      })
    },
  }
}

/** A route that anybody may call. */
export function openRoute(
  line: `${Method} /${string}`,
  access: OpenRoute['access'],
  run: (call: RawCall) => Promise<Answer>,
): OpenRoute {
  return { ...parseLine(line), access, handle: run }
}

function parseLine(line: string): RouteBase {
  const space = line.indexOf(' ')
  return {
    method: line.slice(0, space) as Method, // callers' types say what stands there
    path: line.slice(space + 1),
    parameters: parameterSchemas,
  }
}

function readParams(segments: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const read = Object.entries(segments).map(([name, segment]) => {
    const shape = parameters[name as Parameter] // a misspelt one fails the first request that any test makes
    return [name, shape.parse(decodeSegment(segment, name), `path.${name}`)] as const
  })
  return Object.fromEntries(read)
}

/**
 * A segment of a path that stands for a parameter.
 *
 * @throws HeadraceError `bad_request`
 */
export function decodeSegment(segment: string, name: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    const text = `path.${name} is not percent-encoded UTF-8. Encode the whole id as one segment, a slash as %2F.`
    throw new HeadraceError('bad_request', text, { detail: { path: `path.${name}` } })
  }
}
