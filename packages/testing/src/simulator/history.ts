import {
  blankEvent,
  blankMessage,
  blankPart,
  carries,
  cooled,
  emptyState,
  fold,
  hasPrivate,
  leafOf,
  sees,
  splitKey,
  visibleEvent,
  visibleView,
  type EventOf,
  type Message,
  type Reader,
  type SessionEvent,
  type SessionKey,
  type SessionState,
  type SessionView,
} from '@headrace/core'

/** Content that was taken out. */
export interface Redacted {
  readonly seq: number
  readonly message: string
  readonly part: string | undefined
  /** The message as it was, or the one part of it, as JSON. */
  readonly content: string
}

/** The log of one session as it became durable, with the state after each event: what everything else is compared to. */
export class History {
  readonly key: SessionKey
  readonly events: SessionEvent[] = []
  /** Messages that have gone cold, as they were then. */
  readonly cold: Message[] = []
  readonly redacted: Redacted[] = []
  readonly #texts: string[] = []
  /** What is left of events once what was redacted is erased: after each redaction of them, the last one last. */
  readonly #left = new Map<number, SessionEvent[]>()
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
    if (event.type === 'content.redacted') this.#redact(before, event)
  }

  #redact({ view }: SessionState, { seq, data: { message: id, part } }: EventOf<'content.redacted'>): void {
    const coldAt = this.cold.findIndex((message) => message.id === id)
    const cold = this.cold[coldAt]
    const message = cold ?? view.messages.find((candidate) => candidate.id === id)
    const target = { message: id, ...(part !== undefined && { part }) }
    const content = part === undefined ? message?.parts : message?.parts.filter((one) => one.id === part)
    this.redacted.push({ seq, message: id, part, content: JSON.stringify(content ?? []) })
    if (cold) this.cold[coldAt] = blanked(cold, part)
    for (const event of this.events) {
      if (event.seq >= seq || !carries(event, target)) continue
      const leaf = leafOf(this.#texts[event.seq - 1] ?? '', event)
      const left = this.#left.get(event.seq) ?? []
      this.#left.set(event.seq, [...left, blankEvent(left.at(-1) ?? event, target, leaf)])
    }
  }

  /** What is left of an event once what was redacted is erased. */
  left(seq: number): SessionEvent | undefined {
    return this.#left.get(seq)?.at(-1) ?? this.events[seq - 1]
  }

  /** The fold of what is left. */
  stateLeft(seq: number): SessionState {
    let state = this.at(0)
    for (let next = 1; next <= seq; next += 1) {
      const event = this.left(next)
      if (event) state = fold(state, event)
    }
    return state
  }

  /** Whether a reader may be given this as an event: as it was written, or what was left of it at some time. */
  isTextFor(reader: Reader, seq: number, text: string): boolean {
    if (text === this.textFor(reader, seq)) return true
    return (this.#left.get(seq) ?? []).some((left) => text === JSON.stringify(visibleEvent(left, reader)))
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

function blanked(message: Message, part: string | undefined): Message {
  if (part === undefined) return blankMessage(message)
  return { ...message, parts: message.parts.map((other) => (other.id === part ? blankPart(other) : other)) }
}
