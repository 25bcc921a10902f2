/**
 * Which tokens were taken back, as this server knows it.
 *
 *   unknown ──read──▶ known ──shared store, every 2 s──▶ read again
 *                       └──can't be read──▶ stale: commands are refused after 4 s, readers cut after 60 s
 *
 * Where this server is the only one to write, what it has read once stays known. What is added here counts at once;
 * what another server adds counts after the next look. Everything that is open (a WebSocket, a stream, a long poll) holds
 * its grant here and is cut when that is taken back.
 */
import { HeadraceError, type Grant } from '@headrace/core'
import type { Clock } from '../clock.ts'
import { makeRoom } from '../make-room.ts'
import { RevocationList } from './revocation-list.ts'
import type { Revocation } from './revocation.ts'
import type { RevocationLog } from './revocation-log.ts'

export interface RevocationsOptions {
  readonly log: RevocationLog
  readonly clock: Clock
  /** Most revocations of a tenant that matter at the same time. Default 10,000. */
  readonly maxEntries?: number
  /** Most tenants whose revocations are remembered while nobody holds a grant of theirs. Default 10,000. */
  readonly maxTenants?: number
}

/** What a token is to be used for: a command must never rest on old knowledge, a reader may for a while. */
export type TokenUse = 'read' | 'command'

/** How long what was read may be used, in milliseconds, where other servers write too. */
const rereadMs = 2_000
const maxAgeMs: Readonly<Record<TokenUse, number>> = { command: 4_000, read: 60_000 }
/** A tenant that nobody has asked about for so long is not looked at any more. */
const restMs = 60_000

interface Holder {
  readonly grant: Grant
  readonly cut: (error: HeadraceError) => void
}

interface Tenant {
  readonly id: string
  readonly list: RevocationList
  readonly holders: Set<Holder>
  /** Place in the log up to which it was read. */
  after: number
  readAt: number | undefined
  reading: Promise<void> | undefined
  usedAt: number
  isRecent: boolean
}

export class Revocations {
  readonly #log: RevocationLog
  readonly #clock: Clock
  readonly #maxEntries: number
  readonly #maxTenants: number
  readonly #tenants = new Map<string, Tenant>()
  #cancelLook: (() => void) | undefined
  #closed = false

  constructor({ log, clock, maxEntries = 10_000, maxTenants = 10_000 }: RevocationsOptions) {
    this.#log = log
    this.#clock = clock
    this.#maxEntries = maxEntries
    this.#maxTenants = maxTenants
  }

  /**
   * @throws HeadraceError `token_revoked`
   * @throws HeadraceError `auth_unavailable` when it can't be told
   */
  async check(grant: Grant, use: TokenUse): Promise<void> {
    const tenant = this.#tenant(grant.tenant)
    if (this.#age(tenant) > rereadMs * 2) await this.#read(tenant).catch(() => undefined)
    const refused = this.#judge(tenant, grant, use)
    if (refused) throw refused
  }

  /** The same from what is known now, for what holds its grant here. */
  refusal(grant: Grant, use: TokenUse): HeadraceError | undefined {
    return this.#judge(this.#tenant(grant.tenant), grant, use)
  }

  /** Calls `cut` once when the token of the grant is taken back. Call the result when it is no longer in use. */
  hold(grant: Grant, cut: (error: HeadraceError) => void): () => void {
    const tenant = this.#tenant(grant.tenant)
    const holder: Holder = { grant, cut }
    tenant.holders.add(holder)
    // It may have been taken back between its check and now.
    const refused = this.#judge(tenant, grant, 'read')
    if (refused) this.#cut(tenant, holder, refused)
    return () => tenant.holders.delete(holder)
  }

  /**
   * Takes tokens back. When it resolves that is durable and in force on this server.
   *
   * @throws HeadraceError `limit_exceeded` when the tenant has as many as it may
   */
  async add(tenantId: string, revocation: Revocation): Promise<void> {
    const tenant = this.#tenant(tenantId)
    await this.#read(tenant)
    tenant.list.prune(this.#clock.now())
    if (tenant.list.size >= this.#maxEntries && !('all' in revocation)) {
      const text = `This tenant has ${tenant.list.size} revocations already (revocations). Revoke all tokens made before now, which takes their place, and give new ones.`
      throw new HeadraceError('limit_exceeded', text, {
        detail: { limit: 'revocations', allowed: this.#maxEntries, actual: tenant.list.size + 1 },
      })
    }
    await this.#log.add(tenantId, revocation)
    // It is durable: it counts here even if the store can't be read now.
    tenant.list.add(revocation)
    this.#enforce(tenant)
  }

  /** Those of a tenant that still matter, the newest first. */
  async list(tenantId: string): Promise<readonly Revocation[]> {
    const tenant = this.#tenant(tenantId)
    if (this.#age(tenant) > 0) await this.#read(tenant)
    tenant.list.prune(this.#clock.now())
    return tenant.list.entries()
  }

  #tenant(id: string): Tenant {
    const known = this.#tenants.get(id)
    const tenant = known ?? {
      id,
      list: new RevocationList(),
      holders: new Set<Holder>(),
      after: 0,
      readAt: undefined,
      reading: undefined,
      usedAt: 0,
      isRecent: false,
    }
    tenant.usedAt = this.#clock.now()
    if (known) known.isRecent = true
    else {
      // What is forgotten is read again when it is needed.
      makeRoom(this.#tenants, this.#maxTenants, ({ holders, reading }) => holders.size > 0 || reading !== undefined)
      this.#tenants.set(id, tenant)
    }
    this.#lookLater()
    return tenant
  }

  /** Milliseconds since it was last known to be true. */
  #age({ readAt }: Tenant): number {
    if (readAt === undefined) return Infinity
    return this.#log.isShared ? this.#clock.now() - readAt : 0
  }

  #judge(tenant: Tenant, grant: Grant, use: TokenUse): HeadraceError | undefined {
    const revocation = tenant.list.find(grant)
    if (revocation) return revoked(revocation)
    return this.#age(tenant) > maxAgeMs[use] ? unknown() : undefined
  }

  /** Reads what is new. One read at a time; who comes meanwhile waits for one that began after it came. */
  async #read(tenant: Tenant): Promise<void> {
    if (tenant.reading) await tenant.reading.catch(() => undefined)
    tenant.reading ??= this.#readNow(tenant).finally(() => (tenant.reading = undefined))
    await tenant.reading
  }

  async #readNow(tenant: Tenant): Promise<void> {
    const began = this.#clock.now()
    const { revocations, after } = await this.#log.read(tenant.id, tenant.after)
    for (const revocation of revocations) tenant.list.add(revocation)
    tenant.list.prune(began)
    tenant.after = after
    tenant.readAt = began
    if (revocations.length > 0) this.#enforce(tenant)
  }

  /** Cuts whoever must not go on. */
  #enforce(tenant: Tenant): void {
    for (const holder of tenant.holders) {
      const refused = this.#judge(tenant, holder.grant, 'read')
      if (refused) this.#cut(tenant, holder, refused)
    }
  }

  #cut(tenant: Tenant, holder: Holder, error: HeadraceError): void {
    if (tenant.holders.delete(holder)) holder.cut(error)
  }

  /** Where others write too, looks again while anybody needs it. */
  #lookLater(): void {
    if (!this.#log.isShared || this.#closed || this.#cancelLook) return
    this.#cancelLook = this.#clock.after(rereadMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    const now = this.#clock.now()
    const wanted = [...this.#tenants.values()].filter(
      ({ holders, usedAt }) => holders.size > 0 || now - usedAt < restMs,
    )
    for (const tenant of wanted) void this.#read(tenant).catch(() => this.#enforce(tenant))
    this.#cancelLook = undefined
    if (wanted.length > 0) this.#lookLater()
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true
    this.#cancelLook?.()
    this.#cancelLook = undefined
  }
}

function revoked(revocation: Revocation): HeadraceError {
  const which = 'token' in revocation ? 'This token' : 'Every token that was made as early as this one'
  const at = new Date(revocation.at).toISOString()
  return new HeadraceError('token_revoked', `${which} was revoked at ${at}. Get a new one, if you still may.`)
}

function unknown(): HeadraceError {
  return new HeadraceError(
    'auth_unavailable',
    'Which tokens were revoked can’t be read now, so this is refused to be safe. Try again in a moment.',
  )
}
