import { HeadraceError } from '@headrace/core'
import type { Snapshot } from '@headrace/core'
import type { SeqRange } from '../seq-ranges.ts'
import { compactionNote, dropRanges, endOps, floorOp, nextDeletions, type Floor } from './compaction.ts'
import type { Op } from './engine.ts'
import { erasureKey, floorSnapshotKey, snapshotKey } from './keys.ts'
import { note } from './notes.ts'
import type { HeldSession, SessionWrites } from './session-writes.ts'
import type { Sessions } from './sessions.ts'
import type { Slot } from './slot.ts'
import { snapshotOp, type Snapshots } from './snapshots.ts'

export interface CompactionParts {
  readonly slot: Slot
  readonly sessions: Sessions
  readonly snapshots: Snapshots
  readonly writes: SessionWrites
}

/** Compacts a session while appends go on. Resolves to whether there was anything to do. */
export async function compactSession(
  parts: CompactionParts,
  held: HeldSession,
  to: { readonly floor: Snapshot; readonly ranges: readonly SeqRange[] },
): Promise<boolean> {
  const { slot, sessions, snapshots, writes } = parts
  const { session } = held
  const { key } = session
  const { seq } = to.floor
  if (seq > session.durable) {
    throw new HeadraceError('bad_request', `floor: ${seq} is past the end of the log of ${key}, ${session.durable}.`)
  }
  // One that was cut short while others may write: its ranges are known to its floor alone.
  const hasLeft = session.floor.dropping.length > 0
  if (hasLeft) await dropRest(parts, held, session.floor.dropping)
  if (seq <= session.floor.seq) return hasLeft

  await snapshots.prepare(session)
  const next = await slot.read((reader) => nextDeletions(reader, key, to.ranges))
  const first: Floor = { seq, dropping: next.left.length === 0 ? [] : to.ranges }
  const ops: Op[] = [note(erasureKey(key)), snapshotOp(floorSnapshotKey(key), to.floor), ...next.ops]
  if (next.left.length === 0) ops.push(...endOps(key, first))
  else ops.push(floorOp(key, first), compactionNote(key))
  if ((session.snapshot ?? 0) < seq) ops.push(snapshotOp(snapshotKey(key), to.floor))

  try {
    session.reshaping += 1
    const written = writes.write(held, ops, {
      queued: () => (session.snapshot = Math.max(session.snapshot ?? 0, seq)),
      done: () => (session.floor = first),
    })
    await written.finally(() => (session.reshaping -= 1))
    await dropRest(parts, held, next.left)
    return true
  } catch (thrown) {
    // How far it came is on disk.
    sessions.forget(session)
    throw thrown
  }
}

/** Drops what a compaction has begun to drop. */
async function dropRest(
  { slot, writes }: CompactionParts,
  held: HeldSession,
  ranges: readonly SeqRange[],
): Promise<void> {
  const { session } = held
  const { key } = session
  if (ranges.length === 0) return
  await dropRanges(slot, { key, ranges }, (ops, isLast) => {
    if (!isLast) return writes.write(held, ops)
    const floor: Floor = { ...session.floor, dropping: [] }
    return writes.write(held, [...ops, ...endOps(key, floor)], { done: () => (session.floor = floor) })
  })
}
