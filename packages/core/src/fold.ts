/**
 * The only place where state changes. Two folds over one log:
 *
 *   foldView   what readers see; the same function runs in the server and in every client
 *   foldGuard  what `decide` needs beside it: leases, batch numbers, answered commands
 *
 * Both are pure and share what did not change, so that a delta costs one message and one part, not the session. An event
 * of a type that this version does not know moves `seq` and `at` and nothing else, and so does one that is hidden.
 */
import { audienceKey } from './audience.ts'
import { foldGuard, keepCold } from './fold/guard.ts'
import { trim, type Trimmed } from './fold/hot.ts'
import { foldMessages } from './fold/messages.ts'
import { foldPeople } from './fold/people.ts'
import { foldRequests } from './fold/requests.ts'
import { foldRuns } from './fold/runs.ts'
import { foldSession } from './fold/settings.ts'
import type { HiddenEvent, SessionEvent } from './events.ts'
import type { SessionState } from './state.ts'
import type { Message, SessionView } from './view.ts'

/** The state after one more event. */
export function fold(state: SessionState, event: SessionEvent): SessionState {
  return foldStep(state, event).state
}

/** The view after one more event, as far as its reader gets to see it. */
export function foldView(before: SessionView, event: SessionEvent | HiddenEvent): SessionView {
  return step(before, event).view
}

/**
 * The messages that go cold at an event, oldest first, as they are from then on: the event may be the one that closes
 * them, so they are not to be taken from the view before it.
 */
export function cooled(before: SessionView, event: SessionEvent): readonly Message[] {
  return step(before, event).cooled
}

/** {@link fold} and {@link cooled} at once. */
export function foldStep(
  state: SessionState,
  event: SessionEvent,
): { readonly state: SessionState; readonly cooled: readonly Message[] } {
  const { view, cooled: gone } = step(state.view, event)
  return { state: { view, guard: keepCold(foldGuard(state.guard, event, view), gone, view) }, cooled: gone }
}

/**
 * Only events that add or close messages let some go, and only of their own audience: a reader who does not see the event
 * keeps exactly the messages that everybody else keeps.
 */
function step(before: SessionView, event: SessionEvent | HiddenEvent): Trimmed {
  const view = change(before, event)
  switch (event.type) {
    case 'message.added':
    case 'message.opened':
    case 'message.closed':
      return trim(view, audienceKey(event.to))
    case 'run.ended':
    case 'session.forked':
      return trim(view)
    default:
      return { view, cooled: [] }
  }
}

function change(before: SessionView, event: SessionEvent | HiddenEvent): SessionView {
  const view: SessionView = { ...before, seq: event.seq, at: event.at }
  switch (event.type) {
    case 'part.delta':
    case 'part.opened':
    case 'part.changed':
    case 'part.closed':
    case 'message.added':
    case 'message.opened':
    case 'message.closed':
    case 'step.restarted':
    case 'content.redacted':
    case 'branch.selected':
      return foldMessages(view, event)
    case 'run.queued':
    case 'run.moved':
    case 'run.claimed':
    case 'run.renewed':
    case 'run.lapsed':
    case 'run.cancel-requested':
    case 'run.suspended':
    case 'run.woken':
    case 'run.paused':
    case 'run.resumed':
    case 'run.used':
    case 'run.steered':
    case 'steer.consumed':
    case 'steer.missed':
    case 'run.undelivered':
    case 'run.retried':
    case 'run.ended':
      return foldRuns(view, event)
    case 'request.opened':
    case 'request.claimed':
    case 'request.released':
    case 'request.answered':
    case 'request.expired':
    case 'request.escalated':
    case 'request.withdrawn':
      return foldRequests(view, event)
    case 'presence.joined':
    case 'presence.left':
    case 'cursor.moved':
    case 'floor.requested':
    case 'floor.taken':
    case 'floor.returned':
      return foldPeople(view, event)
    case 'session.created':
    case 'session.updated':
    case 'session.forked':
    case 'log.compacted':
    case 'document.patched':
      return foldSession(view, event)
    case 'budget.warned':
    case 'content.erased':
    case 'notice.taken':
    case 'notice.settled':
    case 'hidden':
      return view
    default:
      return (event satisfies never, view)
  }
}
