/**
 * Reads LevelDB's log format, which its write-ahead logs and its manifest are in: blocks of 32 KiB; in them records of
 * checksum (4 bytes), length (2), type (1) and data; a block's last bytes are unused when no header fits. A batch is one
 * `full` record, or a `first` with `middle`s and a `last` behind it.
 */
import { maskedCrc32c } from './crc32c.ts'

const blockBytes = 32_768
const headerBytes = 7
const types = { full: 1, first: 2, middle: 3, last: 4 } as const

export interface LogScan {
  /** Offset of the first bad record. */
  readonly bad: number | undefined
  /** Whether a good batch begins behind it. */
  readonly isFollowed: boolean
  /** Whether a batch begins anywhere. */
  readonly hasRecords: boolean
}

/** Checks every record, up to the first good one behind a bad one. */
export function scanLog(bytes: Uint8Array): LogScan {
  let bad: number | undefined
  let hasRecords = false
  for (let at = 0; at < bytes.length;) {
    const left = blockBytes - (at % blockBytes)
    if (left < headerBytes) {
      at += left
      continue
    }
    const length = recordBytes(bytes, at, left)
    if (length === undefined) {
      // From here on nothing can be trusted, lengths included: look at every byte for a record.
      bad ??= at
      at += 1
      continue
    }
    if (bytes[at + 6] === types.full || bytes[at + 6] === types.first) {
      if (bad !== undefined) return { bad, isFollowed: true, hasRecords: true }
      hasRecords = true
    }
    at += length
  }
  return { bad, isFollowed: false, hasRecords }
}

/** The batches up to the first bad record. */
export function readBatches(bytes: Uint8Array): Generator<Uint8Array> {
  return batches(bytes, 'stop')
}

/** All batches that are whole, also those behind damage. */
export function goodBatches(bytes: Uint8Array): Generator<Uint8Array> {
  return batches(bytes, 'go on')
}

function* batches(bytes: Uint8Array, atDamage: 'stop' | 'go on'): Generator<Uint8Array> {
  /** Of the batch that is being read; `undefined` when its beginning was not seen. */
  let parts: Uint8Array[] | undefined
  for (let at = 0; at < bytes.length;) {
    const left = blockBytes - (at % blockBytes)
    if (left < headerBytes) {
      at += left
      continue
    }
    const length = recordBytes(bytes, at, left)
    if (length === undefined) {
      if (atDamage === 'stop') return
      parts = undefined
      at += 1
      continue
    }
    const type = bytes[at + 6]
    if (type === types.full || type === types.first) parts = []
    parts?.push(bytes.subarray(at + headerBytes, at + length))
    if (parts && (type === types.full || type === types.last)) {
      yield Buffer.concat(parts)
      parts = undefined
    }
    at += length
  }
}

/** The size of the good record at an offset. */
function recordBytes(bytes: Uint8Array, at: number, left: number): number | undefined {
  const length = headerBytes + ((bytes[at + 4] ?? 0) | ((bytes[at + 5] ?? 0) << 8))
  const type = bytes[at + 6] ?? 0
  if (type < types.full || type > types.last || length > left || at + length > bytes.length) return undefined
  const stored = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true)
  return stored === maskedCrc32c(bytes, at + 6, at + length) ? length : undefined
}
