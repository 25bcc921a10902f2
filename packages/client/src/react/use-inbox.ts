import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { HeadraceError, type SessionRow } from '@headrace/core'
import { systemClock, type Clock } from '../clock.ts'
import { useHeadrace } from './context.ts'

export interface UseInboxOptions {
  /** Most sessions: 1 to 1,000. Default 100. */
  readonly limit?: number
  /** How often it looks again, in milliseconds. Default 30,000. It also looks when a connection is there again. */
  readonly everyMs?: number
  /** Time; default the machine's. */
  readonly clock?: Clock
}

export interface UseInbox {
  /** Sessions in which something waits for this participant, newest first; `inbox` of each says what. */
  readonly rows: readonly SessionRow[]
  readonly status: 'loading' | 'ready'
  /** Why the last look failed; what is shown is what was there before. */
  readonly error?: HeadraceError
  /** Looks now. */
  readonly refresh: () => void
}

type State = Pick<UseInbox, 'rows' | 'status' | 'error'>

/**
 * What waits for this participant in all sessions: requests, failures, mentions, and what is unread.
 *
 * @example
 * ```tsx
 * function Inbox() {
 *   const { rows } = useInbox()
 *   return rows.map((row) => <a key={row.id} href={`/s/${row.id}`}>{row.inbox.map(({ kind }) => kind).join()}</a>)
 * }
 * ```
 */
export function useInbox({ limit = 100, everyMs = 30_000, clock = systemClock }: UseInboxOptions = {}): UseInbox {
  const client = useHeadrace()
  const [state, setState] = useState<State>({ rows: [], status: 'loading' })
  /** The look that counts: what an earlier one brings later is old. */
  const round = useRef(0)
  const refresh = useCallback(() => {
    round.current += 1
    const mine = round.current
    const settle = (change: (before: State) => State): void => {
      if (mine === round.current) setState(change)
    }
    client.inbox({ limit }).then(
      ({ rows }) => settle(() => ({ rows, status: 'ready' })),
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
