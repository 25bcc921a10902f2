import { fold, emptyState, type EventData, type EventType, type SessionEvent, type SessionView } from '@headrace/core'

/** An event for scripts: what it says matters less than its seq. */
export function event<T extends EventType>(
  seq: number,
  type: T,
  data: EventData[T],
  more: Partial<SessionEvent> = {},
): SessionEvent {
  return { seq, at: 1_000 + seq, type, actor: 'user:ada', ...more, data } as SessionEvent // `data` is of `type` by the signature
}

/** A log of so many posts, the session's creation first. */
export function posts(count: number): readonly SessionEvent[] {
  return Array.from({ length: count }, (_, index) =>
    index === 0 ? event(1, 'session.created', {}) : post(index + 1, `post ${index + 1}`),
  )
}

export function post(seq: number, text: string, more: Partial<SessionEvent> = {}): SessionEvent {
  return event(
    seq,
    'message.added',
    { id: `m${seq}`, parent: null, role: 'user', parts: [{ kind: 'text', text }] },
    more,
  )
}

/** The view of a session after these events. */
export function viewOf(id: string, events: readonly SessionEvent[]): SessionView {
  return events.reduce(fold, emptyState(id)).view
}
