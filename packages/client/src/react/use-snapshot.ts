import { useCallback, useContext, useSyncExternalStore } from 'react'
import type { Session, SessionSnapshot } from '../session/session.ts'
import { seedOf, Views } from './seed.ts'

/** Follows a session for what `select` gives, and begins with the view that came with the page, if one did. */
export function useSnapshot<T>(session: Session, select: (snapshot: SessionSnapshot) => T): T {
  const seed = seedOf(useContext(Views)[session.id])
  const now = useCallback(() => {
    const snapshot = session.getSnapshot()
    // What waits to be sent is shown beside what the page began with only when that has come.
    return seed && snapshot.status === 'loading' && snapshot.pending.length === 0 ? seed : snapshot
  }, [session, seed])
  return useSyncExternalStore(
    session.subscribe,
    () => select(now()),
    () => select(seed ?? session.getInitialSnapshot()),
  )
}
