import { AppendConflict, HeadraceError, splitKey } from '@headrace/core'
import type {
  AppendBatch,
  Compaction,
  InboxQuery,
  ListPage,
  ListQuery,
  MessageRow,
  ReadLimits,
  Redaction,
  SearchPage,
  SearchQuery,
  SearchWords,
  SessionKey,
  SessionRow,
  Snapshot,
  Store,
  StoredBlob,
} from '@headrace/core'
import {
  compareFound,
  compareListed,
  formatCursor,
  formatSearchCursor,
  parseCursor,
  parseSearchCursor,
  type ListPosition,
} from './cursor.ts'
import { isFoundBy } from './found-by.ts'
import { assertRedactable, missing, wordsAfter } from './redaction.ts'
import { isListed, newestEntry } from './row-choice.ts'
import { assertFloor, endOfDropped, rangesToDrop } from './seq-ranges.ts'

interface Session {
  head: number
  floorSeq: number
  /** The state at the floor. */
  floor?: Snapshot | undefined
  readonly events: Map<number, string>
  readonly messages: Map<number, MessageRow>
  readonly words: Map<number, SearchWords>
  readonly blobs: Map<string, Uint8Array>
  row?: SessionRow
  snapshot?: Snapshot
}

/**
 * A store that keeps everything in this process and loses it with the process: for tests and demonstrations.
 * Lists and timers look at every session, so their cost grows with the number of sessions.
 */
export function createMemoryStore(): Store {
  const sessions = new Map<SessionKey, Session>()
  let closed = false

  function find(key: SessionKey): Session | undefined {
    if (closed) throw new HeadraceError('closed', 'The store is closed.')
    return sessions.get(key)
  }

  function rows(): { readonly key: SessionKey; readonly row: SessionRow }[] {
    if (closed) throw new HeadraceError('closed', 'The store is closed.')
    return [...sessions].flatMap(([key, { row }]) => (row === undefined ? [] : [{ key, row }]))
  }

  function rowsOf(tenant: string): readonly SessionRow[] {
    return rows().flatMap(({ key, row }) => (splitKey(key).tenant === tenant ? [row] : []))
  }

  function mustFind(key: SessionKey): Session {
    const session = find(key)
    if (session === undefined || session.head === 0)
      throw new HeadraceError('session_not_found', `There is no session ${key}.`)
    return session
  }

  function append(session: Session, batch: AppendBatch): void {
    for (const event of batch.events) session.events.set((session.head += 1), event)
    for (const message of batch.messages ?? []) session.messages.set(message.seq, message)
    if (batch.row !== undefined) session.row = batch.row
    for (const entry of batch.words ?? []) {
      if (entry.words.length === 0) session.words.delete(entry.seq)
      else session.words.set(entry.seq, entry)
    }
  }

  // Async methods, so that what they throw becomes a rejection as in every other store.
  return {
    capabilities: { name: 'memory', durability: 'none', shared: false },

    async append(key: SessionKey, expectedSeq: number, batch: AppendBatch): Promise<void> {
      const session = find(key) ?? newSession()
      if (session.head !== expectedSeq) throw new AppendConflict(key, expectedSeq, session.head)
      sessions.set(key, session)
      append(session, batch)
    },

    async begin(key: SessionKey, floor: Snapshot, batch: AppendBatch = { events: [] }): Promise<void> {
      assertFloor(floor)
      const found = find(key)
      if (found !== undefined && found.head > 0) throw new AppendConflict(key, 0, found.head)
      const session = { ...newSession(), head: floor.seq, floorSeq: floor.seq, floor, snapshot: floor }
      sessions.set(key, session)
      append(session, batch)
    },

    async head(key: SessionKey): Promise<number> {
      return find(key)?.head ?? 0
    },

    async floor(key: SessionKey): Promise<number> {
      return find(key)?.floorSeq ?? 0
    },

    async read(key: SessionKey, after: number, limits: ReadLimits): Promise<readonly string[]> {
      const session = find(key)
      const found: string[] = []
      let chars = 0
      for (let seq = after + 1; seq <= (session?.head ?? 0) && found.length < limits.maxEvents; seq += 1) {
        const event = session?.events.get(seq)
        if (event === undefined) continue
        found.push(event)
        chars += event.length
        if (chars >= limits.maxChars) break
      }
      return found
    },

    async getSnapshot(key: SessionKey): Promise<Snapshot | undefined> {
      return find(key)?.snapshot
    },

    async floorSnapshot(key: SessionKey): Promise<Snapshot | undefined> {
      return find(key)?.floor
    },

    async putSnapshot(key: SessionKey, snapshot: Snapshot): Promise<void> {
      const session = find(key)
      // One that is ahead of the log was made of a session that was purged since.
      if (session === undefined || snapshot.seq > session.head) return
      if ((session.snapshot?.seq ?? 0) < snapshot.seq) session.snapshot = snapshot
    },

    async compact(key: SessionKey, compaction: Compaction): Promise<void> {
      const { floor } = compaction
      const ranges = rangesToDrop(compaction)
      const session = mustFind(key)
      if (floor.seq > session.head) {
        throw new HeadraceError(
          'bad_request',
          `floor: ${floor.seq} is past the end of the log of ${key}, ${session.head}.`,
        )
      }
      if (floor.seq <= session.floorSeq) return
      session.floorSeq = floor.seq
      session.floor = floor
      if ((session.snapshot?.seq ?? 0) < floor.seq) session.snapshot = floor
      for (const seq of session.events.keys()) {
        if (endOfDropped(ranges, seq) !== undefined) session.events.delete(seq)
      }
    },

    async redact(key: SessionKey, redaction: Redaction): Promise<void> {
      const session = mustFind(key)
      const { head, floorSeq: floor, snapshot } = session
      assertRedactable({ key, head, floor, snapshot: snapshot?.seq ?? 0 }, redaction)
      for (const { seq } of redaction.events) if (!session.events.has(seq)) throw missing('event', seq, key)
      for (const { seq } of redaction.messages) if (!session.messages.has(seq)) throw missing('message row', seq, key)
      for (const { seq, json } of redaction.events) session.events.set(seq, json)
      for (const id of redaction.blobs ?? []) session.blobs.delete(id)
      session.snapshot = redaction.snapshot
      session.floor = redaction.floor
      append(session, { events: [], messages: redaction.messages, words: wordsAfter(redaction) })
    },

    async putBlob(key: SessionKey, id: string, bytes: Uint8Array): Promise<void> {
      const { blobs } = mustFind(key)
      if (!blobs.has(id)) blobs.set(id, bytes.slice())
    },

    async getBlob(key: SessionKey, id: string): Promise<Uint8Array | undefined> {
      return find(key)?.blobs.get(id)?.slice()
    },

    async blobs(key: SessionKey): Promise<readonly StoredBlob[]> {
      return [...(find(key)?.blobs ?? [])]
        .map(([id, { length }]) => ({ id, bytes: length }))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
    },

    async readMessages(key: SessionKey, before: number, limit: number): Promise<readonly MessageRow[]> {
      const older = [...(find(key)?.messages.values() ?? [])].filter((message) => message.seq < before)
      return older.sort((a, b) => a.seq - b.seq).slice(Math.max(0, older.length - limit))
    },

    async row(key: SessionKey): Promise<SessionRow | undefined> {
      return find(key)?.row
    },

    async list(query: ListQuery): Promise<ListPage> {
      return page(
        rowsOf(query.tenant).flatMap((row) =>
          isListed(row, query) ? [{ updatedAt: row.updatedAt, id: row.id, row }] : [],
        ),
        query,
      )
    },

    async inbox(query: InboxQuery): Promise<ListPage> {
      const actors = new Set(query.for)
      return page(
        rowsOf(query.tenant).flatMap((row) => {
          const newest = newestEntry(row.inbox, actors)
          return newest === undefined ? [] : [{ updatedAt: newest, id: row.id, row }]
        }),
        query,
      )
    },

    async search(query: SearchQuery): Promise<SearchPage> {
      const start = query.cursor === undefined ? undefined : parseSearchCursor(query.cursor)
      if (closed) throw new HeadraceError('closed', 'The store is closed.')
      const found = [...sessions]
        .flatMap(([key, { words }]) => {
          const { tenant, session } = splitKey(key)
          const entries = tenant === query.tenant ? [...words.values()] : []
          return entries
            .filter((entry) => isFoundBy(entry.words, query.words))
            .map(({ at, seq }) => ({ at, session, seq }))
        })
        .filter((position) => start === undefined || compareFound(start, position) < 0)
        .sort(compareFound)
      const page = found.slice(0, query.limit)
      const last = page.at(-1)
      const hits = page.map(({ session, seq }) => ({ session, seq }))
      return found.length > page.length && last !== undefined ? { hits, cursor: formatSearchCursor(last) } : { hits }
    },

    async due(before: number, limit: number): Promise<readonly { readonly key: SessionKey; readonly at: number }[]> {
      return rows()
        .flatMap(({ key, row }) => (row.due === null || row.due > before ? [] : [{ key, at: row.due }]))
        .sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1))
        .slice(0, limit)
    },

    async work(agent: string, limit: number, cursor?: SessionKey): Promise<readonly SessionKey[]> {
      return rows()
        .filter(({ key, row }) => row.work.includes(agent) && (cursor === undefined || key > cursor))
        .map(({ key }) => key)
        .sort()
        .slice(0, limit)
    },

    async purge(key: SessionKey): Promise<void> {
      find(key)
      sessions.delete(key)
    },

    async close(): Promise<void> {
      closed = true
      sessions.clear()
    },
  }
}

/** A page of rows that have a place in a list. */
function page(
  places: readonly (ListPosition & { readonly row: SessionRow })[],
  query: { readonly limit: number; readonly cursor?: string },
): ListPage {
  const start = query.cursor === undefined ? undefined : parseCursor(query.cursor)
  const found = places.filter((place) => start === undefined || compareListed(start, place) < 0).sort(compareListed)
  const rows = found.slice(0, query.limit)
  const last = rows.at(-1)
  const listed = { rows: rows.map(({ row }) => row) }
  return found.length > rows.length && last !== undefined ? { ...listed, cursor: formatCursor(last) } : listed
}

function newSession(): Session {
  return { head: 0, floorSeq: 0, events: new Map(), messages: new Map(), words: new Map(), blobs: new Map() }
}
