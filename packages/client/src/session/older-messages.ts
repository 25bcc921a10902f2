/**
 * Messages that a reader still shows although the view has let them go: those that went cold while it watched, and pages
 * it asked for.
 */
import {
  blankMessage,
  blankPart,
  cooled,
  type EventOf,
  type Message,
  type SessionEvent,
  type SessionView,
} from '@headrace/core'

/** A page of older messages, as the server answers. */
export interface MessagePage {
  /** Oldest first. */
  readonly messages: readonly Message[]
  /** Whether there are messages before these. */
  readonly more: boolean
}

/** Most messages kept that nobody asked for. A reader that watches for days must not grow with the session. */
const maxKept = 1_000

export class OlderMessages {
  #messages: readonly Message[] = []
  /** Where the last page began; `undefined` before the first one. */
  #pagedTo: number | undefined
  /**
   * A message that stayed open for long goes cold after newer ones, so pages that begin before it can miss some. Once
   * the first message is reached and some are still missing, the pages are gone through again from the newest.
   */
  #again = false
  #complete = false
  #round = 0

  get all(): readonly Message[] {
    return this.#messages
  }

  /** Changes when everything was let go: a page that was asked for before belongs nowhere. */
  get round(): number {
    return this.#round
  }

  /** Whether the server has messages that are not here. */
  hasMore(view: SessionView): boolean {
    return !this.#complete && this.#messages.length < olderCount(view)
  }

  /** Position to ask for the next page before. */
  get before(): number {
    return this.#pagedTo ?? this.#messages[0]?.seq ?? Number.MAX_SAFE_INTEGER
  }

  /** Keeps what one event let go. */
  keep(before: SessionView, after: SessionView, event: SessionEvent): void {
    if (event.type === 'content.redacted') this.#redact(event.data)
    if (olderCount(before) === olderCount(after)) return
    this.#add(cooled(before, event))
    if (this.#pagedTo !== undefined || this.#messages.length <= maxKept) return
    this.#messages = this.#messages.slice(-maxKept)
  }

  /** A snapshot came in place of events: keeps what is still whole, else begins again. */
  jump(before: SessionView, after: SessionView): void {
    const hot = new Set(after.messages.map((message) => message.id))
    const gone = before.messages.filter((message) => !hot.has(message.id))
    const closed = gone.every((message) => message.status !== 'open')
    if (closed && olderCount(after) - olderCount(before) === gone.length) this.#add(gone)
    else this.clear()
  }

  /** @returns how many of the page were new */
  addPage({ messages, more }: MessagePage, view: SessionView): number {
    const had = this.#messages.length
    this.#add(messages)
    this.#pagedTo = messages[0]?.seq ?? this.before
    if (!more && this.#messages.length < olderCount(view) && !this.#again) {
      this.#again = true
      this.#pagedTo = Number.MAX_SAFE_INTEGER
    } else if (!more) this.#complete = true
    return this.#messages.length - had
  }

  clear(): void {
    this.#round += 1
    this.#messages = []
    this.#pagedTo = undefined
    this.#again = false
    this.#complete = false
  }

  /** What is taken out of the session is taken out here too. */
  #redact({ message: id, part }: EventOf<'content.redacted'>['data']): void {
    this.#messages = this.#messages.map((message) => {
      if (message.id !== id) return message
      if (part === undefined) return blankMessage(message)
      return { ...message, parts: message.parts.map((each) => (each.id === part ? blankPart(each) : each)) }
    })
  }

  #add(messages: readonly Message[]): void {
    const known = new Set(this.#messages.map((message) => message.id))
    const fresh = messages.filter((message) => !known.has(message.id))
    if (fresh.length > 0) this.#messages = [...this.#messages, ...fresh].sort((a, b) => a.seq - b.seq)
  }
}

/** How many messages have left the view, of those that this reader may see. */
function olderCount({ older, olderFor = {} }: SessionView): number {
  return Object.values(olderFor).reduce((sum, count) => sum + count, older)
}
