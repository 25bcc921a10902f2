/**
 * A purge deletes more keys than one batch should hold, so it can be cut short. Its first batch removes what makes the
 * session exist (head, row, indexes) and notes the purge; the last one removes the note. Opening finishes what was noted.
 */
import type { SessionKey } from '@headrace/core'
import type { Op, Reader } from './engine.ts'
import {
  compactionKey,
  erasureKey,
  floorKey,
  headKey,
  indexRange,
  isIndexOf,
  isWordsKey,
  purgeKey,
  purgeRange,
  rowKey,
  sessionRange,
} from './keys.ts'
import { indexKeys, readRow } from './listed.ts'
import { note, readNotes, type Steps } from './notes.ts'
import { postingDeletions } from './postings.ts'

const keysPerBatch = 1_000
/** A message that was found by many words has as many postings: then a batch ends with fewer keys. */
const opsPerBatch = 10_000

/** Removes a session, also one that is damaged. */
export async function purgeSession(steps: Steps, key: SessionKey): Promise<void> {
  const { ops, isLast } = await steps.slot.read((reader) => nextDeletions(reader, key))
  if (ops.length === 0) return
  const indexes = (await steps.slot.read((reader) => indexesOf(reader, key))).map(del)
  if (isLast) {
    await steps.commit([...ops, ...indexes, ...endOps(key)])
    return
  }
  const begun = [headKey(key), floorKey(key), rowKey(key)].map(del)
  await steps.commit([note(purgeKey(key)), ...begun, ...indexes])
  await finishPurge(steps, key)
}

/** Goes on with purges that a crash cut short. */
export async function finishPurges(steps: Steps): Promise<void> {
  for (const key of await readNotes(steps.slot, purgeRange)) await finishPurge(steps, key)
}

async function finishPurge(steps: Steps, key: SessionKey): Promise<void> {
  for (;;) {
    const { ops, isLast } = await steps.slot.read((reader) => nextDeletions(reader, key))
    await steps.commit(isLast ? [...ops, ...endOps(key)] : ops)
    if (isLast) return
  }
}

/** What goes with the last keys. */
function endOps(key: SessionKey): Op[] {
  return [del(purgeKey(key)), del(compactionKey(key)), note(erasureKey(key))]
}

async function indexesOf(reader: Reader, key: SessionKey): Promise<string[]> {
  try {
    const row = await readRow(reader, key)
    return row === undefined ? [] : indexKeys(key, row)
  } catch {
    // The row that would say is damaged, which is a reason to purge: look through all indexes.
    const keys: string[] = []
    await reader.scan({ range: indexRange, limit: Infinity }, (found) => {
      if (isIndexOf(key, found)) keys.push(found)
    })
    return keys
  }
}

/** Deletes the first keys of a session, and the postings that they stand for. */
async function nextDeletions(
  reader: Reader,
  key: SessionKey,
): Promise<{ readonly ops: readonly Op[]; readonly isLast: boolean }> {
  const ops: Op[] = []
  let left = keysPerBatch
  await reader.scan({ range: sessionRange(key), limit: keysPerBatch }, (found, sealed) => {
    ops.push(del(found))
    if (isWordsKey(found)) ops.push(...postingDeletions(key, found, sealed))
    left -= 1
    return ops.length < opsPerBatch
  })
  return { ops, isLast: left > 0 && ops.length < opsPerBatch }
}

function del(key: string): Op {
  return { type: 'del', key }
}
