import {
  actorKind,
  allows,
  mayAnswer,
  sees,
  sessionKey,
  type Grant,
  type InboxItem,
  type InboxPage,
  type Request,
  type SessionKey,
  type SessionRow,
  type SessionView,
  type Store,
} from '@headrace/core'
import type { Room } from '../room.ts'
import { roomIfAny } from './room-if-any.ts'

export interface InboxServices {
  readonly store: Store
  readonly room: (key: SessionKey) => Promise<Room>
}

export interface InboxOptions {
  /** Most sessions. */
  readonly limit: number
  readonly cursor?: string
}

/** Calls of the store that one request makes while it looks for sessions that the caller may read. */
const maxReads = 10

/** What waits for the caller, in all sessions that they may read. */
export async function readInbox(
  services: InboxServices,
  grant: Grant,
  { limit, cursor: start }: InboxOptions,
): Promise<InboxPage> {
  const names = namesOf(grant)
  const entries: InboxItem[] = []
  let sessions = 0
  let cursor = start
  for (let reads = 0; reads < maxReads; reads += 1) {
    const page = await services.store.inbox({
      tenant: grant.tenant,
      for: names,
      limit: limit - sessions,
      ...(cursor !== undefined && { cursor }),
    })
    for (const row of page.rows) {
      const found = await itemsOf(services, grant, row, names)
      if (found.length > 0) sessions += 1
      entries.push(...found)
    }
    cursor = page.cursor
    if (cursor === undefined || sessions >= limit) break
  }
  return { entries, ...(cursor !== undefined && { cursor }) }
}

/** Under which names entries are for the caller. */
function namesOf({ actor, capabilities }: Grant): readonly string[] {
  const kind = actorKind(actor)
  const canAnswer = capabilities.some(({ verbs }) => verbs.includes('answer'))
  return [
    actor,
    ...(canAnswer && mayAnswer(actor, undefined) ? ['*'] : []),
    ...(canAnswer && kind === 'operator' ? ['operators'] : []),
  ]
}

async function itemsOf(
  { room }: InboxServices,
  grant: Grant,
  row: SessionRow,
  names: readonly string[],
): Promise<readonly InboxItem[]> {
  if (!allows(grant, row.id, 'read')) return []
  const canAnswer = allows(grant, row.id, 'answer')
  const own = row.inbox.filter((entry) => names.includes(entry.for) && (entry.kind !== 'request' || canAnswer))
  if (own.length === 0) return []
  const asks = own.some(({ kind }) => kind === 'request')
  const found = asks ? await roomIfAny(room, sessionKey(grant.tenant, row.id)) : undefined
  if (asks && !found) return []
  const title = row.metadata['title']
  return own
    .flatMap(({ kind, ref, at, count }): InboxItem[] => {
      const request = kind === 'request' ? visibleRequest(found?.state.view, grant, ref) : undefined
      if (kind === 'request' && !request) return []
      const named = { session: row.id, ...(typeof title === 'string' && { title }), kind, ref, at }
      return [{ ...named, ...(count !== undefined && { count }), ...(request && { request }) }]
    })
    .sort((a, b) => b.at - a.at)
}

function visibleRequest(view: SessionView | undefined, grant: Grant, id: string): Request | undefined {
  const request = view?.requests.find((candidate) => candidate.id === id)
  return request && sees(grant, request.spec.to) ? request : undefined
}
