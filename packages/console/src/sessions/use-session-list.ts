import { useConnection, useHeadrace } from '@headrace/client/react'
import { HeadraceError, type ListPage } from '@headrace/core'
import { useCallback, useEffect, useState } from 'react'
import { useShelf } from '../offline/shelf-context.ts'
import type { Shown } from './list-filter.tsx'
import { onRefresh } from './refresh.ts'

export interface SessionListing {
  /** Undefined until the first answer. */
  readonly page: ListPage | undefined
  readonly error: HeadraceError | undefined
  readonly showMore: () => void
  readonly shown: Shown
  readonly show: (shown: Shown) => void
  /** What is looked for. */
  readonly words: string
  readonly look: (words: string) => void
}

const pageRows = 50
const refreshMs = 3_000
/** What changes together is asked for once. */
const settleMs = 150

/** The sessions, asked for again while somebody can see them, and whenever {@link refreshList} says so. */
export function useSessionList(): SessionListing {
  const client = useHeadrace()
  const { state } = useConnection()
  const online = state === 'online'
  const shelf = useShelf()
  const [limit, setLimit] = useState(pageRows)
  const [shown, show] = useState<Shown>('all')
  // Kept here: on a phone the list goes when a session is opened, and comes back.
  const [words, look] = useState('')
  const [page, setPage] = useState<ListPage>()
  const [error, setError] = useState<HeadraceError>()

  useEffect(() => {
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async (): Promise<void> => {
      clearTimeout(timer)
      if (document.visibilityState === 'hidden') return // asked again when it shows
      try {
        const next = await client.sessions({
          limit,
          ...(shown === 'working' && { status: 'active' as const }),
          ...(shown === 'archived' && { archived: true }),
        })
        if (over) return
        setPage(next)
        setError(undefined)
        if (shown === 'all') {
          shelf?.keepList(next)
          if (next.cursor === undefined) shelf?.retain(next.rows.map(({ id }) => id))
        }
      } catch (thrown) {
        if (over) return
        setError(HeadraceError.from(thrown))
      }
      clearTimeout(timer)
      timer = setTimeout(() => void ask(), refreshMs)
    }
    const onShow = (): void => void ask()
    if (online) void ask()
    document.addEventListener('visibilitychange', onShow)
    const stopRefresh = onRefresh(() => {
      clearTimeout(timer)
      timer = setTimeout(() => void ask(), settleMs)
    })
    return () => {
      stopRefresh()
      over = true
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onShow)
    }
  }, [client, online, limit, shown, shelf])

  const needed = state === 'offline' && page === undefined
  useEffect(() => {
    if (!needed) return
    let over = false
    void shelf?.list().then((kept) => {
      if (kept && !over) setPage((now) => now ?? kept.value)
    })
    return () => {
      over = true
    }
  }, [needed, shelf])

  return {
    page,
    error: online ? error : undefined,
    showMore: useCallback(() => setLimit((now) => now + pageRows), []),
    shown,
    show,
    words,
    look,
  }
}
