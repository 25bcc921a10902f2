import { blockEntries, intactBlock, tableParts } from '../table-check.ts'
import { lastKey, latin1, type Entry, type LostRange, type Salvaged } from './entry.ts'

/** Behind each key of a table: what kind of write it was (1 byte), and its sequence number (7 bytes). */
const suffixBytes = 8
const kinds = { deletion: 0, value: 1 } as const

/**
 * The entries of a table's blocks that are whole. Of a block that is not, the index says between which keys it was.
 *
 * @param range - first and last key of the table, for one whose index is damaged; default: nobody knows
 */
export function tableEntries(table: Uint8Array, range: LostRange | undefined): Salvaged {
  const parts = tableParts(table)
  if (!parts) return { entries: [], lost: range ? [range] : [], lostUnknown: range === undefined }
  const blocks: Uint8Array[] = []
  const lost: LostRange[] = []
  let first = range?.first ?? ''
  for (const { block, upTo } of parts) {
    const content = intactBlock(table, block)
    const last = userKey(upTo)
    if (content) blocks.push(content)
    else lost.push({ first, last: last === '' ? lastKey : last })
    first = last
  }
  return { entries: entriesOf(blocks), lost, lostUnknown: false }
}

function* entriesOf(blocks: readonly Uint8Array[]): Generator<Entry> {
  for (const block of blocks)
    for (const { key, value } of blockEntries(block)) {
      const tail = new DataView(key.buffer, key.byteOffset + key.length - suffixBytes, suffixBytes).getBigUint64(
        0,
        true,
      )
      const kind = Number(tail & 0xffn)
      yield { key: userKey(key), order: Number(tail >> 8n), value: kind === kinds.value ? value : undefined }
    }
}

function userKey(key: Uint8Array): string {
  return latin1(key.subarray(0, Math.max(0, key.length - suffixBytes)))
}
