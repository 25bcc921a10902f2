import type { HeadraceError, Reader } from '@headrace/core'
import type { FollowOptions, Follower, Page } from './hub-types.ts'

/** Where followers read: the tail in memory, and the store behind it. */
export interface PageSource {
  recent(after: number): Page | 'cold' | undefined
  /** Shared: readers at the same place wait for the same read. */
  stored(after: number): Promise<Page | undefined>
  leave(follower: LogFollower): void
}

/**
 * A cursor over a session's log. Catching up and following live are one thing: the next page after the cursor comes from
 * the tail where that reaches back far enough, else from the store.
 */
export class LogFollower implements Follower {
  readonly #source: PageSource
  readonly #reader: Reader
  readonly wake: () => void
  readonly onEphemeral: FollowOptions['onEphemeral']
  #cursor: number
  #closed = false
  #ended: HeadraceError | undefined

  constructor(source: PageSource, reader: Reader, { after, wake, onEphemeral }: FollowOptions) {
    this.#source = source
    this.#reader = reader
    this.#cursor = after
    this.wake = wake
    this.onEphemeral = onEphemeral
  }

  get cursor(): number {
    return this.#cursor
  }

  next(): Page | undefined | Promise<Page | undefined> {
    if (this.#closed) return undefined
    if (this.#ended) return Promise.reject(this.#ended)
    const page = this.#source.recent(this.#cursor)
    if (page !== 'cold') return this.#advance(page)
    return this.#source.stored(this.#cursor).then((stored) => this.#advance(stored))
  }

  #advance(page: Page | undefined): Page | undefined {
    // What was still being read when it was closed is nobody's any more: its reader may have begun again elsewhere.
    if (!page || this.#closed) return undefined
    this.#cursor = page.last
    return page.visibleTo(this.#reader)
  }

  /** The log is no more: the reader is woken to be told why. */
  end(error: HeadraceError): void {
    this.#ended = error
    this.wake()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#source.leave(this)
  }
}
