/**
 * Takes out of the store what the log says is redacted (S5): events, the message's row, the states that still hold it, what
 * it is found by. The event `content.redacted` came first; when all is out, `content.erased` says so. Cut short in
 * between, the session is due, and all of it is done again: blank stays blank.
 */
import {
  HeadraceError,
  blankEvent,
  blankMessage,
  blankPart,
  carries,
  leafOf,
  splitKey,
  systemGrant,
  type Guard,
  type Message,
  type MessageRow,
  type Part,
  type PartStart,
  type SessionEvent,
  type SessionState,
  type Snapshot,
  type Store,
} from '@headrace/core'
import { findMessages } from '../cold-messages.ts'
import { parseState } from '../load.ts'
import type { Room } from '../room.ts'
import { blobsIn, namedBlobs } from './blobs.ts'
import { sha256 } from './chain-walk.ts'
import { wordsOfMessage } from './changed-words.ts'
import { scanLog } from './scan-log.ts'

type Erasing = Guard['erasing'][number]

/** One at a time for a session. */
export async function eraseRedacted(store: Store, room: Room): Promise<void> {
  for (const erasing of room.state.guard.erasing) {
    await erase(store, room, erasing)
    const { tenant } = splitKey(room.key)
    const outcome = await room.submit({ grant: systemGrant(tenant), body: { type: 'erased', of: erasing.seq } })
    if (outcome.outcome === 'refused') throw HeadraceError.fromWire(outcome.error)
  }
}

async function erase(store: Store, room: Room, target: Erasing): Promise<void> {
  const { key } = room
  const [cold] = await findMessages(store, key, [target.message])
  const message = cold ?? room.state.view.messages.find(({ id }) => id === target.message)
  if (!message) return
  const { events, blobs } = await blankedEvents(store, room, message, target)
  const row = cold && blanked(cold, target, await laterParts(store, room, cold, target))
  const named = blobs.size > 0 ? await namedBlobs(store, room, row) : blobs
  const floor = await floorWithout(store, room, target)
  const { state } = room
  await store.redact(key, {
    events,
    messages: row ? [rowOf(row)] : [],
    // What is hot was blanked when the redaction was folded.
    snapshot: { seq: state.view.seq, state: JSON.stringify(state) },
    ...(floor && { floor }),
    blobs: [...blobs].filter((id) => !named.has(id)),
    ...(row && { words: [wordsOfMessage(row)] }),
  })
  room.forgetTail()
}

interface Blanked {
  readonly events: readonly { readonly seq: number; readonly json: string }[]
  /** What their content named. */
  readonly blobs: ReadonlySet<string>
}

async function blankedEvents(store: Store, { key }: Room, message: Message, target: Erasing): Promise<Blanked> {
  // A message that came whole is one event; another one can have been written until the redaction.
  const last = message.run === undefined ? message.seq : target.seq - 1
  const events: { readonly seq: number; readonly json: string }[] = []
  const blobs = new Set<string>()
  for await (const page of scanLog(store, key, message.seq - 1, last)) {
    for (const { json, event } of page) {
      if (!carries(event, target)) continue
      const blank = JSON.stringify(blankEvent(event, target, leafOf(json, event, sha256)))
      if (blank === json) continue
      events.push({ seq: event.seq, json: blank })
      for (const id of blobsIn({ parts: partsOf(event, target) })) blobs.add(id)
    }
  }
  return { events, blobs }
}

/** The parts that an event brings, as far as they are redacted. */
function partsOf(event: SessionEvent, { part }: Erasing): readonly PartStart[] {
  if (event.type === 'part.opened') return [event.data.start]
  if (event.type !== 'message.added') return []
  return event.data.parts.filter((_, index) => part === undefined || part === String(index))
}

/** What a message got since the redaction is no part of it: a later attempt of its run may have gone on with it. */
async function laterParts(
  store: Store,
  { key }: Room,
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

/** The message as it is once its redaction is folded. */
function blanked(message: Message, { part }: Erasing, later: ReadonlySet<string>): Message {
  if (part === undefined && later.size === 0) return blankMessage(message)
  const isMeant = ({ id }: Part): boolean => (part === undefined ? !later.has(id) : id === part)
  return { ...message, parts: message.parts.map((other) => (isMeant(other) ? blankPart(other) : other)) }
}

/** The state at the floor as the fold of the blanked events: without the content, and not yet marked as redacted. */
async function floorWithout(store: Store, { key }: Room, target: Erasing): Promise<Snapshot | undefined> {
  const snapshot = await store.floorSnapshot(key)
  if (!snapshot || snapshot.seq >= target.seq) return snapshot
  const state = parseState(key, snapshot.state)
  const messages = state.view.messages.map((message): Message => {
    if (message.id !== target.message) return message
    return { ...message, parts: message.parts.map((part) => unmarked(part, target)) }
  })
  const without: SessionState = { ...state, view: { ...state.view, messages } }
  return { seq: snapshot.seq, state: JSON.stringify(without) }
}

function unmarked(part: Part, target: Erasing): Part {
  if (part.redacted || (target.part !== undefined && target.part !== part.id)) return part
  const { redacted: _, ...blank } = blankPart(part)
  return blank
}

function rowOf(message: Message): MessageRow {
  return { seq: message.seq, json: JSON.stringify(message) }
}
