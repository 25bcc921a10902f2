/**
 * Commands on their way. Each stays here until the server has answered it, is sent again on every new connection, and
 * carries the same id each time, so that it is applied once (L3).
 *
 *   waiting ──send──▶ sent ──accepted, noop──▶ resolved
 *      ▲               │ └────refused────────▶ rejected
 *      └── connection lost, server draining, outcome unknown
 *
 * With a storage they also wait across pages: what an earlier page left comes first, and nothing is sent before it is read.
 */
import {
  HeadraceError,
  clientId,
  commandBody,
  sessionId,
  type CommandBody,
  type CommandType,
  type ErrorCode,
  type Outcome,
  type SessionId,
  type Up,
} from '@headrace/core'
import type { Clock } from './clock.ts'
import type { OutboxStorage, StoredCommand } from './outbox-storage.ts'

/** The answer to a command that was not refused. */
export type Accepted = Exclude<Outcome, { readonly outcome: 'refused' }>

export interface OutboxOptions {
  /** Sends if there is a connection; returns whether it did. */
  readonly send: (frame: Up) => boolean
  readonly clock: Clock
  /** Begins the ids of its commands; no other outbox of the same identity has the same. */
  readonly prefix: string
  /** Most commands that may be unanswered. */
  readonly maxCommands: number
  /** Default: they are gone with the page. */
  readonly storage?: OutboxStorage
  /** Called when the storage fails. */
  readonly onError?: (error: HeadraceError) => void
}

/** A command that was taken in. */
export interface Submission {
  readonly id: string
  /** Rejects with the server's refusal. */
  readonly answer: Promise<Accepted>
}

interface Entry {
  readonly frame: Extract<Up, { readonly type: 'command' }>
  readonly answer: Promise<Accepted>
  readonly resolve: (outcome: Accepted) => void
  readonly reject: (error: HeadraceError) => void
  /** It is on its way on this connection: its answer has not come. */
  sent: boolean
  /** It was sent and its answer was lost: it may be applied. */
  uncertain: boolean
}

/** A command that an earlier page left. */
export interface Restored extends Submission {
  readonly command: StoredCommand
}

/** Commands that make no sense on a later page: they are about what this one shows or does. */
const unkept: ReadonlySet<CommandType> = new Set<CommandType>(['read', 'claim-request'])

/** Refusals of a server that did not get as far as to look at the session. */
const undecided: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unknown_outcome',
  'store_unavailable',
  'store_full',
  'too_many_requests',
  'auth_unavailable',
])
/** A command whose outcome the server could not tell is sent again after so long, to find out. */
const findOutMs = 1_000

export class Outbox {
  readonly #options: OutboxOptions
  #entries = new Map<string, Entry>()
  #count = 0
  #isLoading = false
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
   * @param named - its id; one that waits under this id already is the same command
   * @throws HeadraceError `bad_request`, `limit_exceeded`, or why nothing can be sent any more
   */
  submit(session: SessionId, body: CommandBody, named?: string): Submission {
    if (this.#ended) throw this.#ended
    const waiting = named === undefined ? undefined : this.#entries.get(clientId.parse(named, 'id'))
    if (waiting) {
      if (waiting.frame.session === session) return { id: waiting.frame.id, answer: waiting.answer }
      const text = `A command with the id ${named} waits for its answer in the session ${waiting.frame.session}. Put the session into the id.`
      throw new HeadraceError('bad_request', text, { detail: { path: 'id' } })
    }
    const { maxCommands } = this.#options
    if (this.#entries.size >= maxCommands) {
      const text = `outbox.maxCommands is limited to ${maxCommands}, and so many wait for an answer. Wait for some before sending more.`
      throw new HeadraceError('limit_exceeded', text, {
        detail: { limit: 'outbox.maxCommands', allowed: maxCommands, actual: this.#entries.size + 1 },
      })
    }
    // The server ends a connection that sends a wrong shape, which would be the wrong answer to one wrong call.
    // A copy, because it may be sent again later, when the caller has done something else with what it gave.
    const checked = JSON.parse(JSON.stringify(commandBody.parse(body, 'command'))) as CommandBody // as it will be sent
    this.#count += 1
    const id = named ?? `${this.#options.prefix}-${this.#count}`
    const { entry, answer } = makeEntry({ type: 'command', id, session, body: checked })
    this.#entries.set(id, entry)
    if (!unkept.has(checked.type)) {
      const at = this.#options.clock.now()
      this.#keep((storage) => storage.save({ id, session, body: checked, at }))
    }
    if (!this.#isLoading) entry.sent = this.#options.send(entry.frame)
    return { id, answer }
  }

  /** Reads what an earlier page left, and sends it before what was asked for since. */
  async restore(): Promise<readonly Restored[]> {
    const { storage, onError } = this.#options
    if (!storage) return []
    this.#isLoading = true
    const restored: (Restored & { readonly entry: Entry })[] = []
    try {
      for (const command of await storage.load()) {
        if (this.#entries.has(command.id)) continue
        const frame = readStored(command)
        if (frame) restored.push({ command, id: command.id, ...makeEntry(frame, true) })
        else this.#keep(() => storage.remove(command.id))
      }
    } catch (thrown) {
      onError?.(HeadraceError.from(thrown))
    }
    this.#isLoading = false
    this.#entries = new Map([...restored.map(({ id, entry }) => [id, entry] as const), ...this.#entries])
    if (this.#ended) this.#rejectAll(this.#ended)
    else this.online()
    return restored
  }

  #keep(change: (storage: OutboxStorage) => void | Promise<void>): void {
    const { storage, onError } = this.#options
    if (!storage) return
    const failed = (thrown: unknown): void => onError?.(HeadraceError.from(thrown))
    try {
      Promise.resolve(change(storage)).catch(failed)
    } catch (thrown) {
      failed(thrown)
    }
  }

  /** It has its answer. */
  #done(id: string): void {
    this.#entries.delete(id)
    this.#keep((storage) => storage.remove(id))
  }

  /**
   * Everything goes out, in order, that is not on its way: all of it on a new connection. Never two of one command on the
   * same one: the refusal of the first would be told to the caller, and the second may be accepted after that.
   */
  online(): void {
    if (this.#isLoading) return
    for (const entry of this.#entries.values()) if (!entry.sent) entry.sent = this.#options.send(entry.frame)
  }

  /**
   * The connection ended. Where another connection would run into the same error, it is the answer to one of the
   * commands that were sent on this one, or a command that is too large would end connections for ever.
   */
  offline(error: HeadraceError): void {
    const sent = [...this.#entries.values()].filter((entry) => entry.sent)
    for (const entry of sent) {
      entry.sent = false
      entry.uncertain = true
    }
    const cause =
      error.retry === 'never' ? sent.reduce(error.code === 'frame_too_large' ? larger : first, undefined) : undefined
    if (!cause) return
    this.#done(cause.frame.id)
    cause.reject(error)
  }

  reply(id: string, outcome: Outcome): void {
    const entry = this.#entries.get(id)
    if (!entry) return // answered on an earlier connection
    if (outcome.outcome === 'refused') {
      const error = HeadraceError.fromWire(outcome.error)
      // The server is going away: the answer comes on the next connection.
      if (error.retry === 'reconnect') return
      if (error.code === 'unknown_outcome') entry.uncertain = true
      // Only a decision tells whether it was applied when it was sent before.
      if (entry.uncertain && undecided.has(error.code)) {
        entry.sent = false
        return this.#findOut()
      }
      this.#done(id)
      return entry.reject(error)
    }
    this.#done(id)
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
    this.#rejectAll(error)
  }

  /** What is kept stays there for the next page. */
  #rejectAll(error: HeadraceError): void {
    for (const { reject } of this.#entries.values()) reject(error)
    this.#entries.clear()
  }
}

/** @param uncertain - an earlier page may have sent it */
function makeEntry(
  frame: Entry['frame'],
  uncertain = false,
): { readonly entry: Entry; readonly answer: Promise<Accepted> } {
  const { promise, resolve, reject } = Promise.withResolvers<Accepted>()
  return { entry: { frame, answer: promise, resolve, reject, sent: false, uncertain }, answer: promise }
}

/** The command as it can be sent; `undefined` when an older version of the application has left what is none today. */
function readStored({ id, session, body }: StoredCommand): Entry['frame'] | undefined {
  try {
    return {
      type: 'command',
      id: clientId.parse(id, 'id'),
      session: sessionId.parse(session, 'session'),
      body: commandBody.parse(body, 'body'),
    }
  } catch {
    return undefined
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
