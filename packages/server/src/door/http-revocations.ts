import { randomUUID } from 'node:crypto'
import { HeadraceError, integer, object, onlyTrue, optional, type Actor, type Schema } from '@headrace/core'
import { tokenId } from '../auth/claims.ts'
import { revocationReason, tokenActor, type Revocation } from '../auth/revocation.ts'
import { digits } from './http-query.ts'
import { json } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import { mustBeAdmin, type HttpServices } from './http-services.ts'

interface RevocationRequest {
  readonly token?: string
  /** When that token expires, if it is known: the revocation is forgotten then. */
  readonly expiresAt?: number
  readonly actor?: Actor
  readonly all?: true
  readonly issuedBefore?: number
  readonly reason?: string
}

const time = integer(0, Number.MAX_SAFE_INTEGER)
const body: Schema<RevocationRequest> = object({
  token: optional(tokenId),
  expiresAt: optional(time),
  actor: optional(tokenActor),
  all: optional(onlyTrue()),
  issuedBefore: optional(time),
  reason: optional(revocationReason),
})

/** No token lives longer (ten years), so by then a revocation has nothing left to hit. */
const longestLifeMs = 315_360_000_000

/** Taking tokens back before they expire. */
export function revocationRoutes({ access: { revocations }, clock }: HttpServices): readonly Route[] {
  return [
    route('POST /v1/revocations', { body }, async ({ body: asked, grant }) => {
      mustBeAdmin(grant, 'Revocations are')
      const revocation = toRevocation(asked, { id: randomUUID(), at: clock.now(), by: grant.actor })
      await revocations.add(grant.tenant, revocation)
      return json(201, revocation)
    }),

    route(
      'GET /v1/revocations',
      { query: object({ limit: optional(digits(integer(1, 10_000))) }) },
      async ({ query: { limit = 1_000 }, grant }) => {
        mustBeAdmin(grant, 'Revocations are')
        const found = await revocations.list(grant.tenant)
        return json(200, { revocations: found.slice(0, limit), more: found.length > limit })
      },
    ),
  ]
}

function toRevocation(
  { token, actor, all, expiresAt, issuedBefore, reason }: RevocationRequest,
  made: Pick<Revocation, 'id' | 'at' | 'by'>,
): Revocation {
  const named = [token, actor, all].filter((value) => value !== undefined).length
  if (named !== 1) refuse('.', 'Name exactly one of token (its jti), actor and all.')
  const common = { ...made, ...(reason !== undefined && { reason }) }
  if (token !== undefined) {
    if (issuedBefore !== undefined) refuse('issuedBefore', 'issuedBefore goes with actor or all, not with token.')
    if (expiresAt !== undefined && expiresAt <= made.at)
      refuse('expiresAt', 'expiresAt is over: that token has expired.')
    return { token, ...common, until: expiresAt ?? made.at + longestLifeMs }
  }
  if (expiresAt !== undefined) refuse('expiresAt', 'expiresAt goes with token, not with actor or all.')
  if (issuedBefore !== undefined && issuedBefore > made.at)
    refuse('issuedBefore', 'issuedBefore must not be in the future: it would hit tokens that were not made yet.')
  // Left out it means up to now, this millisecond included.
  const before = issuedBefore ?? made.at + 1
  const target = actor === undefined ? { all: true as const } : { actor }
  return { ...target, issuedBefore: before, ...common, until: before + longestLifeMs }
}

function refuse(path: string, text: string): never {
  throw new HeadraceError('bad_request', text, { detail: { path } })
}
