import { useEffect, useSyncExternalStore } from 'react'
import { attention } from '../shell/attention.ts'
import { text } from '../text.ts'

/** The tab's title: what is open, whether somebody is at work in it, and how much waits for the reader anywhere. */
export function useDocumentTitle(title: string, busy: boolean): void {
  const waiting = useSyncExternalStore(attention.subscribe, attention.get)
  useEffect(() => {
    const count = waiting > 0 ? text.inbox.titleCount(waiting) : ''
    document.title = `${count}${busy ? text.session.titleWorking(title) : title} · ${text.product}`
    return () => {
      document.title = text.product
    }
  }, [title, busy, waiting])
}
