import {
  cooled,
  emptyState,
  fold,
  hasPrivate,
  sees,
  splitKey,
  visibleEvent,
  visibleView,
  type Message,
  type Reader,
  type SessionEvent,
  type SessionKey,
  type SessionState,
  type SessionView,
} from '@headrace/core'

/** The log of one session as it became durable, with the state after each event: what everything else is compared to. */
export class History {
  readonly key: SessionKey
  readonly events: SessionEvent[] = []
  /** Messages that have gone cold, as they were then. */
  readonly cold: Message[] = []
  readonly #texts: string[] = []
  /** By seq; the first is the session before it existed. */
  readonly #states: SessionState[]
  readonly #views = new Map<SessionView, string>()

  constructor(key: SessionKey) {
    this.key = key
    this.#states = [emptyState(splitKey(key).session)]
  }

  get head(): number {
    return this.events.length
  }

  get state(): SessionState {
    return this.at(this.head)
  }

  at(seq: number): SessionState {
    const state = this.#states[seq]
    if (!state) throw new RangeError(`There is no state at ${seq} of ${this.key}.`)
    return state
  }

  add(text: string, event: SessionEvent): void {
    const before = this.state
    this.#texts.push(text)
    this.events.push(event)
    const after = fold(before, event)
    const isSame = after.view.older === before.view.older && after.view.olderFor === before.view.olderFor
    if (!isSame) this.cold.push(...cooled(before.view, event))
    this.#states.push(after)
  }

  /** The view at a seq as a reader sees it. */
  view(seq: number, reader: Reader): SessionView {
    return visibleView(this.at(seq).view, reader)
  }

  /** The same as JSON. */
  viewText(seq: number, reader: Reader): string {
    const { view } = this.at(seq)
    if (hasPrivate(view)) return JSON.stringify(visibleView(view, reader))
    const known = this.#views.get(view) ?? JSON.stringify(view)
    this.#views.set(view, known)
    return known
  }

  /** Seq of the first event after another one that a reader sees; `undefined` at the end. */
  nextFor(reader: Reader, after: number): number | undefined {
    for (let seq = after + 1; seq <= this.head; seq += 1) {
      const event = this.events[seq - 1]
      if (event && sees(reader, event.to)) return seq
    }
    return undefined
  }

  /** Events from one seq to another as JSON, as a reader sees them. */
  textsFor(reader: Reader, first: number, last: number): readonly string[] {
    const texts: string[] = []
    for (let seq = first; seq <= last; seq += 1) texts.push(this.textFor(reader, seq))
    return texts
  }

  /** One event as JSON, as a reader sees it. */
  textFor(reader: Reader, seq: number): string {
    const event = this.events[seq - 1]
    if (!event) return ''
    return event.to === undefined || sees(reader, event.to)
      ? (this.#texts[seq - 1] ?? '')
      : JSON.stringify(visibleEvent(event, reader))
  }
}
