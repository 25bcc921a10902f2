import { HeadraceError } from '@headrace/core'
import type { ConnectionLimits } from './connection-limits.ts'

type CrowdLimits = Pick<ConnectionLimits, 'connectionsPerAddress' | 'connectionsPerTenant'>

/** Counts what is open (connections, streams, requests that wait) by where it comes from and by tenant, over all doors. */
export class Crowd {
  readonly #limits: CrowdLimits
  readonly #addresses = new Map<string, number>()
  readonly #tenants = new Map<string, number>()

  constructor(limits: CrowdLimits) {
    this.#limits = limits
  }

  /** What {@link enter} would throw. */
  refusal(address: string | undefined): HeadraceError | undefined {
    const { connectionsPerAddress } = this.#limits
    if (address === undefined || (this.#addresses.get(address) ?? 0) < connectionsPerAddress) return undefined
    return tooMany('connectionsPerAddress', connectionsPerAddress, 'From your address')
  }

  /**
   * Something was opened from an address; call the result when it is closed.
   *
   * @throws HeadraceError `too_many_connections`
   */
  enter(address: string | undefined): () => void {
    const refused = this.refusal(address)
    if (refused) throw refused
    return address === undefined ? () => undefined : count(this.#addresses, address)
  }

  /**
   * It is known now whose it is; call the result when it is closed.
   *
   * @throws HeadraceError `too_many_connections`
   */
  join(tenant: string): () => void {
    const { connectionsPerTenant } = this.#limits
    if ((this.#tenants.get(tenant) ?? 0) >= connectionsPerTenant)
      throw tooMany('connectionsPerTenant', connectionsPerTenant, 'Of your tenant')
    return count(this.#tenants, tenant)
  }
}

function count(counts: Map<string, number>, key: string): () => void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
  let isOver = false
  return () => {
    if (isOver) return
    isOver = true
    const left = (counts.get(key) ?? 1) - 1
    if (left > 0) counts.set(key, left)
    else counts.delete(key)
  }
}

function tooMany(limit: string, allowed: number, whose: string): HeadraceError {
  const text = `${whose} ${allowed} connections are open already (${limit}). Close some, or use one for many sessions.`
  return new HeadraceError('too_many_connections', text, { detail: { limit, allowed, actual: allowed + 1 } })
}
