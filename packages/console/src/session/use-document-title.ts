import { useEffect } from 'react'
import { text } from '../text.ts'

/** The tab's title: the session, and whether somebody is at work in it. */
export function useDocumentTitle(title: string, busy: boolean): void {
  useEffect(() => {
    document.title = `${busy ? text.session.titleWorking(title) : title} · ${text.product}`
    return () => {
      document.title = text.product
    }
  }, [title, busy])
}
