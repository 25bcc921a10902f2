import { HeadraceError, type AgentName } from '@headrace/core'
import { httpAgentSettings, shown, type HttpAgent, type HttpAgentSettings } from '../agents/http-agent.ts'
import { checkHeaders } from '../outgoing/reach.ts'
import { signWebhook } from '../outgoing/webhook-signature.ts'
import { json } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import { mustBeAdmin, type HttpServices } from './http-services.ts'

/** Agents behind HTTP, for operators. Secrets come in here and never go out. */
export function registryRoutes({ agents, outgoing }: HttpServices): readonly Route[] {
  const called = async (tenant: string, name: AgentName): Promise<HttpAgent> => {
    const found = (await agents.list(tenant)).find(({ agent }) => agent === name)
    if (!found) throw notRegistered(name)
    return found
  }
  const check = ({ url, headers, secrets }: HttpAgentSettings): void => {
    const reachable = outgoing.check(url)
    if (!reachable.allowed) refuse('url', `The url can't be used. ${reachable.message}`)
    if (headers) checkHeaders(headers)
    // A secret that could not sign would fail every call.
    if (secrets) signWebhook(secrets, { id: 'check', at: 0, body: '' })
  }
  return [
    route('GET /v1/agents', {}, async ({ grant }) => {
      mustBeAdmin(grant, 'Registered agents are')
      return json(200, { agents: (await agents.list(grant.tenant)).map(shown) })
    }),

    route('GET /v1/agents/{agent}', {}, async ({ params: { agent }, grant }) => {
      mustBeAdmin(grant, 'Registered agents are')
      return json(200, shown(await called(grant.tenant, agent)))
    }),

    route('PUT /v1/agents/{agent}', { body: httpAgentSettings }, async ({ params: { agent }, body, grant }) => {
      mustBeAdmin(grant, 'Registered agents are')
      check(body)
      return json(200, shown(await agents.put(agent, body, grant.tenant)))
    }),

    route('DELETE /v1/agents/{agent}', {}, async ({ params: { agent }, grant }) => {
      mustBeAdmin(grant, 'Registered agents are')
      // Not by the list: what an earlier try could not remove from the store is in no list.
      if (!(await agents.remove(agent, grant.tenant))) throw notRegistered(agent)
      return { status: 204 }
    }),
  ]
}

function notRegistered(agent: AgentName): HeadraceError {
  return new HeadraceError('not_found', `No agent ${agent} is registered here.`, { detail: { agent } })
}

function refuse(path: string, text: string): never {
  throw new HeadraceError('bad_request', text, { detail: { path } })
}
