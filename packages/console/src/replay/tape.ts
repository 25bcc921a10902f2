/**
 * A session's log as something that can be wound to any place. It is cut into pages of equal length; a page begins with
 * the view that the server has for its first place, and the rest is folded here, by the fold that the server uses too.
 * So any moment costs one page, however long the log is, and what is next to it costs nothing.
 */
import { emptyView, foldView, type HiddenEvent, type SessionEvent, type SessionView } from '@headrace/core'

export type Shown = SessionEvent | HiddenEvent

/** The session as it was after an event. */
export interface Moment {
  readonly view: SessionView
  /** The event; undefined at the very beginning of what is kept. */
  readonly event: Shown | undefined
}

/** Where a tape gets what it plays. */
export interface TapeSource {
  readonly session: string
  view(at: number): Promise<SessionView>
  /** Events after a seq, at most `limit`; a page may be shorter than it could be. */
  events(after: number, limit: number): Promise<readonly Shown[]>
}

interface Page {
  /** Seq that it begins after. */
  readonly after: number
  readonly events: Shown[]
  /** The views after its events, as far as somebody asked: `views[0]` is the one that it begins with. */
  readonly views: SessionView[]
}

const pageEvents = 1_000
/** Pages in memory. One page of a busy session may have a few megabytes of text. */
const maxPages = 8

export class Tape {
  /** The first place: after this seq everything is there. */
  readonly first: number
  readonly #source: TapeSource
  readonly #pages = new Map<number, Promise<Page>>()

  constructor(source: TapeSource, first: number) {
    this.#source = source
    this.first = first
  }

  /** The session after the event `seq`, which must be in the log and not before {@link first}. */
  async at(seq: number): Promise<Moment> {
    const page = await this.#pageOf(seq)
    return momentIn(page, seq)
  }

  /** The events after a seq that are on its page: none where the log ends. */
  async after(seq: number): Promise<readonly Shown[]> {
    const page = await this.#pageOf(seq + 1)
    return page.events.slice(seq - page.after)
  }

  /** The events up to a seq that are on its page, oldest first. */
  async upTo(seq: number): Promise<readonly Shown[]> {
    const page = await this.#pageOf(seq)
    return page.events.slice(0, seq - page.after)
  }

  async #pageOf(seq: number): Promise<Page> {
    const index = Math.max(0, Math.ceil((seq - this.first) / pageEvents) - 1)
    const known = this.#pages.get(index)
    const asked = (known ?? this.#begin(index)).then((page) => this.#reach(page, seq))
    // The one that was used last is the last to go.
    this.#pages.delete(index)
    this.#pages.set(index, asked)
    const [oldest] = this.#pages.keys()
    if (this.#pages.size > maxPages && oldest !== undefined) this.#pages.delete(oldest)
    try {
      return await asked
    } catch (thrown) {
      if (this.#pages.get(index) === asked) this.#pages.delete(index)
      throw thrown
    }
  }

  async #begin(index: number): Promise<Page> {
    const after = this.first + index * pageEvents
    const view = after === 0 ? emptyView(this.#source.session) : await this.#source.view(after)
    return { after, events: [], views: [view] }
  }

  /** Loads until the page has the event, or is full, or the log ends. */
  async #reach(page: Page, seq: number): Promise<Page> {
    const { after, events } = page
    const wanted = Math.min(seq - after, pageEvents)
    while (events.length < wanted) {
      const more = await this.#source.events(after + events.length, pageEvents - events.length)
      if (more.length === 0) break
      events.push(...more)
    }
    return page
  }
}

function momentIn({ after, events, views }: Page, seq: number): Moment {
  const wanted = Math.min(Math.max(0, seq - after), events.length)
  for (let index = views.length; index <= wanted; index += 1) {
    const [view, event] = [views[index - 1], events[index - 1]]
    if (view && event) views.push(foldView(view, event))
  }
  const view = views[wanted]
  if (!view) throw new Error('a page has no beginning')
  return { view, event: events[wanted - 1] }
}
