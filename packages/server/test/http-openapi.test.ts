import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '@headrace/core'
import { operations } from '../src/door/openapi/operations.ts'
import { openDoor, type Answered, type AskOptions, type OpenDoor } from './support/http.ts'
import { text } from './support/hub.ts'

interface Described {
  readonly summary?: string
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Partial<Content>>>
}
interface Content {
  readonly content: Readonly<Record<string, { readonly schema: JsonObject }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> }
}

async function read(server: OpenDoor): Promise<Document> {
  const { status, body } = await server.ask('GET /v1/openapi.json', { token: null })
  expect(status).toBe(200)
  return body as Document // that it is one is what the first test shows
}

/** Fields that a schema does not name count as wrong, so that nothing is sent that is not described. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map((item: Json) => closed(item))
  if (typeof schema !== 'object' || schema === null) return schema
  const inside = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  return 'properties' in schema ? { additionalProperties: false, ...inside } : inside
}

/** What is wrong with a value, by the schema at a place of the document. */
type Faults = (place: readonly string[], value: unknown) => unknown

function faultsBy(document: Document): Faults {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false })
  ajv.addSchema({ ...(closed(document as unknown as Json) as JsonObject), $id: 'headrace:doc' }) // JSON, as it came
  return (place, value) => {
    const pointer = place.map((key) => `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    const validate = ajv.getSchema(`headrace:doc#${pointer.join('')}`)
    if (!validate) throw new Error(`the document has nothing at ${place.join(' ')}`)
    return validate(value) === true ? [] : validate.errors
  }
}

const json = ['content', 'application/json', 'schema'] as const
const component = (name: string): readonly string[] => ['components', 'schemas', name]

describe('the OpenAPI document', () => {
  test('W5: it is one, by the schema of OpenAPI', async () => {
    await using server = await openDoor()
    const document = await read(server)
    const result = await new Validator().validate(document as unknown as Record<string, unknown>)
    expect(result).toEqual({ valid: true })
    expect(document).toMatchObject({ openapi: '3.1.1' })
  })

  test('W5: it has every route of the server and no other, each with what it is for', async () => {
    await using server = await openDoor()
    const { paths } = await read(server)
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const { body } = await server.ask('GET /nothing')
    const routes = (body as { error: { detail: { routes: string[] } } }).error.detail.routes // the refusal names them
    expect(described.sort()).toEqual(routes.sort())
    const protocol = await readFile(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8')
    for (const route of routes) expect(protocol, 'PROTOCOL.md has a row').toContain(route.replace('{session}', '{id}'))
    const advice = 'Say what a route is for and what it answers in packages/server/src/door/openapi/operations.ts.'
    expect(Object.keys(operations).sort(), advice).toEqual(described)
  })

  test('W5: requests that it describes are those that are taken', async () => {
    await using server = await openDoor()
    const document = await read(server)
    const events = document.paths['/v1/sessions/{session}/events']?.['get']
    expect(events?.parameters.map(({ in: place, name }) => `${place} ${name}`)).toEqual([
      'path session',
      'query after',
      'query limit',
      'query live',
      'query waitMs',
      'query history',
    ])
    const faults = faultsBy(document)
    const command = ['paths', '/v1/sessions/{session}/commands', 'post', 'requestBody', ...json]
    expect(faults(command, { body: { type: 'read', seq: 1 } })).toEqual([])
    expect(faults(command, { body: { type: 'read', seq: 0 } })).not.toEqual([])
    const limits = document.paths['/v1/sessions']?.['get']?.parameters
    expect(limits).toContainEqual(expect.objectContaining({ schema: { type: 'integer', minimum: 1, maximum: 1_000 } }))
  })

  test('W5: what the server answers is what it describes', async () => {
    await using server = await openDoor()
    const document = await read(server)
    const faults = faultsBy(document)
    const check = async (line: string, path: string, options: AskOptions = {}): Promise<Answered> => {
      const answered = await server.ask(line, options)
      const method = (line.split(' ')[0] ?? '').toLowerCase()
      const { responses } = document.paths[path]?.[method] ?? {}
      const status = responses?.[answered.status] ? String(answered.status) : 'default'
      if (!responses?.[status]?.content) expect(answered.text, line).toBe('')
      else {
        const found = faults(['paths', path, method, 'responses', status, ...json], answered.body)
        expect(found, `${line}: ${answered.text}`).toEqual([])
      }
      return answered
    }
    const at = '/v1/sessions/{session}'
    await check('POST /v1/sessions', '/v1/sessions', { json: { id: 'a' } })
    await check('POST /v1/sessions', '/v1/sessions', { json: { id: 'a' } })
    await check('POST /v1/sessions', '/v1/sessions', { json: { id: '!' } })
    const send = { body: { type: 'send', parts: text('Hello'), budget: { tokens: 9 } } }
    await check('POST /v1/sessions/a/commands', `${at}/commands`, { json: send })
    await check('POST /v1/sessions/a/commands', `${at}/commands`, {
      json: { body: { type: 'cancel', target: { run: 'r9' } } },
    })
    const claim = { json: { worker: 'w' } }
    await check('POST /v1/agents/assistant/claim', '/v1/agents/{agent}/claim', claim)
    await check('GET /v1/sessions', '/v1/sessions')
    await check('GET /v1/sessions/a', at)
    await check('GET /v1/sessions/none', at)
    await check('GET /v1/sessions/a/events', `${at}/events`)
    await check('GET /v1/sessions/a/messages', `${at}/messages`)
    await check('POST /v1/sessions/a/fork', `${at}/fork`, { json: { id: 'copy' } })
    await check('POST /v1/sessions/a/fork', `${at}/fork`, { json: { id: 'copy' } })
    await check('POST /v1/sessions/a/compact', `${at}/compact`, { json: {} })
    await check('GET /v1/search?q=hello', '/v1/search')
    await check('GET /v1/inbox', '/v1/inbox')
    const { body: share } = await check('POST /v1/sessions/a/share', `${at}/share`, { json: { name: 'Auditor' } })
    await check('GET /v1/sessions/a/shares', `${at}/shares`)
    await check(`DELETE /v1/sessions/a/shares/${(share as { id: string }).id}`, `${at}/shares/{share}`)
    await check('DELETE /v1/sessions/a', at)
    await check('GET /v1/me', '/v1/me')
    await check('GET /v1/me', '/v1/me', { token: null })
    await check('POST /v1/tickets', '/v1/tickets')
    await check('POST /v1/tokens', '/v1/tokens', { json: { sub: 'bob', cap: [] } })
    await check('POST /v1/revocations', '/v1/revocations', { json: { actor: 'user:bob' } })
    await check('POST /v1/revocations', '/v1/revocations', { json: { token: 'x' } })
    await check('GET /v1/revocations', '/v1/revocations')
    await check('GET /v1/connect', '/v1/connect')
    await check('GET /healthz', '/healthz')
    await check('GET /readyz', '/readyz')
  })

  test('W5: the examples of PROTOCOL.md are what it describes', async () => {
    await using server = await openDoor()
    const faults = faultsBy(await read(server))
    const protocol = await readFile(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8')
    const examples = (tag: string): readonly unknown[] =>
      [...protocol.matchAll(new RegExp(`^\`\`\`json ${tag}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
        ([, json = '']): unknown => JSON.parse(json),
      )
    const events = examples('log').flat()
    const fit: readonly (readonly [string, readonly unknown[]])[] = [
      ['Event', [...events, ...examples('event')]],
      ['SessionView', examples('view')],
      ['SessionList', examples('list')],
      ['Assignment', examples('assignment')],
      ['Problem', examples('problem')],
      ['Error', examples('error')],
      ['CommandBody', examples('body')],
      ['CommandRequest', examples('request')],
    ]
    for (const [name, values] of fit) {
      expect(values.length, name).toBeGreaterThan(0)
      for (const value of values) expect(faults(component(name), value), JSON.stringify(value)).toEqual([])
    }
    for (const outcome of examples('outcome')) {
      const name = (outcome as { outcome: string }).outcome === 'refused' ? 'Refused' : 'Taken' // each has one
      expect(faults(component(name), outcome)).toEqual([])
    }
  })
})
