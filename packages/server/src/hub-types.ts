import type {
  Actor,
  AgentName,
  Command,
  Ephemeral,
  Grant,
  ListPage,
  ListQuery,
  MessageRow,
  Outcome,
  ReadLimits,
  Reader,
  RunId,
  SessionId,
  SessionKey,
  SessionView,
} from '@headrace/core'
import type { History } from './history/history.ts'

/** Consecutive events of one session, as the JSON they were stored as. */
export interface Page {
  /** Seq before the first event. */
  readonly after: number
  /** Seq of the last event. */
  readonly last: number
  readonly events: readonly string[]
  /** The page as a WebSocket message, header and all: encoded once, whoever reads it. */
  readonly frame: Buffer
  /** The page as a reader sees it: the same one for all readers who see the same. */
  visibleTo(reader: Reader): Page
}

/** Which events are read. */
export interface EventRange extends ReadLimits {
  /** Seq before the first. */
  readonly after: number
  /** What is left where compaction dropped events, in place of the error `compacted`. Default false. */
  readonly sparse?: boolean
}

/** What follows a session. */
export interface FollowOptions {
  /** Seq of the last event that the reader has. */
  readonly after: number
  /** Called when there is more. */
  readonly wake: () => void
  /** Called with what others show for a moment (P3). It must not block: what can't be sent now is dropped. */
  readonly onEphemeral?: (shown: ShownEphemeral) => void
}

/** Something that an actor shows everybody who is there now. */
export interface ShownEphemeral extends Ephemeral {
  readonly actor: Actor
}

/** A reader's place in a session's log. */
export interface Follower {
  /** Seq of the last event that `next` returned. */
  readonly cursor: number
  /**
   * The next page of events, about 64 KiB at the most, and moves the cursor; `undefined` at the end of the log, after
   * which the follower's `wake` is called when there is more. A promise only when events must be read from the store: a
   * reader that keeps up never waits. It rejects with `session_not_found` when the session was deleted.
   */
  next(): Page | undefined | Promise<Page | undefined>
  close(): void
}

/** A run that was claimed for a worker. */
export interface Assignment {
  readonly session: SessionId
  readonly run: RunId
  readonly attempt: number
  readonly agent: AgentName
  readonly leaseMs: number
  /** As the agent sees it. */
  readonly view: SessionView
}

export interface ClaimOptions {
  readonly leaseMs?: number
  /** How long to wait for work, in milliseconds. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

export interface HubStats {
  readonly rooms: number
  readonly followers: number
  readonly workers: number
}

/** All that a door needs. Every method rejects with a `HeadraceError`. */
export interface Hub {
  /** Id of this server process. */
  readonly node: string
  /** Decides and, if accepted, stores a command; the answer comes when it is durable. Verbs are checked by `decide`. */
  submit(key: SessionKey, command: Command): Promise<Outcome>
  /**
   * What a reader sees now, with all that any server has acknowledged. The door checks the right to read; what is not for
   * this reader is left out here (L7).
   */
  view(key: SessionKey, reader: Reader): Promise<SessionView>
  events(
    key: SessionKey,
    reader: Reader,
    from: EventRange,
  ): Promise<{ readonly events: readonly string[]; readonly head: number }>
  /** Messages that are no longer in the view, the newest before a position, oldest first. */
  messages(
    key: SessionKey,
    reader: Reader,
    page: { readonly before: number; readonly limit: number },
  ): Promise<{ readonly rows: readonly MessageRow[]; readonly more: boolean }>
  follow(key: SessionKey, reader: Reader, options: FollowOptions): Promise<Follower>
  /** Shows something to everybody who follows the session here, but to the one who shows it. It is kept nowhere. */
  show(key: SessionKey, shown: ShownEphemeral, by?: FollowOptions['onEphemeral']): void
  list(query: ListQuery): Promise<ListPage>
  /** What is asked of the past, and across sessions. */
  readonly history: History
  purge(key: SessionKey): Promise<void>
  /** The agents of a session that are there now: somebody offers to work as them in it, or holds a run of it. */
  agents(key: SessionKey): Promise<readonly AgentName[]>
  /** Waits for a run of an agent and claims it; `undefined` when none came in time. */
  claim(agent: AgentName, worker: string, grant: Grant, options: ClaimOptions): Promise<Assignment | undefined>
  stats(): HubStats
  /** Refuses new work, finishes what was accepted, stores snapshots. Idempotent. */
  close(): Promise<void>
}

/** Where the server counts what it does. All methods are called on hot paths: count, don't compute. */
export interface Meter {
  /** A batch became durable. */
  appended(events: number, ms: number): void
  /** A command was answered; `code` is set for refusals. */
  answered(outcome: 'accepted' | 'noop' | 'refused', code?: string): void
  /** Events were handed to a reader's connection. */
  delivered(events: number, bytes: number): void
  connected(door: 'ws' | 'sse', change: 1 | -1): void
  /** A connection or subscription was ended by the server for this reason. */
  cut(code: string): void
}

export const noMeter: Meter = {
  appended: () => undefined,
  answered: () => undefined,
  delivered: () => undefined,
  connected: () => undefined,
  cut: () => undefined,
}
