import { clientId, sessionId, type HeadraceError, type ListPage, type SessionId } from '@headrace/core'
import { systemClock } from './clock.ts'
import { Backoff } from './net/backoff.ts'
import { Connection, type SessionFrame } from './net/connection.ts'
import { Http } from './net/http.ts'
import { Outbox } from './outbox.ts'
import { onBackOnline } from './page-events.ts'
import { randomId } from './random-id.ts'
import { LiveSession } from './session/live-session.ts'
import { SessionSet } from './session/session-set.ts'
import type { Client, ConnectOptions, Me, PageQuery } from './client.ts'
import type { ConnectionStatus } from './net/status.ts'
import type { MessagePage } from './session/older-messages.ts'
import type { Session, SessionOptions } from './session/session.ts'

const defaultMaxCommands = 256

/**
 * Connects to a server, in a browser or in Node. Returns at once: what is asked before the connection stands is sent
 * when it does.
 *
 * @example
 * ```ts
 * const client = connect({ url: 'http://127.0.0.1:4400', token })
 * const session = client.session('demo')
 * session.subscribe(() => console.log(session.getSnapshot().messages))
 * ```
 * @throws HeadraceError `bad_request` when `device` is no id
 */
export function connect(options: ConnectOptions): Client {
  return new SocketClient(options)
}

class SocketClient implements Client {
  readonly #connection: Connection
  readonly #outbox: Outbox
  readonly #http: Http
  readonly #sessions: SessionSet
  readonly #stopWatching: () => void

  constructor(options: ConnectOptions) {
    const { clock = systemClock, random = Math.random, label, url, fetch } = options
    const device = options.device === undefined ? randomId() : clientId.parse(options.device, 'device')
    const connection = new Connection(options, {
      online: () => this.#online(),
      offline: (error, closed) => this.#offline(error, closed),
      frame: (frame) => this.#receive(frame),
    })
    const outbox = new Outbox({
      clock,
      maxCommands: options.outbox?.maxCommands ?? defaultMaxCommands,
      send: (frame) => connection.send(frame),
    })
    this.#connection = connection
    this.#outbox = outbox
    this.#http = new Http({ url, tokens: connection.tokens, ...(fetch && { fetch }) })
    this.#sessions = new SessionSet(
      (id) =>
        new LiveSession(id, {
          clock,
          device,
          label,
          get status() {
            return connection.status
          },
          onError: connection.onError,
          send: (frame) => connection.send(frame),
          submit: (session, body) => outbox.submit(session, body),
          messages: (session, before, limit) => this.#messages(session, before, limit),
          backoff: () => new Backoff(options.backoff ?? {}, random),
          drop: (error) => connection.drop(error),
          followed: (session, on) => this.#sessions.mark(session, on),
        }),
    )
    this.#stopWatching = onBackOnline(() => connection.retryNow())
    connection.start()
  }

  get status(): ConnectionStatus {
    return this.#connection.status
  }

  readonly onStatus = (listener: () => void): (() => void) => this.#connection.onStatus(listener)

  session(id: SessionId, options: SessionOptions = {}): Session {
    const session = this.#sessions.get(sessionId.parse(id, 'session id'))
    session.configure(options)
    return session
  }

  listSessions({ limit, cursor }: PageQuery = {}): Promise<ListPage> {
    return this.#http.get<ListPage>('v1/sessions', { limit, cursor })
  }

  me(): Promise<Me> {
    return this.#http.get<Me>('v1/me')
  }

  #messages(session: SessionId, before: number, limit: number): Promise<MessagePage> {
    return this.#http.get<MessagePage>(`v1/sessions/${encodeURIComponent(session)}/messages`, { before, limit })
  }

  #online(): void {
    for (const session of this.#sessions.followed) session.online()
    this.#outbox.online()
  }

  #offline(error: HeadraceError, closed: boolean): void {
    if (closed) this.#outbox.close(error)
    else this.#outbox.offline(error)
    for (const session of this.#sessions.followed) session.offline(closed)
  }

  #receive(frame: SessionFrame): void {
    switch (frame.type) {
      case 'reply':
        return this.#outbox.reply(frame.id, frame)
      case 'snapshot':
      case 'events':
      case 'unsubscribed':
        return this.#sessions.find(frame.session)?.frame(frame)
      case 'assign':
      case 'signal': // for workers, and this is none
        return
      default:
        return frame satisfies never
    }
  }

  drop(): void {
    this.#connection.drop()
  }

  setOnline(on: boolean): void {
    this.#connection.setOnline(on)
  }

  async close(): Promise<void> {
    this.#stopWatching()
    this.#connection.close()
  }
}
