import { randomUUID } from 'node:crypto'
import { HeadraceError, integer, type Schema } from '@headrace/core'
import type { TokenClaims } from '../auth/auth.ts'
import { tokenClaims } from '../auth/claims.ts'
import { mustCover } from '../auth/covers.ts'
import { json } from './http-reply.ts'
import { route, type Route } from './http-route.ts'
import type { HttpServices } from './http-services.ts'

interface TokenRequest {
  readonly claims: TokenClaims
  readonly ttlSeconds: number
}

const defaultTtlSeconds = 3_600

/** Who am I, and tokens for others. */
export function tokenRoutes({ auth, access, clock, limits }: HttpServices): readonly Route[] {
  const ttl = integer(1, limits.tokenTtlSeconds)
  const body: Schema<TokenRequest> = {
    parse(value, path = '') {
      if (typeof value !== 'object' || value === null || !('ttlSeconds' in value)) {
        return { claims: tokenClaims.parse(value, path), ttlSeconds: defaultTtlSeconds }
      }
      const { ttlSeconds, ...claims } = value
      return { claims: tokenClaims.parse(claims, path), ttlSeconds: ttl.parse(ttlSeconds, 'ttlSeconds') }
    },
    json: { allOf: [tokenClaims.json, { properties: { ttlSeconds: ttl.json } }] },
  }
  return [
    route('GET /v1/me', {}, async ({ grant }) => json(200, grant)),

    route('POST /v1/tickets', {}, async ({ grant }) => json(201, access.tickets.issue(grant))),

    route('POST /v1/tokens', { body }, async ({ body: { claims, ttlSeconds }, grant }) => {
      if (!auth.mint)
        throw new HeadraceError('not_found', 'This server only checks tokens. Get one where its key set comes from.')
      mustCover(grant, claims)
      const id = randomUUID()
      const token = await auth.mint({ ...claims, ten: grant.tenant }, ttlSeconds, id)
      const expiresAt = (Math.floor(clock.now() / 1_000) + ttlSeconds) * 1_000
      return json(201, { token, id, expiresAt })
    }),
  ]
}
