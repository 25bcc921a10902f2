import type { Session } from '@headrace/client'
import { useConnection, useSession, type UseSession } from '@headrace/client/react'
import type { SessionView } from '@headrace/core'
import { useEffect, useMemo, useState } from 'react'
import type { Kept, Shelf } from './shelf.ts'
import { useShelf } from './shelf-context.ts'

/** So long after a change it is kept, with all that has changed by then. */
const settleMs = 1_000

interface KeptSession {
  readonly session: UseSession
  /** When what is shown was seen, while the server can't be asked, ms since 1970. Undefined: it comes from the server. */
  readonly asOf: number | undefined
}

interface KeptSessionOptions {
  /** Whether others see that the reader is here. Default true. */
  readonly present?: boolean
}

/**
 * A session, from the server or, while there is none, as this browser saw it last. What it shows is kept for the next time;
 * and let go when the server says that it is gone, that it is not for this reader, or that something in it was taken out.
 */
export function useKeptSession(id: string, { present = true }: KeptSessionOptions = {}): KeptSession {
  const live = useSession(id, { present })
  const shelf = useShelf()
  useKeeping(live.session, live.status, shelf)
  const kept = useKept(id, live.status === 'loading', shelf)
  const session = useMemo<UseSession>(() => {
    if (!kept) return live
    // Whoever was there then need not be there now.
    const view = { ...kept.value, presence: [] }
    return { ...live, view, messages: view.messages, hasOlder: false, status: 'stale' }
  }, [live, kept])
  return { session, asOf: kept?.at }
}

/** What is kept of a session that could not be loaded, while there is no connection. */
function useKept(id: string, wanted: boolean, shelf: Shelf | undefined): Kept<SessionView> | undefined {
  const away = useConnection().state === 'offline'
  const [found, setFound] = useState<{ readonly id: string; readonly kept: Kept<SessionView> | undefined }>()
  const needed = wanted && away
  useEffect(() => {
    if (!needed || !shelf) return
    let over = false
    void shelf.view(id).then((kept) => {
      if (!over) setFound({ id, kept })
    })
    return () => {
      over = true
    }
  }, [id, needed, shelf])
  // While the next attempt is made, it stays.
  return wanted && found?.id === id ? found.kept : undefined
}

function useKeeping(session: Session, status: UseSession['status'], shelf: Shelf | undefined): void {
  useEffect(() => {
    if (!shelf || status !== 'live') return
    let timer: ReturnType<typeof setTimeout> | undefined
    const keep = (): void => {
      clearTimeout(timer)
      timer = undefined
      const { view, status: now } = session.getSnapshot()
      if (now !== 'failed') shelf.keepView(view)
    }
    const later = (): void => {
      timer ??= setTimeout(keep, settleMs)
    }
    const onHide = (): void => {
      if (document.visibilityState === 'hidden') keep()
    }
    later()
    const stopChanges = session.subscribe(later)
    const stopEvents = session.onEvent(({ type }) => {
      // At once: what was taken out must not wait for anything.
      if (type === 'content.redacted') shelf.dropView(session.id)
    })
    document.addEventListener('visibilitychange', onHide)
    return () => {
      stopChanges()
      stopEvents()
      document.removeEventListener('visibilitychange', onHide)
      if (timer !== undefined) keep()
    }
  }, [session, status, shelf])
  useEffect(() => {
    if (status === 'failed') shelf?.dropView(session.id)
  }, [session, status, shelf])
}
