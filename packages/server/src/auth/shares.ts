import { randomBytes } from 'node:crypto'
import {
  HeadraceError,
  integer,
  object,
  optional,
  sessionKey,
  splitKey,
  string,
  systemGrant,
  type Actor,
  type Grant,
  type Json,
  type Schema,
  type SessionId,
  type SessionKey,
} from '@headrace/core'
import type { Clock } from '../clock.ts'
import { isSystemKey, systemKey } from '../system-session.ts'
import type { SystemLog } from '../system-log.ts'
import type { Auth, TokenClaims } from './auth.ts'
import { displayName } from './claims.ts'
import { mustCover } from './covers.ts'
import type { Revocations } from './revocations.ts'

/** A link by which others read one session until it expires or is closed. Times are milliseconds since 1970. */
export interface Share {
  readonly id: string
  readonly createdAt: number
  readonly createdBy: Actor
  readonly expiresAt: number
  /** Shown as the reader's name. */
  readonly name?: string
}

export interface SharesOptions {
  readonly log: SystemLog
  readonly auth: Pick<Auth, 'mint'>
  readonly revocations: Revocations
  readonly clock: Clock
  /** Most links of a session that are open at the same time. Default 100. */
  readonly maxOpen?: number
}

export interface ShareRequest {
  readonly ttlSeconds: number
  readonly name?: string
}

/** A link that is being opened. */
interface Opening {
  readonly key: SessionKey
  /** Its session was deleted meanwhile. */
  isGone: boolean
}

const entryName = 'share'

/** What is stored of a link. Its token is not. */
const stored: Schema<Omit<Share, 'createdBy'> & { readonly createdBy: string }> = object({
  id: string({ min: 1, max: 64 }),
  createdAt: integer(0, Number.MAX_SAFE_INTEGER),
  createdBy: string({ min: 1, max: 300 }),
  expiresAt: integer(0, Number.MAX_SAFE_INTEGER),
  name: optional(displayName),
})

/**
 * Share links. What was opened is in a system session beside the shared one; what was closed is a revocation of its
 * token, so that there is one answer to whether a link still works.
 */
export class Shares {
  readonly #options: SharesOptions
  readonly #opening = new Set<Opening>()

  constructor(options: SharesOptions) {
    this.#options = options
  }

  /**
   * Opens a link to a session that exists.
   *
   * @throws HeadraceError `forbidden` for who may not read the session and administer it
   * @throws HeadraceError `not_found` where the server has no key to sign with
   * @throws HeadraceError `limit_exceeded`
   * @throws HeadraceError `session_not_found` when the session was deleted meanwhile
   */
  async open(grant: Grant, session: SessionId, request: ShareRequest): Promise<Share & { token: string }> {
    const opening: Opening = { key: sessionKey(grant.tenant, session), isGone: false }
    this.#opening.add(opening)
    try {
      return await this.#open(grant, opening, request)
    } finally {
      this.#opening.delete(opening)
    }
  }

  async #open(grant: Grant, opening: Opening, { ttlSeconds, name }: ShareRequest): Promise<Share & { token: string }> {
    const { auth, clock, log, maxOpen = 100 } = this.#options
    const { session } = splitKey(opening.key)
    const id = randomBytes(16).toString('base64url')
    const claims: TokenClaims = {
      sub: tokenIdOf(id),
      ten: grant.tenant,
      cap: [{ s: session, op: ['read'] }],
      ...(name !== undefined && { name }),
    }
    mustCover(grant, claims)
    if (!auth.mint) {
      const text =
        'This server only checks tokens, so it can’t make a share link. Give a token that allows read on this session, made where its key set comes from.'
      throw new HeadraceError('not_found', text)
    }
    const open = await this.list(grant.tenant, session)
    if (open.length >= maxOpen) {
      const text = `The session has ${open.length} open links (openShares). Close some first.`
      throw new HeadraceError('limit_exceeded', text, {
        detail: { limit: 'openShares', allowed: maxOpen, actual: open.length + 1 },
      })
    }
    const createdAt = clock.now()
    const expiresAt = (Math.floor(createdAt / 1_000) + ttlSeconds) * 1_000
    const share: Share = { id, createdAt, createdBy: grant.actor, expiresAt, ...(name !== undefined && { name }) }
    const token = await auth.mint(claims, ttlSeconds, tokenIdOf(id))
    if (opening.isGone) throw deleted(session)
    // Written down before it is given away: a link that nobody can find can't be closed.
    await log.append(keyOf(grant.tenant, session), id, { name: entryName, value: { ...share } satisfies Json })
    if (opening.isGone) {
      await this.forget(opening.key)
      throw deleted(session)
    }
    return { ...share, token }
  }

  /** The links of a session that still work, the oldest first. */
  async list(tenant: string, session: SessionId): Promise<readonly Share[]> {
    await this.#options.revocations.list(tenant) // so that what other servers closed is known
    return (await this.#all(tenant, session)).filter((share) => this.#isOpen(tenant, share))
  }

  #isOpen(tenant: string, { id, createdAt, expiresAt }: Share): boolean {
    const { clock, revocations } = this.#options
    const issuedAt = Math.floor(createdAt / 1_000) * 1_000
    const grant: Grant = {
      tenant,
      actor: `user:${tokenIdOf(id)}`,
      capabilities: [],
      agents: [],
      expiresAt,
      issuedAt,
      jti: tokenIdOf(id),
    }
    return expiresAt > clock.now() && revocations.refusal(grant, 'read') === undefined
  }

  /**
   * Closes a link: who reads by it is cut off. One that is closed or has expired stays so.
   *
   * @throws HeadraceError `not_found`
   */
  async close(grant: Grant, session: SessionId, id: string): Promise<void> {
    const share = (await this.#all(grant.tenant, session)).find((candidate) => candidate.id === id)
    if (!share) throw new HeadraceError('not_found', `The session has no link with this id. See GET …/shares.`)
    if (this.#isOpen(grant.tenant, share)) await this.#revoke(grant, share)
  }

  /** Closes all links of a session that goes away, and forgets them: its id may be used again for another one. */
  async forget(key: SessionKey): Promise<void> {
    const { tenant, session } = splitKey(key)
    for (const opening of this.#opening) if (opening.key === key) opening.isGone = true
    if (isSystemKey(key) || (await this.#all(tenant, session)).length === 0) return
    for (const share of await this.list(tenant, session)) await this.#revoke(systemGrant(tenant), share)
    await this.#options.log.remove(keyOf(tenant, session))
  }

  async #revoke({ tenant, actor }: Grant, { id, expiresAt }: Share): Promise<void> {
    const { revocations, clock } = this.#options
    const token = tokenIdOf(id)
    await revocations.add(tenant, { token, id: token, at: clock.now(), by: actor, until: expiresAt })
  }

  async #all(tenant: string, session: SessionId): Promise<readonly Share[]> {
    const { entries } = await this.#options.log.read(keyOf(tenant, session))
    return entries.filter(({ name }) => name === entryName).map(({ value }) => stored.parse(value, entryName) as Share) // `createdBy` was an actor when it was written
  }
}

function keyOf(tenant: string, session: SessionId): SessionKey {
  return systemKey(tenant, `shares/${session}`)
}

function deleted(session: SessionId): HeadraceError {
  return new HeadraceError('session_not_found', `The session ${session} was deleted meanwhile.`, {
    detail: { session },
  })
}

/** Also its `sub`: every link is a reader of its own. */
function tokenIdOf(id: string): string {
  return `share:${id}`
}
