import { AppendConflict, HeadraceError } from '@headrace/core'
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
  SessionKey,
  SessionRow,
  Snapshot,
  Store,
  StoredBlob,
} from '@headrace/core'
import { assertFloor, rangesToDrop } from '../seq-ranges.ts'
import type { Op, Reader } from './engine.ts'
import { listBlobs, readBlob, writeBlob } from './blobs.ts'
import { compactSession } from './compact-session.ts'
import { floorOp, noFloor } from './compaction.ts'
import { createEraser } from './eraser.ts'
import {
  dueEntry,
  dueRange,
  eventKey,
  floorSnapshotKey,
  headKey,
  messageKey,
  messageRange,
  seqOf,
  snapshotKey,
  workRange,
  workSession,
} from './keys.ts'
import { readRow, rowOps } from './listed.ts'
import { readInbox, readList } from './lists.ts'
import { staleOps, wordsOps } from './postings.ts'
import { purgeSession } from './purge.ts'
import { tryRead } from './read-events.ts'
import { redactSession } from './redact-session.ts'
import { seal, unseal } from './seal.ts'
import { searchMessages } from './search.ts'
import { createSessionWrites } from './session-writes.ts'
import type { Session, Sessions } from './sessions.ts'
import type { Slot } from './slot.ts'
import { createSnapshots, snapshotOp } from './snapshots.ts'
import type { Writer } from './writer.ts'

export interface EmbeddedParts {
  readonly slot: Slot
  readonly sessions: Sessions
  readonly writer: Writer
  /** Called before the lock is given up. */
  readonly release: () => Promise<void>
  readonly onError: (error: HeadraceError) => void
  /** Sessions whose deleted bytes a crash may have left in the files. */
  readonly unerased: readonly SessionKey[]
}

/** The methods of `Store` over the parts. */
export function createEmbeddedStore(parts: EmbeddedParts): Store {
  const { slot, sessions, writer } = parts
  /** What `close` waits for. */
  const underWay = new Set<Promise<void>>()
  const eraser = createEraser(slot, (ops) => writer.exclusive((commit) => commit(ops())))
  const writes = createSessionWrites(sessions, writer, assertOpen)
  const snapshots = createSnapshots({ slot, writes, find, onError: parts.onError })
  let closing: Promise<void> | undefined

  function assertOpen(): void {
    if (closing !== undefined) throw new HeadraceError('closed', 'The store is closed.')
  }

  function find(key: SessionKey): Promise<Session> {
    return new Promise((resolve, reject) => sessions.use(key, resolve, reject))
  }

  function tryAppend(append: Append): void {
    const { key, expectedSeq, batch, floor, resolve, reject } = append
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
        const ops = appendOps(session, batch, floor)
        const refusal = writer.admit(ops)
        if (refusal !== undefined) {
          reject(refusal)
          return
        }
        session.head = (floor?.seq ?? session.head) + batch.events.length
        session.listed = batch.row ?? session.listed
        const seqs = batch.words?.map((entry) => entry.seq) ?? []
        const prepare = seqs.length === 0 ? undefined : (reader: Reader) => staleOps(reader, key, seqs)
        if (floor === undefined) {
          writer.submit({ session, ops, prepare, head: session.head, resolve, reject })
          return
        }
        session.snapshot = floor.seq
        const begun = (): void => {
          session.floor = { seq: floor.seq, dropping: [] }
          resolve()
        }
        writer.submit({ session, ops, prepare, head: session.head, resolve: begun, reject })
      } else if (session.pending === 0 || (session.purging === 0 && isBehind(session, expectedSeq))) {
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
    if (isKnown) await writes.hold(key, ({ session }) => removeSession(session))
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
      session.floor = noFloor
      session.generation += 1
    } catch (thrown) {
      sessions.forget(session)
      throw thrown
    } finally {
      session.purging -= 1
    }
  }

  /** What was deleted is gone for every reader before this; what is left is to get its bytes out of the files. */
  async function erase(key: SessionKey): Promise<void> {
    try {
      await eraser.erase(key)
    } catch (thrown) {
      parts.onError(HeadraceError.from(thrown))
    }
  }

  /** Runs what `close` waits for. */
  async function finishing(task: Promise<void>): Promise<void> {
    underWay.add(task)
    await task.finally(() => underWay.delete(task))
  }

  async function shutDown(): Promise<void> {
    await Promise.allSettled(underWay)
    await writer.drained()
    // Tables have checksums for every byte, and a log can lose its end: what was closed in peace is in tables.
    await slot.read((engine) => engine.flush()).catch(() => undefined)
    await parts.release()
    await slot.close()
  }

  for (const key of parts.unerased) void finishing(erase(key))

  return {
    capabilities: { name: 'embedded', durability: 'fsync', shared: false },

    append: (key: SessionKey, expectedSeq: number, batch: AppendBatch) =>
      new Promise((resolve, reject) => tryAppend({ key, expectedSeq, batch, resolve, reject })),

    async begin(key: SessionKey, floor: Snapshot, batch: AppendBatch = { events: [] }): Promise<void> {
      assertOpen()
      assertFloor(floor)
      await new Promise<void>((resolve, reject) => tryAppend({ key, expectedSeq: 0, batch, floor, resolve, reject }))
    },

    async head(key: SessionKey): Promise<number> {
      assertOpen()
      return (await find(key)).durable
    },

    async floor(key: SessionKey): Promise<number> {
      assertOpen()
      return (await find(key)).floor.seq
    },

    async read(key: SessionKey, after: number, limits: ReadLimits): Promise<readonly string[]> {
      for (;;) {
        assertOpen()
        const events = await tryRead({ slot, find, waitFor }, key, { after, limits })
        if (events !== undefined) return events
      }
    },

    async getSnapshot(key: SessionKey): Promise<Snapshot | undefined> {
      assertOpen()
      return snapshots.newest(key)
    },

    async floorSnapshot(key: SessionKey): Promise<Snapshot | undefined> {
      assertOpen()
      return snapshots.atFloor(key)
    },

    async putSnapshot(key: SessionKey, snapshot: Snapshot): Promise<void> {
      assertOpen()
      await snapshots.put(key, snapshot)
    },

    async compact(key: SessionKey, compaction: Compaction): Promise<void> {
      assertOpen()
      const ranges = rangesToDrop(compaction)
      const compacting = writes
        .inTurn(key, (held) =>
          compactSession({ slot, writes, snapshots, sessions }, held, { floor: compaction.floor, ranges }),
        )
        .then((hasDropped) => (hasDropped ? erase(key) : undefined))
      await finishing(compacting)
    },

    async redact(key: SessionKey, redaction: Redaction): Promise<void> {
      assertOpen()
      const redacting = writes
        .inTurn(key, (held) => redactSession({ slot, writes }, held, redaction))
        .then(() => erase(key))
      await finishing(redacting)
    },

    async putBlob(key: SessionKey, id: string, bytes: Uint8Array): Promise<void> {
      assertOpen()
      await finishing(writes.inTurn(key, (held) => writeBlob({ slot, writes }, held, { id, content: bytes })))
    },

    async getBlob(key: SessionKey, id: string): Promise<Uint8Array | undefined> {
      assertOpen()
      return slot.read((engine) => engine.view((reader) => readBlob(reader, key, id)))
    },

    async blobs(key: SessionKey): Promise<readonly StoredBlob[]> {
      assertOpen()
      return slot.read((engine) => listBlobs(engine, key))
    },

    async readMessages(key: SessionKey, before: number, limit: number): Promise<readonly MessageRow[]> {
      assertOpen()
      const messages: MessageRow[] = []
      const scan = { range: messageRange(key, before), reverse: true, limit }
      await slot.read((engine) =>
        engine.scan(scan, (found, sealed) => {
          messages.push({ seq: seqOf(found), json: unseal(found, sealed) })
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
      return slot.read((engine) => engine.view((reader) => readList(reader, query)))
    },

    async inbox(query: InboxQuery): Promise<ListPage> {
      assertOpen()
      return slot.read((engine) => engine.view((reader) => readInbox(reader, query)))
    },

    async search(query: SearchQuery): Promise<SearchPage> {
      assertOpen()
      return slot.read((engine) => engine.view((reader) => searchMessages(reader, query)))
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
      await finishing(remove(key).then(() => erase(key)))
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
  /** The log begins after it. */
  readonly floor?: Snapshot | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Whether an append is too late whatever becomes of what is queued. */
function isBehind(session: Session, expectedSeq: number): boolean {
  return expectedSeq < session.durable || session.head === session.durable
}

function appendOps(session: Session, batch: AppendBatch, floor: Snapshot | undefined): Op[] {
  const { key } = session
  const ops: Op[] = []
  const put = (at: string, value: string): void => void ops.push({ type: 'put', key: at, value: seal(at, value) })
  if (floor !== undefined) {
    ops.push(floorOp(key, { seq: floor.seq, dropping: [] }))
    ops.push(snapshotOp(floorSnapshotKey(key), floor), snapshotOp(snapshotKey(key), floor))
  }
  let seq = floor?.seq ?? session.head
  for (const event of batch.events) {
    seq += 1
    put(eventKey(key, seq), event)
  }
  put(headKey(key), String(seq))
  if (batch.row !== undefined) ops.push(...rowOps(key, session.listed, batch.row))
  for (const message of batch.messages ?? []) put(messageKey(key, message.seq), message.json)
  if (batch.words !== undefined) ops.push(...wordsOps(key, batch.words))
  return ops
}
