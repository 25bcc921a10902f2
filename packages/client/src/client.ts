import type { Actor, Capability, ListPage, SessionId } from '@headrace/core'
import type { ConnectionOptions } from './net/connection.ts'
import type { ConnectionStatus } from './net/status.ts'
import type { Session, SessionOptions } from './session/session.ts'

/** Options of `connect`. */
export interface ConnectOptions extends ConnectionOptions {
  /** Commands that wait for an answer; one more is refused with `limit_exceeded`. Default `{ maxCommands: 256 }`. */
  readonly outbox?: { readonly maxCommands?: number }
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
  /** Sessions that the token may read, the newest change first. */
  listSessions(query?: PageQuery): Promise<ListPage>
  me(): Promise<Me>
  /** Loses the connection as a network failure would; it heals by itself. For demonstrations and tests. */
  drop(): void
  /** `false`: stays offline until it is called with `true`. For demonstrations and tests. */
  setOnline(on: boolean): void
  /** Ends everything; commands without an answer reject with `closed`, and may or may not be applied. Idempotent. */
  close(): Promise<void>
}
