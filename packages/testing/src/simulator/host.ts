import type { EventLoop } from './event-loop.ts'

/** Time as one process reads it: the same shape in server and client. */
export interface HostClock {
  now(): number
  after(ms: number, run: () => void): () => void
}

/**
 * A process on a machine of its own: with a wall clock that may be wrong and may jump, and timers that don't care. It may
 * be frozen, after which everything that came meanwhile happens at once, and it may be killed, after which nothing does.
 */
export class Host {
  readonly name: string
  readonly clock: HostClock
  readonly #loop: EventLoop
  readonly #timers = new Set<() => void>()
  #held: (() => void)[] = []
  #frozen = false
  #dead = false
  /** How far its wall clock is ahead, in milliseconds. */
  aheadMs = 0

  constructor(name: string, loop: EventLoop) {
    this.name = name
    this.#loop = loop
    this.clock = {
      now: () => loop.now + this.aheadMs,
      after: (ms, run) => this.#after(ms, run),
    }
  }

  get isDead(): boolean {
    return this.#dead
  }

  get isFrozen(): boolean {
    return this.#frozen
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size
  }

  #after(ms: number, run: () => void): () => void {
    if (this.#dead) return () => undefined
    const cancel = (): void => {
      cancelLoop()
      this.#timers.delete(cancel)
    }
    // A timer that fires while the process is frozen may still be cancelled before it thaws.
    const cancelLoop = this.#loop.after(wholeMs(ms), () =>
      this.deliver(() => {
        if (!this.#timers.delete(cancel)) return
        run()
      }),
    )
    this.#timers.add(cancel)
    return cancel
  }

  /** Lets something happen in this process: now, when it thaws, or never. */
  deliver(run: () => void): void {
    if (this.#dead) return
    if (this.#frozen || this.#held.length > 0) this.#held.push(run)
    else run()
  }

  /** Runs something when all that happens at this moment has happened. */
  readonly soon = (run: () => void): void => {
    this.#loop.after(0, () => this.deliver(run))
  }

  freeze(): void {
    this.#frozen = true
  }

  thaw(): void {
    if (!this.#frozen) return
    this.#frozen = false
    this.#catchUp()
  }

  /** What comes meanwhile queues behind what was held, so that nothing overtakes. */
  #catchUp(): void {
    if (this.#held.length === 0) return
    this.#loop.after(0, () => {
      if (this.#dead || this.#frozen) return
      this.#held.shift()?.()
      this.#catchUp()
    })
  }

  kill(): void {
    this.#dead = true
    this.#held = []
    for (const cancel of this.#timers) cancel()
  }
}

const longestMs = 2_147_483_647

/** As timers of the real platforms: whole milliseconds, one at least. */
function wholeMs(ms: number): number {
  return Math.min(Math.max(1, Math.trunc(ms)), longestMs)
}
