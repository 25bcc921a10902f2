/** A session as lines of JSON that can be checked without a server (S5). `verifyExport` of the core says what they are. */
import {
  ExportWriter,
  HeadraceError,
  leafOf,
  visibleEvent,
  visibleMessage,
  visibleView,
  type Message,
  type Reader,
  type SessionKey,
  type SessionView,
  type Store,
} from '@headrace/core'
import { parseState } from '../load.ts'
import type { Room } from '../room.ts'
import { ChainWalk, originOf, readGaps, sha256 } from './chain-walk.ts'
import { scanLog, type StoredEvent } from './scan-log.ts'

const pageSize = 500

/**
 * The lines, page by page. Where a compaction comes between, it breaks off with an error: begin again.
 *
 * @param reader - gets what they may see; where an event is not for them, that there was one
 */
export async function* exportLines(store: Store, room: Room, reader: Reader): AsyncGenerator<readonly string[]> {
  const { key } = room
  const origin = originOf(room.state.view)
  const snapshot = await store.floorSnapshot(key)
  const floor = snapshot && parseState(key, snapshot.state).view
  const gaps = await readGaps(store, key)
  const writer = new ExportWriter(sha256)
  const lines = [
    writer.header({ session: room.state.view.id, origin, floor: floor?.seq ?? 0, reader: reader.actor }),
    ...(floor ? [writer.view(visibleView(floor, reader))] : []),
  ]
  yield lines
  if (floor) {
    for await (const messages of coldMessages(store, key, floor)) {
      yield messages.flatMap((message) => {
        const visible = visibleMessage(message, reader)
        return visible ? [writer.message(visible)] : []
      })
    }
  }
  const chain = new ChainWalk(key, origin, gaps)
  // To the very end: what was redacted or dropped meanwhile is named by an event that came before that happened.
  for await (const page of scanLog(store, key, origin)) {
    if ((await store.floor(key)) > (floor?.seq ?? 0)) throw overtaken(room.state.view)
    yield page.flatMap((stored) => eventLines(writer, chain, stored, reader))
  }
  yield [writer.end(chain.link)]
}

function eventLines(writer: ExportWriter, chain: ChainWalk, stored: StoredEvent, reader: Reader): readonly string[] {
  const gaps = chain.next(stored).bridged.map((gap) => writer.gap(gap))
  const visible = visibleEvent(stored.event, reader)
  const line =
    visible === stored.event
      ? writer.event(stored.event, stored.json)
      : writer.hidden({ ...visible, type: 'hidden', was: leafOf(stored.json, stored.event, sha256) })
  return [...gaps, line]
}

/** Messages that were cold at the floor, oldest first. */
async function* coldMessages(
  store: Store,
  key: SessionKey,
  { seq, messages }: SessionView,
): AsyncGenerator<readonly Message[]> {
  const hot = new Set(messages.map((message) => message.id))
  const starts = await pageStarts(store, key, seq + 1)
  for (const before of starts.reverse()) {
    const rows = await store.readMessages(key, before, pageSize)
    const found = rows.map(({ json }) => JSON.parse(json) as Message) // written by a room
    yield found.filter(({ id }) => !hot.has(id))
  }
}

/** Stores read messages from the newest backwards; an export has them in order. */
async function pageStarts(store: Store, key: SessionKey, end: number): Promise<number[]> {
  const starts: number[] = []
  for (let before: number | undefined = end; before !== undefined;) {
    const rows = await store.readMessages(key, before, pageSize)
    if (rows.length > 0) starts.push(before)
    before = rows.length < pageSize ? undefined : rows[0]?.seq
  }
  return starts
}

function overtaken({ id }: SessionView): HeadraceError {
  return new HeadraceError('compacted', `${id} was compacted while it was exported. Export it again.`, {
    retry: 'later',
  })
}
