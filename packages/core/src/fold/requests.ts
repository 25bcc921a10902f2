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
      return changeRequest(view, event.data.id, (request) => ({
        ...request,
        answerers: event.data.answerers,
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
  const keys = new Set(view.requests.map(({ spec }) => audienceKey(spec.to)))
  const closed: SessionView = {
    ...view,
    requests: view.requests.map((request) => (isOpen(request) ? withdrawn(request, at, detail) : request)),
  }
  return [...keys].reduce((left, key) => dropOldest(left, key), closed)
}

function changeRequest(view: SessionView, id: string, change: (request: Request) => Request): SessionView {
  const index = view.requests.findIndex((request) => request.id === id)
  const request = view.requests[index]
  return request ? { ...view, requests: view.requests.with(index, change(request)) } : view
}

function close(view: SessionView, id: string, change: (request: Request) => Request): SessionView {
  const closed = changeRequest(view, id, change)
  const request = closed.requests.find((candidate) => candidate.id === id)
  return request ? dropOldest(closed, audienceKey(request.spec.to), id) : view
}

/**
 * Lets go of the closed requests of an audience that were opened first, those of runs that are over before the others: an
 * attempt that comes still asks for the answers of its run.
 */
function dropOldest(view: SessionView, key: string, closesNow?: string): SessionView {
  const closed = view.requests.filter((request) => !isOpen(request) && audienceKey(request.spec.to) === key)
  const over = closed.length - hot.closedRequests
  if (over <= 0) return view
  const open = new Set(view.runs.filter((run) => run.status !== 'ended').map((run) => run.id))
  const mayGo = closed.filter((request) => request.id !== closesNow)
  const order = [...mayGo.filter(({ run }) => !open.has(run)), ...mayGo.filter(({ run }) => open.has(run))]
  const gone = new Set(order.slice(0, over))
  return { ...view, requests: view.requests.filter((request) => !gone.has(request)) }
}
