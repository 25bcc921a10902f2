import { JOSENotSupported, JWKSMultipleMatchingKeys, JWKSNoMatchingKey } from 'jose/errors'
import { createRemoteJWKSet, type RemoteJWKSet } from 'jose/jwks/remote'
import { jwtVerify } from 'jose/jwt/verify'
import { HeadraceError, type Grant } from '@headrace/core'
import { systemClock, type Clock } from '../clock.ts'
import { isLoopbackHost } from './loopback.ts'
import type { Auth } from './auth.ts'
import { checkTokenText } from './check-token.ts'
import { toGrant } from './claims.ts'
import { tokenError } from './token-error.ts'

export interface JwksAuthOptions {
  /** The only `iss` that is accepted. */
  readonly issuer: string
  /** The only `aud` that is accepted: a token that was made for another service must not work here. */
  readonly audience: string
  /** By how many seconds the issuer's clock may differ from ours. Default 5. */
  readonly clockToleranceSeconds?: number
  /** Time; default the machine's. */
  readonly clock?: Clock
}

/** Public-key signatures only: with a symmetric one, the published key would be the secret. */
const algorithms = ['EdDSA', 'Ed25519', 'ES256', 'RS256']

/**
 * Tokens of an identity provider, checked with its published key set (JWKS). The set is read on first use, kept for 10
 * minutes, and read again (at most every 30 s) when a token names a key that is not in it.
 *
 * @param url - of the key set: `https:`, or `http:` on this machine
 * @throws HeadraceError `bad_request` when an argument is unusable
 *
 * @example
 * ```ts
 * const auth = createJwksAuth('https://id.example.com/.well-known/jwks.json', {
 *   issuer: 'https://id.example.com',
 *   audience: 'headrace',
 * })
 * ```
 */
export function createJwksAuth(url: string | URL, options: JwksAuthOptions): Auth {
  const { issuer, audience, clockToleranceSeconds = 5, clock = systemClock } = options
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (!value)
      throw new HeadraceError(
        'bad_request',
        `${name} must be set: without it tokens that were made for other services would work here.`,
      )
  }
  const keys = remoteKeys(jwksUrl(url))

  return {
    source: 'keys',
    async verify(token: string): Promise<Grant> {
      checkTokenText(token)
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms,
          issuer,
          audience,
          requiredClaims: ['exp', 'sub'],
          currentDate: new Date(clock.now()),
          clockTolerance: clockToleranceSeconds,
        })
        const exp = payload.exp ?? 0 // a number: it was required and checked
        const expiresAt = Math.min((exp + clockToleranceSeconds) * 1000, Number.MAX_SAFE_INTEGER)
        return toGrant(payload, { expiresAt, now: clock.now() })
      } catch (thrown) {
        throw tokenError(thrown, algorithms)
      }
    },
  }
}

function jwksUrl(url: string | URL): URL {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined
  if (parsed && (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopbackHost(parsed.hostname))))
    return parsed
  throw new HeadraceError(
    'bad_request',
    'The address of the key set must be an https: URL (http: only on this machine): whoever can change it on its way can sign tokens.',
  )
}

type KeyFinder = (...args: Parameters<RemoteJWKSet>) => ReturnType<RemoteJWKSet>

/** Tells "the token's key is not there" from "the key set can't be read", which is no fault of the token. */
function remoteKeys(url: URL): KeyFinder {
  const find = createRemoteJWKSet(url)
  return async (header, token) => {
    try {
      return await find(header, token)
    } catch (thrown) {
      if (thrown instanceof JWKSNoMatchingKey || thrown instanceof JWKSMultipleMatchingKeys) throw thrown
      if (thrown instanceof JOSENotSupported) throw thrown
      throw new HeadraceError(
        'auth_unavailable',
        `The key set at ${url.origin} can't be read now, so tokens can't be checked. Try again in a moment.`,
        {
          cause: thrown,
        },
      )
    }
  }
}
