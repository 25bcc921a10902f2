import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { HeadraceError, type InboxItem } from '@headrace/core'
import { systemClock, type Clock } from '../clock.ts'
import { useHeadrace } from './context.ts'

export interface UseInboxOptions {
  /** Most sessions: 1 to 200. Default 100. */
  readonly limit?: number
  /** How often it looks again, in milliseconds. Default 30,000. It also looks when a connection is there again. */
  readonly everyMs?: number
  /** Time; default the machine's. */
  readonly clock?: Clock
}

export interface UseInbox {
  /** By session, the one with the newest entry first. */
  readonly entries: readonly InboxItem[]
  readonly status: 'loading' | 'ready'
  /** Why the last look failed; what is shown is what was there before. */
  readonly error?: HeadraceError
  /** Looks now. */
  readonly refresh: () => void
}

type State = Pick<UseInbox, 'entries' | 'status' | 'error'>

/**
 * What waits for this participant in all sessions: requests, failures, mentions, and what is unread.
 *
 * @example
 * ```tsx
 * function Inbox() {
 *   const { entries } = useInbox()
 *   return entries.map(({ session, title, kind, ref }) => <a key={`${session} ${ref}`} href={`/s/${session}`}>{kind}: {title}</a>)
 * }
 * ```
 */
export function useInbox({ limit = 100, everyMs = 30_000, clock = systemClock }: UseInboxOptions = {}): UseInbox {
  const client = useHeadrace()
  const [state, setState] = useState<State>({ entries: [], status: 'loading' })
  /** The look that counts: what an earlier one brings later is old. */
  const round = useRef(0)
  const refresh = useCallback(() => {
    round.current += 1
    const mine = round.current
    const settle = (change: (before: State) => State): void => {
      if (mine === round.current) setState(change)
    }
    client.inbox({ limit }).then(
      ({ entries }) => settle(() => ({ entries, status: 'ready' })),
      (thrown: unknown) => settle((before) => ({ ...before, error: HeadraceError.from(thrown) })),
    )
  }, [client, limit])
  useEffect(() => {
    let cancel = (): void => undefined
    const look = (): void => {
      refresh()
      cancel = clock.after(everyMs, look)
    }
    look()
    let wasOnline = client.status.state === 'online'
    const stop = client.onStatus(() => {
      const isOnline = client.status.state === 'online'
      if (isOnline && !wasOnline) refresh()
      wasOnline = isOnline
    })
    return () => {
      round.current += 1
      cancel()
      stop()
    }
  }, [client, refresh, everyMs, clock])
  return useMemo(() => ({ ...state, refresh }), [state, refresh])
}
