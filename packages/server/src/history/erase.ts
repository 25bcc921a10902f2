/**
 * Takes out of the store what the log says is redacted (S5): events, the message's row, the states that still hold it, what
 * it is found by. The event `content.redacted` came first; when all is out, `content.erased` says so. Cut short in
 * between, the session is due, and all of it is done again: blank stays blank.
 *
 * Servers that share a store may erase at the same time, and one of them may be so late that the others are done. What is
 * written here holds all that was not redacted when it was read, so it must not be written when more was redacted since:
 *
 *   log          ── redacted ──────────────────── erased ── redacted ── erased ──
 *   one server          └ reads ─ writes ─ says so ┘
 *   another one         └ reads ── (stands still) ──────────────────────── writes: refused, the snapshot has moved
 *
 * An erasure moves the newest snapshot to the head of the log that it knew, which is past every redaction that it erased.
 * Nothing is compacted between the two events (S4f), so the floor stands still as well.
 */
import {
  HeadraceError,
  blankPart,
  splitKey,
  systemGrant,
  type Message,
  type MessageRow,
  type Part,
  type PartStart,
  type Redaction,
  type SessionEvent,
  type SessionState,
  type Snapshot,
  type Store,
} from '@headrace/core'
import { findMessages } from '../cold-messages.ts'
import { parseState } from '../load.ts'
import type { Room } from '../room.ts'
import { blobsIn, namedBlobs } from './blobs.ts'
import { wordsOfMessage } from './changed-words.ts'
import { finishCompaction } from './compact.ts'
import { leftOfEvent, leftOfMessage, type Erasing } from './pending.ts'
import { scanLog } from './scan-log.ts'

/** How often it is begun again where another server was faster. */
const tries = 4

/** One at a time for a session. */
export async function eraseRedacted(store: Store, room: Room): Promise<void> {
  for (let left = tries; room.state.guard.erasing.length > 0; left -= 1) {
    try {
      return await eraseAll(store, room)
    } catch (thrown) {
      const isOvertaken = thrown instanceof HeadraceError && thrown.code === 'version_conflict'
      if (!isOvertaken || left <= 1) throw thrown
    }
  }
}

async function eraseAll(store: Store, room: Room): Promise<void> {
  // What another server is about to drop, or has dropped, has its place before this.
  if (store.capabilities.shared) await room.catchUp()
  await finishCompaction(store, room)
  const { erasing } = room.state.guard
  for (const [message, targets] of Map.groupBy(erasing, (target) => target.message)) {
    await erase(store, room, { message, targets, erasing })
    const { tenant } = splitKey(room.key)
    for (const { seq } of targets) {
      const outcome = await room.submit({ grant: systemGrant(tenant), body: { type: 'erased', of: seq } })
      if (outcome.outcome === 'refused') throw HeadraceError.fromWire(outcome.error)
    }
  }
}

interface Work {
  readonly message: string
  /** What of it is to go. */
  readonly targets: readonly Erasing[]
  /** All that is to go. */
  readonly erasing: readonly Erasing[]
}

async function erase(store: Store, room: Room, { message: id, targets, erasing }: Work): Promise<void> {
  const { key } = room
  // First: what moves after this was written by somebody else.
  const since = await placesOf(store, room)
  const hot = hotMessage(room, id)
  const [cold] = await findMessages(store, key, [id])
  const message = cold ?? hot ?? hotMessage(room, id)
  if (!message) return
  const { events, blobs } = await blankedEvents(store, room, message, targets)
  const row = cold && (await leftOfMessage(store, key, cold, targets))
  const named = blobs.size > 0 ? await namedBlobs(store, room, row) : blobs
  const floor = await floorWithout(store, room, erasing)
  const { state } = room
  await store.redact(key, {
    events,
    messages: row ? [rowOf(row)] : [],
    // What is hot was blanked when the redaction was folded.
    snapshot: { seq: state.view.seq, state: JSON.stringify(state) },
    ...(floor && { floor }),
    blobs: [...blobs].filter((blob) => !named.has(blob)),
    ...(row && { words: [wordsOfMessage(row)] }),
    since,
  })
}

async function placesOf(store: Store, { key }: Room): Promise<NonNullable<Redaction['since']>> {
  const [floor, snapshot] = await Promise.all([store.floor(key), store.getSnapshot(key)])
  return { floor, snapshot: snapshot?.seq ?? 0 }
}

/** One that goes cold while its row is looked for is found before that, without its content: so it went. */
function hotMessage({ state }: Room, id: string): Message | undefined {
  return state.view.messages.find((message) => message.id === id)
}

interface Blanked {
  readonly events: readonly { readonly seq: number; readonly json: string }[]
  /** What their content named. */
  readonly blobs: ReadonlySet<string>
}

async function blankedEvents(
  store: Store,
  { key }: Room,
  message: Message,
  targets: readonly Erasing[],
): Promise<Blanked> {
  // A message that came whole is one event; another one can have been written until the redaction.
  const last = message.run === undefined ? message.seq : Math.max(...targets.map(({ seq }) => seq)) - 1
  const events: { readonly seq: number; readonly json: string }[] = []
  const blobs = new Set<string>()
  for await (const page of scanLog(store, key, message.seq - 1, last)) {
    for (const { json, event } of page) {
      const blank = JSON.stringify(leftOfEvent(json, event, targets))
      if (blank === json) continue
      events.push({ seq: event.seq, json: blank })
      for (const id of blobsIn({ parts: partsOf(event, targets) })) blobs.add(id)
    }
  }
  return { events, blobs }
}

/** The parts that an event brings, as far as they are redacted. */
function partsOf(event: SessionEvent, targets: readonly Erasing[]): readonly PartStart[] {
  if (event.type === 'part.opened') return [event.data.start]
  if (event.type !== 'message.added') return []
  return event.data.parts.filter((_, index) => targets.some(({ part }) => part === undefined || part === String(index)))
}

/** The state at the floor as the fold of the blanked events: without the content, and not yet marked as redacted. */
async function floorWithout(store: Store, { key }: Room, erasing: readonly Erasing[]): Promise<Snapshot | undefined> {
  const snapshot = await store.floorSnapshot(key)
  if (!snapshot) return undefined
  const later = erasing.filter(({ seq }) => snapshot.seq < seq)
  if (later.length === 0) return snapshot
  const state = parseState(key, snapshot.state)
  const messages = state.view.messages.map((message): Message => {
    const targets = later.filter((target) => target.message === message.id)
    return targets.length === 0 ? message : { ...message, parts: message.parts.map((part) => unmarked(part, targets)) }
  })
  const without: SessionState = { ...state, view: { ...state.view, messages } }
  return { seq: snapshot.seq, state: JSON.stringify(without) }
}

function unmarked(part: Part, targets: readonly Erasing[]): Part {
  if (part.redacted || !targets.some((target) => target.part === undefined || target.part === part.id)) return part
  const { redacted: _, ...blank } = blankPart(part)
  return blank
}

function rowOf(message: Message): MessageRow {
  return { seq: message.seq, json: JSON.stringify(message) }
}
