import type {
  Actor,
  CommandBody,
  Ephemeral,
  HeadraceError,
  Json,
  Message,
  ResetReason,
  SessionEvent,
  SessionId,
  SessionView,
} from '@headrace/core'
import type { ClientTool } from './client-tools.ts'
import type { SessionActions } from './session-actions.ts'

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
 * - `live`: following, with all that was there when it began to.
 * - `stale`: what is here was true when the connection was lost, or what was missed meanwhile is still coming; it goes on
 *   by itself.
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

/** What somebody shows for a moment; it is in no log. */
export interface EphemeralSignal extends Ephemeral {
  /** Who, as the server verified it. */
  readonly actor: Actor
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
export interface Session extends SessionActions {
  readonly id: SessionId
  /** What is known now. The same object until something changes, as `useSyncExternalStore` needs it. */
  readonly getSnapshot: () => SessionSnapshot
  /** The snapshot of a session of which nothing has come: what to render on a server and to hydrate with. */
  readonly getInitialSnapshot: () => SessionSnapshot
  /** Calls back after changes, once for all that came together. Returns what ends it. */
  readonly subscribe: (listener: () => void) => () => void
  /**
   * Waits until what is known is so; looks now, and after each change.
   *
   * @param options - `signal` ends the wait; it rejects with the signal's reason then
   * @returns the snapshot in which it was so
   * @throws HeadraceError `closed`, or why the client was closed
   * @example
   * ```ts
   * const session = client.session('support/42')
   * await session.send('How do I reset my password?')
   * const { messages } = await session.until(({ view }) => view.runs.length > 0 && !isBusy(view))
   * ```
   */
  until(
    holds: (snapshot: SessionSnapshot) => boolean,
    options?: { readonly signal?: AbortSignal },
  ): Promise<SessionSnapshot>
  /**
   * Every event after the one where following began, once and in order, across all reconnects. Events that are not for
   * this reader are left out, so their seqs are missing.
   */
  onEvent(listener: (event: SessionEvent) => void): () => void
  /** A snapshot came: the first one, or, with a `reset` that says why, one in place of events. */
  onSnapshot(listener: (view: SessionView, reset?: ResetReason) => void): () => void
  /** What others show for a moment, while it is followed: that they type, where they point. */
  onEphemeral(listener: (signal: EphemeralSignal) => void): () => void
  /**
   * Shows everybody who is there something for a moment. Without a connection it is lost.
   *
   * @param name - what it is: `typing`
   */
  ephemeral(name: string, value?: Json): void
  /**
   * Says how far this participant has read: only forward, and at most once a second however often it is called.
   * Refusals go to `onError`.
   *
   * @param seq - default: all that is known here, if there is something new in it
   */
  markRead(seq?: number): void
  /**
   * Offers tools that run on this device. For each request of a tool by one of these names that this participant may
   * answer, it takes the request and, if no other tab or device was first, runs the tool once and answers. What the tool
   * throws becomes the answer too.
   *
   * @returns what ends the offer; a tool that runs goes on
   * @example
   * ```ts
   * const session = client.session('support/42')
   * const stop = session.clientTools({
   *   where: async (_input, { signal }) => ({ city: 'Bern', late: signal.aborted }),
   * })
   * stop()
   * ```
   */
  clientTools(tools: Readonly<Record<string, ClientTool>>): () => void
  /** Brings the next older page into `messages`. `limit`: messages, default 50. */
  loadOlder(limit?: number): Promise<void>
}
