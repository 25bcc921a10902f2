/**
 * Checks a table of LevelDB. The binding never asks LevelDB to verify blocks, and a damaged one can make it serve wrong
 * bytes, miss keys, or abort the process.
 *
 * Format: blocks one behind the other, each with its compression (1 byte) and checksum (4 bytes) behind it; then a footer
 * of 48 bytes that says where the index of the data blocks and the index of the other blocks are, and ends in a fixed
 * number. When all blocks have good checksums and leave no gap, every byte is as it was written.
 */
import { createFields } from './fields.ts'
import { maskedCrc32c } from './crc32c.ts'
import { decompressSnappy } from './snappy.ts'

export interface Block {
  readonly offset: number
  /** Without compression byte and checksum. */
  readonly size: number
}

const footerBytes = 48
const trailerBytes = 5
const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb] as const
const compressions = { none: 0, snappy: 1 } as const

export function isTableIntact(table: Uint8Array): boolean {
  try {
    const footer = table.length - footerBytes
    const indexes = readFooter(table)
    if (!indexes) return false
    const { metaIndex, index } = indexes

    const blocks = [
      metaIndex,
      index,
      ...[metaIndex, index].flatMap((part) => readIndex(table, part).map(({ block }) => block)),
    ]
    blocks.sort((a, b) => a.offset - b.offset)
    let end = 0
    for (const block of blocks) {
      if (block.offset !== end || !isBlockIntact(table, block)) return false
      end += block.size + trailerBytes
    }
    return end === footer
  } catch {
    // Lengths that lead out of the file.
    return false
  }
}

/** The data blocks of a table by its index, in order; `undefined` when that can't be read. */
export function tableParts(
  table: Uint8Array,
): readonly { readonly block: Block; readonly upTo: Uint8Array }[] | undefined {
  try {
    const indexes = readFooter(table)
    return indexes && isBlockIntact(table, indexes.index) ? readIndex(table, indexes.index) : undefined
  } catch {
    return undefined
  }
}

/** The content of a block, decompressed; `undefined` when it is not as it was written. */
export function intactBlock(table: Uint8Array, block: Block): Uint8Array | undefined {
  try {
    return isBlockIntact(table, block) ? readBlock(table, block) : undefined
  } catch {
    return undefined
  }
}

function readFooter(table: Uint8Array): { readonly metaIndex: Block; readonly index: Block } | undefined {
  const footer = table.length - footerBytes
  if (footer < 0 || !magic.every((byte, at) => table[table.length - magic.length + at] === byte)) return undefined
  const fields = createFields(table, footer)
  const metaIndex = { offset: fields.number(), size: fields.number() }
  const index = { offset: fields.number(), size: fields.number() }
  // The rest of the footer is zeros.
  if (table.subarray(fields.position, table.length - magic.length).some((byte) => byte !== 0)) return undefined
  return { metaIndex, index }
}

function isBlockIntact(table: Uint8Array, { offset, size }: Block): boolean {
  const end = offset + size + 1
  if (end + 4 > table.length) return false
  const stored = new DataView(table.buffer, table.byteOffset + end, 4).getUint32(0, true)
  return stored === maskedCrc32c(table, offset, end)
}

/** The blocks that an index block names, each with a key that no key of it is behind. */
function readIndex(table: Uint8Array, block: Block): { readonly block: Block; readonly upTo: Uint8Array }[] {
  return Array.from(blockEntries(readBlock(table, block)), ({ key, value }) => {
    const place = createFields(value)
    return { block: { offset: place.number(), size: place.number() }, upTo: key }
  })
}

/** Keys of a block share the beginning of the one before. */
export function* blockEntries(block: Uint8Array): Generator<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
  const restarts = new DataView(block.buffer, block.byteOffset, block.length).getUint32(block.length - 4, true)
  const entries = block.subarray(0, block.length - 4 * (restarts + 1))
  const fields = createFields(entries)
  let key = new Uint8Array()
  while (fields.hasMore()) {
    const shared = fields.number()
    const own = fields.number()
    const valueBytes = fields.number()
    const next = new Uint8Array(shared + own)
    next.set(key.subarray(0, shared))
    next.set(entries.subarray(fields.position, fields.position + own), shared)
    fields.skip(own)
    key = next
    yield { key, value: entries.subarray(fields.position, fields.position + valueBytes) }
    fields.skip(valueBytes)
  }
}

function readBlock(table: Uint8Array, { offset, size }: Block): Uint8Array {
  const stored = table.subarray(offset, offset + size)
  if (table[offset + size] === compressions.none) return stored
  const content = table[offset + size] === compressions.snappy ? decompressSnappy(stored) : undefined
  if (content === undefined) throw new RangeError('not a block')
  return content
}
