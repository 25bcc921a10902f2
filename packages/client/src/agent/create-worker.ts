import {
  HeadraceError,
  up,
  type Down,
  type HeldRun,
  type Message,
  type SessionId,
  type SessionView,
  type Up,
} from '@headrace/core'
import { systemClock, type Clock } from '../clock.ts'
import { Backoff } from '../net/backoff.ts'
import { Connection, type SessionFrame } from '../net/connection.ts'
import { Http } from '../net/http.ts'
import { Tokens } from '../net/tokens.ts'
import { Outbox } from '../outbox.ts'
import { onBackOnline } from '../page-events.ts'
import { randomId } from '../random-id.ts'
import { failProcess } from '../report-error.ts'
import { readAssignment } from './assignment.ts'
import { LiveRun } from './live-run.ts'
import type { ConnectionStatus } from '../net/status.ts'
import type { MessagePage } from '../session/older-messages.ts'
import type { CloseOptions, Worker, WorkerOptions } from './worker.ts'

const defaultCapacity = 16
const defaultUnansweredChars = 262_144
const defaultGraceMs = 10_000
/** Pages of messages that are looked through for what a run needs. */
const maxPages = 20
const pageSize = 100
/** With the usual waits some seconds: longer than a server takes to start. */
const triesUntilTold = 6

/**
 * Works as an agent: takes runs as they come, and calls the handler for each. Reconnects by itself; a handler notices
 * nothing of a lost connection, unless it lasts longer than the lease and another worker took the run over.
 *
 * @example
 * ```ts
 * const worker = createWorker({
 *   url: 'http://127.0.0.1:4400',
 *   token,
 *   agent: 'assistant',
 *   async handler(run) {
 *     const result = streamText({ model, messages: toPrompt(run.prompt()), abortSignal: run.signal })
 *     await run.pipe(fromAiSdk(result.fullStream))
 *   },
 * })
 * await worker.ready
 * ```
 * @throws HeadraceError `bad_request` when the agent's name, the capacity or the lease is out of range
 */
export function createWorker(options: WorkerOptions): Worker {
  return new SocketWorker(options)
}

class SocketWorker implements Worker {
  readonly ready: Promise<void>
  readonly #options: WorkerOptions
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #outbox: Outbox
  readonly #http: Http
  readonly #stopWatching: () => void
  /** Names this process across its connections. */
  readonly #id: string
  readonly #runs = new Map<string, LiveRun>()
  readonly #ready = Promise.withResolvers<void>()
  #capacity: number
  /** How often it could not connect, as long as it never has: then the address may be wrong. */
  #neverOnline: number | undefined = 0
  #closing: Promise<void> | undefined

  constructor(options: WorkerOptions) {
    const { clock = systemClock, newId = randomId, url, fetch, capacity = defaultCapacity } = options
    this.#options = options
    this.#id = newId()
    this.#clock = clock
    this.#capacity = capacity
    up.parse(this.#offer())
    this.#connection = new Connection(options, new Tokens(options.token), {
      online: () => this.#online(),
      offline: (error, closed) => this.#offline(error, closed),
      frame: (frame) => this.#receive(frame),
    })
    const send: Connection['send'] = (frame) => this.#connection.send(frame)
    // Bounded by what it is filled from: the batches of `capacity` runs.
    this.#outbox = new Outbox({ clock, prefix: newId(), maxCommands: Number.MAX_SAFE_INTEGER, send })
    this.#http = new Http({ url, tokens: this.#connection.tokens, ...(fetch && { fetch }) })
    this.#stopWatching = onBackOnline(() => this.#connection.retryNow())
    this.ready = this.#ready.promise
    // Whoever does not wait for it hears of the failure through `onError` and `status`.
    this.ready.catch(() => undefined)
    this.#connection.start()
  }

  get status(): ConnectionStatus {
    return this.#connection.status
  }

  onStatus(listener: () => void): () => void {
    return this.#connection.onStatus(listener)
  }

  drop(): void {
    this.#connection.drop()
  }

  setOnline(on: boolean): void {
    this.#connection.setOnline(on)
  }

  #offer(): Extract<Up, { readonly type: 'work' }> {
    const { agent, leaseMs } = this.#options
    const held = [...this.#runs.values()].filter((run) => run.isHeld).map((run) => run.held)
    return {
      type: 'work',
      agent,
      worker: this.#id,
      capacity: this.#capacity,
      ...(leaseMs !== undefined && { leaseMs }),
      ...(held.length > 0 && { held }),
    }
  }

  #online(): void {
    this.#connection.send(this.#offer())
    this.#outbox.online()
    for (const run of this.#runs.values()) run.online()
    this.#neverOnline = undefined
    this.#ready.resolve()
  }

  #offline(error: HeadraceError, closed: boolean): void {
    if (!closed) {
      this.#tellNeverOnline(error)
      return this.#outbox.offline(error)
    }
    // Nobody else can tell whoever started the process that it ends because it was refused.
    if (error.code !== 'closed' && this.#options.onError === undefined) failProcess()
    for (const run of this.#runs.values()) run.stop('closed')
    this.#outbox.close(error)
    this.#ready.reject(error)
  }

  #tellNeverOnline({ code, message }: HeadraceError): void {
    if (this.#neverOnline === undefined || (this.#neverOnline += 1) !== triesUntilTold) return
    const { url, agent } = this.#options
    const text = `The worker of ${agent} has not reached ${url} yet: ${message} It goes on trying.`
    this.#connection.onError(new HeadraceError(code, text))
  }

  #receive(frame: SessionFrame): void {
    switch (frame.type) {
      case 'reply':
        return this.#outbox.reply(frame.id, frame)
      case 'assign':
        return this.#assign(frame)
      case 'signal': {
        const run = this.#runs.get(keyOf(frame))
        if (run?.attempt !== frame.attempt) return
        return run.signalled(frame)
      }
      case 'snapshot':
      case 'subscribed':
      case 'events':
      case 'ephemeral':
      case 'unsubscribed': // for readers, and this is none
        return
      default:
        return frame satisfies never
    }
  }

  #assign(frame: Extract<Down, { readonly type: 'assign' }>): void {
    const {
      clock = systemClock,
      backoff = {},
      random = Math.random,
      maxUnansweredChars = defaultUnansweredChars,
    } = this.#options
    const key = keyOf(frame)
    const before = this.#runs.get(key)
    if (before && before.attempt >= frame.attempt) return // said twice
    // The server gave the same run again, so what this worker still did on it is no longer wanted.
    before?.stop('lost')
    const run = new LiveRun(readAssignment(frame), this.#options.handler, {
      clock,
      backoff: new Backoff(backoff, random),
      maxUnansweredChars,
      isOnline: () => this.#connection.isOnline,
      submit: async (body) => this.#outbox.submit(frame.session, body).answer,
      findMessage: (id) => this.#findMessage(frame.session, id),
      messagesOf: (run) => this.#messagesOf(frame.session, run),
      onError: this.#connection.onError,
    })
    this.#runs.set(key, run)
    void run.done.then(() => {
      if (this.#runs.get(key) === run) this.#runs.delete(key)
    })
  }

  async #findMessage(session: SessionId, id: string): Promise<Message> {
    for await (const messages of this.#pages(session)) {
      const found = messages.find((message) => message.id === id)
      if (found) return found
    }
    throw new HeadraceError(
      'message_not_found',
      `The input ${id} of the run is not among the newest messages of its session.`,
    )
  }

  /** Of a run that is over; mostly they are all in the view still. */
  async #messagesOf(session: SessionId, run: string): Promise<readonly Message[]> {
    const view = await this.#http.get<SessionView>(`v1/sessions/${encodeURIComponent(session)}`)
    const hot = view.messages.filter((message) => message.run === run)
    if (hot.length > 0) return hot
    for await (const messages of this.#pages(session)) {
      const found = messages.filter((message) => message.run === run)
      if (found.length > 0) return found
    }
    return []
  }

  /** Messages that have left the view, newest page first. */
  async *#pages(session: SessionId): AsyncGenerator<readonly Message[], void, undefined> {
    let before = Number.MAX_SAFE_INTEGER
    for (let page = 0; page < maxPages; page += 1) {
      const path = `v1/sessions/${encodeURIComponent(session)}/messages`
      const { messages, more } = await this.#http.get<MessagePage>(path, { before, limit: pageSize })
      yield messages
      if (!more) return
      before = messages[0]?.seq ?? 0
    }
  }

  close({ graceMs = defaultGraceMs }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }

  async #close(graceMs: number): Promise<void> {
    this.#capacity = 0
    this.#connection.send(this.#offer())
    await this.#finished(graceMs)
    this.#stopWatching()
    this.#connection.close()
  }

  /** Waits until no run is left, also of those that were assigned in the meantime, but not longer than the grace. */
  async #finished(graceMs: number): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<'over'>()
    const cancel = this.#clock.after(graceMs, () => resolve('over'))
    while (this.#runs.size > 0) {
      const all = Promise.all([...this.#runs.values()].map((run) => run.done))
      if ((await Promise.race([all, over])) === 'over') break
    }
    cancel()
  }
}

function keyOf({ session, run }: HeldRun): string {
  return `${session} ${run}`
}
