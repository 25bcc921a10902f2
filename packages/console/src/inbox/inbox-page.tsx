import type { InboxItem } from '@headrace/core'
import { floorPlace } from '@headrace/factory/floor'
import { useId, type ReactNode } from 'react'
import { useAway } from '../offline/use-away.ts'
import { useDocumentTitle } from '../session/use-document-title.ts'
import { Connection } from '../session/connection.tsx'
import { text } from '../text.ts'
import { Empty } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { Note } from '../ui/note.tsx'
import { useNow } from '../ui/use-now.ts'
import { FloorNeeds } from './floor-needs.tsx'
import { useInboxPlace } from './inbox-context.ts'
import { InboxRequest } from './inbox-request.tsx'
import { InboxRow } from './inbox-row.tsx'
import { PushSwitch } from './push-switch.tsx'
import '../session/session-header.css'
import '../ui/page.css'
import './inbox-page.css'

interface Props {
  readonly narrow: boolean
  /** Sessions of floors, which have tasks that wait. */
  readonly floors: readonly string[]
}

/** What waits for the reader in all sessions and lanes, the most urgent first. */
export function InboxPage({ narrow, floors }: Props): ReactNode {
  const { requests, failed, mentions, unread, count, tasks, status, error } = useInboxPlace()
  const now = useNow()
  useDocumentTitle(text.inbox.title, false)
  const away = useAway()
  const nothing = count + unread.length === 0
  return (
    <main id="main" className="page" tabIndex={-1} data-testid="inbox" data-count={count}>
      <header className="session-header">
        {narrow && (
          <a className="session-back" href="#/" aria-label={text.session.back}>
            <Icon name="back" />
          </a>
        )}
        <div className="session-names">
          <h1 className="session-title">{text.inbox.title}</h1>
          <p className="session-doing">{status === 'ready' && !(away && nothing) && text.inbox.lead(count + tasks)}</p>
        </div>
        <PushSwitch />
        <Connection />
      </header>
      <div className="page-scroll">
        <div className="inbox-content">
          {away && !nothing && (
            <Note icon="replay" title={text.inbox.awayTitle} lead={text.inbox.awayLead} testId="inbox-away" />
          )}
          {error && !away && (
            <p className="inbox-refused" role="alert">
              {text.inbox.stale(error.message)}
            </p>
          )}
          {nothing && away && <Empty title={text.inbox.unseen} lead={text.inbox.unseenLead} />}
          {nothing && !away && status === 'ready' && <Empty title={text.inbox.empty} lead={text.inbox.emptyLead} />}
          {requests.length > 0 && (
            <Section title={text.inbox.requests} count={requests.length}>
              {requests.map((item) =>
                item.request ? (
                  <InboxRequest key={keyOf(item)} item={item} request={item.request} now={now} />
                ) : (
                  <InboxRow key={keyOf(item)} item={item} now={now} />
                ),
              )}
            </Section>
          )}
          {floors.map((id) => (
            <FloorNeeds key={id} session={id} name={floorPlace(id)?.floor ?? id} />
          ))}
          <Rows title={text.inbox.failures} items={failed} now={now} />
          <Rows title={text.inbox.mentions} items={mentions} now={now} />
          <Rows title={text.inbox.unread} items={unread} now={now} />
        </div>
      </div>
    </main>
  )
}

function keyOf({ session, kind, ref }: InboxItem): string {
  return `${session} ${kind} ${ref}`
}

interface RowsProps {
  readonly title: string
  readonly items: readonly InboxItem[]
  readonly now: number
}

function Rows({ title, items, now }: RowsProps): ReactNode {
  if (items.length === 0) return null
  return (
    <Section title={title} count={items.length}>
      {items.map((item) => (
        <InboxRow key={keyOf(item)} item={item} now={now} />
      ))}
    </Section>
  )
}

interface SectionProps {
  readonly title: string
  readonly count: number
  readonly children: ReactNode
}

function Section({ title, count, children }: SectionProps): ReactNode {
  const heading = useId()
  return (
    <section className="inbox-section" aria-labelledby={heading}>
      <h2 id={heading} className="inbox-heading">
        {title} <span className="inbox-count">{text.number(count)}</span>
      </h2>
      <ul className="inbox-list">{children}</ul>
    </section>
  )
}
