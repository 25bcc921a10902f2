import { claimable } from './decide/work.ts'
import { nextDue } from './decide/time.ts'
import type { SessionState } from './state.ts'
import type { SessionRow } from './store.ts'

/**
 * The session's line in lists and indexes. A room stores it again only when {@link sameRow} says that it changed, so that
 * streaming does not rewrite it with every delta.
 */
export function sessionRow(state: SessionState): SessionRow {
  const { view } = state
  const open = view.runs.filter((run) => run.status !== 'ended')
  const work = [...new Set(open.filter((run) => claimable(view, run)).map((run) => run.agent))].sort()
  const active = open.some((run) => run.status === 'active')
  return {
    id: view.id,
    createdAt: view.createdAt,
    updatedAt: view.at,
    metadata: view.metadata,
    messages: view.older + view.messages.length,
    status: active ? 'active' : open.length > 0 ? 'waiting' : 'idle',
    openRuns: open.length,
    work,
    due: nextDue(state),
  }
}

/**
 * Whether the stored row still serves. A `due` that has only moved later still does: whoever looks too early finds
 * nothing to do and stores the later time.
 */
export function sameRow(stored: SessionRow, now: SessionRow): boolean {
  return (
    stored.metadata === now.metadata &&
    stored.messages === now.messages &&
    stored.status === now.status &&
    stored.openRuns === now.openRuns &&
    stored.work.join() === now.work.join() &&
    (stored.due === null) === (now.due === null) &&
    (stored.due === null || now.due === null || stored.due <= now.due)
  )
}
