/**
 * Makes sure that what was deleted is not in the files any more, as far as LevelDB lets us: one compaction writes the log
 * and the buffer out, but leaves the lowest level alone. Deletions at both ends of the range give the second one something
 * to merge down, and so the values go. A value that a reader may still ask for stays, and so does a file that one has
 * open: reads that are under way end first, and the flush at the end deletes the files that were in use before.
 *
 * That rewrites all tables that the range touches, a second or so in a large database. So one round runs at a time, and
 * what is asked meanwhile goes together in the next.
 *
 * What deletes leaves a note for the eraser, so that a crash does not leave the bytes for ever.
 */
import type { SessionKey } from '@headrace/core'
import type { Op } from './engine.ts'
import { erasureKey, sessionRange } from './keys.ts'
import type { Slot } from './slot.ts'

export interface Eraser {
  /** Resolves when the session's deleted values are in no file, or rejects when that did not work. */
  erase(key: SessionKey): Promise<void>
}

interface Range {
  readonly gte: string
  readonly lt: string
}

/** More sessions than this are erased as one range, whatever lies between them. */
const rangesPerRound = 4

/** @param commit - writes what `ops` gives when its turn has come */
export function createEraser(slot: Slot, commit: (ops: () => readonly Op[]) => Promise<void>): Eraser {
  let waiting: SessionKey[] = []
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  async function runRound(): Promise<void> {
    const keys = [...new Set(waiting)].sort()
    const ranges = rangesOf(keys)
    waiting = []
    next = undefined
    await slot.quiet()
    for (const range of ranges) await slot.read((engine) => engine.compact(range))
    await commit(() => ranges.flatMap(({ gte, lt }) => [del(gte), del(lt)]))
    for (const range of ranges) await slot.read((engine) => engine.compact(range))
    await slot.quiet()
    await slot.read((engine) => engine.flush())
    // Of what was asked for again meanwhile, the note is for the next round.
    await commit(() => keys.filter((key) => !waiting.includes(key)).map((key) => del(erasureKey(key))))
  }

  return {
    erase(key) {
      waiting.push(key)
      if (next === undefined) {
        next = running.then(runRound)
        // A round that fails has its own askers; those of the next one need not hear of it.
        running = next.catch(() => undefined)
      }
      return next
    },
  }
}

function rangesOf(keys: readonly SessionKey[]): Range[] {
  const ranges = keys.map(sessionRange)
  const [first] = ranges
  const last = ranges.at(-1)
  if (first === undefined || last === undefined || ranges.length <= rangesPerRound) return ranges
  return [{ gte: first.gte, lt: last.lt }]
}

function del(key: string): Op {
  return { type: 'del', key }
}
