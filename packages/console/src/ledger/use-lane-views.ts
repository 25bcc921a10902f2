import { useHeadrace } from '@headrace/client/react'
import type { SessionView } from '@headrace/core'
import type { FloorSessions } from '@headrace/factory/floor'
import { useEffect, useState } from 'react'

type Views = Readonly<Record<string, SessionView>>

const againMs = 10_000

/** The sessions of lanes as they are, looked at now and then: what is under way has used something, too. */
export function useLaneViews(sessions: FloorSessions, names: readonly string[]): Views {
  const client = useHeadrace()
  const [views, setViews] = useState<Views>({})
  const key = names.join('\n')
  useEffect(() => {
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      const wanted = key === '' ? [] : key.split('\n')
      const found = await Promise.all(
        // A lane that has never worked has no session.
        wanted.map((name) =>
          client.view(sessions.lane(name)).then(
            (view) => [[name, view] as const],
            () => [],
          ),
        ),
      )
      if (over) return
      setViews(Object.fromEntries(found.flat()))
      timer = setTimeout(() => void look(), againMs)
    }
    void look()
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [client, sessions, key])
  return views
}
