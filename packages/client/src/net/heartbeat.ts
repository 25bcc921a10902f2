import { restOf, type Clock } from '../clock.ts'

export interface HeartbeatOptions {
  readonly clock: Clock
  readonly ping: () => void
  /** Nothing came for the whole time. */
  readonly dead: (silentMs: number) => void
}

/**
 * Watches that the peer is there: after a third of the time without a frame it asks, and again after two thirds; after
 * the whole time the peer is taken for dead. A machine that slept finds out at once when it wakes.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #heardAt = 0
  #cancel: () => void = () => undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  /** @param idleMs - a peer that is silent for so long is dead */
  start(idleMs: number): void {
    this.stop()
    this.heard()
    this.#watch(idleMs, 1)
  }

  /** Called for every frame, so it does no more than this. */
  heard(): void {
    this.#heardAt = this.#options.clock.now()
  }

  #watch(idleMs: number, thirds: number): void {
    const { clock, ping, dead } = this.#options
    const wait = Math.ceil(restOf((idleMs * thirds) / 3, this.#heardAt, clock))
    this.#cancel = clock.after(wait, () => {
      // A clock that was set back says nothing of the time that has passed.
      if (clock.now() < this.#heardAt) this.heard()
      const silent = clock.now() - this.#heardAt
      if (silent >= idleMs) return dead(silent)
      const passed = Math.floor((silent * 3) / idleMs)
      if (passed > 0) ping()
      this.#watch(idleMs, passed + 1)
    })
  }

  stop(): void {
    this.#cancel()
  }
}
