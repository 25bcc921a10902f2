import { allows, type Grant, type ListPage, type SessionRow } from '@headrace/core'
import type { Hub } from '../hub-types.ts'
import type { SessionsQuery } from './http-list-query.ts'

/** Pages of the store that one list request reads while it looks for sessions that the caller may see. */
const maxListReads = 10

/**
 * The sessions that the caller may read. The store lists all of the tenant, so a caller who may see few of many gets
 * short pages, down to none; while there is a cursor there are more.
 */
export async function listVisible(
  hub: Pick<Hub, 'list'>,
  grant: Grant,
  { limit = 100, cursor: start, ...filters }: SessionsQuery,
): Promise<ListPage> {
  const rows: SessionRow[] = []
  let cursor = start
  for (let reads = 0; reads < maxListReads; reads += 1) {
    // Never more than what is missing: the cursor then stands exactly after the last row that is returned or left out.
    const page = await hub.list({
      tenant: grant.tenant,
      limit: limit - rows.length,
      ...(cursor !== undefined && { cursor }),
      ...filters,
    })
    rows.push(...page.rows.filter((row) => allows(grant, row.id, 'read')).map((row) => visibleRow(row, grant)))
    cursor = page.cursor
    if (cursor === undefined || rows.length >= limit) break
  }
  return { rows, ...(cursor !== undefined && { cursor }) }
}

/** What waits for others is theirs to know. */
function visibleRow({ inbox, ...row }: SessionRow, { actor }: Grant): SessionRow {
  return { ...row, inbox: inbox.filter((entry) => entry.for === actor) }
}
