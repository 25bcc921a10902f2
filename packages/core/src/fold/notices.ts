/** What people who are away should be told (P4): that a run of theirs is over, and that something needs them. */
import { sees } from '../audience.ts'
import { isPerson, type Actor } from '../ids.ts'
import { hot } from '../limits.ts'
import type { EventOf, SessionEvent } from '../events.ts'
import type { Answerers } from '../request.ts'
import type { Guard, Notice } from '../state.ts'
import type { SessionView } from '../view.ts'
import { askedBy } from './spent.ts'

export function foldNotices(guard: Guard, event: SessionEvent, view: SessionView): Guard {
  switch (event.type) {
    case 'run.ended':
      return add(guard, ofEnd(event, view))
    case 'request.opened':
      return add(guard, ofRequest(event, event.data.id, event.data.spec.answerers, view))
    case 'request.escalated':
      return add(drop(guard, event.data.id), ofRequest(event, event.data.id, event.data.answerers, view))
    case 'request.answered':
    case 'request.expired':
    case 'request.withdrawn':
      return drop(guard, event.data.id)
    case 'notice.taken': {
      const { id, node, until } = event.data
      const notices = guard.notices.map((notice) => (notice.id === id ? { ...notice, taken: { node, until } } : notice))
      return { ...guard, notices }
    }
    case 'notice.settled':
      return { ...guard, notices: guard.notices.filter((notice) => notice.id !== event.data.id) }
    default:
      return guard
  }
}

function ofEnd(event: EventOf<'run.ended'>, view: SessionView): readonly Notice[] {
  const run = view.runs.find((candidate) => candidate.id === event.run)
  const { reason } = event.data
  // What a person stopped, and what other agents asked for, is no news to anybody who is away.
  if (!run || reason === 'cancelled' || !isPerson(run.by)) return []
  return [
    {
      id: `n${event.seq}`,
      kind: reason === 'complete' ? 'done' : 'failed',
      to: run.by,
      ref: run.id,
      at: event.at,
    },
  ]
}

/** Whoever is named; else whoever asked for the run, if that is a person. */
function ofRequest(
  event: EventOf<'request.opened' | 'request.escalated'>,
  request: string,
  answerers: Answerers | undefined,
  view: SessionView,
): readonly Notice[] {
  const asked = event.run === undefined ? undefined : askedBy(view, event.run)
  const people = answerers === 'operators' ? [anyOperator] : (answerers ?? (asked === undefined ? [] : [asked]))
  return people
    .filter((actor) => isPerson(actor) && sees({ actor }, event.to))
    .map((to, index) => ({ id: `n${event.seq}.${index}`, kind: 'needs-you', to, ref: request, at: event.at }))
}

/** Operators as such: nobody knows who they are, but the application may. */
const anyOperator: Actor = 'operator:*'

function add(guard: Guard, notices: readonly Notice[]): Guard {
  return notices.length === 0 ? guard : { ...guard, notices: [...guard.notices, ...notices].slice(-hot.notices) }
}

function drop(guard: Guard, ref: string): Guard {
  if (!guard.notices.some((notice) => notice.ref === ref)) return guard
  return { ...guard, notices: guard.notices.filter((notice) => notice.ref !== ref) }
}
