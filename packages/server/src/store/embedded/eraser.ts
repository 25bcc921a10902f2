/**
 * Makes sure that what was deleted is not in the files any more, as far as LevelDB lets us: one compaction writes the log
 * and the buffer out, but leaves the lowest level alone. Deletions at both ends of the range give the second one something
 * to merge down, and so the values go.
 *
 * That rewrites all tables that the range touches, a second or so in a large database. So one round runs at a time, and
 * what is asked meanwhile goes together in the next.
 */
import type { SessionKey } from '@headrace/core'
import type { Op } from './engine.ts'
import { sessionRange } from './keys.ts'
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

export function createEraser(slot: Slot, commit: (ops: readonly Op[]) => Promise<void>): Eraser {
  let waiting: SessionKey[] = []
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  async function runRound(): Promise<void> {
    const ranges = rangesOf(waiting)
    waiting = []
    next = undefined
    for (const range of ranges) await slot.read((engine) => engine.compact(range))
    await commit(ranges.flatMap(({ gte, lt }) => [del(gte), del(lt)]))
    for (const range of ranges) await slot.read((engine) => engine.compact(range))
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
  const ranges = [...new Set(keys)].sort().map(sessionRange)
  const [first] = ranges
  const last = ranges.at(-1)
  if (first === undefined || last === undefined || ranges.length <= rangesPerRound) return ranges
  return [{ gte: first.gte, lt: last.lt }]
}

function del(key: string): Op {
  return { type: 'del', key }
}
