import { createHash } from 'node:crypto'
import type { Grant } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Auth } from './auth.ts'

export interface TokenCacheOptions {
  readonly clock: Clock
  /** Most tokens remembered. Default 1,024. */
  readonly maxTokens?: number
  /** A token is checked in full again after this many milliseconds, so that a removed key counts soon. Default 30,000. */
  readonly maxAgeMs?: number
}

export interface TokenCache {
  /**
   * As {@link Auth}.
   *
   * @param beforeCheck - called before a token that is not remembered is checked in full; may throw
   */
  readonly verify: (token: string, beforeCheck?: () => void) => Promise<Grant>
}

interface Entry {
  readonly grant: Grant
  readonly until: number
}

/**
 * Remembers tokens that were verified: HTTP sends the same one with every request. Only good ones are remembered, by
 * their hash, and never past their expiry.
 */
export function cacheTokens(auth: Pick<Auth, 'verify'>, options: TokenCacheOptions): TokenCache {
  const { clock, maxTokens = 1_024, maxAgeMs = 30_000 } = options
  // In the order of use: the first is the one that was not used for longest.
  const known = new Map<string, Entry>()

  return {
    async verify(token, beforeCheck): Promise<Grant> {
      const id = createHash('sha256').update(token).digest('base64')
      const entry = known.get(id)
      known.delete(id)
      if (entry && entry.until > clock.now()) {
        known.set(id, entry)
        return entry.grant
      }
      beforeCheck?.()
      const grant = await auth.verify(token)
      known.set(id, { grant, until: Math.min(grant.expiresAt, clock.now() + maxAgeMs) })
      for (const oldest of known.keys()) {
        if (known.size <= maxTokens) break
        known.delete(oldest)
      }
      return grant
    },
  }
}
