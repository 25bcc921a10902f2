/** How requests change: open ─▶ claimed ─▶ answered | expired | withdrawn. */
import { audienceKey } from '../audience.ts'
import { hot } from '../limits.ts'
import { isOpen, type Request } from '../request.ts'
import type { EventOf } from '../events.ts'
import type { SessionView } from '../view.ts'

type RequestEvent = EventOf<
  | 'request.opened'
  | 'request.claimed'
  | 'request.released'
  | 'request.answered'
  | 'request.expired'
  | 'request.escalated'
  | 'request.withdrawn'
>

export function foldRequests(view: SessionView, event: RequestEvent): SessionView {
  switch (event.type) {
    case 'request.opened':
      return { ...view, requests: [...view.requests, opened(event)] }
    case 'request.claimed': {
      const { device, claimMs } = event.data
      const claim = { by: event.actor, device, at: event.at, until: event.at + claimMs }
      return changeRequest(view, event.data.id, (request) => ({ ...request, status: 'claimed', claim }))
    }
    case 'request.released':
      return changeRequest(view, event.data.id, ({ claim: _, ...request }) => ({ ...request, status: 'open' }))
    case 'request.answered':
      return close(view, event.data.id, (request) => ({
        ...request,
        status: 'answered',
        answer: event.data.answer,
        by: event.actor,
        closedAt: event.at,
      }))
    case 'request.expired':
      return close(view, event.data.id, (request) => ({
        ...request,
        status: 'expired',
        answer: event.data.answer,
        closedAt: event.at,
      }))
    case 'request.escalated':
      return changeRequest(view, event.data.id, ({ answerers: _, ...request }) => ({
        ...request,
        ...(event.data.answerers !== undefined && { answerers: event.data.answerers }),
        ...(request.spec.expiresMs !== undefined && { expiresAt: event.at + request.spec.expiresMs }),
        escalated: true,
      }))
    case 'request.withdrawn':
      return close(view, event.data.id, (request) => withdrawn(request, event.at, event.data.detail))
    default:
      return event satisfies never
  }
}

function opened(event: EventOf<'request.opened'>): Request {
  const { id, spec, digest } = event.data
  return {
    id,
    run: event.run ?? '',
    openedAt: event.at,
    spec,
    ...(digest !== undefined && { digest }),
    status: 'open',
    ...(spec.answerers !== undefined && { answerers: spec.answerers }),
    ...(spec.expiresMs !== undefined && { expiresAt: event.at + spec.expiresMs }),
  }
}

function withdrawn(request: Request, at: number, detail: string): Request {
  return { ...request, status: 'withdrawn', closedAt: at, detail }
}

/** What nobody can answer any more. */
export function withdrawAll(view: SessionView, at: number, detail: string): SessionView {
  if (!view.requests.some(isOpen)) return view
  return {
    ...view,
    requests: view.requests.map((request) => (isOpen(request) ? withdrawn(request, at, detail) : request)),
  }
}

function changeRequest(view: SessionView, id: string, change: (request: Request) => Request): SessionView {
  const index = view.requests.findIndex((request) => request.id === id)
  const request = view.requests[index]
  return request ? { ...view, requests: view.requests.with(index, change(request)) } : view
}

/** Lets go the request of the same audience that was opened first among those that are closed. */
function close(view: SessionView, id: string, change: (request: Request) => Request): SessionView {
  const closed = changeRequest(view, id, change)
  const key = audienceKey(closed.requests.find((request) => request.id === id)?.spec.to)
  const over = closed.requests.filter((request) => !isOpen(request) && audienceKey(request.spec.to) === key)
  if (over.length <= hot.closedRequests) return closed
  const oldest = over.find((request) => request.id !== id)
  return { ...closed, requests: closed.requests.filter((request) => request !== oldest) }
}
