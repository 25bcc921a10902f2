import type { Store } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { SystemLog } from '../system-log.ts'
import { systemKey } from '../system-session.ts'
import { listedTenant } from './stream-key.ts'

export interface TenantSubscriptionsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: SystemLog
  /** Called with those of a tenant that this server meets for the first time. */
  readonly onMet: (tenant: string, name: string) => void
}

/** Most subscriptions of one tenant: each of its streams is compared with all of them whenever it grows. */
export const maxPerTenant = 1_000
/** Where servers share a store, others may have made some. */
export const rereadMs = 10_000
/** Which tenants have subscriptions, or had. */
const tenantsKey = systemKey('headrace', 'stream-subscribers')

interface Known {
  readonly names: Set<string>
  readonly readAt: number
}

/** Which subscriptions there are, by tenant. */
export class TenantSubscriptions {
  readonly #options: TenantSubscriptionsOptions
  readonly #known = new Map<string, Promise<Known>>()

  constructor(options: TenantSubscriptionsOptions) {
    this.#options = options
  }

  /** Meets all that there are. */
  async meetAll(): Promise<void> {
    const { entries } = await this.#options.log.read(tenantsKey)
    const tenants = entries.flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
    for (const tenant of new Set(tenants)) await this.names(tenant)
  }

  /**
   * Those of a tenant: read from the store when it is first asked for.
   *
   * @param maxAgeMs - what was read longer ago is read again where servers share the store
   */
  async names(tenant: string, maxAgeMs: number = rereadMs): Promise<ReadonlySet<string>> {
    return (await this.#get(tenant, maxAgeMs)).names
  }

  /** Called before one is made, so that a server which starts later knows where to look. */
  async begin(tenant: string): Promise<void> {
    const { names } = await this.#get(tenant)
    if (names.size === 0) await this.#options.log.append(tenantsKey, tenant, { name: 'tenant', value: tenant })
  }

  async add(tenant: string, name: string): Promise<void> {
    ;(await this.#get(tenant)).names.add(name)
  }

  async remove(tenant: string, name: string): Promise<void> {
    ;(await this.#get(tenant)).names.delete(name)
  }

  async #get(tenant: string, maxAgeMs: number = rereadMs): Promise<Known> {
    const { clock, store } = this.#options
    const known = this.#known.get(tenant)
    const found = await known?.catch(() => undefined)
    const ageMs = clock.now() - (found?.readAt ?? 0)
    // A clock that was set back says nothing of how long ago that was.
    if (found && (!store.capabilities.shared || (ageMs >= 0 && ageMs < maxAgeMs))) return found
    // Somebody else began to read it meanwhile.
    if (known !== this.#known.get(tenant)) return this.#get(tenant, maxAgeMs)
    const reading = this.#read(tenant, found?.names ?? new Set())
    this.#known.set(tenant, reading)
    return reading
  }

  async #read(tenant: string, before: ReadonlySet<string>): Promise<Known> {
    const { clock, store, onMet } = this.#options
    const readAt = clock.now()
    const { rows } = await store.list({ tenant: listedTenant(tenant, 'sub'), limit: maxPerTenant })
    const names = rows.map(({ id }) => id)
    for (const name of names) if (!before.has(name)) onMet(tenant, name)
    return { names: new Set(names), readAt }
  }
}
