import type { Session } from '@headrace/client'
import { useHeadrace } from '@headrace/client/react'
import { HeadraceError, type HiddenEvent, type SessionEvent } from '@headrace/core'
import { useCallback, useEffect, useState } from 'react'

type Shown = SessionEvent | HiddenEvent

export interface Log {
  /** Newest first. */
  readonly events: readonly Shown[]
  readonly hasOlder: boolean
  readonly older: () => void
  readonly refused: string | undefined
}

const pageEvents = 200
/** A log that is looked at for days must not fill the page. */
const mostEvents = 5_000

/**
 * The events of a session as they are: the newest, those that come, and older ones by page.
 *
 * @param head - seq of the newest event when the page was opened
 */
export function useLog(session: Session, head: number): Log {
  const client = useHeadrace()
  const [events, setEvents] = useState<readonly Shown[]>([])
  const [refused, setRefused] = useState<string>()
  const add = useCallback((more: readonly Shown[]) => {
    setEvents((before) => {
      const known = new Map([...before, ...more].map((event) => [event.seq, event]))
      return [...known.values()].toSorted((a, b) => b.seq - a.seq).slice(0, mostEvents)
    })
  }, [])
  const [to, setTo] = useState(head)
  useEffect(() => {
    let over = false
    const load = async (): Promise<void> => {
      const after = Math.max(0, to - pageEvents)
      try {
        const page = await client.events(session.id, { after, limit: to - after })
        if (!over) add(page.events)
      } catch (thrown) {
        if (!over) setRefused(HeadraceError.from(thrown).message)
      }
    }
    void load()
    return () => {
      over = true
    }
  }, [client, session, to, add])
  useEffect(() => session.onEvent((event) => add([event])), [session, add])
  const first = events.at(-1)?.seq ?? 0
  return {
    events,
    hasOlder: first > 1 && events.length < mostEvents,
    older: useCallback(() => setTo(first - 1), [first]),
    refused,
  }
}
