/**
 * The keys of the database. All are ASCII, so their order as text is their order on disk.
 *
 *   tenant!session!b<id>           a blob: its size
 *   tenant!session!c<id>!<n>       a piece of a blob
 *   tenant!session!e<seq>          an event
 *   tenant!session!f               the floor, and what is still to be dropped below it
 *   tenant!session!h               seq of the last event
 *   tenant!session!i               the session's row
 *   tenant!session!m<seq>          a message row
 *   tenant!session!s               the newest snapshot
 *   tenant!session!t               the state at the floor
 *   tenant!session!w<seq>          what a message is found by
 *   !b!tenant!session!<id>         a blob that is being written
 *   !c                             the last group commit
 *   !d!<time>!tenant!session       sessions by due time
 *   !k!tenant!session              a compaction that is under way
 *   !n!tenant!<actor>!<time>!session   what waits for somebody: sessions with inbox entries, newest first
 *   !p!tenant!session              a purge that is under way
 *   !u!tenant!<time>!session       a tenant's sessions, newest update first
 *   !w!agent!tenant!session        sessions with work for an agent
 *   !x!tenant!<stem>!<time>!session!<seq>   messages with a word that begins so, newest first
 *   !z!tenant!session              a session with deleted bytes that may still be in the files
 *
 * `!` is in no tenant, session or agent and sorts before all of their characters: no key is a prefix of another
 * session's keys, and sessions sort as their `SessionKey` does. All that a session owns is one range, so that a purge is
 * one range, and the last event, floor, head and row are neighbours, so that one seek finds all four.
 */
import { hash } from 'node:crypto'
import { splitKey } from '@headrace/core'
import type { AgentName, SessionId, SessionKey } from '@headrace/core'
import type { ListPosition, SearchPosition } from '../cursor.ts'

/** Keys from `gte` or after `gt`, up to but without `lt`. */
export type KeyRange = { readonly lt: string } & ({ readonly gte: string } | { readonly gt: string })

/** The last group commit. */
export const commitKey = '!c'

/** Everything of one session except what the indexes say. */
export function sessionRange(key: SessionKey): { readonly gte: string; readonly lt: string } {
  return childrenOf(key)
}

export function eventKey(key: SessionKey, seq: number): string {
  return `${key}!e${ascending(seq)}`
}

/** Events from one seq to another, both included. */
export function eventRange(key: SessionKey, first: number, last: number): KeyRange {
  return { gte: eventKey(key, first), lt: eventKey(key, last + 1) }
}

export function blobKey(key: SessionKey, id: string): string {
  return `${key}!b${id}`
}

/** Which blobs a session has. */
export function blobRange(key: SessionKey): KeyRange {
  return { gte: `${key}!b`, lt: `${key}!c` }
}

export function blobId(key: string): string {
  return key.slice(key.lastIndexOf('!') + 2)
}

export function pieceKey(key: SessionKey, id: string, piece: number): string {
  return `${key}!c${id}!${ascending(piece)}`
}

/** All pieces of a blob. */
export function pieceRange(key: SessionKey, id: string): KeyRange {
  return childrenOf(`${key}!c${id}`)
}

export function blobNoteKey(key: SessionKey, id: string): string {
  return `!b!${key}!${id}`
}

/** Blobs that are being written. */
export const blobNoteRange: KeyRange = childrenOf('!b')

/** Session and blob that a note is about. */
export function notedBlob(key: string): { readonly key: SessionKey; readonly id: string } {
  const at = key.lastIndexOf('!')
  return { key: key.slice('!b!'.length, at) as SessionKey, id: key.slice(at + 1) } // blobNoteKey made it
}

export function floorKey(key: SessionKey): string {
  return `${key}!f`
}

export function headKey(key: SessionKey): string {
  return `${key}!h`
}

export function rowKey(key: SessionKey): string {
  return `${key}!i`
}

/** Events, floor, head and row: read backwards, the row, the head, the floor and the last event come first. */
export function tipRange(key: SessionKey): KeyRange {
  return { gte: `${key}!e`, lt: `${key}!j` }
}

export function messageKey(key: SessionKey, seq: number): string {
  return `${key}!m${ascending(seq)}`
}

/** Message rows before a position. */
export function messageRange(key: SessionKey, before: number): KeyRange {
  return { gte: `${key}!m`, lt: messageKey(key, before) }
}

/** The seq at the end of a key: that of an event, or the position of a message row. */
export function seqOf(key: string): number {
  return fromAscending(key.slice(key.lastIndexOf('!') + 2))
}

export function snapshotKey(key: SessionKey): string {
  return `${key}!s`
}

export function floorSnapshotKey(key: SessionKey): string {
  return `${key}!t`
}

export function wordsKey(key: SessionKey, seq: number): string {
  return `${key}!w${ascending(seq)}`
}

/** Whether a key of a session is that of what a message is found by. */
export function isWordsKey(key: string): boolean {
  return key.startsWith('!w', key.lastIndexOf('!'))
}

export function purgeKey(key: SessionKey): string {
  return `!p!${key}`
}

/** Purges that are under way. */
export const purgeRange: KeyRange = childrenOf('!p')

export function compactionKey(key: SessionKey): string {
  return `!k!${key}`
}

/** Compactions that are under way. */
export const compactionRange: KeyRange = childrenOf('!k')

export function erasureKey(key: SessionKey): string {
  return `!z!${key}`
}

/** Sessions with deleted bytes that may still be in the files. */
export const erasureRange: KeyRange = childrenOf('!z')

/** The session that a note is about. */
export function notedSession(key: string): SessionKey {
  return key.slice('!p!'.length) as SessionKey // purgeKey, compactionKey or erasureKey made it
}

export function listKey(tenant: string, position: ListPosition): string {
  return `!u!${tenant}!${descending(position.updatedAt)}!${position.id}`
}

/** A tenant's list, from its start or after a row. */
export function listRange(tenant: string, after: ListPosition | undefined): KeyRange {
  const { lt, gte } = childrenOf(`!u!${tenant}`)
  return after === undefined ? { gte, lt } : { gt: listKey(tenant, after), lt }
}

/** The place in a list, by a key of one or of an inbox. */
export function listPosition(key: string): ListPosition {
  const [time = '', id = ''] = key.split('!').slice(-2)
  return { updatedAt: fromDescending(time), id: id satisfies SessionId }
}

export function tenantOfList(key: string): string {
  return key.split('!', 3)[2] ?? ''
}

/** Actors can have any characters, and a deleted key can stay in a file for a while: it holds their hash. */
export function inboxKey(tenant: string, actor: string, position: ListPosition): string {
  return `!n!${tenant}!${hashed(actor)}!${descending(position.updatedAt)}!${position.id}`
}

/** What waits for an actor, from the newest or after a place. */
export function inboxRange(tenant: string, actor: string, after: ListPosition | undefined): KeyRange {
  const { lt, gte } = childrenOf(`!n!${tenant}!${hashed(actor)}`)
  return after === undefined ? { gte, lt } : { gt: inboxKey(tenant, actor, after), lt }
}

/**
 * It holds a hash of the stem, because a deleted key can stay in a file for a while. Short, because these are most of the
 * keys: stems that share a hash cost only a look.
 */
export function postingKeys(tenant: string, stems: Iterable<string>, { at, session, seq }: SearchPosition): string[] {
  const place = `${shortDescending(at)}!${session}!${shortDescending(seq)}`
  return Array.from(stems, (stem) => `!x!${tenant}!${stemHash(stem)}!${place}`)
}

function stemHash(stem: string): string {
  return hash('sha256', stem, 'base64url').slice(0, 8)
}

/** Messages with a stem, from the newest or after one. */
export function postingRange(tenant: string, stem: string, after: SearchPosition | undefined): KeyRange {
  const { lt, gte } = childrenOf(`!x!${tenant}!${stemHash(stem)}`)
  const [gt] = after === undefined ? [] : postingKeys(tenant, [stem], after)
  return gt === undefined ? { gte, lt } : { gt, lt }
}

export function postingPosition(key: string): SearchPosition {
  const [at = '', session = '', seq = ''] = key.split('!').slice(-3)
  return { at: fromShortDescending(at), session, seq: fromShortDescending(seq) }
}

export function dueKey(at: number, key: SessionKey): string {
  return `!d!${ascending(at)}!${key}`
}

/** Due at or before a time. */
export function dueRange(before: number): KeyRange {
  return { gte: '!d!', lt: childrenOf(`!d!${ascending(before)}`).lt }
}

export function dueEntry(key: string): { readonly key: SessionKey; readonly at: number } {
  const time = key.indexOf('!', '!d!'.length)
  const session = key.slice(time + 1) as SessionKey // dueKey made it
  return { key: session, at: fromAscending(key.slice('!d!'.length, time)) }
}

export function workKey(agent: AgentName, key: SessionKey): string {
  return `!w!${agent}!${key}`
}

/** An agent's sessions, from the first or after one. */
export function workRange(agent: AgentName, after: SessionKey | undefined): KeyRange {
  const { lt, gte } = childrenOf(`!w!${agent}`)
  return after === undefined ? { gte, lt } : { gt: workKey(agent, after), lt }
}

export function workSession(agent: AgentName, key: string): SessionKey {
  return key.slice(`!w!${agent}!`.length) as SessionKey // workKey made it
}

/** All indexes. */
export const indexRange: KeyRange = { gte: '!', lt: '"' }

/** Whether a key of an index stands for a session. */
export function isIndexOf(key: SessionKey, found: string): boolean {
  const { tenant, session } = splitKey(key)
  if (/^!(?:u|n)!/.test(found)) return found.startsWith(`${tenant}!`, 3) && found.endsWith(`!${session}`)
  return (found.startsWith('!d!') || found.startsWith('!w!')) && found.endsWith(`!${key}`)
}

/** All keys that begin with `prefix` and `!`. `"` is the character after `!`. */
function childrenOf(prefix: string): { readonly gte: string; readonly lt: string } {
  return { gte: `${prefix}!`, lt: `${prefix}"` }
}

/**
 * A whole number so that text order is number order: a letter for the count of digits, then the digits. As ordered as
 * big-endian bytes, and a person can read it. What no clock or log gives (negative, fractions) is brought into range.
 */
function ascending(value: number): string {
  const digits = String(Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, Math.trunc(value))))
  return String.fromCharCode(96 + digits.length) + digits
}

/** 128 bits, as text that has no `!`. */
function hashed(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22)
}

function descending(value: number): string {
  return ascending(Number.MAX_SAFE_INTEGER - value)
}

/** All of one length, in base 36. */
function shortDescending(value: number): string {
  const inRange = Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, Math.trunc(value)))
  return (Number.MAX_SAFE_INTEGER - inRange).toString(36).padStart(11, '0')
}

function fromShortDescending(text: string): number {
  return Number.MAX_SAFE_INTEGER - Number.parseInt(text, 36)
}

function fromDescending(text: string): number {
  return Number.MAX_SAFE_INTEGER - fromAscending(text)
}

function fromAscending(text: string): number {
  return Number(text.slice(1))
}
