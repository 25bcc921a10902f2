import { useHeadrace } from '@headrace/client/react'
import { isOpen, type Answer, type InboxItem, type Request } from '@headrace/core'
import type { ReactNode } from 'react'
import { timeAgo } from '../model/time.ts'
import { hrefOf } from '../route/route.ts'
import { RequestCard } from '../session/request-card.tsx'
import { useMay } from '../session/use-may.ts'
import { text } from '../text.ts'
import { useInboxPlace } from './inbox-context.ts'
import { useLook } from './use-look.ts'

interface Props {
  readonly item: InboxItem
  readonly request: Request
  readonly now: number
}

/** A question of an agent in some session, answered without going there. */
export function InboxRequest({ item, request, now }: Props): ReactNode {
  const client = useHeadrace()
  const { refresh } = useInboxPlace()
  const view = useLook(item.session)
  const may = useMay(item.session)
  const agent = view?.runs.find(({ id }) => id === request.run)?.agent
  const answer = async (given: Answer): Promise<void> => {
    try {
      await client.session(item.session).answer(request, given)
    } finally {
      // Also when somebody else was first: then it is gone from here.
      refresh()
    }
  }
  const where = (
    <span className="inbox-where">
      {text.inbox.in}{' '}
      <a className="inbox-title" href={hrefOf(item.session)}>
        <bdi>{item.title ?? item.session}</bdi>
      </a>{' '}
      <span className="inbox-ago">
        {request.expiresAt === undefined ? timeAgo(item.at, now) : text.inbox.until(request.expiresAt - now)}
      </span>
    </span>
  )
  return (
    <li data-testid="inbox-entry" data-kind="request" data-session={item.session}>
      <RequestCard
        request={request}
        agent={agent ?? text.inbox.anAgent}
        where={where}
        {...(may.answer && isOpen(request) && { onAnswer: answer })}
      />
    </li>
  )
}
