import {
  HeadraceError,
  clientId,
  sessionId,
  type Actor,
  type FoundPage,
  type InboxPage,
  type ListPage,
  type SessionId,
  type SessionView,
} from '@headrace/core'
import { systemClock } from './clock.ts'
import { Backoff } from './net/backoff.ts'
import { Connection, type SessionFrame } from './net/connection.ts'
import { Http } from './net/http.ts'
import { Tokens } from './net/tokens.ts'
import { Outbox } from './outbox.ts'
import { onBackOnline } from './page-events.ts'
import { randomId } from './random-id.ts'
import { LiveSession } from './session/live-session.ts'
import { SessionSet } from './session/session-set.ts'
import type {
  Client,
  ConnectOptions,
  EventPage,
  EventsQuery,
  Fork,
  ForkOptions,
  Me,
  MessagesQuery,
  PageQuery,
  PushTarget,
  Revocation,
  SessionsQuery,
  SharedLink,
  ShareOptions,
  ViewQuery,
} from './client.ts'
import type { ConnectionStatus } from './net/status.ts'
import type { MessagePage } from './session/older-messages.ts'
import type { Session, SessionOptions } from './session/session.ts'

const defaultMaxCommands = 256

/**
 * Connects to a server, in a browser or in Node. Returns at once: what is asked before the connection stands is sent
 * when it does. Outside of a page it connects when something needs it, so a module that makes a client can be loaded where
 * pages are rendered on a server.
 *
 * @example
 * ```ts
 * const client = connect({ url: 'http://127.0.0.1:4400', token })
 * const session = client.session('demo')
 * session.subscribe(() => console.log(session.getSnapshot().messages))
 * ```
 * @throws HeadraceError `bad_request` when `device` is no id, or there is neither `token` nor `ticket`
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
    const { clock = systemClock, random = Math.random, newId = randomId, label, url, fetch } = options
    const device = options.device === undefined ? newId() : clientId.parse(options.device, 'device')
    const ticket = 'ticket' in options ? options.ticket : undefined
    if (options.token === undefined && ticket === undefined)
      throw new HeadraceError('bad_request', 'connect needs a token, or a ticket function. Give it one of them.')
    const connection = new Connection(options, new Tokens(options.token, ticket), {
      online: () => this.#online(),
      offline: (error, closed) => this.#offline(error, closed),
      frame: (frame) => this.#receive(frame),
    })
    const outbox = new Outbox({
      clock,
      prefix: newId(),
      maxCommands: options.outbox?.maxCommands ?? defaultMaxCommands,
      ...(options.outbox?.storage && { storage: options.outbox.storage }),
      onError: connection.onError,
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
          get actor() {
            return connection.actor
          },
          onStatus: (listener) => connection.onStatus(listener),
          onError: connection.onError,
          send: (frame) => connection.send(frame),
          submit: (session, body, id) => outbox.submit(session, body, id),
          messages: (session, before, limit) => this.messages(session, { before, limit }),
          backoff: () => new Backoff(options.backoff ?? {}, random),
          drop: (error) => connection.drop(error),
          followed: (session, on) => this.#sessions.mark(session, on),
        }),
    )
    this.#stopWatching = onBackOnline(() => connection.retryNow())
    // A module that makes a client may be loaded to render a page on a server, where nobody closes it.
    if (options.online === undefined && typeof window === 'undefined') connection.startWhenNeeded()
    else connection.start()
    void this.#restore()
  }

  /** Commands that an earlier page left are shown as on their way, like any others. */
  async #restore(): Promise<void> {
    for (const { command, ...submission } of await this.#outbox.restore()) {
      const { id, session, body, at } = command
      this.#sessions
        .get(session)
        .settle(submission, { id, body, at })
        .catch((thrown: unknown) => {
          const error = HeadraceError.from(thrown)
          // Nobody else hears of a refusal: who asked is gone with the page. A closed client has said it.
          if (error.code !== 'closed') this.#connection.onError(error)
        })
    }
  }

  get actor(): Actor | undefined {
    return this.#connection.actor
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

  sessions({ metadata = {}, ...query }: SessionsQuery = {}): Promise<ListPage> {
    const asked = Object.entries(metadata).map(([name, value]) => {
      // In quotes a text is a text, whatever it looks like.
      return [`metadata.${name}`, typeof value === 'string' ? `"${value}"` : value] as const
    })
    return this.#http.get<ListPage>('v1/sessions', { ...query, ...Object.fromEntries(asked) })
  }

  inbox(query: PageQuery = {}): Promise<InboxPage> {
    return this.#http.get<InboxPage>('v1/inbox', { ...query })
  }

  search(text: string, page: PageQuery = {}): Promise<FoundPage> {
    return this.#http.get<FoundPage>('v1/search', { q: text, ...page })
  }

  fork(session: SessionId, options: ForkOptions = {}): Promise<Fork> {
    return this.#http.post<Fork>(`${path(session)}/fork`, options)
  }

  export(session: SessionId): AsyncIterable<string> {
    return this.#http.lines(`${path(session)}/export`)
  }

  deleteSession(session: SessionId): Promise<void> {
    return this.#http.delete(path(session))
  }

  share(session: SessionId, options: ShareOptions = {}): Promise<SharedLink> {
    return this.#http.post(`${path(session)}/share`, options)
  }

  unshare(session: SessionId, link: string): Promise<void> {
    return this.#http.delete(`${path(session)}/shares/${encodeURIComponent(link)}`)
  }

  async revoke(what: Revocation): Promise<void> {
    await this.#http.post('v1/revocations', what)
  }

  me(): Promise<Me> {
    return this.#http.get<Me>('v1/me')
  }

  async pushKey(): Promise<string> {
    return (await this.#http.get<{ readonly publicKey: string }>('v1/push/key')).publicKey
  }

  subscribePush(target: PushTarget): Promise<void> {
    return this.#http.send('v1/push/subscriptions', target)
  }

  unsubscribePush(endpoint: string): Promise<void> {
    return this.#http.delete('v1/push/subscriptions', { endpoint })
  }

  view(session: SessionId, when?: ViewQuery): Promise<SessionView> {
    return this.#http.get<SessionView>(path(session), { ...when })
  }

  async agents(session: SessionId): Promise<readonly string[]> {
    return (await this.#http.get<{ readonly agents: readonly string[] }>(`${path(session)}/agents`)).agents
  }

  events(session: SessionId, query: EventsQuery = {}): Promise<EventPage> {
    return this.#http.get<EventPage>(`${path(session)}/events`, { ...query })
  }

  messages(session: SessionId, query: MessagesQuery = {}): Promise<MessagePage> {
    return this.#http.get<MessagePage>(`${path(session)}/messages`, { ...query })
  }

  #online(): void {
    for (const session of this.#sessions.followed) session.online()
    this.#outbox.online()
  }

  #offline(error: HeadraceError, closed: boolean): void {
    if (closed) this.#outbox.close(error)
    else this.#outbox.offline(error)
    for (const session of closed ? this.#sessions.all : this.#sessions.followed) session.offline(closed)
  }

  #receive(frame: SessionFrame): void {
    switch (frame.type) {
      case 'reply':
        return this.#outbox.reply(frame.id, frame)
      case 'snapshot':
      case 'subscribed':
      case 'events':
      case 'ephemeral':
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

function path(session: SessionId): string {
  return `v1/sessions/${encodeURIComponent(session)}`
}
