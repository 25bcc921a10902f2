import { restOf, type Clock } from '../clock.ts'

export interface HeartbeatOptions {
  readonly clock: Clock
  readonly ping: () => void
  /** Nothing came for the whole time. */
  readonly dead: (silentMs: number) => void
}

/** A peer that is asked late is given so long for its answer. */
const answerMs = 2_000

/**
 * Watches that the peer is there: after a third of the time without a frame it asks, and again after two thirds; after
 * the whole time the peer is taken for dead. Never without having been asked: on a page in the background timers come once a
 * minute, whatever they were set for, and what the peer has to say is heard meanwhile. So a machine that slept finds out a
 * moment after it wakes.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #heardAt = 0
  #askedAt = 0
  #cancel: () => void = () => undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  /** @param idleMs - a peer that is silent for so long is dead */
  start(idleMs: number): void {
    this.stop()
    this.heard()
    this.#askedAt = this.#heardAt
    this.#watch(idleMs, idleMs / 3)
  }

  /** Called for every frame, so it does no more than this. */
  heard(): void {
    this.#heardAt = this.#options.clock.now()
  }

  /** @param silentMs - looks when nothing came for so long */
  #watch(idleMs: number, silentMs: number): void {
    const { clock, ping, dead } = this.#options
    this.#cancel = clock.after(Math.ceil(restOf(silentMs, this.#heardAt, clock)), () => {
      const now = clock.now()
      // A clock that was set back says nothing of the time that has passed.
      if (now < this.#heardAt) this.#heardAt = this.#askedAt = now
      const silent = now - this.#heardAt
      if (silent >= idleMs && this.#askedAt > this.#heardAt) return dead(silent)
      const passed = Math.floor((silent * 3) / idleMs)
      if (passed > 0) {
        this.#askedAt = now
        ping()
      }
      this.#watch(idleMs, silent >= idleMs ? silent + answerMs : (idleMs * (passed + 1)) / 3)
    })
  }

  stop(): void {
    this.#cancel()
  }
}
