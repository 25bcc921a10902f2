import { HeadraceError, clientId, integer, lease, object, optional, sessionKey } from '@headrace/core'
import { defaultWaitMs } from './http-limits.ts'
import { json } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import { mustAllow, type HttpServices } from './http-services.ts'

/** Which agents there are; and work for those that have no socket: they claim by asking, and write by commands. */
export function agentRoutes({ hub, agents, clock, limits, waits, traffic }: HttpServices): readonly Route[] {
  const body = object({
    worker: clientId,
    leaseMs: optional(integer(lease.minMs, lease.maxMs)),
    waitMs: optional(integer(0, limits.waitMs)),
  })
  return [
    route('GET /v1/sessions/{session}/agents', {}, async ({ params: { session }, grant }) => {
      mustAllow(grant, session, 'send')
      const here = await hub.agents(sessionKey(grant.tenant, session))
      const called = await agents.list(grant.tenant)
      return json(200, { agents: [...new Set([...here, ...called.map(({ agent }) => agent)])].sort() })
    }),

    route(
      'POST /v1/agents/{agent}/claim',
      { body },
      async ({ params: { agent }, body: claim, grant, request, response }) => {
        if (!grant.agents.includes('*') && !grant.agents.includes(agent)) {
          throw new HeadraceError('forbidden', `The token does not allow working as the agent ${agent}.`, {
            detail: { agent },
          })
        }
        const { worker, leaseMs, waitMs = defaultWaitMs } = claim
        const wait = waits.open(grant, response, traffic.addressOf(request))
        try {
          const assignment = await hub.claim(agent, worker, grant, {
            ...(leaseMs !== undefined && { leaseMs }),
            waitMs: Math.max(0, Math.min(waitMs, grant.expiresAt - clock.now())),
            signal: wait.signal,
          })
          if (assignment) return json(200, assignment)
          wait.signal.throwIfAborted()
          return { status: 204 }
        } finally {
          wait.close()
        }
      },
    ),
  ]
}
