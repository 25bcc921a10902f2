/**
 * Content that is too large for events (L6): kept beside the log of a session under its SHA-256, named by file parts as
 * `headrace:blob/<id>`. It goes with the session, and with the redaction of the last message that names it.
 */
import { createHash } from 'node:crypto'
import { HeadraceError, type Message, type Part, type PartStart, type SessionKey, type Store } from '@headrace/core'
import type { Room } from '../room.ts'

export interface Blob {
  /** As whoever put it said. */
  readonly mediaType: string
  readonly bytes: Buffer
}

export interface PutBlob {
  /** SHA-256 of the content, in hex. */
  readonly id: string
  /** What a file part names. */
  readonly url: string
  readonly bytes: number
  readonly mediaType: string
}

/** Most bytes that the blobs of one session have together. */
const sessionBlobBytes = 1_073_741_824
const pageSize = 500
const scheme = 'headrace:blob/'

/** @throws HeadraceError `limit_exceeded` when the session's blobs would be too large together */
export async function putBlob(store: Store, key: SessionKey, { mediaType, bytes }: Blob): Promise<PutBlob> {
  const id = createHash('sha256').update(bytes).digest('hex')
  const there = await store.blobs(key)
  const put = { id, url: `${scheme}${id}`, bytes: bytes.length }
  if (there.some((blob) => blob.id === id))
    return { ...put, mediaType: (await getBlob(store, key, id))?.mediaType ?? mediaType }
  const total = there.reduce((sum, blob) => sum + blob.bytes, bytes.length)
  if (total > sessionBlobBytes) {
    const text = `The blobs of a session may have ${sessionBlobBytes} bytes together (sessionBlobBytes); with this one they have ${total}. Keep it elsewhere and send its address.`
    const detail = { limit: 'sessionBlobBytes', allowed: sessionBlobBytes, actual: total }
    throw new HeadraceError('limit_exceeded', text, { detail })
  }
  await store.putBlob(key, id, pack({ mediaType, bytes }))
  return { ...put, mediaType }
}

export async function getBlob(store: Store, key: SessionKey, id: string): Promise<Blob | undefined> {
  const packed = await store.getBlob(key, id)
  return packed && unpack(packed)
}

/** Copies blobs to another session, one at a time. Those that are there already stay. */
export async function copyBlobs(store: Store, from: SessionKey, to: SessionKey, ids: Iterable<string>): Promise<void> {
  const there = new Set((await store.blobs(to)).map(({ id }) => id))
  for (const id of ids) {
    const packed = there.has(id) ? undefined : await store.getBlob(from, id)
    if (packed) await store.putBlob(to, id, packed)
  }
}

/**
 * The blobs that the messages of a session name, hot and cold.
 *
 * @param instead - stands for the message of the same id
 */
export async function namedBlobs(store: Store, { key, state }: Room, instead?: Message): Promise<ReadonlySet<string>> {
  const named = new Set<string>()
  const add = (messages: readonly Message[]): void => {
    for (const message of messages)
      for (const id of blobsIn(message.id === instead?.id ? instead : message)) named.add(id)
  }
  add(state.view.messages)
  let before = Number.MAX_SAFE_INTEGER
  for (;;) {
    const rows = await store.readMessages(key, before, pageSize)
    add(rows.map(({ json }) => JSON.parse(json) as Message)) // written by a room
    if (rows.length < pageSize) return named
    before = rows[0]?.seq ?? 0
  }
}

/** The blobs that parts name. */
export function blobsIn({ parts }: { readonly parts: readonly (Part | PartStart)[] }): readonly string[] {
  return parts.flatMap((part) => {
    if (part.kind !== 'file' || !part.url.startsWith(scheme)) return []
    const id = part.url.slice(scheme.length)
    return /^[0-9a-f]{64}$/.test(id) ? [id] : []
  })
}

/** The media type in front, behind its length. */
function pack({ mediaType, bytes }: Blob): Buffer {
  const type = Buffer.from(mediaType, 'latin1')
  return Buffer.concat([Buffer.of(type.length), type, bytes])
}

function unpack(packed: Uint8Array): Blob {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  const start = 1 + (bytes[0] ?? 0)
  return { mediaType: bytes.toString('latin1', 1, start), bytes: bytes.subarray(start) }
}
