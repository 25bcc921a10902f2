import type { Actor, Grant } from '@headrace/core'
import { hits, type Revocation } from './revocation.ts'

type OfToken = Extract<Revocation, { readonly token: string }>
type OfActor = Extract<Revocation, { readonly actor: Actor }>
type OfAll = Extract<Revocation, { readonly all: true }>

/**
 * The revocations of one tenant that still matter: found by token or actor in one look, however many there are. One that
 * a later one makes needless is dropped.
 */
export class RevocationList {
  readonly #tokens = new Map<string, OfToken>()
  readonly #actors = new Map<Actor, OfActor>()
  #all: OfAll | undefined

  get size(): number {
    return this.#tokens.size + this.#actors.size + (this.#all ? 1 : 0)
  }

  add(revocation: Revocation): void {
    if ('token' in revocation) {
      if (!this.#isCovered(revocation.at)) this.#tokens.set(revocation.token, revocation)
    } else if ('actor' in revocation) {
      const before = this.#actors.get(revocation.actor)?.issuedBefore ?? -1
      if (revocation.issuedBefore > before && !this.#isCovered(revocation.issuedBefore))
        this.#actors.set(revocation.actor, revocation)
    } else if (!this.#isCovered(revocation.issuedBefore)) this.#coverAll(revocation)
  }

  /** The revocation that takes back the token of a grant. */
  find(grant: Grant): Revocation | undefined {
    const named = [
      grant.jti === undefined ? undefined : this.#tokens.get(grant.jti),
      this.#actors.get(grant.actor),
      this.#all,
    ]
    return named.find((revocation) => revocation !== undefined && hits(revocation, grant))
  }

  /** Forgets those whose tokens have all expired. */
  prune(now: number): void {
    for (const [token, { until }] of this.#tokens) if (until <= now) this.#tokens.delete(token)
    for (const [actor, { until }] of this.#actors) if (until <= now) this.#actors.delete(actor)
    if (this.#all && this.#all.until <= now) this.#all = undefined
  }

  /** All of them, the newest first. */
  entries(): readonly Revocation[] {
    const all = this.#all ? [this.#all] : []
    return [...all, ...this.#actors.values(), ...this.#tokens.values()].sort((a, b) => b.at - a.at)
  }

  /** Whether every token that was made before a time is taken back already. A token is older than its own revocation. */
  #isCovered(time: number): boolean {
    return this.#all !== undefined && time <= this.#all.issuedBefore
  }

  #coverAll(revocation: OfAll): void {
    this.#all = revocation
    for (const [token, { at }] of this.#tokens) if (this.#isCovered(at)) this.#tokens.delete(token)
    for (const [actor, { issuedBefore }] of this.#actors) if (this.#isCovered(issuedBefore)) this.#actors.delete(actor)
  }
}
