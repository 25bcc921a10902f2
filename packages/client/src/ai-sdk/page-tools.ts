/**
 * Tools that a page runs by itself as soon as they are called. Every tab that shows the chat would, so each call is taken
 * by one of them first (C7), and only that one is told to run it.
 */
import { HeadraceError, type Request } from '@headrace/core'
import { Listeners } from '../listeners.ts'
import type { Session } from '../session/session.ts'
import type { ClaimedTools } from './turn.ts'

type Claim = 'trying' | 'mine' | 'lost'

export class PageTools implements ClaimedTools {
  readonly #session: Session
  readonly #names: ReadonlySet<string>
  readonly #onError: (error: HeadraceError) => void
  readonly #claims = new Map<string, Claim>()
  readonly #listeners: Listeners

  constructor(session: Session, names: readonly string[], onError: (error: HeadraceError) => void) {
    this.#session = session
    this.#names = new Set(names)
    this.#onError = onError
    this.#listeners = new Listeners(onError)
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  claim({ id, status }: Request): Claim {
    const known = this.#claims.get(id)
    if (known === 'lost' && status === 'claimed') this.#claims.delete(id) // if it is let go, it may be tried again
    else if (known) return known
    if (status === 'claimed') return 'lost'
    this.#forget()
    this.#claims.set(id, 'trying')
    void this.#try(id)
    return 'trying'
  }

  async #try(id: string): Promise<void> {
    try {
      const { outcome } = await this.#session.claimRequest(id)
      // A `noop` says that this device has it already, by a page that is gone or another part of this one.
      this.#claims.set(id, outcome === 'accepted' ? 'mine' : 'lost')
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      this.#claims.set(id, 'lost')
      if (!error.code.startsWith('request_')) this.#onError(error)
    }
    this.#listeners.emit()
  }

  /** Calls that are over need no mark. */
  #forget(): void {
    const { requests } = this.#session.getSnapshot().view
    for (const id of this.#claims.keys()) {
      const request = requests.find((candidate) => candidate.id === id)
      if (!request || request.closedAt !== undefined) this.#claims.delete(id)
    }
  }
}
