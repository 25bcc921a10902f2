import type { Actor, Cursor, Message, SessionView } from '@headrace/core'

/** How far a participant has read, as the session knows. */
export function cursorOf(view: SessionView, actor: Actor | undefined): Cursor | undefined {
  return view.cursors.find((cursor) => cursor.actor === actor)
}

/** What others have said that a participant has not read, oldest first. */
export function unreadOf(view: SessionView, actor: Actor | undefined): readonly Message[] {
  const read = cursorOf(view, actor)?.seq ?? 0
  return view.messages.filter((message) => message.seq > read && message.author !== actor)
}

/**
 * Whether a reader has something to mark: a message after their cursor, or a run that ended since they moved it. Not every
 * event counts, or marking, which is an event itself, would never come to an end.
 */
export function hasNews(view: SessionView, actor: Actor | undefined): boolean {
  const cursor = cursorOf(view, actor)
  if (!cursor) return view.seq > 0
  const isNew = view.messages.some((message) => message.seq > cursor.seq)
  return isNew || view.runs.some((run) => run.status === 'ended' && run.endedAt > cursor.at)
}
