/** What one device was given of one session, over all its connections. */
import type { Session } from '@headrace/client'
import type { Reader, SessionEvent, SessionView } from '@headrace/core'
import { difference } from './link-audit.ts'
import type { History } from './history.ts'
import type { Journal } from './journal.ts'

interface ReaderOptions {
  readonly journal: Journal
  readonly history: History
  readonly reader: Reader
}

export class ReaderJournal {
  readonly name: string
  readonly session: Session
  readonly #journal: Journal
  readonly #history: History
  readonly #reader: Reader
  readonly #stops: readonly (() => void)[]
  /** Seq of the last event or snapshot that it was given. */
  #last: number | undefined

  constructor(name: string, session: Session, options: ReaderOptions) {
    const { journal, history, reader } = options
    this.#reader = reader

    this.name = name
    this.session = session
    this.#journal = journal
    this.#history = history
    // A session that was followed before goes on where it was.
    const { view } = session.getSnapshot()
    if (view.seq > 0) this.#last = view.seq
    this.#stops = [session.onSnapshot((view) => this.#snapshot(view)), session.onEvent((event) => this.#event(event))]
  }

  get last(): number | undefined {
    return this.#last
  }

  /** It does not look at the session any more. */
  stop(): void {
    for (const stop of this.#stops) stop()
  }

  #snapshot(view: SessionView): void {
    if (this.#last !== undefined && view.seq < this.#last)
      this.#journal.fail('exactly-once', `${this.name} had event ${this.#last} and is given a snapshot of ${view.seq}`)
    this.#last = view.seq
    this.check()
  }

  #event(event: SessionEvent): void {
    const { fail } = this.#journal
    const last = this.#last
    if (last === undefined && event.seq !== 1)
      fail('exactly-once', `${this.name} is given event ${event.seq} first, with no snapshot`)
    // What is not for it is left out.
    const next = this.#history.nextFor(this.#reader, last ?? 0)
    if (event.seq !== next) fail('exactly-once', `${this.name} is given event ${event.seq} after ${last}`)
    this.#last = event.seq
    if (!this.#history.isTextFor(this.#reader, event.seq, JSON.stringify(event))) {
      const why = difference(event, this.#history.events[event.seq - 1])
      fail('one-order', `${this.name} is given an event ${event.seq} that the log does not have: ${why}`)
    }
  }

  /** Its copy of the session must be the fold of the log up to where it is. */
  check(): void {
    const { view, messages } = this.session.getSnapshot()
    if (view.seq === 0) return
    if (view.seq > this.#history.head)
      return this.#journal.fail('durable-first', `${this.name} is at ${view.seq}, durable is ${this.#history.head}`)
    const expected = this.#history.view(view.seq, this.#reader)
    if (JSON.stringify(view) !== this.#history.viewText(view.seq, this.#reader))
      this.#journal.fail('state-is-fold', `${this.name} at ${view.seq}: ${difference(view, expected)}`)
    const newest = messages.slice(-expected.messages.length).map((message) => message.id)
    const shown = new Set(messages.map((message) => message.id))
    if (shown.size !== messages.length) this.#journal.fail('exactly-once', `${this.name} shows a message twice`)
    if (expected.messages.length > 0 && newest.length < expected.messages.length)
      this.#journal.fail(
        'state-is-fold',
        `${this.name} shows ${messages.length} of ${expected.messages.length} messages`,
      )
  }
}
