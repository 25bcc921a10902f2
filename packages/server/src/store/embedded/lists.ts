import { HeadraceError } from '@headrace/core'
import type { InboxQuery, ListPage, ListQuery, SessionRow } from '@headrace/core'
import { compareListed, formatCursor, parseCursor, type ListPosition } from '../cursor.ts'
import { isFiltered, isListed, newestEntry } from '../row-choice.ts'
import type { Reader } from './engine.ts'
import { inboxRange, listPosition, listRange, rowKey, type KeyRange } from './keys.ts'
import { parseRow } from './listed.ts'
import { unseal } from './seal.ts'

/** Rows that a filtered list looks at in one call. */
const rowsPerCall = 1_000
/** Rows that are read at a time while it is not known how many are left out. */
const rowsPerRead = 100

/**
 * Lists the sessions of a tenant. Index and rows must be of one moment: otherwise a row that moves meanwhile would disagree
 * with its place.
 */
export async function readList(reader: Reader, query: ListQuery): Promise<ListPage> {
  const { tenant, limit } = query
  const filtered = isFiltered(query)
  const most = filtered ? Math.max(limit, rowsPerCall) : limit
  const found = await readPositions(reader, listRange(tenant, startOf(query)), most + 1)
  const rows: SessionRow[] = []
  let looked = 0
  while (looked < Math.min(found.length, most) && rows.length < limit) {
    const next = found.slice(looked, filtered ? Math.min(looked + rowsPerRead, most) : most)
    for (const [index, row] of (await readRows(reader, tenant, next)).entries()) {
      if (rows.length === limit) break
      if (row.updatedAt !== next[index]?.updatedAt) throw disagreement(tenant, row.id)
      looked += 1
      if (isListed(row, query)) rows.push(row)
    }
  }
  return page(rows, found, looked)
}

/**
 * Merges the lists of several actors. A session is in each list that it has entries in, at the newest of them; of its
 * places the newest counts, and the others are passed over. So a page can be short.
 */
export async function readInbox(reader: Reader, query: InboxQuery): Promise<ListPage> {
  const { tenant, limit } = query
  const actors = new Set(query.for)
  const places = new Map<string, ListPosition>()
  for (const actor of actors) {
    for (const position of await readPositions(reader, inboxRange(tenant, actor, startOf(query)), limit + 1)) {
      places.set(formatCursor(position), position)
    }
  }
  const found = [...places.values()].sort(compareListed)
  const looked = found.slice(0, limit)
  const rows = (await readRows(reader, tenant, looked)).filter((row, index) => {
    const newest = newestEntry(row.inbox, actors)
    const place = looked[index]?.updatedAt
    if (newest === undefined || place === undefined || newest < place) throw disagreement(tenant, row.id)
    return newest === place
  })
  return page(rows, found, looked.length)
}

function startOf({ cursor }: { readonly cursor?: string }): ListPosition | undefined {
  return cursor === undefined ? undefined : parseCursor(cursor)
}

function page(rows: readonly SessionRow[], found: readonly ListPosition[], looked: number): ListPage {
  const last = found[looked - 1]
  return found.length > looked && last !== undefined ? { rows, cursor: formatCursor(last) } : { rows }
}

async function readPositions(reader: Reader, range: KeyRange, limit: number): Promise<ListPosition[]> {
  const positions: ListPosition[] = []
  await reader.scan({ range, limit }, (key, sealed) => {
    unseal(key, sealed)
    positions.push(listPosition(key))
  })
  return positions
}

async function readRows(reader: Reader, tenant: string, positions: readonly ListPosition[]): Promise<SessionRow[]> {
  const keys = positions.map(({ id }) => rowKey(`${tenant}!${id}`))
  const stored = await reader.getMany(keys)
  return keys.map((key, index) => {
    const sealed = stored[index]
    if (sealed === undefined) throw disagreement(tenant, positions[index]?.id ?? '')
    return parseRow(unseal(key, sealed))
  })
}

function disagreement(tenant: string, id: string): HeadraceError {
  const key = rowKey(`${tenant}!${id}`)
  return new HeadraceError('store_corrupt', `The list of ${tenant} and the row ${key} disagree.`, { detail: { key } })
}
