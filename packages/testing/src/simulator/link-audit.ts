/** What a server may send on one connection, and what it must not. */
import { sessionKey, type Down, type Grant, type SessionId, type Up } from '@headrace/core'
import type { Journal } from './journal.ts'
import { leak, mayConfide } from './secrets.ts'
import type { SocketWatch } from './server-socket.ts'

/** Where a subscription stands: `undefined` until its snapshot has come. */
type Cursor = number | undefined

export class LinkAudit implements SocketWatch {
  readonly #journal: Journal
  readonly #reader: Grant
  readonly #name: string
  readonly #cursors = new Map<SessionId, Cursor>()
  /** What had been acknowledged as redacted when each subscription was asked for. */
  readonly #asked = new Map<SessionId, number>()

  constructor(journal: Journal, reader: Grant, name: string) {
    this.#journal = journal
    this.#reader = reader
    this.#name = name
  }

  received(text: string): void {
    if (!text.includes('subscribe"')) return
    const frame = JSON.parse(text) as Up // sent by a client of ours
    if (frame.type === 'unsubscribe') this.#cursors.delete(frame.session)
    if (frame.type !== 'subscribe') return
    this.#cursors.set(frame.session, frame.after)
    this.#asked.set(frame.session, this.#journal.redactions.mark)
  }

  sent(text: string): void {
    const hidden = leak(withoutOwn(text), this.#reader.actor)
    if (hidden !== undefined)
      this.#journal.fail('for-their-eyes', `${this.#name}: what is for ${hidden} only is sent: ${text.slice(0, 400)}`)
    if (text.startsWith(eventsStart) ? mayConfide(text) || !this.#isNext(text) : other.test(text)) {
      this.#check(JSON.parse(text) as Down, text) // sent by a server under test
    }
  }

  /** Whether a frame is what the log has next: nearly all are, and then it need not be read. */
  #isNext(text: string): boolean {
    const session = text.slice(eventsStart.length, text.indexOf('"', eventsStart.length))
    const cursor = this.#cursors.get(session)
    if (cursor === undefined) return false
    const history = this.#journal.history(sessionKey(this.#reader.tenant, session))
    const start = `${eventsStart}${session}","events":[`
    let length = start.length + ']}'.length
    let last = cursor
    while (last < history.head && length < text.length) {
      last += 1
      length += history.textFor(this.#reader, last).length + (last > cursor + 1 ? 1 : 0)
    }
    if (length !== text.length || text !== `${start}${history.textsFor(this.#reader, cursor + 1, last).join(',')}]}`)
      return false
    this.#cursors.set(session, last)
    this.#journal.counts.delivered += last - cursor
    return true
  }

  #check(frame: Down, text: string): void {
    if (frame.type === 'snapshot' || frame.type === 'events')
      this.#journal.redactions.check(text, this.#asked.get(frame.session) ?? 0, this.#name)
    switch (frame.type) {
      case 'unsubscribed':
        this.#cursors.delete(frame.session)
        return
      case 'snapshot':
        return this.#snapshot(frame)
      case 'events':
        return this.#events(frame, text)
      default:
        return
    }
  }

  #snapshot({ session, seq, view }: Extract<Down, { readonly type: 'snapshot' }>): void {
    const { fail, counts } = this.#journal
    const history = this.#journal.history(sessionKey(this.#reader.tenant, session))
    counts.snapshots += 1
    if (seq > history.head)
      return fail(
        'durable-first',
        `${this.#name}: ${session}: a snapshot of ${seq} is sent, durable is ${history.head}`,
      )
    if (view.seq !== seq || JSON.stringify(view) !== history.viewText(seq, this.#reader))
      fail(
        'state-is-fold',
        `${this.#name}: ${session}: the snapshot of ${seq} is not the fold of the log: ${difference(view, history.view(seq, this.#reader))}`,
      )
    this.#cursors.set(session, seq)
  }

  #events({ session, events }: Extract<Down, { readonly type: 'events' }>, text: string): void {
    const { fail, counts } = this.#journal
    const history = this.#journal.history(sessionKey(this.#reader.tenant, session))
    const first = events[0]?.seq ?? 0
    const last = first + events.length - 1
    const cursor = this.#cursors.get(session)
    counts.delivered += events.length
    if (cursor === undefined)
      return fail(
        'exactly-once',
        `${this.#name}: ${session}: events ${first} to ${last} are sent with no snapshot before`,
      )
    if (last > history.head)
      return fail(
        'durable-first',
        `${this.#name}: ${session}: events ${first} to ${last} are sent, durable is ${history.head}`,
      )
    if (first !== cursor + 1)
      return fail('exactly-once', `${this.#name}: ${session}: events ${first} to ${last} are sent after ${cursor}`)
    const texts = events.map((event) => JSON.stringify(event))
    const isLog = texts.every((event, index) => history.isTextFor(this.#reader, first + index, event))
    if (!isLog || text !== `{"type":"events","session":${JSON.stringify(session)},"events":[${texts.join(',')}]}`)
      fail(
        'one-order',
        `${this.#name}: ${session}: what is sent as events ${first} to ${last} is not what the log has there`,
      )
    this.#cursors.set(session, last)
  }
}

/** How a frame of events begins, up to the session's id. */
const eventsStart = '{"type":"events","session":"'
const other = /^\{"type":"(snapshot|unsubscribed)"/

/** The first place where two values of JSON differ. */
export function difference(a: unknown, b: unknown, path = ''): string {
  if (isObject(a) && isObject(b)) {
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (JSON.stringify(a[name]) !== JSON.stringify(b[name])) return difference(a[name], b[name], `${path}.${name}`)
    }
  }
  return `${path || 'it'} is ${short(a)}, not ${short(b)}`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

/** A worker hears of what its own run has asked, whoever else may: that is no leak. */
function withoutOwn(text: string): string {
  if (text.startsWith('{"type":"signal"')) return ''
  if (!text.startsWith('{"type":"assign"') || !text.includes('only-for-')) return text
  const { view, run } = JSON.parse(text) as Extract<Down, { readonly type: 'assign' }> // sent by a server under test
  return JSON.stringify({ ...view, requests: view.requests.filter((request) => request.run !== run) })
}
