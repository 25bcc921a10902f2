import { integer, object, optional, sessionKey } from '@headrace/core'
import { displayName } from '../auth/claims.ts'
import { json } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import { mustAllow, type HttpServices } from './http-services.ts'

const maxTtlSeconds = 2_592_000
const defaultTtlSeconds = 604_800
const body = object({ ttlSeconds: optional(integer(1, maxTtlSeconds)), name: optional(displayName) })

/** Links by which others read one session. */
export function shareRoutes({ hub, access: { shares } }: HttpServices): readonly Route[] {
  return [
    route('POST /v1/sessions/{session}/share', { body }, async ({ params: { session }, body: asked, grant }) => {
      mustAllow(grant, session, 'admin')
      await hub.view(sessionKey(grant.tenant, session), grant) // rejects where there is nothing to share
      const { ttlSeconds = defaultTtlSeconds, ...rest } = asked
      const { token, id, expiresAt } = await shares.open(grant, session, { ttlSeconds, ...rest })
      return json(201, { token, id, expiresAt })
    }),

    route('GET /v1/sessions/{session}/shares', {}, async ({ params: { session }, grant }) => {
      mustAllow(grant, session, 'admin')
      return json(200, { shares: await shares.list(grant.tenant, session) })
    }),

    route('DELETE /v1/sessions/{session}/shares/{share}', {}, async ({ params: { session, share }, grant }) => {
      mustAllow(grant, session, 'admin')
      await shares.close(grant, session, share)
      return { status: 204 }
    }),
  ]
}
