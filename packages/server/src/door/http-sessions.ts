import { randomUUID } from 'node:crypto'
import {
  HeadraceError,
  commandRequest,
  integer,
  object,
  optional,
  sessionId,
  sessionKey,
  sessionSettings,
  visibleView,
  type MessageRow,
  type Outcome,
  type Schema,
  type SessionId,
  type SessionSettings,
} from '@headrace/core'
import { listQuery } from './http-list-query.ts'
import { digits } from './http-query.ts'
import { json, rawJson, type Reply } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import { mustAllow, type HttpServices } from './http-services.ts'
import { listVisible } from './list-visible.ts'

interface NewSession {
  readonly id?: SessionId
  readonly settings: SessionSettings
}

const newSession: Schema<NewSession> = {
  parse(value, path = '') {
    if (typeof value !== 'object' || value === null || !('id' in value))
      return { settings: sessionSettings.parse(value, path) }
    const { id, ...settings } = value
    return { id: sessionId.parse(id, 'id'), settings: sessionSettings.parse(settings, path) }
  },
  json: { allOf: [{ properties: { id: sessionId.json } }, sessionSettings.json] },
}

const seq = integer(1, Number.MAX_SAFE_INTEGER)

/** Creating, listing, reading, changing and deleting sessions. */
export function sessionRoutes({ hub, limits, metrics }: HttpServices): readonly Route[] {
  return [
    route('POST /v1/sessions', { body: newSession }, async ({ body, grant }) => {
      const id = body.id ?? randomUUID()
      const outcome = await hub.submit(sessionKey(grant.tenant, id), {
        grant,
        body: { type: 'create', ...body.settings },
      })
      if (outcome.outcome === 'refused') return outcomeReply(outcome)
      const headers = { Location: `/v1/sessions/${encodeURIComponent(id)}` }
      return json(outcome.outcome === 'accepted' ? 201 : 200, { id, ...outcome }, headers)
    }),

    route('GET /v1/sessions', { query: listQuery }, async ({ query, grant }) =>
      json(200, await listVisible(hub, grant, query)),
    ),

    route(
      'GET /v1/sessions/{session}',
      { query: object({ at: optional(digits(seq)), time: optional(digits(seq)) }) },
      async ({ params: { session }, query: { at, time }, grant }) => {
        mustAllow(grant, session, 'read')
        const key = sessionKey(grant.tenant, session)
        if (at === undefined && time === undefined) return json(200, await hub.view(key, grant))
        if (at !== undefined && time !== undefined) {
          const detail = { path: 'query.time' }
          throw new HeadraceError('bad_request', 'Give at (an event) or time (milliseconds), not both.', { detail })
        }
        const when = at === undefined ? { time: time ?? 0 } : { seq: at }
        return json(200, visibleView(await hub.history.viewAt(key, when), grant))
      },
    ),

    route('DELETE /v1/sessions/{session}', {}, async ({ params: { session }, grant }) => {
      mustAllow(grant, session, 'admin')
      await hub.purge(sessionKey(grant.tenant, session))
      return { status: 204 }
    }),

    route(
      'POST /v1/sessions/{session}/commands',
      { body: commandRequest },
      async ({ params: { session }, body, grant }) => {
        const command = { grant, body: body.body, ...(body.id !== undefined && { id: body.id }) }
        return outcomeReply(await hub.submit(sessionKey(grant.tenant, session), command))
      },
    ),

    route(
      'GET /v1/sessions/{session}/messages',
      { query: object({ before: optional(digits(seq)), limit: optional(digits(integer(1, 500))) }) },
      async ({ params: { session }, query: { before = Number.MAX_SAFE_INTEGER, limit = 50 }, grant }) => {
        mustAllow(grant, session, 'read')
        const { rows, more } = await hub.messages(sessionKey(grant.tenant, session), grant, { before, limit })
        const page = newest(rows, limits.pageChars)
        const body = `{"messages":[${page.map((row) => row.json).join(',')}],"more":${more || page.length < rows.length}}`
        metrics.meter.delivered(page.length, body.length)
        return rawJson(200, body)
      },
    ),
  ]
}

/** The answer to a command. Its body says the outcome, also when it is refused. */
function outcomeReply(outcome: Outcome): Reply {
  return json(outcome.outcome === 'refused' ? HeadraceError.fromWire(outcome.error).status : 200, outcome)
}

/** The newest rows within the bound, oldest first, and at least one where there is one. */
function newest(rows: readonly MessageRow[], maxChars: number): readonly MessageRow[] {
  let chars = 0
  let start = rows.length
  while (start > 0) {
    chars += rows[start - 1]?.json.length ?? 0
    if (chars > maxChars && start < rows.length) break
    start -= 1
  }
  return rows.slice(start)
}
