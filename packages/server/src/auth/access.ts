import type { Grant, Store } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Hub } from '../hub-types.ts'
import { createSystemLog } from '../system-log.ts'
import { Attempts } from './attempts.ts'
import type { Auth } from './auth.ts'
import type { OwnTokens } from './own-tokens.ts'
import { createRevocationLog } from './revocation-log.ts'
import { Revocations, type TokenUse } from './revocations.ts'
import { Shares } from './shares.ts'
import { Tickets } from './tickets.ts'
import { cacheTokens } from './token-cache.ts'

/** What a caller shows: its token, or a ticket that stands for one. */
export type Credential = { readonly token: string } | { readonly ticket: string }

export interface AccessOptions {
  readonly auth: Auth
  /** Tokens of workers in this process. Default: there are none. */
  readonly own?: OwnTokens
  readonly store: Store
  readonly hub: Pick<Hub, 'submit' | 'purge'>
  readonly clock: Clock
  /** Wrong tokens and tickets of one address that are taken per minute. */
  readonly failuresPerMinute: number
}

/** Who may come in, and what makes that end: one for all doors of a server. */
export interface Access {
  /**
   * What somebody may do, now. A ticket is used up by it.
   *
   * @param from - the address that it comes from, for slowing down who tries wrong ones; see `ClientAddress`
   * @throws HeadraceError `unauthenticated`, `token_expired` or `token_revoked`
   * @throws HeadraceError `too_many_requests` after too many wrong ones
   * @throws HeadraceError `auth_unavailable` when it can't be told
   */
  admit(credential: Credential, use: TokenUse, from: string | undefined): Promise<Grant>
  readonly revocations: Revocations
  readonly tickets: Tickets
  readonly shares: Shares
  /** Idempotent. */
  close(): void
}

export function createAccess({ auth, own, store, hub, clock, failuresPerMinute }: AccessOptions): Access {
  const log = createSystemLog({ hub, store })
  const revocations = new Revocations({ log: createRevocationLog(log, store.capabilities.shared), clock })
  const tickets = new Tickets({ clock })
  const attempts = new Attempts({ clock, failuresPerMinute })
  const { verify } = cacheTokens(own ?? auth, { clock })
  const redeem = (ticket: string, mayTry: () => void): Grant => {
    mayTry()
    return tickets.redeem(ticket)
  }
  return {
    async admit(credential, use, from) {
      const mayTry = (): void => {
        const refused = attempts.refusal(from)
        if (refused) throw refused
      }
      try {
        const grant =
          'ticket' in credential ? redeem(credential.ticket, mayTry) : await verify(credential.token, mayTry)
        await revocations.check(grant, use)
        return grant
      } catch (thrown) {
        attempts.failed(from, thrown)
        throw thrown
      }
    },
    revocations,
    tickets,
    shares: new Shares({ log, auth, revocations, clock }),
    close: () => revocations.close(),
  }
}
