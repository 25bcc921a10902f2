import { useInbox } from '@headrace/client/react'
import { useEffect, useMemo, useSyncExternalStore } from 'react'
import { byUrgency } from '../model/urgency.ts'
import { onRefresh } from '../sessions/refresh.ts'
import { attention } from '../shell/attention.ts'
import type { InboxPlace } from './inbox-context.ts'

/** While somebody looks, and while nobody does: then it is for the title and the badge. */
const [lookMs, awayMs] = [5_000, 30_000]

/**
 * Looks what waits for the reader, now and then, and says how much it is on the page's title and icon.
 *
 * @param tasks - how many tasks of floors wait besides
 */
export function useInboxHere(tasks: number): InboxPlace {
  const visible = useSyncExternalStore(onVisibility, () => document.visibilityState === 'visible')
  const { entries, status, error, refresh } = useInbox({ everyMs: visible ? lookMs : awayMs })
  const inbox = useMemo(() => byUrgency(entries), [entries])
  useEffect(() => onRefresh(refresh), [refresh])
  useEffect(() => attention.set(inbox.count + tasks), [inbox.count, tasks])
  useEffect(() => () => attention.set(0), [])
  return useMemo(() => ({ ...inbox, tasks, status, error, refresh }), [inbox, tasks, status, error, refresh])
}

function onVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}
