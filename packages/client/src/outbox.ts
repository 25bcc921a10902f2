/**
 * Commands on their way. Each stays here until the server has answered it, is sent again on every new connection, and
 * carries the same id each time, so that it is applied once (L3).
 *
 *   waiting ──send──▶ sent ──accepted, noop──▶ resolved
 *      ▲               │ └────refused────────▶ rejected
 *      └── connection lost, server draining, outcome unknown
 */
import { HeadraceError, commandBody, type CommandBody, type Outcome, type SessionId, type Up } from '@headrace/core'
import { randomId } from './random-id.ts'
import type { Clock } from './clock.ts'

/** The answer to a command that was not refused. */
export type Accepted = Exclude<Outcome, { readonly outcome: 'refused' }>

export interface OutboxOptions {
  /** Sends if there is a connection; returns whether it did. */
  readonly send: (frame: Up) => boolean
  readonly clock: Clock
  /** Most commands that may be unanswered. */
  readonly maxCommands: number
}

/** A command that was taken in. */
export interface Submission {
  readonly id: string
  /** Rejects with the server's refusal. */
  readonly answer: Promise<Accepted>
}

interface Entry {
  readonly frame: Extract<Up, { readonly type: 'command' }>
  readonly resolve: (outcome: Accepted) => void
  readonly reject: (error: HeadraceError) => void
  sent: boolean
}

/** A command whose outcome the server could not tell is sent again after so long, to find out. */
const findOutMs = 1_000

export class Outbox {
  readonly #options: OutboxOptions
  readonly #entries = new Map<string, Entry>()
  readonly #prefix = randomId()
  #count = 0
  #ended: HeadraceError | undefined
  #cancelFindOut: () => void = () => undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** How many commands are unanswered. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * Takes a command in and sends it as soon as there is a connection.
   *
   * @throws HeadraceError `bad_request`, `limit_exceeded`, or why nothing can be sent any more
   */
  submit(session: SessionId, body: CommandBody): Submission {
    if (this.#ended) throw this.#ended
    const { maxCommands } = this.#options
    if (this.#entries.size >= maxCommands) {
      const text = `outbox.maxCommands is limited to ${maxCommands}, and so many wait for an answer. Wait for some before sending more.`
      throw new HeadraceError('limit_exceeded', text, {
        detail: { limit: 'outbox.maxCommands', allowed: maxCommands, actual: this.#entries.size + 1 },
      })
    }
    // The server ends a connection that sends a wrong shape, which would be the wrong answer to one wrong call.
    // A copy, because it may be sent again later, when the caller has done something else with what it gave.
    const checked = structuredClone(commandBody.parse(body, 'command'))
    this.#count += 1
    const id = `${this.#prefix}-${this.#count}`
    const answer = new Promise<Accepted>((resolve, reject) => {
      const entry: Entry = { frame: { type: 'command', id, session, body: checked }, resolve, reject, sent: false }
      this.#entries.set(id, entry)
      entry.sent = this.#options.send(entry.frame)
    })
    return { id, answer }
  }

  /** A connection is there: everything unanswered goes out again, in order. */
  online(): void {
    for (const entry of this.#entries.values()) entry.sent = this.#options.send(entry.frame)
  }

  /**
   * The connection ended. Where another connection would run into the same error, it is the answer to one of the
   * commands that were sent on this one, or a command that is too large would end connections for ever.
   */
  offline(error: HeadraceError): void {
    const sent = [...this.#entries.values()].filter((entry) => entry.sent)
    for (const entry of sent) entry.sent = false
    const cause =
      error.retry === 'never' ? sent.reduce(error.code === 'frame_too_large' ? larger : first, undefined) : undefined
    if (!cause) return
    this.#entries.delete(cause.frame.id)
    cause.reject(error)
  }

  reply(id: string, outcome: Outcome): void {
    const entry = this.#entries.get(id)
    if (!entry) return // answered on an earlier connection
    if (outcome.outcome === 'refused') {
      const error = HeadraceError.fromWire(outcome.error)
      // The server is going away: the answer comes on the next connection.
      if (error.retry === 'reconnect') return
      if (error.code === 'unknown_outcome') return this.#findOut()
      this.#entries.delete(id)
      return entry.reject(error)
    }
    this.#entries.delete(id)
    entry.resolve(outcome)
  }

  #findOut(): void {
    this.#cancelFindOut()
    this.#cancelFindOut = this.#options.clock.after(findOutMs, () => this.online())
  }

  /** Nothing will be answered any more. Idempotent. */
  close(error: HeadraceError): void {
    if (this.#ended) return
    this.#ended = error
    this.#cancelFindOut()
    for (const { reject } of this.#entries.values()) reject(error)
    this.#entries.clear()
  }
}

function first(before: Entry | undefined, entry: Entry): Entry {
  return before ?? entry
}

function larger(before: Entry | undefined, entry: Entry): Entry {
  return before && size(before) >= size(entry) ? before : entry
}

function size({ frame }: Entry): number {
  return JSON.stringify(frame).length
}
