import { HeadraceError, type SessionId, type SessionView } from '@headrace/core'

/** Up to where events may be missing: they were compacted away, or are in the log of the session that this is a copy of. */
export function floorOf({ compactedTo = 0, forkedFrom }: SessionView): number {
  return Math.max(compactedTo, forkedFrom?.seq ?? 0)
}

/** The error for who reads from where events may be missing. */
export function belowFloor(session: SessionId, after: number, floor: number): HeadraceError {
  const text = `Of the events of ${session} up to ${floor}, some are no longer there, so reading after ${after} would leave gaps. Read the session and go on after its seq, or ask for what is left with history=sparse.`
  return new HeadraceError('compacted', text, { detail: { session, after, floor } })
}
