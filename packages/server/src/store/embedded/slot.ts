/**
 * Holds the one open database, and replaces it. A database whose write failed must be closed and opened again before the
 * next write: what its log holds is known only to a recovery.
 *
 *   open ──reopen()──▶ swapping ──opened──▶ open
 *                         └──could not open──▶ down ──reopen(), or a read when the back-off says so──▶ swapping
 *   any ──close()──▶ closed
 *
 * Reads wait while it swaps, and a swap waits for the reads that are under way.
 */
import { HeadraceError } from '@headrace/core'
import type { Backoff } from './backoff.ts'
import type { Engine, OpenEngine } from './engine.ts'

export interface Slot {
  /** Runs a read. It must not wait for a write: the writer may be waiting for it, to swap. */
  read<T>(run: (engine: Omit<Engine, 'write' | 'close'>) => Promise<T>): Promise<T>
  /** Resolves when the reads that are under way now have ended. Not to be called twice at a time. */
  quiet(): Promise<void>
  /** For the writer alone. @throws HeadraceError `store_unavailable` while it is down */
  engine(): Engine
  /** @throws HeadraceError saying why it is down now */
  reopen(): Promise<void>
  close(): Promise<void>
}

/** Reads that began between two calls of `quiet`. */
interface Readers {
  count: number
  readonly waiting: (() => void)[]
}

function noReaders(): Readers {
  return { count: 0, waiting: [] }
}

async function gone(readers: Readers): Promise<void> {
  if (readers.count > 0) await new Promise<void>((resolve) => readers.waiting.push(resolve))
}

/** @param open - opens the database again; `first` is what it opened before */
export function createSlot(first: Engine, open: OpenEngine, backoff: Backoff): Slot {
  let engine: Engine | undefined = first
  let downBecause: unknown
  let swapping: Promise<void> | undefined
  let isClosed = false
  let current = noReaders()
  let earlier = noReaders()

  async function readersGone(): Promise<void> {
    await Promise.all([gone(earlier), gone(current)])
  }

  async function swap(): Promise<void> {
    if (isClosed) throw new HeadraceError('closed', 'The store is closed.')
    const old = engine
    engine = undefined
    await readersGone()
    // Its last write failed, so what it says on the way out changes nothing.
    await old?.close().catch(() => undefined)
    try {
      engine = await open()
      backoff.succeeded()
    } catch (thrown) {
      downBecause = thrown
      backoff.failed()
      throw thrown
    }
  }

  function reopen(): Promise<void> {
    swapping ??= swap().finally(() => (swapping = undefined))
    return swapping
  }

  function down(): HeadraceError {
    const reason = downBecause instanceof Error ? ` ${downBecause.message}` : ''
    return new HeadraceError('store_unavailable', `The database is not open; it is tried again.${reason}`, {
      cause: downBecause,
    })
  }

  async function use(): Promise<Engine> {
    // Each wait may end in another swap.
    while (engine === undefined && !isClosed) {
      if (swapping === undefined && !backoff.isDue()) throw down()
      await reopen().catch(() => {
        throw down()
      })
    }
    if (engine === undefined) throw new HeadraceError('closed', 'The store is closed.')
    return engine
  }

  return {
    async read(run) {
      const engineNow = engine ?? (await use())
      const readers = current
      readers.count += 1
      try {
        return await run(engineNow)
      } finally {
        readers.count -= 1
        if (readers.count === 0) for (const resolve of readers.waiting.splice(0)) resolve()
      }
    },

    async quiet() {
      await gone(earlier)
      earlier = current
      current = noReaders()
      await gone(earlier)
    },

    engine() {
      if (engine === undefined) throw down()
      return engine
    },

    reopen,

    async close() {
      isClosed = true
      await swapping?.catch(() => undefined)
      const last = engine
      engine = undefined
      await readersGone()
      await last?.close()
    },
  }
}
