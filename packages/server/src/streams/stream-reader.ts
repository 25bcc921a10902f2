/**
 * Reading a stream: its own log, and before that the logs of the streams that it was forked from, each up to the place
 * where the next one left it. A place is a seq, and a fork counts on from its source, so a place means the same in both.
 */
import {
  HeadraceError,
  type StreamContent,
  type StreamEvent,
  type StreamSegment,
  type StreamState,
} from '@headrace/core'
import type { Page } from '../hub-types.ts'
import type { StreamRoom } from './stream-rules.ts'

/** A piece of a stream, of one append. */
export interface StreamPiece {
  readonly seq: number
  readonly content: StreamContent
}

/** Pages are shared by readers at the same place, and so is what is in them. */
const read = new WeakMap<Page, readonly StreamPiece[]>()

/** Gives the room of a stream that this one inherited from. */
export type RoomOf = (path: string) => Promise<StreamRoom>

/** Pieces after a place, of about so many characters; none at the end. */
export async function readPieces(
  room: StreamRoom,
  roomOf: RoomOf,
  { after, maxChars }: { readonly after: number; readonly maxChars: number },
): Promise<readonly StreamPiece[]> {
  const pieces: StreamPiece[] = []
  let chars = 0
  let position = after
  while (chars < maxChars) {
    const source = await sourceAt(room, roomOf, position)
    const from = Math.max(position, floorOf(source.room.state))
    const page = await source.room.page(from)
    if (!page || page.after >= source.last) {
      if (source.room === room) break
      position = source.last
      continue
    }
    const found = piecesOf(page).filter(({ seq }) => seq > position && seq <= source.last)
    for (const piece of found) {
      if (chars >= maxChars) return pieces
      pieces.push(piece)
      chars += charsOf(piece.content)
    }
    position = Math.min(page.last, source.last)
  }
  return pieces
}

/** Where the events after a place are. */
async function sourceAt(
  room: StreamRoom,
  roomOf: RoomOf,
  position: number,
): Promise<{ readonly room: StreamRoom; readonly last: number }> {
  const segment = room.state.inherited.find(({ last }) => position < last)
  return segment ? { room: await holderOf(segment, roomOf), last: segment.last } : { room, last: Infinity }
}

/** The room of an inherited stream: as it was when it was left, if not later. */
async function holderOf({ path, id, last }: StreamSegment, roomOf: RoomOf): Promise<StreamRoom> {
  const room = await roomOf(path)
  const isBehind = (): boolean => room.state.id !== id || room.state.seq < last
  // Another server wrote to it since it was opened here.
  if (isBehind()) await room.refresh()
  if (!isBehind()) return room
  throw new HeadraceError('store_unavailable', `What was inherited from ${path} can't be read now. Try again.`)
}

/** A fork's log begins in the middle. */
function floorOf({ origin }: StreamState): number {
  return origin ? Math.max(1, origin.seq) : 0
}

function piecesOf(page: Page): readonly StreamPiece[] {
  let pieces = read.get(page)
  if (!pieces) {
    pieces = page.events.flatMap((json) => {
      const event = JSON.parse(json) as StreamEvent // written by a room of this format
      return event.type === 'stream.appended' ? [{ seq: event.seq, content: event.data.content }] : []
    })
    read.set(page, pieces)
  }
  return pieces
}

function charsOf(content: StreamContent): number {
  switch (content.kind) {
    case 'json':
      return content.json.length
    case 'text':
      return content.text.length
    case 'bytes':
      return content.base64.length
    default:
      return content satisfies never
  }
}
