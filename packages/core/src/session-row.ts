import { sees } from './audience.ts'
import { claimable } from './decide/work.ts'
import { nextDue } from './decide/time.ts'
import { isPerson, type Actor } from './ids.ts'
import { isOpen, whoAnswers } from './request.ts'
import type { SessionState } from './state.ts'
import type { InboxEntry, SessionRow } from './store.ts'
import type { Message, SessionView } from './view.ts'

/** Most entries that a session has in inboxes. */
const maxInbox = 256

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
    due: rowDue(state),
    archived: view.archived === true,
    inbox: inboxOf(view),
  }
}

/** Time also brings what a server does beside the rules: people are told, and what is kept for a time goes. */
function rowDue(state: SessionState): number | null {
  const { view, guard } = state
  const { sessionMs, rawMs } = view.retention ?? {}
  const due = Math.min(
    nextDue(state) ?? Infinity,
    guard.notices[0]?.at ?? Infinity,
    guard.erasing.length > 0 ? view.at : Infinity,
    sessionMs === undefined ? Infinity : view.at + sessionMs,
    rawMs === undefined || !guard.raw ? Infinity : guard.raw.since + rawMs,
  )
  return due === Infinity ? null : due
}

/** What waits for whom: requests, failures, mentions, and what they have not read. */
function inboxOf(view: SessionView): readonly InboxEntry[] {
  return [...requestEntries(view), ...failedEntries(view), ...mentionEntries(view), ...unreadEntries(view)].slice(
    0,
    maxInbox,
  )
}

function requestEntries(view: SessionView): readonly InboxEntry[] {
  return view.requests
    .filter(isOpen)
    .flatMap(({ id, openedAt, answerers, spec }) =>
      whoAnswers(answerers, spec.to).map((who) => ({ kind: 'request' as const, for: who, ref: id, at: openedAt })),
    )
}

function failedEntries(view: SessionView): readonly InboxEntry[] {
  return view.runs.flatMap((run) => {
    if (run.status !== 'ended' || !isPerson(run.by)) return []
    if (run.reason === 'complete' || run.reason === 'cancelled' || lookedAt(view, run.by) >= run.endedAt) return []
    return [{ kind: 'failed' as const, for: run.by, ref: run.id, at: run.endedAt }]
  })
}

/** When a participant last moved their cursor. */
function lookedAt(view: SessionView, actor: Actor): number {
  return view.cursors.find((cursor) => cursor.actor === actor)?.at ?? 0
}

function mentionEntries(view: SessionView): readonly InboxEntry[] {
  return view.messages.flatMap((message) =>
    (message.mentions ?? [])
      .filter((actor) => message.seq > readTo(view, actor) && sees({ actor }, message.to))
      .map((actor) => ({ kind: 'mention' as const, for: actor, ref: message.id, at: message.at })),
  )
}

function readTo(view: SessionView, actor: Actor): number {
  return view.cursors.find((cursor) => cursor.actor === actor)?.seq ?? 0
}

/** For those who have read something here once; others never said that they follow the session. */
function unreadEntries({ cursors, messages }: SessionView): readonly InboxEntry[] {
  return cursors.flatMap(({ actor, seq }) => {
    let first: Message | undefined
    let count = 0
    for (let i = messages.length - 1; i >= 0; i -= 1) {
      const message = messages[i]
      if (!message || message.seq <= seq) break
      if (message.author === actor || (message.to !== undefined && !sees({ actor }, message.to))) continue
      first = message
      count += 1
    }
    return first ? [{ kind: 'unread' as const, for: actor, ref: first.id, at: first.at, count }] : []
  })
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
    stored.archived === now.archived &&
    stored.work.join() === now.work.join() &&
    JSON.stringify(stored.inbox) === JSON.stringify(now.inbox) &&
    (stored.due === null) === (now.due === null) &&
    (stored.due === null || now.due === null || stored.due <= now.due)
  )
}
