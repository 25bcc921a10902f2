import type { Session } from '@headrace/client'
import { useEffect } from 'react'

/** Esc stops everything that is open in the session. What closes on Esc itself (a panel, a window) comes first. */
export function useStopKey(session: Session, busy: boolean): void {
  useEffect(() => {
    if (!busy) return
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return
      if (document.querySelector('dialog[open]')) return
      session.cancel({ all: true }).catch(() => {}) // refused: the page shows that it goes on
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [session, busy])
}
