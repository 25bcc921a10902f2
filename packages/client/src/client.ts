import type {
  Actor,
  Capability,
  FoundPage,
  HiddenEvent,
  InboxPage,
  ListPage,
  SessionEvent,
  SessionId,
  SessionRow,
  SessionView,
} from '@headrace/core'
import type { ConnectionOptions, TokenOptions } from './net/connection.ts'
import type { ConnectionStatus } from './net/status.ts'
import type { TicketSource } from './net/tokens.ts'
import type { OutboxStorage } from './outbox-storage.ts'
import type { MessagePage } from './session/older-messages.ts'
import type { Session, SessionOptions } from './session/session.ts'

/** Options of `connect`. */
export type ConnectOptions = ClientOptions & (TokenOptions | TicketOptions)

/** For pages that hold no token: their own server gets them tickets. */
export interface TicketOptions {
  /** Gets a ticket, which opens one connection; called for each. */
  readonly ticket: TicketSource
  /**
   * For what is asked over HTTP, beside the connection, and to go on when the ticket's time is over. Without one such
   * calls reject with `unauthenticated`.
   */
  readonly token?: TokenOptions['token']
}

/** Options of `connect` beside who connects. */
export interface ClientOptions extends ConnectionOptions {
  readonly outbox?: {
    /** Commands that wait for an answer; one more is refused with `limit_exceeded`. Default 256. */
    readonly maxCommands?: number
    /** Where they wait, so that they survive the page. Default: nowhere. */
    readonly storage?: OutboxStorage
  }
  /** Id of this device or tab where presence is shown. Default random, so each tab is a device. */
  readonly device?: string
  /** What the device calls itself where presence is shown: "Chrome on Linux". */
  readonly label?: string
}

/** Which page of a list. */
export interface PageQuery {
  /** Most rows: 1 to 1,000. */
  readonly limit?: number
  /** `cursor` of the page before. */
  readonly cursor?: string
}

/** Which sessions. */
export interface SessionsQuery extends PageQuery {
  readonly status?: SessionRow['status']
  /** Only archived ones, or both. Default false: only others. */
  readonly archived?: boolean | 'any'
  /** Only those whose metadata has these fields with these very values. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>
}

/** Which messages of a session. */
export interface MessagesQuery {
  /** Only messages before this seq. Default: the newest. */
  readonly before?: number
  /** Most messages: 1 to 500. Default 50. */
  readonly limit?: number
}

/** When a session is looked at: after an event, or at a moment. */
export type ViewQuery =
  | {
      /** Seq of the last event in the view. */
      readonly at: number
    }
  | {
      /** Milliseconds since 1970. */
      readonly time: number
    }

/** Which events of a session. */
export interface EventsQuery {
  /** Only events after this seq. Default 0: from the first one. */
  readonly after?: number
  /** Most events: 1 to 10,000. Default 1,000. A page can be shorter. */
  readonly limit?: number
}

/** A page of a log. */
export interface EventPage {
  /** In order and without a gap: what is not for this reader comes as a `hidden` event. */
  readonly events: readonly (SessionEvent | HiddenEvent)[]
  /** Seq of the last event of the log. */
  readonly head: number
}

/** How a session is copied. */
export interface ForkOptions {
  /** The copy is as the session was after this event. Default: as it is. */
  readonly at?: number
  /** Id of the new session. Default: the server makes one. */
  readonly id?: SessionId
}

/** A copy of a session. */
export interface Fork {
  readonly id: SessionId
  /** `noop`: this copy was there already. */
  readonly outcome: 'accepted' | 'noop'
  /** The session that it is of, as it was after the event `at`. */
  readonly from: SessionId
  readonly at: number
  /** Seq of the first event of its own. */
  readonly seq: number
}

/** A link by which whoever has the token reads one session and does nothing else. */
export interface ShareOptions {
  /** How long it works: 1 to 2,592,000. Default 604,800, a week. */
  readonly ttlSeconds?: number
  /** Shown as the reader's name. */
  readonly name?: string
}

export interface SharedLink {
  readonly id: string
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Which tokens to take back; for good. */
export type Revocation = { readonly reason?: string } & (
  | {
      /** The `jti` of one token. */
      readonly token: string
      /** When it expires, if you know: the revocation is forgotten then. Milliseconds since 1970. */
      readonly expiresAt?: number
    }
  | {
      readonly actor: Actor
      /** Only tokens made before. Default now. Milliseconds since 1970. */
      readonly issuedBefore?: number
    }
  | { readonly all: true; readonly issuedBefore?: number }
)

/** Where a browser is reached while its page is closed: what `PushSubscription.toJSON()` gives, and a name for the device. */
export interface PushTarget {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
  /** At most 128 characters. */
  readonly label?: string
}

/** Who the token says we are, and what it allows. */
export interface Me {
  readonly tenant: string
  readonly actor: Actor
  readonly name?: string
  readonly capabilities: readonly Capability[]
  readonly agents: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * A connection to a server and the sessions that are followed through it. It reconnects by itself, and what it follows
 * goes on at the exact event where it stopped.
 *
 * @example
 * ```ts
 * const client = connect({ url: 'https://sessions.example.com', token: () => fetchToken() })
 * const session = client.session('support/42')
 * session.onEvent((event) => console.log(event.seq, event.type))
 * await session.send('Hello')
 * await client.close()
 * ```
 */
export interface Client {
  /** Another object whenever it changes. */
  readonly status: ConnectionStatus
  /** Calls back when `status` has changed. Returns what ends it. */
  readonly onStatus: (listener: () => void) => () => void
  /**
   * A session by id; the same object for the same id. Asking for it costs nothing: it is followed while it has a
   * listener, and commands need none.
   *
   * @throws HeadraceError `bad_request` when it is no session id
   */
  session(id: SessionId, options?: SessionOptions): Session
  /** Who the server said we are, when it last did; `undefined` before the first connection. */
  readonly actor: Actor | undefined
  /** Sessions that the token may read, the newest change first. */
  sessions(query?: SessionsQuery): Promise<ListPage>
  /**
   * What waits for whoever the token names in all sessions: requests, failures, mentions, what is unread. The session with
   * the newest first; `limit` counts sessions, at most 200.
   */
  inbox(query?: PageQuery): Promise<InboxPage>
  /** Messages that have all the words, the newest first, at most 100. The last word may be the beginning of one. */
  search(text: string, page?: PageQuery): Promise<FoundPage>
  /**
   * A session as it is, without following it: for a page that is rendered on a server, or a look now and then.
   *
   * @param when - how it was then; default: as it is
   * @throws HeadraceError `session_not_found`, `forbidden`; `compacted` where it is too long ago
   * @example
   * ```ts
   * const { metadata, runs } = await client.view('support/42')
   * ```
   */
  view(session: SessionId, when?: ViewQuery): Promise<SessionView>
  /**
   * The names of the agents that are there for a session now: a worker offers to work as them and may in this session, or
   * holds a run of it, or they are called by HTTP. What is sent to another one waits until it comes. Needs the verb `send`.
   *
   * @throws HeadraceError `session_not_found`, `forbidden`
   * @example
   * ```ts
   * const isThere = (await client.agents('support/42')).includes('researcher')
   * ```
   */
  agents(session: SessionId): Promise<readonly string[]>
  /**
   * A page of a session's log, without following it: to look back, or to play what happened again with `foldView`.
   *
   * @throws HeadraceError `compacted` where raw output that far back is gone; the `floor` in its detail is where to begin
   * @example
   * ```ts
   * const { events, head } = await client.events('support/42', { after: 100 })
   * ```
   */
  events(session: SessionId, query?: EventsQuery): Promise<EventPage>
  /**
   * Messages of a session that have left its view, the newest before a position, oldest first. What is in the view is not
   * among them; a session that is followed has both in its `messages`.
   */
  messages(session: SessionId, query?: MessagesQuery): Promise<MessagePage>
  /** Makes a copy of a session that goes on by itself. What was under way is over in the copy. */
  fork(session: SessionId, options?: ForkOptions): Promise<Fork>
  /**
   * A session line by line as JSON, to keep or to check with `headrace verify`. Each line links to the one before by its
   * hash, so that nothing can be changed or left out unnoticed.
   *
   * @example
   * ```ts
   * const lines: string[] = []
   * for await (const line of client.export('support/42')) lines.push(line)
   * ```
   */
  export(session: SessionId): AsyncIterable<string>
  /** Removes a session with all that belongs to it, for good. Needs the verb `admin`. */
  deleteSession(session: SessionId): Promise<void>
  /** Makes a link by which others read a session. Needs the verb `admin`. */
  share(session: SessionId, options?: ShareOptions): Promise<SharedLink>
  /** Closes such a link, and cuts who reads by it. */
  unshare(session: SessionId, link: string): Promise<void>
  /** Takes tokens back before they expire. Needs the verb `admin` on all sessions. */
  revoke(what: Revocation): Promise<void>
  me(): Promise<Me>
  /**
   * The public key that a browser subscribes to Web Push with, in base64url.
   *
   * @throws HeadraceError `not_found` where Web Push is off
   */
  pushKey(): Promise<string>
  /** Has this participant told on a device of what waits for them while they are away; at most 20 devices. */
  subscribePush(target: PushTarget): Promise<void>
  /** Ends that for one device. */
  unsubscribePush(endpoint: string): Promise<void>
  /** Loses the connection as a network failure would; it heals by itself. For demonstrations and tests. */
  drop(): void
  /** `false`: stays offline until it is called with `true`. For demonstrations and tests. */
  setOnline(on: boolean): void
  /**
   * Ends everything; commands without an answer reject with `closed`, and may or may not be applied. Idempotent. Node may
   * keep the process for minutes after that if the network has swallowed the connection: call `process.exit()` to end it.
   */
  close(): Promise<void>
}
