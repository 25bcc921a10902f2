/**
 * A purge deletes more keys than one batch should hold, so it can be cut short. Its first batch removes what makes the
 * session exist (head, row, indexes) and notes the purge; the last one removes the note. Opening finishes what was noted.
 */
import type { SessionKey } from '@headrace/core'
import type { Op, Reader } from './engine.ts'
import { headKey, indexRange, isIndexOf, purgeKey, purgeRange, purgedSession, rowKey, sessionRange } from './keys.ts'
import { indexKeys, readRow } from './listed.ts'
import { seal } from './seal.ts'
import type { Slot } from './slot.ts'

export interface PurgeSteps {
  readonly slot: Slot
  readonly commit: (ops: readonly Op[]) => Promise<void>
}

const keysPerBatch = 1_000

/** Removes a session, also one that is damaged. */
export async function purgeSession(steps: PurgeSteps, key: SessionKey): Promise<void> {
  const keys = await steps.slot.read((reader) => firstKeys(reader, key))
  if (keys.length === 0) return
  const indexes = (await steps.slot.read((reader) => indexesOf(reader, key))).map(del)
  if (keys.length < keysPerBatch) {
    await steps.commit([...keys.map(del), ...indexes, del(purgeKey(key))])
    return
  }
  const note: Op = { type: 'put', key: purgeKey(key), value: seal(purgeKey(key), '') }
  await steps.commit([note, del(headKey(key)), del(rowKey(key)), ...indexes])
  await finishPurge(steps, key)
}

/** Goes on with purges that a crash cut short. */
export async function finishPurges(steps: PurgeSteps): Promise<void> {
  const keys: SessionKey[] = []
  await steps.slot.read((reader) =>
    reader.scan({ range: purgeRange, limit: Infinity }, (found) => void keys.push(purgedSession(found))),
  )
  for (const key of keys) await finishPurge(steps, key)
}

async function finishPurge(steps: PurgeSteps, key: SessionKey): Promise<void> {
  for (;;) {
    const keys = await steps.slot.read((reader) => firstKeys(reader, key))
    if (keys.length < keysPerBatch) {
      await steps.commit([...keys.map(del), del(purgeKey(key))])
      return
    }
    await steps.commit(keys.map(del))
  }
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

async function firstKeys(reader: Reader, key: SessionKey): Promise<string[]> {
  const keys: string[] = []
  await reader.scan({ range: sessionRange(key), limit: keysPerBatch }, (found) => void keys.push(found))
  return keys
}

function del(key: string): Op {
  return { type: 'del', key }
}
