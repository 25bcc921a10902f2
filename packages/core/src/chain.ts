/**
 * The hash chain of an export (S5). Each event has a leaf, the SHA-256 of its JSON; each link is the SHA-256 of the link
 * before it and the leaf. A redacted event keeps the leaf of what it was, and events that were compacted away are bridged
 * by the links that a `log.compacted` event in the log itself names, so the chain still holds.
 */
import { sha256 } from './sha256.ts'
import type { SessionEvent } from './events.ts'

/** How a hash is made: `sha256` of this package, or a faster one. */
export type Hash = (text: string) => string

/** The link before the first event. */
export const chainStart: string = '0'.repeat(64)

/**
 * The leaf of an event.
 *
 * @param json - the event as it is stored
 */
export function leafOf(json: string, event: Pick<SessionEvent, 'was'>, hash: Hash = sha256): string {
  return event.was ?? hash(json)
}

/** The link after an event. */
export function linkAfter(link: string, leaf: string, hash: Hash = sha256): string {
  return hash(`${link} ${leaf}`)
}
