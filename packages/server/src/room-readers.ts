import {
  splitKey,
  type HeadraceError,
  type Reader,
  type SessionEvent,
  type SessionId,
  type SessionKey,
  type Store,
} from '@headrace/core'
import { LogFollower, type PageSource } from './follower.ts'
import { belowFloor } from './history/below-floor.ts'
import { leftOfEvents, type Erasing } from './history/pending.ts'
import type { FollowOptions, Follower, Page, ShownEphemeral } from './hub-types.ts'
import { Tail, makePage, pageChars } from './tail.ts'

export interface RoomReadersOptions {
  readonly key: SessionKey
  readonly store: Store
  /** Up to where events may be missing. */
  readonly floor: () => number
  /** What is redacted and not yet erased. */
  readonly erasing: () => readonly Erasing[]
  readonly onLeave: () => void
}

/** Those who follow a room: they read its newest events from memory and older ones from the store, and are woken for more. */
export class RoomReaders implements PageSource {
  readonly #options: RoomReadersOptions
  readonly #session: SessionId
  readonly #followers = new Set<LogFollower>()
  readonly #reads = new Map<number, Promise<Page | undefined>>()
  #tail: Tail

  /** @param head - seq of the last event; the next one to be pushed follows it */
  constructor(head: number, options: RoomReadersOptions) {
    this.#options = options
    this.#session = splitKey(options.key).session
    this.#tail = new Tail(this.#session, head)
  }

  get count(): number {
    return this.#followers.size
  }

  /** What has become durable. Called for each batch, before readers are woken. */
  push(encoded: readonly string[]): void {
    this.#tail.push(encoded)
  }

  wake(): void {
    for (const follower of this.#followers) follower.wake()
  }

  /** What is in memory is no longer what the store has, or does not reach up to its head: it is read from there. */
  forget(head: number): void {
    this.#tail = new Tail(this.#session, head)
    this.#reads.clear()
  }

  /** @throws HeadraceError `compacted` */
  follow(reader: Reader, options: FollowOptions): Follower {
    const floor = this.#options.floor()
    if (options.after < floor) throw belowFloor(this.#session, options.after, floor)
    const follower = new LogFollower(this, reader, options)
    this.#followers.add(follower)
    return follower
  }

  leave(follower: LogFollower): void {
    this.#followers.delete(follower)
    this.#options.onLeave()
  }

  show(shown: ShownEphemeral, by: FollowOptions['onEphemeral']): void {
    for (const { onEphemeral } of this.#followers) if (onEphemeral !== by) onEphemeral?.(shown)
  }

  recent(after: number): Page | 'cold' | undefined {
    return this.#tail.after(after)
  }

  stored(after: number): Promise<Page | undefined> {
    const known = this.#reads.get(after)
    if (known) return known
    const { store, key, floor } = this.#options
    // As it is now: what is redacted later is asked for before that, and what was erased by then is not in the store.
    const erasing = this.#options.erasing()
    const read = store
      .read(key, after, { maxEvents: 1_000, maxChars: pageChars })
      .then((stored) => {
        if (stored.length === 0) return undefined
        // A reader this slow was overtaken by a compaction.
        const last = JSON.parse(stored.at(-1) ?? '') as SessionEvent // written by a server of this format
        if (last.seq !== after + stored.length) throw belowFloor(this.#session, after, floor())
        // What is durable this moment the room will know the next. Who was ahead of it would be given a view from before.
        const known = stored.slice(0, Math.max(0, this.#tail.head - after))
        return known.length === 0 ? undefined : makePage(this.#session, after, leftOfEvents(known, erasing))
      })
      .finally(() => {
        if (this.#reads.get(after) === read) this.#reads.delete(after)
      })
    this.#reads.set(after, read)
    return read
  }

  /** There is nothing left to read. */
  end(error: HeadraceError): void {
    for (const follower of this.#followers) follower.end(error)
  }
}
