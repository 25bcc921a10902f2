/** Which rows a list or an inbox is about: what every store of ours must see the same way. */
import type { InboxEntry, ListQuery, SessionRow } from '@headrace/core'

export function isFiltered({ status, archived, metadata }: ListQuery): boolean {
  return status !== undefined || archived !== undefined || metadata !== undefined
}

export function isListed(row: SessionRow, { status, archived, metadata }: ListQuery): boolean {
  if (status !== undefined && row.status !== status) return false
  if (archived !== undefined && row.archived !== archived) return false
  return Object.entries(metadata ?? {}).every(
    ([name, value]) => Object.hasOwn(row.metadata, name) && row.metadata[name] === value,
  )
}

/** The time of the newest entry for each actor. */
export function newestEntries(inbox: readonly InboxEntry[]): ReadonlyMap<string, number> {
  const newest = new Map<string, number>()
  for (const entry of inbox) newest.set(entry.for, Math.max(newest.get(entry.for) ?? entry.at, entry.at))
  return newest
}

/** The time of the newest entry for any of some actors. */
export function newestEntry(inbox: readonly InboxEntry[], actors: ReadonlySet<string>): number | undefined {
  return inbox.reduce<number | undefined>(
    (newest, entry) => (actors.has(entry.for) ? Math.max(newest ?? entry.at, entry.at) : newest),
    undefined,
  )
}
