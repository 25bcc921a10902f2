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

const searchPattern = /^(\d{1,16})!([A-Za-z0-9._:/-]{1,256})!(\d{1,16})$/
/** Streams are listed too: by their paths, which are longer and percent-encoded. */
const listPattern = /^(\d{1,16})!([A-Za-z0-9._:/%-]{1,512})$/

export function formatCursor(position: ListPosition): string {
  return `${position.updatedAt}!${position.id}`
}

/** @throws HeadraceError `bad_request` for anything that no list has given out: cursors travel through clients. */
export function parseCursor(cursor: string): ListPosition {
  const [, updatedAt, id] = listPattern.exec(cursor) ?? []
  if (updatedAt === undefined || id === undefined) throw notGiven()
  return { updatedAt: Number(updatedAt), id }
}

/** Where a search stands: by time, newest first, then by session, then by position, newest first. */
export interface SearchPosition {
  readonly at: number
  readonly session: SessionId
  readonly seq: number
}

export function compareFound(a: SearchPosition, b: SearchPosition): number {
  return b.at - a.at || (a.session < b.session ? -1 : a.session > b.session ? 1 : 0) || b.seq - a.seq
}

export function formatSearchCursor({ at, session, seq }: SearchPosition): string {
  return `${at}!${session}!${seq}`
}

/** @throws HeadraceError `bad_request` */
export function parseSearchCursor(cursor: string): SearchPosition {
  const [, at, session, seq] = searchPattern.exec(cursor) ?? []
  if (at === undefined || session === undefined || seq === undefined) throw notGiven()
  return { at: Number(at), session, seq: Number(seq) }
}

function notGiven(): HeadraceError {
  return new HeadraceError('bad_request', 'cursor: not a cursor that a list gave. Start without one.')
}
