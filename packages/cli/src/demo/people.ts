import { verbs, type Verb } from '@headrace/core'
import type { TokenClaims } from '@headrace/server'

/** The session that the demo opens with. */
export const welcomeSession = 'demo/welcome'

const taking: readonly Verb[] = ['read', 'post', 'send', 'control', 'answer', 'take-floor']

/** Whoever started the demo. */
export const operator: TokenClaims = {
  sub: 'ada',
  kind: 'operator',
  name: 'Ada',
  cap: [{ s: '**', op: [...verbs] }],
  agents: ['*'],
}

/** Somebody else, for the second link. */
export const colleague: TokenClaims = {
  sub: 'grace',
  kind: 'user',
  name: 'Grace, support',
  cap: [{ s: '**', op: taking }],
}

/** Writes the first words, so that the page is never empty. */
export const guide: TokenClaims = {
  sub: 'guide',
  kind: 'user',
  name: 'Guide',
  cap: [{ s: welcomeSession, op: taking }],
}

export function agentClaims(agent: string): TokenClaims {
  return { sub: agent, kind: 'agent', cap: [{ s: '**', op: ['read', 'write-as-agent'] }], agents: [agent] }
}
