import {
  HeadraceError,
  allows,
  queryWords,
  sessionKey,
  textOf,
  visibleMessage,
  type FoundMessage,
  type FoundPage,
  type Grant,
  type Message,
  type SearchHit,
  type SessionKey,
  type Store,
} from '@headrace/core'
import type { Room } from '../room.ts'
import { leftOfMessage } from './pending.ts'
import { roomIfAny } from './room-if-any.ts'

export interface SearchOptions {
  /** What to look for: messages with all of its words. The last one may be the beginning of a word. */
  readonly query: string
  /** Most hits. */
  readonly limit: number
  readonly cursor?: string
}

export interface SearchServices {
  readonly store: Store
  readonly room: (key: SessionKey) => Promise<Room>
}

/** Calls of the store that one request makes while it looks for messages that the caller may see. */
const maxReads = 10
const snippetChars = 160

/**
 * Messages with some words, in the sessions that the caller may read, and only what they may see there.
 *
 * @throws HeadraceError `bad_request` when there is no word to look for
 */
export async function searchMessages(
  services: SearchServices,
  grant: Grant,
  { query, limit, cursor: start }: SearchOptions,
): Promise<FoundPage> {
  const words = queryWords(query)
  if (words.length === 0) {
    throw new HeadraceError('bad_request', 'q has no word to look for: give letters or digits.', {
      detail: { path: 'query.q' },
    })
  }
  const hits: FoundMessage[] = []
  let cursor = start
  for (let reads = 0; reads < maxReads; reads += 1) {
    const page = await services.store.search({
      tenant: grant.tenant,
      words,
      limit: limit - hits.length,
      ...(cursor !== undefined && { cursor }),
    })
    for (const hit of page.hits) {
      const found = await look(services, grant, hit, words)
      if (found) hits.push(found)
    }
    cursor = page.cursor
    if (cursor === undefined || hits.length >= limit) break
  }
  return { hits, ...(cursor !== undefined && { cursor }) }
}

async function look(
  services: SearchServices,
  grant: Grant,
  { session, seq }: SearchHit,
  words: readonly string[],
): Promise<FoundMessage | undefined> {
  if (!allows(grant, session, 'read')) return undefined
  const message = await findMessage(services, sessionKey(grant.tenant, session), seq)
  const visible = message && visibleMessage(message, grant)
  if (!visible) return undefined
  const { id, at, role, author, name } = visible
  const snippet = snippetOf(shownText(visible), words)
  return { session, message: id, seq, at, role, author, ...(name !== undefined && { name }), snippet }
}

async function findMessage(
  { store, room }: SearchServices,
  key: SessionKey,
  seq: number,
): Promise<Message | undefined> {
  // A session that waits for nothing has nothing that is still to be erased; it need not be opened to know that.
  const isDue = (await store.row(key))?.due !== null
  const erasing = isDue ? (await roomIfAny(room, key))?.state.guard.erasing : []
  if (!erasing) return undefined
  const [row] = await store.readMessages(key, seq + 1, 1)
  if (row?.seq === seq) return leftOfMessage(store, key, JSON.parse(row.json) as Message, erasing) // written by a room
  const hot = (await roomIfAny(room, key))?.state.view.messages
  return hot?.find((message) => message.seq === seq)
}

/** What a message is found by. */
function shownText(message: Message): string {
  const names = message.parts.flatMap((part) => {
    if (part.redacted) return []
    return part.kind === 'file' ? [part.name ?? ''] : part.kind === 'source' ? [part.title ?? ''] : []
  })
  return [textOf(message), ...names].filter((text) => text !== '').join('\n')
}

/** Words are compared in their normal form; what does not stand so in the text is shown from its beginning. */
function snippetOf(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase()
  const places = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0)
  const start = Math.max(0, Math.min(...(places.length > 0 ? places : [0])) - snippetChars / 4)
  const cut = text
    .slice(start, start + snippetChars)
    .replaceAll(/\s+/g, ' ')
    .trim()
  return `${start > 0 ? '…' : ''}${cut.toWellFormed()}${start + snippetChars < text.length ? '…' : ''}`
}
