import { useHeadrace } from '@headrace/client/react'
import type { SessionId, SessionView } from '@headrace/core'
import { useEffect, useState } from 'react'

/** A session as it is now, without following it; undefined until it has come, and where it can't be read. */
export function useLook(session: SessionId): SessionView | undefined {
  const client = useHeadrace()
  const [view, setView] = useState<SessionView>()
  useEffect(() => {
    let over = false
    const look = async (): Promise<void> => {
      try {
        const next = await client.view(session)
        if (!over) setView(next)
      } catch {
        // The entry says what is known without it.
      }
    }
    void look()
    return () => {
      over = true
    }
  }, [client, session])
  return view
}
