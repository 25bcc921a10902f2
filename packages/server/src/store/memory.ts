import { AppendConflict, HeadraceError, splitKey } from '@headrace/core'
import type {
  AppendBatch,
  ListPage,
  ListQuery,
  MessageRow,
  ReadLimits,
  SessionKey,
  SessionRow,
  Snapshot,
  Store,
} from '@headrace/core'
import { formatCursor, parseCursor, type ListPosition } from './cursor.ts'

interface Session {
  readonly events: string[]
  readonly messages: Map<number, MessageRow>
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

  // Async methods, so that what they throw becomes a rejection as in every other store.
  return {
    capabilities: { name: 'memory', durability: 'none', shared: false },

    async append(key: SessionKey, expectedSeq: number, batch: AppendBatch): Promise<void> {
      const session = find(key) ?? { events: [], messages: new Map<number, MessageRow>() }
      if (session.events.length !== expectedSeq) throw new AppendConflict(key, expectedSeq, session.events.length)
      sessions.set(key, session)
      for (const event of batch.events) session.events.push(event)
      for (const message of batch.messages ?? []) session.messages.set(message.seq, message)
      if (batch.row !== undefined) session.row = batch.row
    },

    async head(key: SessionKey): Promise<number> {
      return find(key)?.events.length ?? 0
    },

    async read(key: SessionKey, after: number, limits: ReadLimits): Promise<readonly string[]> {
      const events = find(key)?.events ?? []
      const found: string[] = []
      let chars = 0
      for (let seq = after + 1; seq <= events.length && found.length < limits.maxEvents; seq += 1) {
        const event = events[seq - 1] ?? ''
        found.push(event)
        chars += event.length
        if (chars >= limits.maxChars) break
      }
      return found
    },

    async getSnapshot(key: SessionKey): Promise<Snapshot | undefined> {
      return find(key)?.snapshot
    },

    async putSnapshot(key: SessionKey, snapshot: Snapshot): Promise<void> {
      const session = find(key)
      // One that is ahead of the log was made of a session that was purged since.
      if (session === undefined || snapshot.seq > session.events.length) return
      if ((session.snapshot?.seq ?? 0) < snapshot.seq) session.snapshot = snapshot
    },

    async readMessages(key: SessionKey, before: number, limit: number): Promise<readonly MessageRow[]> {
      const older = [...(find(key)?.messages.values() ?? [])].filter((message) => message.seq < before)
      return older.sort((a, b) => a.seq - b.seq).slice(Math.max(0, older.length - limit))
    },

    async row(key: SessionKey): Promise<SessionRow | undefined> {
      return find(key)?.row
    },

    async list(query: ListQuery): Promise<ListPage> {
      const start = query.cursor === undefined ? undefined : parseCursor(query.cursor)
      const found = rows()
        .filter(
          ({ key, row }) => splitKey(key).tenant === query.tenant && (start === undefined || listed(start, row) < 0),
        )
        .map(({ row }) => row)
        .sort(listed)
      const page = found.slice(0, query.limit)
      const last = page.at(-1)
      return found.length > page.length && last !== undefined
        ? { rows: page, cursor: formatCursor(last) }
        : { rows: page }
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

/** The order of lists. */
function listed(a: ListPosition, b: ListPosition): number {
  return b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
