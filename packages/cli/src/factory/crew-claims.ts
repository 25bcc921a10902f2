import type { TokenClaims } from '@headrace/server'

/** What a part of a floor's crew may do: its own work, in the sessions of its floor. */
export function crewClaims(agent: string, floor: string): TokenClaims {
  const op = ['read', 'post', 'send', 'control', 'write-as-agent'] as const
  return { sub: agent, kind: 'agent', name: agent, cap: [{ s: `factory/${floor}/**`, op: [...op] }], agents: [agent] }
}
