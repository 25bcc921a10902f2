import type { Redaction } from '@headrace/core'
import { assertRedactable, missing, wordsAfter } from '../redaction.ts'
import { blobDeletions } from './blobs.ts'
import { floorOp, type Floor } from './compaction.ts'
import type { Op } from './engine.ts'
import { erasureKey, eventKey, floorSnapshotKey, messageKey, snapshotKey } from './keys.ts'
import { note } from './notes.ts'
import { staleOps, wordsOps } from './postings.ts'
import { seal } from './seal.ts'
import type { HeldSession, SessionWrites } from './session-writes.ts'
import type { Slot } from './slot.ts'
import { snapshotOp } from './snapshots.ts'

export interface RedactionParts {
  readonly slot: Slot
  readonly writes: SessionWrites
}

/** Redacts a session in one write. No compaction of it is under way. */
export async function redactSession(
  { slot, writes }: RedactionParts,
  held: HeldSession,
  redaction: Redaction,
): Promise<void> {
  const { session } = held
  const { key, durable } = session
  assertRedactable({ key, head: durable, floor: session.floor.seq }, redaction)

  const replaced = [
    ...redaction.events.map(({ seq, json }) => ({ what: 'event' as const, seq, json, at: eventKey(key, seq) })),
    ...redaction.messages.map(({ seq, json }) => ({
      what: 'message row' as const,
      seq,
      json,
      at: messageKey(key, seq),
    })),
  ]
  const there = await slot.read((reader) => reader.getMany(replaced.map(({ at }) => at)))
  const absent = replaced.find((_, index) => there[index] === undefined)
  if (absent !== undefined) throw missing(absent.what, absent.seq, key)

  const ops: Op[] = replaced.map(({ at, json }) => ({ type: 'put', key: at, value: seal(at, json) }))
  ops.push(snapshotOp(snapshotKey(key), redaction.snapshot), note(erasureKey(key)))
  const floor = floorAfter(session.floor, redaction)
  if (redaction.floor !== undefined) ops.push(snapshotOp(floorSnapshotKey(key), redaction.floor))
  else if (floor !== session.floor) ops.push(floorOp(key, floor), { type: 'del', key: floorSnapshotKey(key) })
  for (const id of redaction.blobs ?? []) ops.push(...(await slot.read((reader) => blobDeletions(reader, key, id))))
  const words = wordsAfter(redaction)
  ops.push(...wordsOps(key, words))

  const seqs = words.map(({ seq }) => seq)
  session.reshaping += 1
  try {
    await writes.write(held, ops, {
      prepare: seqs.length === 0 ? undefined : (reader) => staleOps(reader, key, seqs),
      queued: () => (session.snapshot = redaction.snapshot.seq),
      done: () => (session.floor = floor),
    })
  } finally {
    session.reshaping -= 1
  }
}

function floorAfter(floor: Floor, redaction: Redaction): Floor {
  return floor.seq === 0 || redaction.floor !== undefined ? floor : { ...floor, isStateless: true }
}
