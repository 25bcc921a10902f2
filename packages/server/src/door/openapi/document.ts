import type { Json, JsonObject } from '@headrace/core'
import { version } from '../../version.ts'
import type { Route } from '../http-route.ts'
import { components } from './components.ts'
import { operations, type Operation } from './operations.ts'

/**
 * The HTTP door as an OpenAPI 3.1 document: what is taken from the shapes by which the routes check, what is answered from
 * the table of operations.
 */
export function openApiDocument(routes: readonly Route[]): JsonObject {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = describe(route)
  return {
    openapi: '3.1.1',
    info: {
      title: 'Headrace',
      version,
      description: 'Durable sessions between AI agents and clients. PROTOCOL.md says what everything means.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        ticket: { type: 'apiKey', in: 'query', name: 'ticket' },
      },
    },
  }
}

function describe(route: Route): JsonObject {
  const operation = operations[`${route.method} ${route.path}`]
  const verbs = operation?.verb === undefined ? [] : [operation.verb].flat()
  return {
    operationId: idOf(route),
    ...(operation && { summary: operation.summary }),
    ...(verbs.length > 0 && { description: `The token must allow ${verbs.join(' and ')}.` }),
    ...(route.access === 'token' ? { security: securityOf(route) } : { security: [] }),
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body && { requestBody: { required: true, content: jsonContent(route.body) } }),
    responses: responses(operation),
  }
}

/** `getV1SessionsSessionEvents`: names for those who generate code. */
function idOf({ method, path }: Route): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function securityOf(route: Route): readonly JsonObject[] {
  const takesTicket = route.access === 'token' && route.takesTicket !== undefined
  return takesTicket ? [{ token: [] }, { ticket: [] }] : [{ token: [] }]
}

function pathParameters({ path, parameters }: Route): readonly JsonObject[] {
  return [...path.matchAll(/\{([a-z]+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: parameters[name] ?? {},
  }))
}

function queryParameters({ query }: Route): readonly JsonObject[] {
  const { properties = {}, required = [] } = (query ?? {}) as QueryShape
  return Object.entries(properties)
    .filter(([name]) => name !== 'ticket') // it is a way to sign in, and said there
    .map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }))
}

/** Queries are read as objects. */
interface QueryShape {
  readonly properties?: Readonly<Record<string, JsonObject>>
  readonly required?: readonly string[]
}

function jsonContent(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } }
}

/** Every route can fail, in ways of the one table: its body says which. */
function responses(operation: Operation | undefined): JsonObject {
  const { answers = {}, other } = operation ?? {}
  const known = Object.entries(answers).map(([status, schema]): readonly [string, JsonObject] => [
    status,
    { description: meaning(status), ...(schema && { content: { ...jsonContent(schema), ...contentOf(other) } }) },
  ])
  const isText = other && known.length === 0
  return {
    ...Object.fromEntries(known),
    ...(isText && { 200: { description: meaning('200'), content: contentOf(other) } }),
    default: {
      description: 'An error of the table. A refused command says its outcome beside it.',
      content: jsonContent(
        operation?.problem ?? {
          anyOf: [{ $ref: '#/components/schemas/Refused' }, { $ref: '#/components/schemas/Problem' }],
        },
      ),
    },
  }
}

function contentOf(other: Operation['other']): JsonObject {
  return Object.fromEntries(Object.entries(other ?? {}).map(([type, schema]) => [type, { schema }]))
}

function meaning(status: string): string {
  return status === '201' ? 'It was made.' : status === '204' ? 'Done, or nothing came.' : 'The answer.'
}
