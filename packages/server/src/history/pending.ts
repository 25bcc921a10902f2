/**
 * Content that the log says is redacted and that is in the store still (S5j): nobody is shown it meanwhile. What is read is
 * shown as it will be when it is erased, so that it makes no difference to a reader when that happens.
 */
import {
  blankEvent,
  blankMessage,
  blankPart,
  carries,
  leafOf,
  type Guard,
  type Message,
  type MessageRow,
  type Part,
  type SessionEvent,
  type SessionKey,
  type Store,
} from '@headrace/core'
import { sha256 } from './chain-walk.ts'
import { scanLog } from './scan-log.ts'

export type Erasing = Guard['erasing'][number]

/**
 * What is left of an event.
 *
 * @param json - the event as it is stored
 */
export function leftOfEvent(json: string, event: SessionEvent, targets: readonly Erasing[]): SessionEvent {
  // What a message got since its redaction is no part of that.
  const meant = targets.filter((target) => event.seq < target.seq && carries(event, target))
  return meant.reduce((left, target) => blankEvent(left, target, leafOf(json, left, sha256)), event)
}

/** What is left of events as they are stored. */
export function leftOfEvents(events: readonly string[], erasing: readonly Erasing[]): readonly string[] {
  if (erasing.length === 0) return events
  return events.map((json) => {
    const event = JSON.parse(json) as SessionEvent // written by `decide` of this format version
    const left = leftOfEvent(json, event, erasing)
    return left === event ? json : JSON.stringify(left)
  })
}

/** What is left of a message that is a row in the store. */
export async function leftOfMessage(
  store: Pick<Store, 'read'>,
  key: SessionKey,
  message: Message,
  targets: readonly Erasing[],
): Promise<Message> {
  let left = message
  for (const target of targets) {
    if (target.message !== message.id) continue
    left = blanked(left, target, await laterParts(store, key, left, target))
  }
  return left
}

/** What is left of rows as they are stored. */
export async function leftOfRows(
  store: Pick<Store, 'read'>,
  key: SessionKey,
  rows: readonly MessageRow[],
  erasing: readonly Erasing[],
): Promise<readonly MessageRow[]> {
  if (erasing.length === 0) return rows
  const left: MessageRow[] = []
  for (const row of rows) {
    const message = JSON.parse(row.json) as Message // written by a room
    const shown = await leftOfMessage(store, key, message, erasing)
    left.push(shown === message ? row : { ...row, json: JSON.stringify(shown) })
  }
  return left
}

/** A message as it is once its redaction is folded. */
export function blanked(message: Message, { part }: Pick<Erasing, 'part'>, later: ReadonlySet<string> = none): Message {
  if (part === undefined && later.size === 0) return blankMessage(message)
  const isMeant = ({ id }: Part): boolean => (part === undefined ? !later.has(id) : id === part)
  return { ...message, parts: message.parts.map((other) => (isMeant(other) ? blankPart(other) : other)) }
}

const none: ReadonlySet<string> = new Set()

/** What a message got since the redaction is no part of it: a later attempt of its run may have gone on with it. */
async function laterParts(
  store: Pick<Store, 'read'>,
  key: SessionKey,
  { id, run }: Message,
  { seq }: Erasing,
): Promise<ReadonlySet<string>> {
  const parts = new Set<string>()
  if (run === undefined) return parts
  for await (const page of scanLog(store, key, seq)) {
    for (const { event } of page)
      if (event.type === 'part.opened' && event.data.message === id) parts.add(event.data.part)
  }
  return parts
}

/** Whether something was redacted after an event: what was read before may hold what nobody is to keep. */
export async function isRedactedSince(store: Pick<Store, 'read'>, key: SessionKey, seq: number): Promise<boolean> {
  for await (const page of scanLog(store, key, seq))
    if (page.some(({ event }) => event.type === 'content.redacted')) return true
  return false
}
