/**
 * One server's way to the store, which survives every crash. A request travels there, is done at one moment, and its
 * answer travels back.
 *
 *   asked ──▶ arrives: done, whole or not at all ──▶ answered
 *     │          └──▶ `unknown_outcome` instead of the answer, also before it arrives, and also if it never does
 *     ├──▶ `store_unavailable`, `store_full`: never done
 *     └──the server dies──▶ what had not arrived is dropped, or, where the store is shared, arrives all the same
 */
import { HeadraceError, type SessionKey, type Store } from '@headrace/core'
import type { EventLoop } from './event-loop.ts'
import type { Host } from './host.ts'
import type { Random } from './random.ts'

/** What is wrong with a store at the moment. */
export interface StoreTrouble {
  /** Every request is refused with `store_unavailable`. */
  down: boolean
  /** Nothing can be written. */
  full: boolean
  /** How probable it is that an append can't say whether it was done. */
  unknown: number
  /** How probable it is that a request fails once. */
  flaky: number
}

export interface SimulatedStoreOptions {
  /** What is durable. It does what it is asked before its promise resolves, as a store in memory does. */
  readonly inner: Store
  readonly host: Host
  readonly loop: EventLoop
  readonly random: Random
  readonly trouble: StoreTrouble
  /** Delay of one way, in milliseconds. */
  readonly delayMs: readonly [least: number, most: number]
  /** Whether several servers use it at the same time. */
  readonly shared: boolean
  /** Told of events at the moment they are durable. */
  readonly onAppend: (key: SessionKey, events: readonly string[]) => void
}

export function createSimulatedStore(options: SimulatedStoreOptions): Store {
  const { inner, host, loop, random, trouble, delayMs, shared, onAppend } = options
  const delay = (): number => random.between(...delayMs)

  /** Travels, is done, travels back. */
  const ask = <T>(work: () => Promise<T>, isWrite = false): Promise<T> =>
    new Promise((resolve, reject) => {
      const answer = (settle: () => void): void => void loop.after(delay(), () => host.deliver(settle))
      if (trouble.down || random.chance(trouble.flaky)) return answer(() => reject(unavailable()))
      if (isWrite && trouble.full) return answer(() => reject(full()))
      // What had not arrived when its server died is lost; where the store is elsewhere, it may still get there.
      const survives = random.chance(0.5) && shared
      loop.after(delay(), () => {
        if (host.isDead && !survives) return
        work().then(
          (result) => answer(() => resolve(result)),
          (thrown: unknown) => answer(() => reject(thrown instanceof Error ? thrown : new Error(String(thrown)))),
        )
      })
    })

  /** The answer does not come in time; what was asked may have been done, may be done later, or is lost. */
  const doubt = (work: () => Promise<void>): Promise<void> =>
    new Promise((_resolve, reject) => {
      const isLost = random.chance(0.4)
      const lateMs = random.chance(0.5) ? delay() : delay() + random.between(1, 2_000)
      // Nobody hears any more that it came too late to be done.
      loop.after(lateMs, () => {
        if (!isLost && (shared || !host.isDead)) work().catch(() => undefined)
      })
      loop.after(delay() + delay(), () => host.deliver(() => reject(unknown())))
    })

  const write = (work: () => Promise<void>): Promise<void> => {
    const isOpen = !trouble.down && !trouble.full
    return isOpen && random.chance(trouble.unknown) ? doubt(work) : ask(work, true)
  }

  return {
    capabilities: { name: 'simulated', durability: 'fsync', shared },
    append(key, expectedSeq, batch) {
      return write(() => inner.append(key, expectedSeq, batch).then(() => onAppend(key, batch.events)))
    },
    begin: (...args) => ask(() => inner.begin(...args), true),
    head: (...args) => ask(() => inner.head(...args)),
    floor: (...args) => ask(() => inner.floor(...args)),
    read: (...args) => ask(() => inner.read(...args)),
    getSnapshot: (...args) => ask(() => inner.getSnapshot(...args)),
    floorSnapshot: (...args) => ask(() => inner.floorSnapshot(...args)),
    putSnapshot: (...args) => ask(() => inner.putSnapshot(...args), true),
    compact: (...args) => write(() => inner.compact(...args)),
    redact: (...args) => write(() => inner.redact(...args)),
    putBlob: (...args) => ask(() => inner.putBlob(...args), true),
    getBlob: (...args) => ask(() => inner.getBlob(...args)),
    blobs: (...args) => ask(() => inner.blobs(...args)),
    readMessages: (...args) => ask(() => inner.readMessages(...args)),
    row: (...args) => ask(() => inner.row(...args)),
    list: (...args) => ask(() => inner.list(...args)),
    inbox: (...args) => ask(() => inner.inbox(...args)),
    search: (...args) => ask(() => inner.search(...args)),
    due: (...args) => ask(() => inner.due(...args)),
    work: (...args) => ask(() => inner.work(...args)),
    purge: (...args) => ask(() => inner.purge(...args), true),
    close: () => Promise.resolve(),
  }
}

function unavailable(): HeadraceError {
  return new HeadraceError('store_unavailable', 'The simulated store does not answer now.')
}

function full(): HeadraceError {
  return new HeadraceError('store_full', 'The simulated disk is full.')
}

function unknown(): HeadraceError {
  return new HeadraceError('unknown_outcome', 'The simulated store did not answer in time.')
}
