import { createSecretKey, randomUUID } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { SignJWT } from 'jose/jwt/sign'
import { jwtVerify } from 'jose/jwt/verify'
import { HeadraceError, integer, type Grant } from '@headrace/core'
import { systemClock, type Clock } from '../clock.ts'
import type { MintingAuth, TokenClaims } from './auth.ts'
import { checkTokenText } from './check-token.ts'
import { tokenClaims, tokenId, toGrant } from './claims.ts'
import { tokenError } from './token-error.ts'

export interface SecretAuthOptions {
  /** The only `iss` that is accepted; set in minted tokens. Default: not looked at. */
  readonly issuer?: string
  /** The only `aud` that is accepted; set in minted tokens. Default: not looked at. */
  readonly audience?: string
  /** Time; default the machine's. */
  readonly clock?: Clock
}

/** Fewer bytes could be guessed; HS256 needs as many as its hash has. */
const minSecretBytes = 32
const maxTtlSeconds = 315_360_000
const algorithms = ['HS256']
const ttl = integer(1, maxTtlSeconds)

/**
 * Tokens signed with a secret that your application and this server share (JWT, HS256).
 *
 * @param secret - at least 32 bytes; a string counts as UTF-8. Make one with `openssl rand -base64 48`.
 * @throws HeadraceError `bad_request` when the secret is too short
 *
 * @example
 * ```ts
 * const auth = createSecretAuth(process.env.HEADRACE_AUTH_SECRET ?? '')
 * const token = await auth.mint({ sub: 'ada', cap: [{ s: 'team-a/*', op: ['read', 'send'] }] }, 900)
 * ```
 */
export function createSecretAuth(secret: string | Uint8Array, options: SecretAuthOptions = {}): MintingAuth {
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'utf8') : Buffer.from(secret)
  if (bytes.length < minSecretBytes) {
    const text = `The auth secret has ${bytes.length} bytes; it needs at least ${minSecretBytes}. Make one with: openssl rand -base64 48`
    throw new HeadraceError('bad_request', text, { detail: { allowed: minSecretBytes, actual: bytes.length } })
  }
  const key = createSecretKey(bytes)
  const { issuer, audience, clock = systemClock } = options
  const expected = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) }

  return {
    source: 'keys',
    async verify(token: string): Promise<Grant> {
      checkTokenText(token)
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms,
          requiredClaims: ['exp', 'sub'],
          currentDate: new Date(clock.now()),
          ...expected,
        })
        return toGrant(payload, { expiresAt: expiryMs(payload), now: clock.now() })
      } catch (thrown) {
        throw tokenError(thrown, algorithms)
      }
    },
    async mint(claims: TokenClaims, ttlSeconds: number, jti: string = randomUUID()): Promise<string> {
      const checked = tokenClaims.parse(claims)
      const now = Math.floor(clock.now() / 1000)
      const jwt = new SignJWT({ ...checked })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuedAt(now)
        .setExpirationTime(now + ttl.parse(ttlSeconds, 'ttlSeconds'))
        .setJti(tokenId.parse(jti, 'jti'))
      if (issuer !== undefined) jwt.setIssuer(issuer)
      if (audience !== undefined) jwt.setAudience(audience)
      return jwt.sign(key)
    },
  }
}

/** When a verified token expires, in milliseconds since 1970. `exp` is a number: it was required and checked. */
function expiryMs(payload: JWTPayload): number {
  return Math.min((payload.exp ?? 0) * 1000, Number.MAX_SAFE_INTEGER)
}
