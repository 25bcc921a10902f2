import type { SessionSnapshot } from '@headrace/client'
import { useHeadrace } from '@headrace/client/react'
import { HeadraceError, textOf, type InboxItem, type SessionView } from '@headrace/core'
import { useState, type ReactNode } from 'react'
import { snippet } from '../model/queue.ts'
import { timeAgo } from '../model/time.ts'
import { hrefOf } from '../route/route.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { useInboxPlace } from './inbox-context.ts'
import { useLook } from './use-look.ts'

interface Props {
  readonly item: InboxItem
  readonly now: number
}

const wordsChars = 240
const readMs = 10_000

/** Something that failed, or that somebody said: what it is, and what settles it here. */
export function InboxRow({ item, now }: Props): ReactNode {
  const client = useHeadrace()
  const { refresh } = useInboxPlace()
  const view = useLook(item.session)
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string>()
  const session = client.session(item.session)
  const run = view?.runs.find(({ id }) => id === item.ref)
  const act = (done: Promise<unknown>): void => {
    setBusy(true)
    setRefused(undefined)
    done.then(refresh, (thrown: unknown) => {
      setBusy(false)
      setRefused(HeadraceError.from(thrown).message)
    })
  }
  /** Says that all of it has been read, and waits until the session shows so. */
  const read = async (): Promise<void> => {
    const { seq } = await client.view(item.session)
    session.markRead(seq)
    const isRead = ({ view: { cursors } }: SessionSnapshot): boolean =>
      cursors.some((cursor) => cursor.actor === client.actor && cursor.seq >= seq)
    await session.until(isRead, { signal: AbortSignal.timeout(readMs) })
  }
  return (
    <li className="inbox-row" data-testid="inbox-entry" data-kind={item.kind} data-session={item.session}>
      <p className="inbox-head">
        <a className="inbox-title" href={hrefOf(item.session)}>
          <bdi>{item.title ?? item.session}</bdi>
        </a>
        <span className="inbox-ago">{timeAgo(item.at, now)}</span>
      </p>
      <p className="inbox-words" dir="auto">
        {wordsFor(item, view)}
      </p>
      <div className="inbox-actions">
        {item.kind === 'failed' && run && (
          <Button
            size="small"
            look="primary"
            disabled={busy}
            onClick={() => act(session.regenerate(run.input, { agent: run.agent }).then(read))}
          >
            {text.run.again}
          </Button>
        )}
        <Button size="small" disabled={busy} onClick={() => act(read())}>
          {text.inbox.seen}
        </Button>
      </div>
      {refused !== undefined && (
        <p className="inbox-refused" role="alert">
          {refused}
        </p>
      )}
    </li>
  )
}

function wordsFor({ kind, ref, count }: InboxItem, view: SessionView | undefined): string {
  switch (kind) {
    case 'failed': {
      const run = view?.runs.find(({ id }) => id === ref)
      if (run?.status !== 'ended') return text.inbox.failed
      return text.inbox.failedBecause(run.agent, run.reason, run.detail)
    }
    case 'mention':
    case 'unread': {
      const message = view?.messages.find(({ id }) => id === ref)
      const words = message ? snippet(textOf(message), wordsChars) : ''
      return kind === 'mention' ? words : text.inbox.unreadCount(count ?? 1, words)
    }
    case 'request':
      return ''
    default:
      return kind satisfies never
  }
}
