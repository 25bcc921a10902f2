import {
  HeadraceError,
  array,
  object,
  oneOf,
  optional,
  string,
  tenantId,
  verbs,
  type Grant,
  type Schema,
} from '@headrace/core'
import type { TokenCapability, TokenClaims } from './auth.ts'

const pattern: Schema<string> = string({
  max: 512,
  // Anything else would never fit a session id, so it is a mistake: `team-*` is not a prefix match.
  pattern: /^(?=.)(?:(?:\*|[A-Za-z0-9._:-]*)\/)*(?:\*\*?|[A-Za-z0-9._:-]*)$/,
  called: 'a pattern of session ids (between slashes: plain text or *; ** only at the end)',
})
/** How a person is shown to others. */
export const displayName: Schema<string> = string({
  pattern: /^\P{Cc}{1,128}$/u,
  called: 'a name of 1 to 128 characters',
})
/** Id of a token (`jti`). */
export const tokenId: Schema<string> = string({
  pattern: /^[\x21-\x7e]{1,255}$/,
  called: 'an id of 1 to 255 printable ASCII characters without spaces',
})
const agent: Schema<string> = string({ pattern: /^(?:\*|[A-Za-z0-9._-]{1,64})$/, called: 'an agent name or *' })

const capability: Schema<TokenCapability> = object({
  s: pattern,
  op: array(oneOf(...verbs), { max: verbs.length }),
})

/** The shape of the claims that Headrace reads. */
export const tokenClaims: Schema<TokenClaims> = object({
  sub: string({
    pattern: /^[\x21-\x7e]{1,255}$/,
    called: 'an id of 1 to 255 printable ASCII characters without spaces',
  }),
  kind: optional(oneOf('user', 'agent', 'operator')),
  name: optional(displayName),
  ten: optional(tenantId),
  cap: array(capability, { max: 256 }),
  agents: optional(array(agent, { max: 256 })),
})

/** Optional in a token: one without an id can still be revoked with its actor or tenant. */
const origin = object({ jti: optional(tokenId) })

/** By how much the clock of whoever made a token may be ahead of ours before its time is no time, in milliseconds. */
const maxAheadMs = 60_000

export interface TokenTimes {
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly now: number
}

/**
 * Makes the grant out of the claims of a token whose signature and times were checked.
 *
 * @param payload - all claims of the token; those that Headrace does not know are ignored
 * @throws HeadraceError `unauthenticated`; the text and `detail.claim` name the claim
 */
export function toGrant(payload: Readonly<Record<string, unknown>>, { expiresAt, now }: TokenTimes): Grant {
  const { sub, kind = 'user', name, ten = 'default', cap, agents = [] } = readClaims(payload)
  const issuedAt = typeof payload['iat'] === 'number' ? Math.floor(payload['iat'] * 1_000) : Infinity
  const jti = inClaims(() => origin.parse({ jti: payload['jti'] })).jti
  return {
    tenant: ten,
    actor: `${kind}:${sub}`,
    ...(name !== undefined && { name }),
    capabilities: cap.map(({ s, op }) => ({ sessions: s, verbs: op })),
    agents,
    expiresAt,
    // One that was made in the future (as by an issuer that writes milliseconds) would be hit by no revocation.
    ...(issuedAt <= now + maxAheadMs && { issuedAt }),
    ...(jti !== undefined && { jti }),
  }
}

function readClaims(payload: Readonly<Record<string, unknown>>): TokenClaims {
  const { sub, kind, name, ten, cap, agents } = payload
  return inClaims(() => tokenClaims.parse({ sub, kind, name, ten, cap, agents }))
}

/** A wrong shape in a token is a wrong token and not a wrong request. */
function inClaims<T>(parse: () => T): T {
  try {
    return parse()
  } catch (thrown) {
    if (!(thrown instanceof HeadraceError)) throw thrown
    const claim = thrown.detail?.['path'] ?? '.'
    throw new HeadraceError('unauthenticated', `The token's claim ${thrown.message}`, { detail: { claim } })
  }
}
