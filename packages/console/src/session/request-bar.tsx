import { useRequests, type LostRequest } from '@headrace/client/react'
import type { Request, Run } from '@headrace/core'
import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { RequestCard } from './request-card.tsx'
import { callName, useSessionPlace } from './session-context.ts'
import './request-bar.css'

interface Props {
  readonly runs: readonly Run[]
  /** What to call the place that asks, where it is one of several on the page. Default: the agents' own names. */
  readonly place?: string
}

/** What agents ask of the reader, each to be answered here; and what somebody else has answered first. */
export function RequestBar({ runs, place }: Props): ReactNode {
  const { session, may } = useSessionPlace()
  const { requests, lost, answer, dismiss } = useRequests(session.id)
  const open = may.answer ? requests : []
  if (open.length === 0 && lost.length === 0) return null
  const agentOf = (request: Request): string => runs.find((run) => run.id === request.run)?.agent ?? ''
  return (
    <section
      className="requests"
      aria-label={place === undefined ? text.request.label : text.request.labelIn(place)}
      data-testid="requests"
    >
      {lost.map((over) => (
        <Lost key={over.request.id} over={over} onRead={() => dismiss(over.request.id)} />
      ))}
      {open.map((request) => (
        <RequestCard
          key={request.id}
          request={request}
          agent={place ?? agentOf(request)}
          onAnswer={(given) => answer(request, given)}
        />
      ))}
    </section>
  )
}

/** Somebody was first: who, and what they said. */
function Lost({ over, onRead }: { readonly over: LostRequest; readonly onRead: () => void }): ReactNode {
  const place = useSessionPlace()
  const who = over.by === undefined ? undefined : callName(place, over.by)
  return (
    <article className="request" data-over data-testid="request-lost" data-request={over.request.id}>
      <output className="request-title" dir="auto">
        {who === undefined ? over.message : text.request.lost(over.request.spec.title, who)}
      </output>
      <Button size="small" look="quiet" onClick={onRead}>
        {text.request.dismiss}
      </Button>
    </article>
  )
}
