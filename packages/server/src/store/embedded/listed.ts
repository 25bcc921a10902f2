import { splitKey } from '@headrace/core'
import type { SessionKey, SessionRow } from '@headrace/core'
import { newestEntries } from '../row-choice.ts'
import type { Op, Reader } from './engine.ts'
import { dueKey, inboxKey, listKey, rowKey, tipRange, workKey } from './keys.ts'
import { seal, unseal } from './seal.ts'

/** The fields of a row that have an index. */
export type Listed = Pick<SessionRow, 'id' | 'updatedAt' | 'due' | 'work' | 'inbox'>

export function parseRow(json: string): SessionRow {
  // Its checksum says that rowOps wrote it. In format 1 it did so without the fields that are given here.
  return { archived: false, inbox: [], ...(JSON.parse(json) as Omit<SessionRow, 'archived' | 'inbox'>) }
}

/** By a seek and not by `get`: a damaged filter block can make LevelDB deny a key, but can't mislead an iterator. */
export async function readRow(reader: Reader, key: SessionKey): Promise<SessionRow | undefined> {
  let row: SessionRow | undefined
  await reader.scan({ range: tipRange(key), reverse: true, limit: 1 }, (found, sealed) => {
    if (found === rowKey(key)) row = parseRow(unseal(found, sealed))
  })
  return row
}

/** Writes a row, and moves the session in the indexes. */
export function rowOps(key: SessionKey, before: Listed | undefined, row: SessionRow): Op[] {
  return [put(rowKey(key), JSON.stringify(row)), ...indexOps(key, before, row)]
}

/** Only what changed: most appends of a busy session leave its place in the indexes as it is. */
function indexOps(key: SessionKey, before: Listed | undefined, after: Listed): Op[] {
  const old = new Set(before === undefined ? [] : indexKeys(key, before))
  const ops: Op[] = []
  for (const entry of indexKeys(key, after)) if (!old.delete(entry)) ops.push(put(entry, ''))
  for (const entry of old) ops.push({ type: 'del', key: entry })
  return ops
}

/** The session's entries in the indexes. */
export function indexKeys(key: SessionKey, listed: Listed): string[] {
  const { tenant, session } = splitKey(key)
  const keys = [listKey(tenant, { updatedAt: listed.updatedAt, id: session })]
  if (listed.due !== null) keys.push(dueKey(listed.due, key))
  for (const [actor, updatedAt] of newestEntries(listed.inbox)) {
    keys.push(inboxKey(tenant, actor, { updatedAt, id: session }))
  }
  for (const agent of new Set(listed.work)) keys.push(workKey(agent, key))
  return keys
}

function put(key: string, value: string): Op {
  return { type: 'put', key, value: seal(key, value) }
}
