import { HeadraceError } from '@headrace/core'
import type { Compaction, Snapshot } from '@headrace/core'

/** First and last seq, both included. */
export type SeqRange = readonly [first: number, last: number]

/** @throws HeadraceError `bad_request` */
export function assertFloor({ seq }: Snapshot): void {
  if (Number.isSafeInteger(seq) && seq > 0) return
  throw new HeadraceError('bad_request', `floor: ${seq} is not the seq of an event; it begins at 1.`)
}

/** Sorts ranges and joins those that touch. @throws HeadraceError `bad_request` */
export function rangesToDrop({ floor, drop }: Compaction): readonly SeqRange[] {
  assertFloor(floor)
  const joined: [number, number][] = []
  for (const [first, last] of [...drop].sort(([a], [b]) => a - b)) {
    if (
      !(Number.isSafeInteger(first) && Number.isSafeInteger(last) && 0 < first && first <= last && last <= floor.seq)
    ) {
      throw new HeadraceError(
        'bad_request',
        `drop: ${first} to ${last} is no range of events at or below the floor, which is to be ${floor.seq}.`,
      )
    }
    const before = joined.at(-1)
    if (before === undefined || first > before[1] + 1) joined.push([first, last])
    else before[1] = Math.max(before[1], last)
  }
  return joined
}

/** The end of the range that has a seq. */
export function endOfDropped(dropping: readonly SeqRange[], seq: number): number | undefined {
  let from = 0
  let to = dropping.length
  while (from < to) {
    const middle = (from + to) >>> 1
    const [first, last] = dropping[middle] ?? [0, 0]
    if (seq < first) to = middle
    else if (seq > last) from = middle + 1
    else return last
  }
  return undefined
}
