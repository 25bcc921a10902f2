import type { ReactNode } from 'react'
import { useInboxPlace } from '../inbox/inbox-context.ts'
import { inboxHref } from '../route/route.ts'
import { text } from '../text.ts'
import { Icon } from '../ui/icon.tsx'
import './inbox-link.css'

/** The way to what waits for the reader, with how much that is. */
export function InboxLink({ current }: { readonly current: boolean }): ReactNode {
  const { count: asked, tasks } = useInboxPlace()
  const count = asked + tasks
  return (
    <nav aria-label={text.nav.ways}>
      {' '}
      <a className="inbox-link" href={inboxHref} aria-current={current ? 'page' : undefined} aria-keyshortcuts="i">
        <Icon name="inbox" />
        <span className="inbox-link-name">{text.inbox.title}</span>
        {count > 0 && (
          <span className="inbox-link-count" data-testid="inbox-count">
            {text.number(count)}
            <span className="visually-hidden"> {text.inbox.waiting}</span>
          </span>
        )}
      </a>
    </nav>
  )
}
