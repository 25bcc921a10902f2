import { AppendConflict, HeadraceError } from '@headrace/core'
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
import { formatCursor, parseCursor } from '../cursor.ts'
import type { Op } from './engine.ts'
import { createEraser } from './eraser.ts'
import {
  dueEntry,
  dueRange,
  eventKey,
  eventRange,
  headKey,
  listPosition,
  listRange,
  messageKey,
  messageRange,
  messageSeq,
  rowKey,
  snapshotKey,
  workRange,
  workSession,
} from './keys.ts'
import { parseRow, readRow, rowOps } from './listed.ts'
import { purgeSession } from './purge.ts'
import { seal, unseal } from './seal.ts'
import type { Session, Sessions } from './sessions.ts'
import type { Slot } from './slot.ts'
import type { Writer } from './writer.ts'

export interface EmbeddedParts {
  readonly slot: Slot
  readonly sessions: Sessions
  readonly writer: Writer
  /** Called before the lock is given up. */
  readonly release: () => Promise<void>
  readonly onError: (error: HeadraceError) => void
}

/** The methods of `Store` over the parts. */
export function createEmbeddedStore(parts: EmbeddedParts): Store {
  const { slot, sessions, writer } = parts
  const purges = new Set<Promise<void>>()
  const eraser = createEraser(slot, (ops) => writer.exclusive((commit) => commit(ops)))
  let closing: Promise<void> | undefined

  function assertOpen(): void {
    if (closing !== undefined) throw new HeadraceError('closed', 'The store is closed.')
  }

  function find(key: SessionKey): Promise<Session> {
    return new Promise((resolve, reject) => sessions.use(key, resolve, reject))
  }

  function tryAppend(append: Append): void {
    const { key, expectedSeq, batch, resolve, reject } = append
    const again = (): void => tryAppend(append)
    if (closing !== undefined) {
      reject(new HeadraceError('closed', 'The store is closed.'))
      return
    }
    if (writer.failing !== undefined) {
      writer.recover().then(again, reject)
      return
    }
    const decide = (session: Session): void => {
      if (closing !== undefined) {
        reject(new HeadraceError('closed', 'The store is closed.'))
        return
      }
      if (session.head === expectedSeq) {
        const ops = appendOps(session, batch)
        const refusal = writer.admit(ops)
        if (refusal !== undefined) {
          reject(refusal)
          return
        }
        session.head += batch.events.length
        session.listed = batch.row ?? session.listed
        writer.submit({ session, ops, head: session.head, resolve, reject })
      } else if (session.pending === 0 || (expectedSeq < session.durable && session.purging === 0)) {
        reject(new AppendConflict(key, expectedSeq, session.durable))
      } else {
        // What is queued decides where the log ends, and a caller must be able to read as far as a conflict says.
        sessions.wait(session, again)
      }
    }
    sessions.use(key, decide, reject)
  }

  async function waitFor(session: Session): Promise<void> {
    await new Promise<void>((resolve) => sessions.wait(session, resolve))
  }

  /** One try of `read`; `undefined` when a purge came between. */
  async function readEvents(key: SessionKey, after: number, limits: ReadLimits): Promise<string[] | undefined> {
    const session = await find(key)
    if (session.purging > 0) {
      await waitFor(session)
      return undefined
    }
    const { generation } = session
    const last = Math.min(session.durable, after + limits.maxEvents)
    const events: string[] = []
    let chars = 0
    if (after < last) {
      await slot.read((engine) =>
        engine.scan({ range: eventRange(key, after + 1, last), limit: last - after }, (found, sealed) => {
          if (found !== eventKey(key, after + events.length + 1)) return false
          const event = unseal(found, sealed)
          events.push(event)
          chars += event.length
          return chars < limits.maxChars
        }),
      )
    }
    if (after + events.length >= last || chars >= limits.maxChars) return events
    if (session.generation !== generation || session.purging > 0) return undefined
    const missing = after + events.length + 1
    throw new HeadraceError('store_corrupt', `Event ${missing} of ${key} is missing. Restore it from a backup.`, {
      detail: { key, seq: missing },
    })
  }

  /** Runs a task while the session stays in memory, and its queued writes are counted. */
  async function withSession<T>(key: SessionKey, task: (session: Session) => Promise<T>): Promise<T> {
    const session = await new Promise<Session>((resolve, reject) => {
      const hold = (found: Session): void => {
        sessions.begin(found)
        resolve(found)
      }
      sessions.use(key, hold, reject)
    })
    try {
      return await task(session)
    } finally {
      sessions.end(session)
    }
  }

  /** One try of `putSnapshot`; false when the session was dropped meanwhile. */
  async function tryPutSnapshot(session: Session, snapshot: Snapshot): Promise<boolean> {
    if (session.snapshot === undefined) {
      const stored = await readSnapshot(session.key)
      session.snapshot ??= stored === undefined || stored.seq > session.head ? 0 : stored.seq
    }
    if (session.isStale) return false
    assertOpen()
    // One that is ahead of the log was made of a session that was purged since.
    if (snapshot.seq > session.head || snapshot.seq <= session.snapshot) return true
    const key = snapshotKey(session.key)
    const ops: Op[] = [{ type: 'put', key, value: seal(key, `${snapshot.seq}:${snapshot.state}`) }]
    const refusal = writer.failing ?? writer.admit(ops)
    if (refusal !== undefined) throw refusal
    session.snapshot = snapshot.seq
    await new Promise<void>((resolve, reject) => writer.submit({ session, ops, resolve, reject }))
    return true
  }

  async function readSnapshot(key: SessionKey): Promise<Snapshot | undefined> {
    try {
      const sealed = await slot.read((engine) => engine.get(snapshotKey(key)))
      if (sealed === undefined) return undefined
      const value = unseal(snapshotKey(key), sealed)
      const colon = value.indexOf(':')
      return { seq: Number(value.slice(0, colon)), state: value.slice(colon + 1) }
    } catch (thrown) {
      // The log says the same, only slower.
      const error = HeadraceError.from(thrown)
      if (error.code !== 'store_corrupt') throw error
      parts.onError(error)
      return undefined
    }
  }

  /** Also on a full disk, where appends are refused: this is how to make room. */
  function removeKeys(key: SessionKey): Promise<void> {
    return writer.exclusive(async (commit) => {
      // LevelDB takes no more writes since it failed in the background, but does once it is opened again.
      if (writer.failing !== undefined) await slot.reopen()
      await purgeSession({ slot, commit }, key)
    })
  }

  async function remove(key: SessionKey): Promise<void> {
    // What can't be looked up, because it is damaged or half purged, can be purged.
    const isKnown = await find(key).then(
      () => true,
      () => false,
    )
    if (isKnown) await withSession(key, removeSession)
    else await removeKeys(key).finally(() => sessions.drop(key))
  }

  async function removeSession(session: Session): Promise<void> {
    session.purging += 1
    session.head = 0
    session.listed = undefined
    session.snapshot = 0
    try {
      await removeKeys(session.key)
      session.durable = 0
      session.generation += 1
    } catch (thrown) {
      sessions.forget(session)
      throw thrown
    } finally {
      session.purging -= 1
    }
  }

  /** The session is gone for every reader before this; what is left is to get its bytes out of the files. */
  async function erase(key: SessionKey): Promise<void> {
    try {
      await eraser.erase(key)
    } catch (thrown) {
      parts.onError(HeadraceError.from(thrown))
    }
  }

  async function shutDown(): Promise<void> {
    await Promise.allSettled(purges)
    await writer.drained()
    // Tables have checksums for every byte, and a log can lose its end: what was closed in peace is in tables.
    await slot.read((engine) => engine.flush()).catch(() => undefined)
    await parts.release()
    await slot.close()
  }

  return {
    capabilities: { name: 'embedded', durability: 'fsync', shared: false },

    async append(key: SessionKey, expectedSeq: number, batch: AppendBatch): Promise<void> {
      assertOpen()
      await new Promise<void>((resolve, reject) => tryAppend({ key, expectedSeq, batch, resolve, reject }))
    },

    async head(key: SessionKey): Promise<number> {
      assertOpen()
      return (await find(key)).durable
    },

    async read(key: SessionKey, after: number, limits: ReadLimits): Promise<readonly string[]> {
      for (;;) {
        assertOpen()
        const events = await readEvents(key, after, limits)
        if (events !== undefined) return events
      }
    },

    async getSnapshot(key: SessionKey): Promise<Snapshot | undefined> {
      assertOpen()
      const snapshot = await readSnapshot(key)
      if (snapshot === undefined) return undefined
      // Ahead of the log it can be when damage to the log was accepted; what is left of the log decides.
      const { durable } = await find(key)
      return snapshot.seq <= durable ? snapshot : undefined
    },

    async putSnapshot(key: SessionKey, snapshot: Snapshot): Promise<void> {
      assertOpen()
      if (writer.failing !== undefined) throw writer.failing
      while (!(await withSession(key, (session) => tryPutSnapshot(session, snapshot)))) assertOpen()
    },

    async readMessages(key: SessionKey, before: number, limit: number): Promise<readonly MessageRow[]> {
      assertOpen()
      const messages: MessageRow[] = []
      const scan = { range: messageRange(key, before), reverse: true, limit }
      await slot.read((engine) =>
        engine.scan(scan, (found, sealed) => {
          messages.push({ seq: messageSeq(found), json: unseal(found, sealed) })
        }),
      )
      return messages.reverse()
    },

    async row(key: SessionKey): Promise<SessionRow | undefined> {
      assertOpen()
      return slot.read((engine) => readRow(engine, key))
    },

    async list(query: ListQuery): Promise<ListPage> {
      assertOpen()
      const { tenant, limit } = query
      const range = listRange(tenant, query.cursor === undefined ? undefined : parseCursor(query.cursor))
      // Index and rows of one moment: otherwise a row that moves meanwhile would disagree with its place.
      return slot.read((engine) =>
        engine.view(async (reader) => {
          const found: string[] = []
          await reader.scan({ range, limit: limit + 1 }, (key, sealed) => {
            unseal(key, sealed)
            found.push(key)
          })
          const positions = found.slice(0, limit).map(listPosition)
          const keys = positions.map(({ id }) => rowKey(`${tenant}!${id}`))
          const stored = await reader.getMany(keys)
          const rows = keys.map((key, index) => {
            const sealed = stored[index]
            const row = sealed === undefined ? undefined : parseRow(unseal(key, sealed))
            if (row !== undefined && row.updatedAt === positions[index]?.updatedAt) return row
            throw new HeadraceError('store_corrupt', `The list of ${tenant} and the row ${key} disagree.`, {
              detail: { key },
            })
          })
          const last = positions.at(-1)
          return found.length > limit && last !== undefined ? { rows, cursor: formatCursor(last) } : { rows }
        }),
      )
    },

    async due(before: number, limit: number): Promise<readonly { readonly key: SessionKey; readonly at: number }[]> {
      assertOpen()
      const entries: { readonly key: SessionKey; readonly at: number }[] = []
      await slot.read((engine) =>
        engine.scan({ range: dueRange(before), limit }, (found, sealed) => {
          unseal(found, sealed)
          entries.push(dueEntry(found))
        }),
      )
      return entries
    },

    async work(agent: string, limit: number, cursor?: SessionKey): Promise<readonly SessionKey[]> {
      assertOpen()
      const keys: SessionKey[] = []
      await slot.read((engine) =>
        engine.scan({ range: workRange(agent, cursor), limit }, (found, sealed) => {
          unseal(found, sealed)
          keys.push(workSession(agent, found))
        }),
      )
      return keys
    },

    async purge(key: SessionKey): Promise<void> {
      assertOpen()
      const purging = remove(key).then(() => erase(key))
      purges.add(purging)
      await purging.finally(() => purges.delete(purging))
    },

    close(): Promise<void> {
      closing ??= shutDown()
      return closing
    },
  }
}

interface Append {
  readonly key: SessionKey
  readonly expectedSeq: number
  readonly batch: AppendBatch
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

function appendOps(session: Session, batch: AppendBatch): Op[] {
  const { key } = session
  const ops: Op[] = []
  const put = (at: string, value: string): void => void ops.push({ type: 'put', key: at, value: seal(at, value) })
  let seq = session.head
  for (const event of batch.events) {
    seq += 1
    put(eventKey(key, seq), event)
  }
  put(headKey(key), String(seq))
  if (batch.row !== undefined) ops.push(...rowOps(key, session.listed, batch.row))
  for (const message of batch.messages ?? []) put(messageKey(key, message.seq), message.json)
  return ops
}
