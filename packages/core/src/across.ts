/** What is found across sessions: the answers of search and of the inbox, as they travel. */
import type { Role } from './events.ts'
import type { Actor, MessageId, SessionId } from './ids.ts'
import type { Request } from './request.ts'
import type { InboxEntry } from './store.ts'

/** A message that was found. */
export interface FoundMessage {
  readonly session: SessionId
  readonly message: MessageId
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly role: Role
  readonly author: Actor
  readonly name?: string
  /** Text around the first word that was found. */
  readonly snippet: string
}

export interface FoundPage {
  /** The newest message first. */
  readonly hits: readonly FoundMessage[]
  /** Present when not all was looked at. A page can be short, or empty, all the same. */
  readonly cursor?: string
}

/** Something that waits for the caller. */
export interface InboxItem {
  readonly session: SessionId
  /** The session's title, where it has one. */
  readonly title?: string
  readonly kind: InboxEntry['kind']
  /** The request, run or message that it is about. */
  readonly ref: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** How many messages are unread. */
  readonly count?: number
  /** What is asked. */
  readonly request?: Request
}

export interface InboxPage {
  /** By session, the one with the newest entry first; within a session the newest first. */
  readonly entries: readonly InboxItem[]
  /** Present when not all was looked at. A page can be short, or empty, all the same. */
  readonly cursor?: string
}
