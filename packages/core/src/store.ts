import type { SessionId, SessionKey } from './ids.ts'
import type { JsonObject } from './json.ts'

/**
 * What a store promises about a write that it has acknowledged. `fsync`: on disk. `quorum`: on disk of a majority.
 * `window`: may lose up to that many milliseconds. `none`: gone with the process.
 */
export type Durability = 'fsync' | 'quorum' | { readonly windowMs: number } | 'none'

export interface StoreCapabilities {
  readonly name: string
  readonly durability: Durability
  /** Whether servers on other machines can use the same data at the same time. */
  readonly shared: boolean
}

/** Something of a session that waits for somebody (P5). */
export interface InboxEntry {
  readonly kind: 'request' | 'failed' | 'mention' | 'unread'
  /** An actor like `user:ada`; `*`: whoever may answer; `operators`: operators who may. */
  readonly for: string
  /** The request, run or message that it is about. */
  readonly ref: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** How many messages are unread. */
  readonly count?: number
}

/** One line in lists of sessions, and what tells a server that a session needs it. Derived from the state. */
export interface SessionRow {
  readonly id: SessionId
  readonly createdAt: number
  /** When something last happened that a list shows: not moved by deltas. */
  readonly updatedAt: number
  readonly metadata: JsonObject
  readonly messages: number
  /** `active`: a run is being worked on. `waiting`: a run waits for an agent. `idle`: neither. */
  readonly status: 'active' | 'waiting' | 'idle'
  /** Runs that are queued or active. */
  readonly openRuns: number
  /** Agents that have a run to take. */
  readonly work: readonly string[]
  /** A server must look at the session by then (milliseconds since 1970), or `null`. */
  readonly due: number | null
  /** Kept out of the way: lists can leave it out. */
  readonly archived: boolean
  /** What waits for whom; at most 256 entries. */
  readonly inbox: readonly InboxEntry[]
}

/** A message that left the hot part, at its position. */
export interface MessageRow {
  readonly seq: number
  /** The message as JSON. */
  readonly json: string
}

/** What a message is found by. */
export interface SearchWords {
  /** The message's position. */
  readonly seq: number
  /** When it was written, in milliseconds since 1970: the newest is found first. */
  readonly at: number
  /** Each once, in the form in which they are asked for. None: the message is not found any more. */
  readonly words: readonly string[]
}

/** All that one append writes: it happens whole or not at all. */
export interface AppendBatch {
  /** Events as JSON, in order; the first one's seq is `expectedSeq + 1`. */
  readonly events: readonly string[]
  /** Replaces the session's row. */
  readonly row?: SessionRow
  /** Adds or replaces message rows. */
  readonly messages?: readonly MessageRow[]
  /** Replaces what messages are found by; one entry per message. */
  readonly words?: readonly SearchWords[]
}

export interface ReadLimits {
  /** At most this many events. */
  readonly maxEvents: number
  /** Stop after the event that reaches this many characters. At least one event is returned where there is one. */
  readonly maxChars: number
}

export interface Snapshot {
  /** The state is the fold of all events up to this one. */
  readonly seq: number
  /** The state as JSON. */
  readonly state: string
}

/** What a compaction keeps and what it drops. */
export interface Compaction {
  /** The state at the new floor, which everybody who reads from below begins with. */
  readonly floor: Snapshot
  /** First and last seq of what goes, both included, at or below the floor. In any order; they may overlap. */
  readonly drop: readonly (readonly [first: number, last: number])[]
}

/** Content that is kept beside a session's log. */
export interface StoredBlob {
  /** 1–128 characters of `A–Z a–z 0–9 . _ : -`. */
  readonly id: string
  /** Its size. */
  readonly bytes: number
}

/** What a redaction puts in the place of what is to go. */
export interface Redaction {
  /** Events as JSON, each in the place of one that is there. */
  readonly events: readonly { readonly seq: number; readonly json: string }[]
  /** Message rows, each in the place of one that is there. What it was found by is removed. */
  readonly messages: readonly MessageRow[]
  /** In the place of the newest snapshot, whichever that is. At or above the floor. */
  readonly snapshot: Snapshot
  /** In the place of the state at the floor. Left out, that state is dropped. */
  readonly floor?: Snapshot
  /** Ids of blobs to remove; those that are not there are passed over. */
  readonly blobs?: readonly string[]
  /** What messages are found by from now on: those that are replaced here, or others. */
  readonly words?: readonly SearchWords[]
  /**
   * Seqs of the floor and of the newest snapshot when this was made, 0 where there was none. A store that several servers
   * use writes nothing where either has moved; one that a server has for itself need not look.
   */
  readonly since?: { readonly floor: number; readonly snapshot: number }
}

export interface ListQuery {
  readonly tenant: string
  /** Most rows: 1 to 1,000. */
  readonly limit: number
  /** Rows after this one in the order of the list. */
  readonly cursor?: string
  /** Only rows of this status. */
  readonly status?: SessionRow['status']
  /** Only archived rows, or only others. Default: both. */
  readonly archived?: boolean
  /** Only rows whose metadata has each of these fields with this very value. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>
}

export interface InboxQuery {
  readonly tenant: string
  /** Entries for any of these, spelled exactly so: 1 to 16. */
  readonly for: readonly string[]
  /** Most rows: 1 to 1,000. */
  readonly limit: number
  /** Rows after this one in the order of the inbox. */
  readonly cursor?: string
}

export interface SearchQuery {
  readonly tenant: string
  /** 1 to 16 words, in the form in which they were given: all must be there, and for the last one a word that begins so. */
  readonly words: readonly string[]
  /** Most hits: 1 to 1,000. */
  readonly limit: number
  /** Hits after this one in the order of the search. It serves for every query. */
  readonly cursor?: string
}

/** A message that was found. */
export interface SearchHit {
  readonly session: SessionId
  readonly seq: number
}

export interface SearchPage {
  /** By the time of the message, newest first; of the same time by session, then newest position first. */
  readonly hits: readonly SearchHit[]
  /** Present when not all was looked at. A page can be short, or empty, all the same: a call does bounded work. */
  readonly cursor?: string
}

export interface ListPage {
  /** In the order of the list. */
  readonly rows: readonly SessionRow[]
  /**
   * Present when there are more rows. Where rows are picked out of a list, a call looks at a bounded number of them: then a
   * page can be short, or empty, and a cursor says only that not all was looked at.
   */
  readonly cursor?: string
}

/**
 * Where sessions live. A store orders and keeps; it knows no rule of sessions. One contract suite
 * (`@headrace/testing/store-contract`) runs against every store.
 *
 * Every method may reject with a `HeadraceError` of code `store_unavailable`, `store_corrupt` or `closed`; some also with
 * the ones they name.
 */
export interface Store {
  readonly capabilities: StoreCapabilities

  /**
   * Appends if, and only if, the log still ends at `expectedSeq`. Resolves when the batch is durable as `capabilities`
   * says. Atomic, and linearizable per session.
   *
   * @throws {@link AppendConflict} when the log ends elsewhere; nothing was written.
   * @throws HeadraceError `store_full`: nothing was written.
   * @throws HeadraceError `unknown_outcome`: read the head to find out.
   */
  append(key: SessionKey, expectedSeq: number, batch: AppendBatch): Promise<void>

  /**
   * Begins a log in the middle, for a fork or an import: `floor` is the state that all of it follows, floor and head are
   * its seq, and the first event gets the seq after it. `batch` goes with it, whole or not at all. Durable, as an append is.
   *
   * @throws {@link AppendConflict} when the session exists; nothing was written.
   * @throws HeadraceError `bad_request`: a floor below 1; and what {@link Store.append} throws
   */
  begin(key: SessionKey, floor: Snapshot, batch?: AppendBatch): Promise<void>

  /** Seq of the last event; 0 when the session does not exist. */
  head(key: SessionKey): Promise<number>

  /**
   * Up to where events may be missing: the seq of the last compaction or of {@link Store.begin}, 0 without one. Above it
   * the log is dense. It only moves up.
   */
  floor(key: SessionKey): Promise<number>

  /**
   * Events after a seq as JSON, in order; empty at the end of the log.
   *
   * Above the floor there is no gap, and a missing event is `store_corrupt`. At or below the floor come the events that
   * compaction left, so one read can begin with gaps and go on without. Each event says its own seq; the next read goes on
   * after that of the last one. Who builds a state must not begin below the floor, but with a snapshot.
   */
  read(key: SessionKey, after: number, limits: ReadLimits): Promise<readonly string[]>

  /** The newest snapshot. It may be behind the log, never ahead of it, and never below the floor. */
  getSnapshot(key: SessionKey): Promise<Snapshot | undefined>

  /**
   * The state exactly at the floor, whatever newer snapshots there are; `undefined` without a floor, or when a redaction
   * dropped it.
   */
  floorSnapshot(key: SessionKey): Promise<Snapshot | undefined>

  /**
   * Keeps a snapshot, unless a newer one is there or it is ahead of the log. Need not be durable: it can be made again.
   *
   * @throws HeadraceError `store_full`
   */
  putSnapshot(key: SessionKey, snapshot: Snapshot): Promise<void>

  /**
   * Raises the floor and drops events at or below it. Appends go on meanwhile. A reader finds all of it done or nothing;
   * cut short, it is finished when the store opens again. Does nothing when the floor is there already, or above. Resolves
   * when the dropped bytes are in no file any more, or erasing them has failed, which is not the caller's concern.
   *
   * @throws HeadraceError `session_not_found`; `bad_request`: the floor is below 1 or past the end of the log, or something
   *   to drop is above the floor; `store_full`; `unknown_outcome`: the floor tells
   */
  compact(key: SessionKey, compaction: Compaction): Promise<void>

  /**
   * Replaces events and messages where they are, with the states that still hold what they said, all at once. Appends go on
   * meanwhile, and the head stays. Resolves when the old bytes are in no file any more, or erasing them has failed, which is
   * not the caller's concern.
   *
   * A snapshot that is newer than the one here is taken as always: the caller sees to it that it holds nothing of the old.
   *
   * @throws HeadraceError `session_not_found`; `bad_request`: an event or a message row is not there, a snapshot is below the
   *   floor or past the end of the log, or `floor` is not at the floor: nothing was written; `version_conflict`: nothing was written, because of `since`;
   *   `store_full`; `unknown_outcome`
   */
  redact(key: SessionKey, redaction: Redaction): Promise<void>

  /**
   * Keeps content beside the session's log. Durable; seen whole or not at all. An id stands for one content: an id that is
   * there already is left as it is. Appends go on meanwhile. `bytes` must not change until it resolves.
   *
   * @throws HeadraceError `session_not_found`; `store_full`; `unknown_outcome`: put it again
   */
  putBlob(key: SessionKey, id: string, bytes: Uint8Array): Promise<void>

  /** A blob's content; `undefined` when it is not there. */
  getBlob(key: SessionKey, id: string): Promise<Uint8Array | undefined>

  /** The session's blobs, in the order of their ids. */
  blobs(key: SessionKey): Promise<readonly StoredBlob[]>

  /** The newest message rows before a position, oldest first. */
  readMessages(key: SessionKey, before: number, limit: number): Promise<readonly MessageRow[]>

  /** The session's row. */
  row(key: SessionKey): Promise<SessionRow | undefined>

  /**
   * Sessions of a tenant, newest `updatedAt` first. With filters, a call looks at 1,000 rows or more.
   *
   * @throws HeadraceError `bad_request` when the cursor is none of this store's
   */
  list(query: ListQuery): Promise<ListPage>

  /**
   * Sessions of a tenant with inbox entries for any of some actors, each once, newest entry first. By an index: the cost is
   * that of the rows on the page, times the number of actors.
   *
   * @throws HeadraceError `bad_request` when the cursor is none of this store's
   */
  inbox(query: InboxQuery): Promise<ListPage>

  /**
   * Messages of a tenant that have all of some words. A call looks at up to 1,000 messages that have the beginning of the
   * longest word, so what is common comes quickly, and what is rare may take several calls.
   *
   * @throws HeadraceError `bad_request` when the cursor is none of this store's
   */
  search(query: SearchQuery): Promise<SearchPage>

  /** Sessions whose `due` is at or before a time, soonest first. */
  due(before: number, limit: number): Promise<readonly { readonly key: SessionKey; readonly at: number }[]>

  /** Sessions that have a run for an agent to take, of all tenants, in order of their key, after `cursor`. */
  work(agent: string, limit: number, cursor?: SessionKey): Promise<readonly SessionKey[]>

  /** Removes the session with all that belongs to it. Its id can be used again. */
  purge(key: SessionKey): Promise<void>

  /** Idempotent. Waits for what is being written. */
  close(): Promise<void>
}

/** The log ends at another seq than the append expected. */
export class AppendConflict extends Error {
  override readonly name = 'AppendConflict'
  /** Where the log really ends. */
  readonly actual: number

  constructor(key: SessionKey, expected: number, actual: number) {
    super(`The log of ${key} ends at ${actual}, not at ${expected}.`)
    this.actual = actual
  }
}
