import type { EventType } from './events.ts'

/** A record, so that the compiler says when one is missing. */
const known: Readonly<Record<EventType, true>> = {
  'session.created': true,
  'session.updated': true,
  'session.forked': true,
  'log.compacted': true,
  'content.redacted': true,
  'content.erased': true,
  'document.patched': true,
  'branch.selected': true,
  'cursor.moved': true,
  'floor.requested': true,
  'floor.taken': true,
  'floor.returned': true,
  'message.added': true,
  'message.opened': true,
  'message.closed': true,
  'part.opened': true,
  'part.delta': true,
  'part.changed': true,
  'part.closed': true,
  'step.restarted': true,
  'run.queued': true,
  'run.moved': true,
  'run.claimed': true,
  'run.renewed': true,
  'run.lapsed': true,
  'run.cancel-requested': true,
  'run.suspended': true,
  'run.woken': true,
  'run.paused': true,
  'run.resumed': true,
  'run.used': true,
  'budget.warned': true,
  'run.steered': true,
  'steer.consumed': true,
  'steer.missed': true,
  'request.opened': true,
  'request.claimed': true,
  'request.released': true,
  'request.answered': true,
  'request.expired': true,
  'request.escalated': true,
  'request.withdrawn': true,
  'run.undelivered': true,
  'run.retried': true,
  'notice.taken': true,
  'notice.settled': true,
  'run.ended': true,
  'presence.joined': true,
  'presence.left': true,
}

/**
 * Whether this version knows events of a type. A log may have others when a newer server wrote it; a fold steps over them,
 * so a program that shows sessions may want to say that it does not show all.
 *
 * @example
 * isEventType('message.added') // true
 */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(known, type)
}

/** Every type of event that this version knows. */
export const eventTypes: readonly EventType[] = Object.keys(known).filter(isEventType)
