import { createHash, randomBytes } from 'node:crypto'
import { HeadraceError, type Grant } from '@headrace/core'
import type { Clock } from '../clock.ts'

export interface TicketsOptions {
  readonly clock: Clock
  /** How long a ticket can be used, in milliseconds. Default 30,000. */
  readonly ttlMs?: number
  /** Most tickets of one identity that were not used yet. Default 32. */
  readonly maxPerActor?: number
  /** Most of all. Default 10,000. */
  readonly maxTickets?: number
}

interface Entry {
  readonly grant: Grant
  readonly who: string
  readonly expiresAt: number
}

export interface Ticket {
  readonly ticket: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * Tickets stand for a token where that can't be sent in a header and must not be in an address: they work once and for
 * seconds, so what a log or a history keeps of them is worth nothing. They are known to this server process alone.
 */
export class Tickets {
  readonly #options: Required<TicketsOptions>
  /** By hash, in the order in which they expire. */
  readonly #open = new Map<string, Entry>()
  readonly #perActor = new Map<string, number>()

  constructor(options: TicketsOptions) {
    this.#options = { ttlMs: 30_000, maxPerActor: 32, maxTickets: 10_000, ...options }
  }

  /** @throws HeadraceError `too_many_requests` */
  issue(grant: Grant): Ticket {
    const { clock, ttlMs, maxPerActor, maxTickets } = this.#options
    this.#expire()
    const who = `${grant.tenant}!${grant.actor}`
    const mine = this.#perActor.get(who) ?? 0
    if (mine >= maxPerActor) throw tooMany('ticketsPerActor', maxPerActor, 'You have')
    if (this.#open.size >= maxTickets) throw tooMany('tickets', maxTickets, 'This server has')
    const ticket = randomBytes(32).toString('base64url')
    const expiresAt = Math.min(clock.now() + ttlMs, grant.expiresAt)
    this.#open.set(hash(ticket), { grant, who, expiresAt: clock.now() + ttlMs })
    this.#perActor.set(who, mine + 1)
    return { ticket, expiresAt }
  }

  /**
   * What the token that the ticket stands for allows. The ticket is used up.
   *
   * @throws HeadraceError `unauthenticated`
   */
  redeem(ticket: string): Grant {
    this.#expire()
    const id = hash(ticket)
    const entry = this.#open.get(id)
    if (!entry) {
      const text =
        'This ticket is not known, was used, or is too old. Get a new one with POST /v1/tickets, on this server.'
      throw new HeadraceError('unauthenticated', text)
    }
    this.#remove(id, entry)
    if (entry.grant.expiresAt <= this.#options.clock.now())
      throw new HeadraceError('token_expired', 'The token that this ticket stands for expired. Get a new one.')
    return entry.grant
  }

  #expire(): void {
    const now = this.#options.clock.now()
    for (const [id, entry] of this.#open) {
      if (entry.expiresAt > now) return
      this.#remove(id, entry)
    }
  }

  #remove(id: string, { who }: Entry): void {
    this.#open.delete(id)
    const left = (this.#perActor.get(who) ?? 1) - 1
    if (left > 0) this.#perActor.set(who, left)
    else this.#perActor.delete(who)
  }
}

/** Only hashes are kept, so that a dump of the memory is no bunch of keys. */
function hash(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64')
}

function tooMany(limit: string, allowed: number, who: string): HeadraceError {
  const text = `${who} ${allowed} tickets that were not used yet (${limit}). Use them, or wait until they expire.`
  return new HeadraceError('too_many_requests', text, { detail: { limit, allowed, actual: allowed + 1 } })
}
