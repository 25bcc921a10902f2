import { crc32 } from 'node:zlib'
import { HeadraceError, type SessionKey, type SessionState, type Store } from '@headrace/core'

/**
 * A snapshot is written after 1,000 to 2,000 events, so that opening a session folds about that many. Each session has a
 * number of its own: many that stream at the same rate must not all write theirs at the same moment.
 */
const usualGap = 1_000
/** A large state is written less often, so that snapshots stay a fraction of what the log itself takes. */
const charsPerEvent = 64

export interface SnapshotsOptions {
  readonly store: Store
  readonly onError: (error: HeadraceError) => void
}

/** The snapshots of one session. Best effort: what is not written now can be made again from the log. */
export class Snapshots {
  readonly #key: SessionKey
  readonly #options: SnapshotsOptions
  readonly #ownGap: number
  #gap: number
  /** Seq of the newest one. */
  #seq: number

  /** @param seq - that of the newest snapshot in the store */
  constructor(key: SessionKey, seq: number, options: SnapshotsOptions) {
    this.#key = key
    this.#options = options
    this.#ownGap = usualGap + (crc32(key) % usualGap)
    this.#gap = this.#ownGap
    this.#seq = seq
  }

  /** Another server has written one. */
  found(seq: number): void {
    this.#seq = seq
  }

  /** The session has come so far. Called for each batch. */
  reached(state: SessionState): void {
    if (state.view.seq - this.#seq >= this.#gap) this.#write(state)
  }

  /** Nothing follows for now: whoever opens the session next has nothing to fold. */
  left(state: SessionState): void {
    if (state.view.seq > this.#seq) this.#write(state)
  }

  #write(state: SessionState): void {
    this.#seq = state.view.seq
    const snapshot = { seq: state.view.seq, state: JSON.stringify(state) }
    this.#gap = Math.max(this.#ownGap, Math.ceil(snapshot.state.length / charsPerEvent))
    this.#options.store.putSnapshot(this.#key, snapshot).catch((thrown: unknown) => {
      const error = HeadraceError.from(thrown)
      if (error.code === 'internal') this.#options.onError(error)
    })
  }
}
