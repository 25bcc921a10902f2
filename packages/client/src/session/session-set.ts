/**
 * The sessions of one client: the same object for the same id while anybody holds it, and none kept for ever. A session
 * that is followed, or was until lately, is held here; any other only by the application.
 */
import type { SessionId } from '@headrace/core'
import type { LiveSession } from './live-session.ts'

/** So many sessions that are no longer followed keep their view, so that going back to one shows it at once. */
const keptIdle = 16

export class SessionSet {
  readonly #make: (id: SessionId) => LiveSession
  readonly #known = new Map<SessionId, WeakRef<LiveSession>>()
  readonly #followed = new Set<LiveSession>()
  readonly #idle = new Set<LiveSession>()
  readonly #collected = new FinalizationRegistry<SessionId>((id) => {
    if (!this.find(id)) this.#known.delete(id)
  })

  constructor(make: (id: SessionId) => LiveSession) {
    this.#make = make
  }

  get followed(): readonly LiveSession[] {
    return [...this.#followed]
  }

  /** Also those that were never followed. */
  get all(): readonly LiveSession[] {
    return Array.from(this.#known.values(), (known) => known.deref()).filter((session) => session !== undefined)
  }

  find(id: SessionId): LiveSession | undefined {
    return this.#known.get(id)?.deref()
  }

  get(id: SessionId): LiveSession {
    const known = this.find(id)
    if (known) return known
    const session = this.#make(id)
    this.#known.set(id, new WeakRef(session))
    this.#collected.register(session, id)
    return session
  }

  /** A session is followed, or is no longer. */
  mark(id: SessionId, followed: boolean): void {
    const session = this.get(id)
    if (followed) {
      this.#idle.delete(session)
      this.#followed.add(session)
      return
    }
    this.#followed.delete(session)
    this.#idle.add(session)
    if (this.#idle.size <= keptIdle) return
    for (const oldest of this.#idle) {
      this.#idle.delete(oldest)
      return oldest.forget()
    }
  }
}
