import { randomUUID } from 'node:crypto'
import { integer, object, optional, sessionId, sessionKey } from '@headrace/core'
import { streamLines } from './http-lines.ts'
import { json } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import { mustAllow, type HttpServices } from './http-services.ts'

const seq = integer(1, Number.MAX_SAFE_INTEGER)

/** Copies of sessions, exports, and what is dropped from their logs. */
export function historyRoutes(services: HttpServices): readonly Route[] {
  const { hub, clock } = services
  return [
    route(
      'POST /v1/sessions/{session}/fork',
      { body: object({ at: optional(seq), id: optional(sessionId) }) },
      async ({ params: { session }, body, grant }) => {
        mustAllow(grant, session, 'read')
        mustAllow(grant, session, 'send')
        if (body.id !== undefined) mustAllow(grant, body.id, 'send')
        const id = body.id ?? `${session.slice(0, 200)}-${randomUUID()}`
        if (body.id === undefined) mustAllow(grant, id, 'send')
        const forked = await hub.history.fork(sessionKey(grant.tenant, session), grant, { ...body, id })
        const headers = { Location: `/v1/sessions/${encodeURIComponent(id)}` }
        return json(forked.outcome === 'accepted' ? 201 : 200, forked, headers)
      },
    ),

    route('GET /v1/sessions/{session}/export', {}, async (call) => {
      const { params, grant } = call
      mustAllow(grant, params.session, 'read')
      const lines = await hub.history.export(sessionKey(grant.tenant, params.session), grant)
      return streamLines(services, call, lines)
    }),

    route(
      'POST /v1/sessions/{session}/compact',
      { body: object({ keepMs: optional(integer(0, 315_360_000_000)) }) },
      async ({ params: { session }, body: { keepMs = 0 }, grant }) => {
        mustAllow(grant, session, 'admin')
        return json(200, await hub.history.compact(sessionKey(grant.tenant, session), clock.now() - keepMs))
      },
    ),
  ]
}
