import { actorId, type SessionRow } from '@headrace/core'
import { memo, useEffect, useState, type ReactNode } from 'react'
import { timeAgo, fullTime } from '../model/time.ts'
import { titleOf } from '../model/title.ts'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { ListFilter, type Shown } from './list-filter.tsx'
import { useFound } from './use-found.ts'
import type { SessionListing } from './use-session-list.ts'
import './session-list.css'

interface Props {
  readonly listing: SessionListing
  /** The session that is open. */
  readonly current: string | undefined
}

/** The sessions that the reader may see, the newest change first; and messages, where somebody looks for words. */
export function SessionList({
  listing: { page, error, showMore, shown, show, words, look },
  current,
}: Props): ReactNode {
  const now = useMinute()
  const { hits, looking } = useFound(words)
  const rows = page?.rows.filter((row) => isFound(row, words, shown))
  const narrowed = words.trim() !== '' || shown !== 'all'
  return (
    <nav className="list" aria-label={text.nav.sessions} aria-busy={page === undefined}>
      <ListFilter words={words} onWords={look} shown={shown} onShown={show} />
      {error && (
        <p className="list-note" role="alert">
          {text.nav.failed(error.message)}
        </p>
      )}
      {!page && !error && <p className="list-note list-loading">{text.nav.loading}</p>}
      {narrowed && rows?.length === 0 && hits.length === 0 && !looking && (
        <p className="list-note">{text.nav.nothing}</p>
      )}
      {!narrowed && page?.rows.length === 0 && (
        <div className="list-empty">
          <p className="list-empty-title">{text.nav.empty}</p>
          <p className="list-note">{text.nav.emptyLead}</p>
        </div>
      )}
      <ul className="list-rows">
        {rows?.map((row) => (
          <Row key={row.id} row={row} open={row.id === current} ago={timeAgo(row.updatedAt, now)} />
        ))}
      </ul>
      {hits.length > 0 && (
        <section className="found" aria-label={text.nav.found} data-testid="found">
          <h2 className="found-title">{text.nav.found}</h2>
          <ul className="list-rows">
            {hits.map((hit) => (
              <li key={`${hit.session} ${hit.message}`}>
                <a className="list-row" data-status="idle" href={hrefOf(hit.session, { at: hit.seq })}>
                  <span className="found-words" dir="auto">
                    {hit.snippet}
                  </span>
                  <span className="list-more">
                    <span className="list-status">{hit.name ?? actorId(hit.author)}</span>
                    <span>{timeAgo(hit.at, now)}</span>
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {page?.cursor !== undefined && (
        <Button look="quiet" onClick={showMore}>
          {text.nav.more}
        </Button>
      )}
    </nav>
  )
}

/** Whether a session is one of those that are looked for. What is archived or works is for the server to say. */
function isFound({ metadata, id, inbox }: SessionRow, words: string, shown: Shown): boolean {
  if (shown === 'unread' && !inbox.some(({ kind }) => kind === 'unread' || kind === 'mention')) return false
  const called = `${titleOf(metadata, id)} ${id}`.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => called.includes(word))
}

interface RowProps {
  readonly row: SessionRow
  readonly open: boolean
  readonly ago: string
}

const Row = memo(function Row({ row, open, ago }: RowProps): ReactNode {
  const status = text.nav.status[row.status]
  // What is open is being read.
  const unread = open ? 0 : (row.inbox.find(({ kind }) => kind === 'unread')?.count ?? 0)
  return (
    <li>
      <a
        className="list-row"
        href={hrefOf(row.id)}
        aria-current={open ? 'page' : undefined}
        data-status={row.status}
        data-session={row.id}
        data-unread={unread > 0 || undefined}
      >
        <span className="list-title" dir="auto">
          {titleOf(row.metadata, row.id)}
        </span>
        {unread > 0 && (
          <span className="list-unread">
            {text.number(unread)}
            <span className="visually-hidden"> {text.nav.unread}</span>
          </span>
        )}
        <span className="list-more">
          <span className="list-status">{status === '' ? text.nav.messages(row.messages) : status}</span>
          <time dateTime={new Date(row.updatedAt).toISOString()} title={fullTime(row.updatedAt)}>
            {ago}
          </time>
        </span>
      </a>
    </li>
  )
})

const minuteMs = 60_000

/** The time, once a minute: what lists say of it is not finer. */
function useMinute(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), minuteMs / 2)
    return () => clearInterval(timer)
  }, [])
  return now
}
