/**
 * Blobs are written in pieces, each in a group commit with the appends that wait then: a large one holds up neither them
 * nor the process. The last piece goes with the entry that makes the blob exist. What was cut short before leaves a note,
 * and is deleted when the store opens again.
 */
import { HeadraceError } from '@headrace/core'
import type { SessionKey, StoredBlob } from '@headrace/core'
import type { Op, Reader } from './engine.ts'
import { blobId, blobKey, blobNoteKey, blobNoteRange, blobRange, notedBlob, pieceKey, pieceRange } from './keys.ts'
import { note, type Steps } from './notes.ts'
import { seal, sealBytes, unseal, unsealBytes } from './seal.ts'
import type { HeldSession, SessionWrites } from './session-writes.ts'
import type { Slot } from './slot.ts'

const pieceBytes = 262_144

export interface BlobParts {
  readonly slot: Slot
  readonly writes: SessionWrites
}

export async function writeBlob(
  { slot, writes }: BlobParts,
  held: HeldSession,
  { id, content }: { readonly id: string; readonly content: Uint8Array },
): Promise<void> {
  const { key } = held.session
  if ((await slot.read((reader) => reader.get(blobKey(key, id)))) !== undefined) return
  const last = Math.max(0, piecesOf(content.length) - 1)
  for (let piece = 0; piece <= last; piece += 1) {
    const at = pieceKey(key, id, piece)
    const bytes = content.subarray(piece * pieceBytes, (piece + 1) * pieceBytes)
    const ops: Op[] = bytes.length === 0 ? [] : [{ type: 'put', key: at, value: sealBytes(at, bytes) }]
    if (piece === last) {
      const entry = seal(blobKey(key, id), String(content.length))
      ops.push({ type: 'put', key: blobKey(key, id), value: entry })
    }
    if (piece < last && piece === 0) ops.push(note(blobNoteKey(key, id)))
    if (piece === last && piece > 0) ops.push(del(blobNoteKey(key, id)))
    await writes.write(held, ops)
  }
}

/** Reads a blob of one moment. */
export async function readBlob(reader: Reader, key: SessionKey, id: string): Promise<Uint8Array | undefined> {
  const size = await readSize(reader, key, id)
  if (size === undefined) return undefined
  const content = new Uint8Array(size)
  for (let piece = 0; piece < piecesOf(size); piece += 1) {
    const at = pieceKey(key, id, piece)
    const sealed = await reader.getBytes(at)
    const bytes = sealed === undefined ? undefined : unsealBytes(at, sealed)
    if (bytes?.length !== Math.min(pieceBytes, size - piece * pieceBytes)) {
      throw new HeadraceError('store_corrupt', `Piece ${piece} of blob ${id} of ${key} is missing.`, {
        detail: { key, id },
      })
    }
    content.set(bytes, piece * pieceBytes)
  }
  return content
}

export async function listBlobs(reader: Reader, key: SessionKey): Promise<StoredBlob[]> {
  const blobs: StoredBlob[] = []
  await reader.scan({ range: blobRange(key), limit: Infinity }, (found, sealed) => {
    blobs.push({ id: blobId(found), bytes: Number(unseal(found, sealed)) })
  })
  return blobs
}

/** Deletes a blob with its pieces. */
export async function blobDeletions(reader: Reader, key: SessionKey, id: string): Promise<Op[]> {
  const size = await readSize(reader, key, id)
  if (size === undefined) return []
  const pieces = Array.from({ length: piecesOf(size) }, (_, piece) => del(pieceKey(key, id, piece)))
  return [del(blobKey(key, id)), ...pieces]
}

/** Deletes the pieces of blobs that were not written whole. */
export async function finishBlobs({ slot, commit }: Steps): Promise<void> {
  const notes: string[] = []
  await slot.read((reader) => reader.scan({ range: blobNoteRange, limit: Infinity }, (found) => void notes.push(found)))
  for (const at of notes) {
    const { key, id } = notedBlob(at)
    const ops = [del(at)]
    // One that exists all the same was written after the session of the note was purged.
    if ((await slot.read((reader) => reader.get(blobKey(key, id)))) === undefined) {
      await slot.read((reader) =>
        reader.scan({ range: pieceRange(key, id), limit: Infinity }, (found) => void ops.push(del(found))),
      )
    }
    await commit(ops)
  }
}

async function readSize(reader: Reader, key: SessionKey, id: string): Promise<number | undefined> {
  const sealed = await reader.get(blobKey(key, id))
  return sealed === undefined ? undefined : Number(unseal(blobKey(key, id), sealed))
}

function piecesOf(bytes: number): number {
  return Math.ceil(bytes / pieceBytes)
}

function del(key: string): Op {
  return { type: 'del', key }
}
