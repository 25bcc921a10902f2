import type {
  AgentName,
  CancelTarget,
  CommandBody,
  HeadraceError,
  JsonObject,
  Message,
  MessageId,
  SendPolicy,
  SessionEvent,
  SessionId,
  SessionSettings,
  SessionView,
} from '@headrace/core'
import type { Accepted } from '../outbox.ts'
import type { PostInput, SendInput } from './input.ts'

/** A command of this client that the session does not show yet. */
export interface PendingCommand {
  readonly id: string
  /** For a `send` or `post`, `body.parts` is what to show as a message on its way. */
  readonly body: CommandBody
  /** When it was asked for, milliseconds since 1970. */
  readonly at: number
}

/**
 * - `loading`: nothing has come yet.
 * - `live`: following.
 * - `stale`: what is here was true when the connection was lost; it goes on by itself.
 * - `failed`: the server refuses, `error` says why; or the client is closed with an error.
 */
export type SessionStatus = 'loading' | 'live' | 'stale' | 'failed'

/** What a reader knows of a session. Immutable: it is another object if, and only if, something changed. */
export interface SessionSnapshot {
  readonly view: SessionView
  /** Messages by position: older ones that were loaded, then those of the view. */
  readonly messages: readonly Message[]
  /** Whether `loadOlder` would bring more. */
  readonly hasOlder: boolean
  readonly status: SessionStatus
  readonly error?: HeadraceError
  /** In the order they were asked for. */
  readonly pending: readonly PendingCommand[]
}

/** Options of `client.session()`. */
export interface SessionOptions {
  /** Shows this device as present while the session is followed. Default `false`; once `true` it stays so. */
  readonly present?: boolean
  /**
   * Begins with the events after this seq in place of a snapshot. The view is then made of these events alone: exact
   * from 0, in part from anywhere else. Has no effect once something has come.
   */
  readonly after?: number
}

export interface RegenerateOptions {
  /** Who shall answer. Default: the session's agent. */
  readonly agent?: AgentName
  readonly policy?: SendPolicy
}

/**
 * One session as this client follows it and takes part in it. It is followed while it has a listener of any kind.
 *
 * Commands resolve when they are durable and reject with a `HeadraceError` when they are refused. Without a connection
 * they wait and are sent later, once and in order.
 *
 * @example
 * ```ts
 * const session = client.session('support/42')
 * const stop = session.subscribe(() => render(session.getSnapshot()))
 * await session.create({ metadata: { title: 'A question' } })
 * await session.send('How do I reset my password?')
 * stop()
 * ```
 */
export interface Session {
  readonly id: SessionId
  /** What is known now. The same object until something changes, as `useSyncExternalStore` needs it. */
  readonly getSnapshot: () => SessionSnapshot
  /** The snapshot of a session of which nothing has come: what to render on a server and to hydrate with. */
  readonly getInitialSnapshot: () => SessionSnapshot
  /** Calls back after changes, once for all that came together. Returns what ends it. */
  readonly subscribe: (listener: () => void) => () => void
  /** Every event after the one where following began, once and in order, across all reconnects. */
  onEvent(listener: (event: SessionEvent) => void): () => void
  /** A snapshot came: the first one, or one in place of events that the server no longer has. */
  onSnapshot(listener: (view: SessionView) => void): () => void
  /** Creates the session; a no-op if it exists. */
  create(settings?: SessionSettings): Promise<Accepted>
  /** Says something that an agent shall answer. */
  send(input: string | SendInput): Promise<Accepted>
  /** Says something that no agent need answer. */
  post(input: string | PostInput): Promise<Accepted>
  /** Stops runs. Default: all of the session. */
  cancel(target?: CancelTarget): Promise<Accepted>
  /** Asks for another answer to an input. */
  regenerate(input: MessageId, options?: RegenerateOptions): Promise<Accepted>
  /** Merges into the session's metadata; `null` removes a key. */
  update(metadata: JsonObject): Promise<Accepted>
  /** Brings the next older page into `messages`. `limit`: messages, default 50. */
  loadOlder(limit?: number): Promise<void>
}
