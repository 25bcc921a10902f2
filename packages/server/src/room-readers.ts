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
import type { FollowOptions, Follower, Page, ShownEphemeral } from './hub-types.ts'
import { Tail, makePage, pageChars } from './tail.ts'

export interface RoomReadersOptions {
  readonly key: SessionKey
  readonly store: Store
  /** Up to where events may be missing. */
  readonly floor: () => number
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

  /** Shows what has become durable. Called for each batch. */
  push(encoded: readonly string[]): void {
    this.#tail.push(encoded)
    this.wake()
  }

  wake(): void {
    for (const follower of this.#followers) follower.wake()
  }

  /** What is in memory is no longer what the store has, or does not reach up to its head: it is read from there. */
  forget(head: number): void {
    this.#tail = new Tail(this.#session, head)
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
    const read = store
      .read(key, after, { maxEvents: 1_000, maxChars: pageChars })
      .then((events) => {
        if (events.length === 0) return undefined
        // A reader this slow was overtaken by a compaction.
        const last = JSON.parse(events.at(-1) ?? '') as SessionEvent // written by a server of this format
        if (last.seq !== after + events.length) throw belowFloor(this.#session, after, floor())
        return makePage(this.#session, after, events)
      })
      .finally(() => this.#reads.delete(after))
    this.#reads.set(after, read)
    return read
  }

  /** There is nothing left to read. */
  end(error: HeadraceError): void {
    for (const follower of this.#followers) follower.end(error)
  }
}
