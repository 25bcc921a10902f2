import { useEffect, useMemo, useSyncExternalStore } from 'react'
import type { Cursor, Message } from '@headrace/core'
import { cursorOf, hasNews, unreadOf } from '../session/unread.ts'
import { useActor, useSlice } from './use-slice.ts'

export interface UseCursor {
  /** Seq up to which this participant has read, on any device; 0 before anything. */
  readonly readTo: number
  /** What others have said after it. */
  readonly unread: readonly Message[]
  /** How far the others have read. */
  readonly others: readonly Cursor[]
}

/**
 * How far everybody has read. While the page is visible it marks what is here as read, at most once a second.
 *
 * @param options - `mark: false` only looks
 * @example
 * ```tsx
 * function Unread({ id }: { id: string }) {
 *   const { unread } = useCursor(id, { mark: false })
 *   return unread.length > 0 ? <b>{unread.length}</b> : null
 * }
 * ```
 */
export function useCursor(id: string, { mark = true }: { readonly mark?: boolean } = {}): UseCursor {
  const [view, session] = useSlice(id, (snapshot) => snapshot.view)
  const actor = useActor()
  const isVisible = useSyncExternalStore(onVisibility, visible, () => false)
  const isNew = hasNews(view, actor)
  useEffect(() => {
    if (mark && isVisible && isNew && actor !== undefined) session.markRead()
  }, [mark, isVisible, isNew, actor, session, view.messages, view.runs])
  return useMemo(
    () => ({
      readTo: cursorOf(view, actor)?.seq ?? 0,
      unread: unreadOf(view, actor),
      others: view.cursors.filter((cursor) => cursor.actor !== actor),
    }),
    [view, actor],
  )
}

function onVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}

function visible(): boolean {
  return document.visibilityState === 'visible'
}
