import {
  audienceKey,
  sees,
  visibleEvent,
  visibleMessage,
  type Audience,
  type Message,
  type MessageRow,
  type Reader,
  type SessionEvent,
} from '@headrace/core'
import type { Page } from './hub-types.ts'

/**
 * What each reader sees of a page that may not be for everybody (L7). Readers who see the same get the same page, so that
 * it is encoded once for all of them.
 */
export class PageViews {
  readonly #page: Page
  readonly #make: (events: readonly string[]) => Page
  readonly #events: readonly SessionEvent[]
  readonly #audiences: readonly Audience[]
  readonly #shown = new Map<string, Page>()

  /** @param make - makes a page of other events at the same place */
  constructor(page: Page, make: (events: readonly string[]) => Page) {
    this.#page = page
    this.#make = make
    this.#events = page.events.map((json) => JSON.parse(json) as SessionEvent) // written by `decide` of this format
    const audiences = new Map<string, Audience>()
    for (const { to } of this.#events) if (to !== undefined) audiences.set(audienceKey(to), to)
    this.#audiences = [...audiences.values()]
  }

  for(reader: Reader): Page {
    const which = this.#audiences.map((to) => (sees(reader, to) ? '1' : '0')).join('')
    if (!which.includes('0')) return this.#page
    const same = this.#shown.get(which)
    if (same) return same
    const made = this.#make(this.#events.map((event, at) => shownAs(event, this.#page.events[at] ?? '', reader)))
    this.#shown.set(which, made)
    return made
  }
}

/** Events as one reader sees them, as JSON. */
export function visibleEvents(events: readonly string[], reader: Reader): readonly string[] {
  return events.map((json) => {
    if (!mayBePrivate(json)) return json
    return shownAs(JSON.parse(json) as SessionEvent, json, reader) // written by `decide` of this format
  })
}

/** Message rows as one reader sees them. */
export function visibleRows(rows: readonly MessageRow[], reader: Reader): readonly MessageRow[] {
  return rows.flatMap((row) => {
    if (!mayBePrivate(row.json)) return row
    const message = JSON.parse(row.json) as Message // written by a room
    const visible = visibleMessage(message, reader)
    if (!visible) return []
    return visible === message ? row : { ...row, json: JSON.stringify(visible) }
  })
}

/** Only what has a `to` can be private. The word may also stand in a text; then a look at the event tells. */
export function mayBePrivate(json: string): boolean {
  return json.includes('"to":')
}

function shownAs(event: SessionEvent, json: string, reader: Reader): string {
  const visible = visibleEvent(event, reader)
  return visible === event ? json : JSON.stringify(visible)
}
