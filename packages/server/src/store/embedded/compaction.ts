/**
 * A compaction deletes more keys than one batch should hold, so it can be cut short. Its first batch writes the new floor
 * with the ranges that are to go; from then on no reader sees what is in them, deleted or not. The last one writes the
 * floor without ranges. Opening finishes what was noted.
 *
 *   floor 10 ──first batch──▶ floor 90, dropping [[5, 80]] ──batches of deletions──▶ floor 90
 */
import { HeadraceError } from '@headrace/core'
import type { SessionKey } from '@headrace/core'
import type { SeqRange } from '../seq-ranges.ts'
import type { Op, Reader } from './engine.ts'
import { compactionKey, compactionRange, eventRange, floorKey, seqOf } from './keys.ts'
import { note, readNotes, type Steps } from './notes.ts'
import { seal, unseal } from './seal.ts'

export interface Floor {
  readonly seq: number
  /** Sorted and apart. Empty unless a compaction is under way. */
  readonly dropping: readonly SeqRange[]
  /** Whether a redaction has dropped the state at the floor. */
  readonly isStateless?: boolean
}

export const noFloor: Floor = { seq: 0, dropping: [] }

const keysPerBatch = 1_000

export function floorOp(key: SessionKey, floor: Floor): Op {
  return { type: 'put', key: floorKey(key), value: seal(floorKey(key), JSON.stringify(floor)) }
}

export function parseFloor(json: string): Floor {
  return JSON.parse(json) as Floor // its checksum says that floorOp wrote it
}

/** The stored floor. One that is damaged counts as none: whoever opens the session is told. */
async function readFloor(reader: Reader, key: SessionKey): Promise<Floor> {
  try {
    const sealed = await reader.get(floorKey(key))
    return sealed === undefined ? noFloor : parseFloor(unseal(floorKey(key), sealed))
  } catch (thrown) {
    if (HeadraceError.from(thrown).code === 'store_corrupt') return noFloor
    throw thrown
  }
}

/** The next deletions, and what is then left to drop. */
export interface Deletions {
  readonly ops: readonly Op[]
  readonly left: readonly SeqRange[]
}

export async function nextDeletions(reader: Reader, key: SessionKey, ranges: readonly SeqRange[]): Promise<Deletions> {
  const ops: Op[] = []
  for (const [index, [first, last]] of ranges.entries()) {
    let reached = first - 1
    await reader.scan({ range: eventRange(key, first, last), limit: keysPerBatch - ops.length }, (found) => {
      ops.push(del(found))
      reached = seqOf(found)
    })
    if (ops.length < keysPerBatch) continue
    // Not from the start of the range again: LevelDB would step over all that was deleted, batch by batch.
    const rest = ranges.slice(index + 1)
    return { ops, left: reached < last ? [[reached + 1, last], ...rest] : rest }
  }
  return { ops, left: [] }
}

export function compactionNote(key: SessionKey): Op {
  return note(compactionKey(key))
}

/** What ends a compaction: with the last deletions. */
export function endOps(key: SessionKey, floor: Floor): Op[] {
  return [floorOp(key, { ...floor, dropping: [] }), del(compactionKey(key))]
}

function del(key: string): Op {
  return { type: 'del', key }
}

/** Goes on with compactions that a crash cut short. */
export async function finishCompactions(steps: Steps): Promise<void> {
  for (const key of await readNotes(steps.slot, compactionRange)) await finishCompaction(steps, key)
}

async function finishCompaction({ slot, commit }: Steps, key: SessionKey): Promise<void> {
  const floor = await slot.read((reader) => readFloor(reader, key))
  const end = floor.seq === 0 ? [del(compactionKey(key))] : endOps(key, floor)
  await dropRanges(slot, { key, ranges: floor.dropping }, (ops, isLast) => commit(isLast ? [...ops, ...end] : ops))
}

/** Deletes what is in some ranges, in batches that are not too large; of none there is one that deletes nothing. */
export async function dropRanges(
  slot: Steps['slot'],
  { key, ranges }: { readonly key: SessionKey; readonly ranges: readonly SeqRange[] },
  write: (ops: readonly Op[], isLast: boolean) => Promise<unknown>,
): Promise<void> {
  for (let left = ranges; ;) {
    const next = await slot.read((reader) => nextDeletions(reader, key, left))
    left = next.left
    await write(next.ops, left.length === 0)
    if (left.length === 0) return
  }
}
