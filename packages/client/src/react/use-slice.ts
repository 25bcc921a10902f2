import { useMemo, useSyncExternalStore } from 'react'
import { useHeadrace } from './context.ts'
import { useSnapshot } from './use-snapshot.ts'
import type { Actor } from '@headrace/core'
import type { Session, SessionSnapshot } from '../session/session.ts'

/**
 * Follows one thing of a session: renders again when that has changed, and not for the rest.
 *
 * @param select - gives what the snapshot holds and makes nothing new, so that the same stays the same
 */
export function useSlice<T>(id: string, select: (snapshot: SessionSnapshot) => T): readonly [T, Session] {
  const client = useHeadrace()
  const session = useMemo(() => client.session(id), [client, id])
  return [useSnapshot(session, select), session]
}

/** Who the server says we are; `undefined` before it has, and while rendering on a server. */
export function useActor(): Actor | undefined {
  const client = useHeadrace()
  return useSyncExternalStore(
    client.onStatus,
    () => client.actor,
    () => undefined,
  )
}
