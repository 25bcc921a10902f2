import { HeadraceError, object, string } from '@headrace/core'
import { pushSubscription } from '../notify/subscriptions.ts'
import { json } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import type { HttpServices } from './http-services.ts'

const which = object({ endpoint: string({ min: 1, max: 2_048 }) })

/** Where a person is reached while they are away (P4). Everybody speaks for themselves only. */
export function pushRoutes({ pushes }: HttpServices): readonly Route[] {
  const known = (): NonNullable<typeof pushes> => pushes ?? refuseOff()
  return [
    route('GET /v1/push/key', {}, async () => json(200, { publicKey: (await known().vapid()).publicKey })),

    route('GET /v1/push/subscriptions', {}, async ({ grant }) => {
      const subscriptions = await known().subscriptions.list(grant.tenant, grant.actor)
      return json(200, { subscriptions: subscriptions.map(({ endpoint, label }) => ({ endpoint, label })) })
    }),

    route('POST /v1/push/subscriptions', { body: pushSubscription }, async ({ body, grant }) => {
      const { subscriptions, outgoing } = known()
      const reachable = outgoing.check(body.endpoint)
      if (!reachable.allowed) {
        throw new HeadraceError('bad_request', `The endpoint can't be used. ${reachable.message}`, {
          detail: { path: 'endpoint' },
        })
      }
      await subscriptions.add(grant, body)
      return { status: 204 }
    }),

    route('DELETE /v1/push/subscriptions', { query: which }, async ({ query: { endpoint }, grant }) => {
      await known().subscriptions.remove(grant.tenant, grant.actor, endpoint)
      return { status: 204 }
    }),
  ]
}

function refuseOff(): never {
  throw new HeadraceError('not_found', 'Web Push is off on this server. Start it with a push contact to turn it on.')
}
