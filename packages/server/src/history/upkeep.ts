import { HeadraceError, type SessionKey, type Store } from '@headrace/core'
import { restOf, type Clock } from '../clock.ts'
import type { Room } from '../room.ts'
import { compactSession, finishCompaction } from './compact.ts'
import { eraseRedacted } from './erase.ts'
import type { Turns } from './turns.ts'

export interface UpkeepOptions {
  readonly store: Store
  readonly clock: Clock
  /** What changes stored history of a session happens one after another. */
  readonly turns: Turns
  readonly room: (key: SessionKey) => Promise<Room>
  /** Removes a session, if nothing happened in it meanwhile. */
  readonly expire: (key: SessionKey) => Promise<void>
  readonly onError: (error: HeadraceError) => void
}

/** Most sessions that are worked on at the same time. */
const maxAtOnce = 2
/** What failed for good is left alone for so long; what found nothing to drop, for as long or a quarter of what it is kept. */
const restMs = 600_000
const maxResting = 10_000
/** So that a part which was open is dropped no more than a quarter late. */
const looksPerRetention = 4

/**
 * What a server does for sessions by itself: takes out what was redacted, drops raw output that is older than it is kept,
 * and removes sessions that are. Whatever is cut short by a crash is due again.
 */
export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #waiting = new Set<SessionKey>()
  /** Since when, and for how long, something is not tried again in a session. */
  readonly #resting = new Map<string, { readonly ms: number; readonly began: number }>()
  readonly #busy = new Set<SessionKey>()
  #closed = false
  #idle: Promise<void> = Promise.resolve()
  #rest: () => void = () => undefined

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  /** Looks at a session soon. */
  look(key: SessionKey): void {
    if (this.#closed) return
    this.#waiting.add(key)
    this.#next()
  }

  #next(): void {
    if (this.#busy.size >= maxAtOnce) return
    const key = this.#first()
    if (key === undefined) return
    this.#waiting.delete(key)
    if (this.#busy.size === 0) this.#idle = new Promise((resolve) => (this.#rest = resolve))
    this.#busy.add(key)
    void this.#keep(key)
      .catch((thrown: unknown) => {
        const error = HeadraceError.from(thrown)
        if (isForGood(error)) this.#options.onError(error)
      })
      .then(() => {
        this.#busy.delete(key)
        if (this.#closed) this.#waiting.clear()
        if (this.#busy.size === 0 && this.#waiting.size === 0) this.#rest()
        this.#next()
      })
    this.#next()
  }

  /** What is new in one that is worked on is looked at afterwards. */
  #first(): SessionKey | undefined {
    for (const key of this.#waiting) if (!this.#busy.has(key)) return key
    return undefined
  }

  async #keep(key: SessionKey): Promise<void> {
    const { store, clock, turns, expire } = this.#options
    const room = await this.#options.room(key)
    // A server that had not heard of what happens on others would remove it with the session.
    if (store.capabilities.shared) await room.catchUp()
    if (room.head === 0) return
    const now = clock.now() + room.aheadMs
    const { retention } = room.state.view
    if (retention?.sessionMs !== undefined && room.state.view.at + retention.sessionMs <= now)
      return void (await this.#unlessResting(`${key} expire`, () => expire(key)))
    const isDone = await this.#unlessResting(`${key} erase`, async () => {
      if (room.isHalfCompacted) await turns.take(key, () => finishCompaction(store, room))
      if (room.state.guard.erasing.length > 0) await turns.take(key, () => eraseRedacted(store, room))
    })
    // Nothing is dropped before that.
    if (!isDone) return
    const { rawMs } = retention ?? {}
    const since = room.state.guard.raw?.since ?? Infinity
    if (rawMs !== undefined && since + rawMs <= now) {
      const id = `${key} compact`
      await this.#unlessResting(id, async () => {
        const { dropped } = await turns.take(key, () => compactSession(store, room, now - rawMs))
        if (dropped === 0) this.#letRest(id, Math.min(restMs, rawMs / looksPerRetention))
      })
    }
    await room.refreshRow()
  }

  /** @returns whether it was done, and not left alone for now */
  async #unlessResting(id: string, task: () => Promise<void>): Promise<boolean> {
    const rest = this.#resting.get(id)
    if (rest && restOf(rest.ms, rest.began, this.#options.clock) > 0) return false
    try {
      await task()
      return true
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (isForGood(error)) this.#letRest(id, restMs)
      throw error
    }
  }

  #letRest(id: string, ms: number): void {
    if (this.#resting.size >= maxResting) this.#resting.clear()
    this.#resting.set(id, { ms, began: this.#options.clock.now() })
  }

  /** Finishes what is under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    this.#waiting.clear()
    await this.#idle
  }
}

/** What passes by itself is tried again when the session is looked at next. */
function isForGood({ retry, code }: HeadraceError): boolean {
  return retry !== 'later' && retry !== 'reconnect' && code !== 'session_not_found'
}
