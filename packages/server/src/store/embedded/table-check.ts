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

interface Block {
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
    if (footer < 0 || !magic.every((byte, index) => table[table.length - magic.length + index] === byte)) return false
    const fields = createFields(table, footer)
    const metaIndex = { offset: fields.number(), size: fields.number() }
    const index = { offset: fields.number(), size: fields.number() }
    // The rest of the footer is zeros.
    if (table.subarray(fields.position, table.length - magic.length).some((byte) => byte !== 0)) return false

    const blocks = [metaIndex, index, ...readIndex(table, metaIndex), ...readIndex(table, index)]
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

function isBlockIntact(table: Uint8Array, { offset, size }: Block): boolean {
  const end = offset + size + 1
  if (end + 4 > table.length) return false
  const stored = new DataView(table.buffer, table.byteOffset + end, 4).getUint32(0, true)
  return stored === maskedCrc32c(table, offset, end)
}

/** The blocks that an index block names. */
function readIndex(table: Uint8Array, block: Block): Block[] {
  const content = readBlock(table, block)
  const restarts = new DataView(content.buffer, content.byteOffset, content.length).getUint32(content.length - 4, true)
  const entries = content.subarray(0, content.length - 4 * (restarts + 1))
  const fields = createFields(entries)
  const blocks: Block[] = []
  while (fields.hasMore()) {
    fields.number()
    const keyBytes = fields.number()
    const valueBytes = fields.number()
    fields.skip(keyBytes)
    const value = createFields(entries, fields.position)
    blocks.push({ offset: value.number(), size: value.number() })
    fields.skip(valueBytes)
  }
  return blocks
}

function readBlock(table: Uint8Array, { offset, size }: Block): Uint8Array {
  const stored = table.subarray(offset, offset + size)
  if (table[offset + size] === compressions.none) return stored
  const content = table[offset + size] === compressions.snappy ? decompressSnappy(stored) : undefined
  if (content === undefined) throw new RangeError('not a block')
  return content
}
