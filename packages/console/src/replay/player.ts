/**
 * Winds a tape and plays it.
 *
 *   ready ─ go ▶ loading ─▶ ready        whatever is asked for last is what comes to be shown
 *   paused ─ play ▶ playing ─ pause, go, the end ▶ paused
 *
 * What was shown stays until what is asked for has come, so the page never goes blank.
 */
import { HeadraceError } from '@headrace/core'
import { isLandmark } from './landmark.ts'
import { play, type Speed } from './pace.ts'
import type { Moment, Tape } from './tape.ts'

export interface PlayerState {
  /** Where it stands: what {@link moment} shows, or will once it has come. */
  readonly seq: number
  readonly moment: Moment | undefined
  readonly playing: boolean
  readonly speed: Speed
  /** Why what was asked for last did not come. */
  readonly error: HeadraceError | undefined
}

export interface PlayerOptions {
  readonly tape: Tape
  /** Seq of the last event there is. */
  readonly head: () => number
  /** Where to begin. */
  readonly seq: number
  /** Asks to be called back with the time in milliseconds, soon. Returns what ends that. */
  readonly frame: (next: (now: number) => void) => () => void
}

export class Player {
  readonly #tape: Tape
  readonly #options: PlayerOptions
  readonly #listeners = new Set<() => void>()
  #state: PlayerState
  /** What was asked for last; an answer to anything before comes too late. */
  #asked = 0
  #stopFrame: () => void = () => undefined

  constructor(options: PlayerOptions) {
    this.#options = options
    this.#tape = options.tape
    const seq = this.#within(options.seq)
    this.#state = { seq, moment: undefined, playing: false, speed: 1, error: undefined }
    void this.#show(seq)
  }

  readonly get = (): PlayerState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The first place that can be shown. */
  get first(): number {
    return Math.max(1, this.#tape.first)
  }

  /** Goes to an event and stays there. */
  go(seq: number): void {
    this.pause()
    void this.#show(this.#within(seq))
  }

  setSpeed(speed: Speed): void {
    this.#set({ speed })
  }

  pause(): void {
    this.#stopFrame()
    this.#stopFrame = () => undefined
    if (this.#state.playing) this.#set({ playing: false })
  }

  /** Plays from where it stands; from the beginning where it stands at the end. */
  play(): void {
    if (this.#state.playing) return
    if (this.#state.seq >= this.#options.head()) void this.#show(this.first)
    this.#set({ playing: true })
    this.#run(undefined, 0)
  }

  /** Goes to the next place, or the one before, at which something begins or ends. */
  async jump(way: 1 | -1): Promise<void> {
    this.pause()
    const asked = (this.#asked += 1)
    try {
      const to = way === 1 ? await this.#landmarkAfter(this.#state.seq) : await this.#landmarkBefore(this.#state.seq)
      if (asked === this.#asked) await this.#show(to)
    } catch (thrown) {
      if (asked === this.#asked) this.#set({ error: HeadraceError.from(thrown) })
    }
  }

  close(): void {
    this.pause()
    this.#asked += 1
    this.#listeners.clear()
  }

  #within(seq: number): number {
    return Math.min(Math.max(seq, this.first), Math.max(this.first, this.#options.head()))
  }

  async #show(seq: number): Promise<void> {
    const asked = (this.#asked += 1)
    this.#set({ seq, error: undefined })
    try {
      const moment = await this.#tape.at(seq)
      if (asked === this.#asked) this.#set({ moment })
    } catch (thrown) {
      if (asked === this.#asked) this.#set({ error: HeadraceError.from(thrown) })
    }
  }

  #run(last: number | undefined, restMs: number): void {
    this.#stopFrame = this.#options.frame((now) => {
      void this.#step(now, last === undefined ? restMs : restMs + (now - last) * this.#state.speed)
    })
  }

  /** One frame: everything that has happened by now is shown at once. */
  async #step(now: number, givenMs: number): Promise<void> {
    const asked = this.#asked
    const { seq, moment } = this.#state
    if (!moment || moment.view.seq !== seq) return this.#run(now, 0)
    try {
      const events = await this.#tape.after(seq)
      if (asked !== this.#asked || !this.#state.playing) return
      if (events.length === 0 && seq >= this.#options.head()) return this.pause()
      const played = play(moment.view, events, givenMs)
      if (played.seq !== seq) await this.#show(played.seq)
      if (this.#state.playing) this.#run(now, played.restMs)
    } catch (thrown) {
      this.pause()
      this.#set({ error: HeadraceError.from(thrown) })
    }
  }

  async #landmarkAfter(seq: number): Promise<number> {
    const head = this.#options.head()
    let from = seq
    while (from < head) {
      const events = await this.#tape.after(from)
      const found = events.find(isLandmark)
      if (found) return Math.min(found.seq, head)
      const last = events.at(-1)
      if (!last) break
      from = last.seq
    }
    return head
  }

  async #landmarkBefore(seq: number): Promise<number> {
    let from = seq - 1
    while (from > this.first) {
      const events = await this.#tape.upTo(from)
      const found = events.findLast(isLandmark)
      if (found) return found.seq
      from = (events[0]?.seq ?? from) - 1
    }
    return this.first
  }

  #set(change: Partial<PlayerState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }
}
