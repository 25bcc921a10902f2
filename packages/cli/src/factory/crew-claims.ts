import type { TokenClaims } from '@headrace/server'

/** What a part of a floor's crew may do: its own work, in the sessions of floors. */
export function crewClaims(agent: string): TokenClaims {
  const op = ['read', 'post', 'send', 'control', 'write-as-agent'] as const
  return { sub: agent, kind: 'agent', name: agent, cap: [{ s: 'factory/**', op: [...op] }], agents: [agent] }
}
