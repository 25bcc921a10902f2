import { HeadraceError } from '@headrace/core'
import type { SessionId } from '@headrace/core'

/** Where a list stands: rows are ordered by time, newest first, then by id. */
export interface ListPosition {
  /** In an inbox, the time of the newest entry. */
  readonly updatedAt: number
  readonly id: SessionId
}

export function compareListed(a: ListPosition, b: ListPosition): number {
  return b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

const pattern = /^(\d{1,16})!([A-Za-z0-9._:/-]{1,256})$/

export function formatCursor(position: ListPosition): string {
  return `${position.updatedAt}!${position.id}`
}

/** @throws HeadraceError `bad_request` for anything that no list has given out: cursors travel through clients. */
export function parseCursor(cursor: string): ListPosition {
  const [, updatedAt, id] = pattern.exec(cursor) ?? []
  if (updatedAt === undefined || id === undefined) {
    throw new HeadraceError('bad_request', 'cursor: not a cursor that a list gave. Start without one.')
  }
  return { updatedAt: Number(updatedAt), id }
}
