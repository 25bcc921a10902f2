/**
 * What the store remembers of the sessions that were used last, so that an append needs no read.
 *
 * Of each session two heads are kept: `durable` is what is on disk and all that readers are told; `head` counts the
 * writes that are queued or in flight too, so that appends can be lined up behind each other. When a write fails, what
 * was built on it is worth nothing: the session is dropped and looked up on disk again.
 */
import { HeadraceError } from '@headrace/core'
import type { SessionKey } from '@headrace/core'
import type { Reader } from './engine.ts'
import { noFloor, parseFloor, type Floor } from './compaction.ts'
import type { Listed } from './listed.ts'
import { eventKey, floorKey, headKey, purgeKey, rowKey, tipRange } from './keys.ts'
import { parseRow } from './listed.ts'
import { unseal } from './seal.ts'

export interface Session {
  readonly key: SessionKey
  durable: number
  head: number
  /** What the indexes say, with queued writes. */
  listed: Listed | undefined
  /** Seq of the newest snapshot, with queued writes; `undefined` when nobody has looked yet. */
  snapshot: number | undefined
  floor: Floor
  /** Compactions and redactions that are queued or in flight: what is on disk may be ahead of `floor`. */
  reshaping: number
  /** Writes that are queued or in flight. */
  pending: number
  /** Purges that are queued or in flight: meanwhile what is on disk of the session is not whole. */
  purging: number
  /** Grows whenever `durable` falls: what was read before says nothing about after. */
  generation: number
  /** Whether it was used since it was last looked at for letting it go. */
  isRecent: boolean
  /** Whether it was dropped from memory. Whoever still holds it must look it up again before it writes. */
  isStale: boolean
  readonly waiting: (() => void)[]
}

export interface Sessions {
  /** Calls back with the session; at once when it is in memory. Calls come back in the order they were made. */
  use(key: SessionKey, callback: (session: Session) => void, failed: (error: unknown) => void): void
  /** Calls back when one of the session's writes has ended. */
  wait(session: Session, callback: () => void): void
  /** Keeps the session in memory until `end`. */
  begin(session: Session): void
  end(session: Session): void
  /** Drops a session whose fields are not true any more. */
  forget(session: Session): void
  /** Forgets whatever is known of a session, also by a look-up that is under way. */
  drop(key: SessionKey): void
}

interface Waiter {
  readonly callback: (session: Session) => void
  readonly failed: (error: unknown) => void
}

type Read = <T>(read: (reader: Reader) => Promise<T>) => Promise<T>

/**
 * @param read - runs a read on the database
 * @param limit - most sessions that are kept while nothing of theirs is queued
 */
export function createSessions(read: Read, limit: number): Sessions {
  // In the order of loading, except that those which were used get a second round: moving a session at each use would
  // cost every append two changes of the map.
  const cached = new Map<SessionKey, Session>()
  const loading = new Map<SessionKey, Waiter[]>()
  const outdated = new Set<SessionKey>()

  async function load(key: SessionKey, waiters: readonly Waiter[]): Promise<void> {
    try {
      let session: Session
      do session = await read((reader) => loadSession(reader, key))
      while (outdated.delete(key))
      loading.delete(key)
      cached.set(key, session)
      for (const waiter of waiters) waiter.callback(session)
      evict()
    } catch (thrown) {
      loading.delete(key)
      outdated.delete(key)
      for (const waiter of waiters) waiter.failed(thrown)
    }
  }

  function evict(): void {
    for (const session of cached.values()) {
      if (cached.size <= limit) return
      // Those with queued writes are few: the queue is bounded.
      if (session.pending > 0) continue
      if (!session.isRecent) {
        forget(session)
        continue
      }
      session.isRecent = false
      cached.delete(session.key)
      cached.set(session.key, session)
    }
  }

  function forget(session: Session): void {
    session.isStale = true
    session.generation += 1
    if (cached.get(session.key) === session) cached.delete(session.key)
  }

  return {
    forget,

    drop(key) {
      const session = cached.get(key)
      if (session !== undefined) forget(session)
      if (loading.has(key)) outdated.add(key)
    },

    use(key, callback, failed) {
      const waiters = loading.get(key)
      if (waiters !== undefined) {
        waiters.push({ callback, failed })
        return
      }
      const session = cached.get(key)
      if (session !== undefined) {
        session.isRecent = true
        callback(session)
        return
      }
      const first = [{ callback, failed }]
      loading.set(key, first)
      void load(key, first)
    },

    wait(session, callback) {
      session.waiting.push(callback)
    },

    begin(session) {
      session.pending += 1
    },

    end(session) {
      session.pending -= 1
      for (const callback of session.waiting.splice(0)) callback()
    },
  }
}

/** One seek backwards finds row, head, floor and last event; they must agree. */
async function loadSession(reader: Reader, key: SessionKey): Promise<Session> {
  let listed: Listed | undefined
  let head: number | undefined
  let floor: Floor = noFloor
  let lastEvent: string | undefined
  await reader.scan({ range: tipRange(key), reverse: true, limit: 4 }, (found, sealed) => {
    if (found === rowKey(key)) listed = parseRow(unseal(found, sealed))
    else if (found === headKey(key)) head = Number(unseal(found, sealed))
    else if (found === floorKey(key)) floor = parseFloor(unseal(found, sealed))
    else lastEvent ??= found
  })
  if (!isWhole(key, head ?? 0, floor.seq, lastEvent)) {
    if ((await reader.get(purgeKey(key))) !== undefined) {
      throw new HeadraceError(
        'store_unavailable',
        `${key} is half purged; the rest follows when the disk takes writes.`,
      )
    }
    throw new HeadraceError(
      'store_corrupt',
      `The stored log of ${key} should end at ${head ?? 0} and does not: events are missing. Restore it from a backup.`,
      { detail: { key, head: head ?? 0 } },
    )
  }
  return {
    key,
    durable: head ?? 0,
    head: head ?? 0,
    listed,
    snapshot: undefined,
    floor,
    reshaping: 0,
    pending: 0,
    purging: 0,
    generation: 0,
    isRecent: false,
    isStale: false,
    waiting: [],
  }
}

/** Whether the log ends where the head says. At the floor the last event may be one that was dropped. */
function isWhole(key: SessionKey, head: number, floor: number, lastEvent: string | undefined): boolean {
  if (head < floor) return false
  return head === floor ? head > 0 || lastEvent === undefined : lastEvent === eventKey(key, head)
}
