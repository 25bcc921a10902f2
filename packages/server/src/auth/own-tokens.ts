import { randomBytes } from 'node:crypto'
import type { AgentName } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Auth } from './auth.ts'
import { createSecretAuth } from './secret-auth.ts'

/** Tokens for workers in the server's own process, whoever signs everybody else's. */
export interface OwnTokens {
  /** As the auth does; it knows our own tokens too. */
  readonly verify: Auth['verify']
  /** For working as one agent, on all sessions of a tenant. Good for an hour, in this process only. */
  forAgent(agent: AgentName, tenant: string): Promise<string>
}

/** No token of anybody else begins so: a JWT begins with `ey`. */
const prefix = 'own.'
const ttlSeconds = 3_600

export function createOwnTokens(auth: Auth, clock: Clock): OwnTokens {
  const own = createSecretAuth(randomBytes(48), { clock })
  return {
    verify: (token) => (token.startsWith(prefix) ? own.verify(token.slice(prefix.length)) : auth.verify(token)),
    async forAgent(agent, tenant) {
      const cap = [{ s: '**', op: ['read', 'write-as-agent'] as const }]
      return `${prefix}${await own.mint({ sub: agent, kind: 'agent', ten: tenant, cap, agents: [agent] }, ttlSeconds)}`
    },
  }
}
