import type { Actor, ActorKind, SessionId } from './ids.ts'

/**
 * What a token may allow on the sessions it names. `answer`: answer what agents ask for. `take-floor`: take over from an
 * agent, and hand back. `write-as-agent`: claim runs and write their output.
 */
export type Verb = 'read' | 'post' | 'send' | 'control' | 'answer' | 'take-floor' | 'write-as-agent' | 'admin'

/** Every verb, in the order in which they are shown. */
export const verbs: readonly Verb[] = [
  'read',
  'post',
  'send',
  'control',
  'answer',
  'take-floor',
  'write-as-agent',
  'admin',
]

/** Verbs on the sessions whose id fits a pattern. */
export interface Capability {
  /**
   * Pattern of session ids, split at `/`: `*` is any one segment, `**` at the end is any number of segments, anything
   * else is itself. `**` alone is every session; `team-a/*` is `team-a/1` but not `team-a/1/x` or `team-ab`.
   */
  readonly sessions: string
  readonly verbs: readonly Verb[]
}

/** A verified identity and what it may do: made from a token by the server, never from what a client says. */
export interface Grant {
  readonly tenant: string
  readonly actor: Actor
  readonly name?: string
  readonly capabilities: readonly Capability[]
  /** Agents it may work as; `*` is any. */
  readonly agents: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** When its token was made, milliseconds since 1970. A token that does not say so counts as older than any other. */
  readonly issuedAt?: number
  /** The id of its token, by which that one can be revoked. */
  readonly jti?: string
}

/** Whether a session id fits a pattern of {@link Capability}. */
export function matches(pattern: string, session: SessionId): boolean {
  if (pattern === '**') return true
  const want = pattern.split('/')
  const have = session.split('/')
  for (const [index, segment] of want.entries()) {
    if (segment === '**' && index === want.length - 1) return true
    if (index >= have.length || (segment !== '*' && segment !== have[index])) return false
  }
  return want.length === have.length
}

/** Whether the grant allows a verb on a session. Deny is the default; expiry is for whoever holds the clock. */
export function allows(grant: Grant, session: SessionId, verb: Verb): boolean {
  return grant.capabilities.some(
    (capability) => capability.verbs.includes(verb) && matches(capability.sessions, session),
  )
}

/** Whether the grant may claim and write runs of an agent in a session. */
export function mayWorkAs(grant: Grant, session: SessionId, agent: string): boolean {
  return (grant.agents.includes('*') || grant.agents.includes(agent)) && allows(grant, session, 'write-as-agent')
}

/** The grant of the server itself, for timers. */
export function systemGrant(tenant: string): Grant {
  const kind: ActorKind = 'system'
  return {
    tenant,
    actor: `${kind}:headrace`,
    capabilities: [{ sessions: '**', verbs }],
    agents: [],
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
}
