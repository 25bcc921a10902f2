import { createFields } from '../fields.ts'
import { goodBatches, scanLog } from '../level-log.ts'
import { latin1, type Entry, type Salvaged } from './entry.ts'

/** A batch begins with its first sequence number (8 bytes) and how many writes it has (4 bytes). */
const headBytes = 12
const kinds = { deletion: 0, value: 1 } as const

/** The writes of a log's batches that are whole, also of those behind damage. What a lost batch wrote nobody can say. */
export function logEntries(log: Uint8Array): Salvaged {
  const { bad, isFollowed } = scanLog(log)
  return { entries: entriesOf(log), lost: [], lostUnknown: bad !== undefined && isFollowed }
}

function* entriesOf(log: Uint8Array): Generator<Entry> {
  for (const batch of goodBatches(log)) {
    let order = Number(new DataView(batch.buffer, batch.byteOffset, batch.length).getBigUint64(0, true))
    const fields = createFields(batch, headBytes)
    const text = (): Uint8Array => {
      const length = fields.number()
      const begin = fields.position
      fields.skip(length)
      return batch.subarray(begin, begin + length)
    }
    for (; fields.hasMore(); order += 1) {
      const kind = fields.number()
      const key = latin1(text())
      yield { key, order, value: kind === kinds.deletion ? undefined : text() }
    }
  }
}
