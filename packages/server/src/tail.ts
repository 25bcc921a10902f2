import type { Reader, SessionId } from '@headrace/core'
import { textFrames } from './text-frames.ts'
import type { Page } from './hub-types.ts'
import { PageViews, mayBePrivate } from './visible-page.ts'

/** How many of the newest events a room keeps encoded, so that readers who keep up never touch the store. */
const maxEvents = 256
const maxChars = 262_144
/** About how many characters go into one page, and so into one frame. */
export const pageChars = 65_536
/** Readers stand at a few places: at the end, and where those are that fall behind. */
const maxPages = 16

/** Makes the events of a page into the frame that readers of this session get. */
export function makePage(session: SessionId, after: number, events: readonly string[]): Page {
  return new EncodedPage(session, after, events)
}

/** A class and no literal: a getter in a literal gives every object a shape of its own, which keeps it alive for long. */
class EncodedPage implements Page {
  readonly after: number
  readonly last: number
  readonly events: readonly string[]
  readonly #session: SessionId
  #frame: Buffer | undefined
  #isShared: boolean | undefined
  #views: PageViews | undefined

  constructor(session: SessionId, after: number, events: readonly string[]) {
    this.after = after
    this.last = after + events.length
    this.events = events
    this.#session = session
  }

  get frame(): Buffer {
    this.#frame ??= textFrames([
      `{"type":"events","session":${JSON.stringify(this.#session)},"events":[${this.events.join(',')}]}`,
    ])
    return this.#frame
  }

  visibleTo(reader: Reader): Page {
    this.#isShared ??= !this.events.some(mayBePrivate)
    if (this.#isShared) return this
    this.#views ??= new PageViews(this, (shown) => makePage(this.#session, this.after, shown))
    return this.#views.for(reader)
  }
}

/**
 * The newest events of a session as JSON. Readers who stand at the same place get the same page object, so it is encoded
 * once for all of them.
 */
export class Tail {
  readonly #session: SessionId
  #events: string[] = []
  #chars = 0
  /** Seq of the last event that is no longer here. */
  #floor: number
  /**
   * Those made since the last event. A list that is replaced and not a `Map` that is cleared: a cleared one leaves its old
   * table behind, and that keeps pages alive until the whole heap is collected.
   */
  #pages: Page[] = []

  constructor(session: SessionId, head: number) {
    this.#session = session
    this.#floor = head
  }

  get head(): number {
    return this.#floor + this.#events.length
  }

  push(events: readonly string[]): void {
    if (this.#pages.length > 0) this.#pages = []
    for (const event of events) {
      this.#events.push(event)
      this.#chars += event.length
    }
    // Cutting moves every element that stays, so it is done rarely and by half.
    if (this.#events.length > 2 * maxEvents || this.#chars > 2 * maxChars) this.#cut()
  }

  #cut(): void {
    let drop = 0
    while (this.#events.length - drop > maxEvents || (this.#chars > maxChars && this.#events.length - drop > 1)) {
      this.#chars -= this.#events[drop]?.length ?? 0
      drop += 1
    }
    this.#events = this.#events.slice(drop)
    this.#floor += drop
  }

  /** The page after a seq; `cold` when it must be read from the store, `undefined` at the end. */
  after(seq: number): Page | 'cold' | undefined {
    if (seq >= this.head) return undefined
    if (seq < this.#floor) return 'cold'
    const known = this.#pages.find((page) => page.after === seq)
    if (known) return known
    const page = makePage(this.#session, seq, upTo(this.#events, seq - this.#floor, pageChars))
    if (this.#pages.length === maxPages) this.#pages = []
    this.#pages.push(page)
    return page
  }
}

function upTo(events: readonly string[], start: number, limit: number): readonly string[] {
  let end = start
  let chars = 0
  while (end < events.length && (end === start || chars + (events[end]?.length ?? 0) <= limit)) {
    chars += events[end]?.length ?? 0
    end += 1
  }
  return events.slice(start, end)
}
