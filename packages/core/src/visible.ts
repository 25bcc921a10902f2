/**
 * What a reader gets to see (L7). One place for every door: events, snapshots, pages, search, exports.
 *
 * The fold of what a reader sees of the events is what they see of the fold: `visibleView(fold(log))` is
 * `foldView(visibleEvent(log))`, so a client that joined early and one that joins late show the same.
 */
import { sees, type Audience, type Reader } from './audience.ts'
import type { HiddenEvent, SessionEvent } from './events.ts'
import type { Message, SessionView } from './view.ts'

/** The event, or that there was one. */
export function visibleEvent(event: SessionEvent, reader: Reader): SessionEvent | HiddenEvent {
  return sees(reader, event.to) ? event : { seq: event.seq, at: event.at, type: 'hidden' }
}

/** The message without the parts that are not for the reader; `undefined` when it is not for them as a whole. */
export function visibleMessage(message: Message, reader: Reader): Message | undefined {
  if (!sees(reader, message.to)) return undefined
  if (message.parts.every((part) => sees(reader, part.to))) return message
  return { ...message, parts: message.parts.filter((part) => sees(reader, part.to)) }
}

/** The view without what is not for the reader. The same object where all of it is. */
export function visibleView(view: SessionView, reader: Reader): SessionView {
  if (!hasPrivate(view)) return view
  const { olderFor, ...rest } = view
  const older = Object.entries(olderFor ?? {}).filter(([key]) => sees(reader, audienceOf(key)))
  return {
    ...rest,
    messages: view.messages.flatMap((message) => visibleMessage(message, reader) ?? []),
    ...(older.length > 0 && { olderFor: Object.fromEntries(older) }),
    requests: view.requests.filter((request) => sees(reader, request.spec.to)),
  }
}

/** Whether anything in a view is not for everybody. */
export function hasPrivate(view: SessionView): boolean {
  return (
    view.olderFor !== undefined ||
    view.messages.some(isPrivate) ||
    view.requests.some((request) => request.spec.to !== undefined)
  )
}

function isPrivate(message: Message): boolean {
  return message.to !== undefined || message.parts.some((part) => part.to !== undefined)
}

/** The audience that has a key. */
function audienceOf(key: string): Audience {
  return key === 'operators' || key === 'agents' ? key : (key.split(' ') as Extract<Audience, readonly unknown[]>) // `audienceKey` made it
}
