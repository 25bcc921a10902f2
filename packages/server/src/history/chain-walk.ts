/** The hash chain along a log, across what compaction dropped. */
import { hash as nodeHash } from 'node:crypto'
import {
  HeadraceError,
  chainStart,
  leafOf,
  linkAfter,
  type Gap,
  type Hash,
  type SessionKey,
  type SessionView,
  type Store,
} from '@headrace/core'
import { scanLog, type StoredEvent } from './scan-log.ts'

export const sha256: Hash = (text) => nodeHash('sha256', text)

/** Gaps by the seq that they begin with. Compaction again can name a longer one from the same seq. */
export type Gaps = ReadonlyMap<number, readonly Gap[]>

/** Where the log of a session begins: a copy begins after the seq that it was copied at. */
export function originOf({ forkedFrom }: SessionView): number {
  return forkedFrom?.seq ?? 0
}

/** All gaps that a log names. They are named after the place where they are. */
export async function readGaps(store: Store, key: SessionKey): Promise<Gaps> {
  const gaps = new Map<number, readonly Gap[]>()
  if ((await store.floor(key)) === 0) return gaps
  for await (const page of scanLog(store, key, 0)) for (const { event } of page) addGaps(gaps, event)
  return gaps
}

function addGaps(gaps: Map<number, readonly Gap[]>, event: StoredEvent['event']): void {
  if (event.type !== 'log.compacted') return
  for (const gap of event.data.gaps) {
    gaps.set(gap.first, [...(gaps.get(gap.first) ?? []), gap])
  }
}

export interface ChainStep {
  /** What was dropped between the event before and this one. */
  readonly bridged: readonly Gap[]
  /** The link before the event, and after it. */
  readonly before: string
  readonly after: string
}

/** Follows the chain event by event. */
export class ChainWalk {
  readonly #key: SessionKey
  readonly #gaps: Gaps
  #seq: number
  #link: string = chainStart

  constructor(key: SessionKey, origin: number, gaps: Gaps) {
    this.#key = key
    this.#gaps = gaps
    this.#seq = origin
  }

  get link(): string {
    return this.#link
  }

  /** @throws HeadraceError `store_corrupt` when events are missing that no gap names */
  next({ json, event }: StoredEvent): ChainStep {
    const bridged: Gap[] = []
    while (this.#seq + 1 < event.seq) {
      const gap = longest(this.#gaps.get(this.#seq + 1), event.seq)
      if (!gap) {
        const text = `Event ${this.#seq + 1} of ${this.#key} is missing, and no compaction names it.`
        throw new HeadraceError('store_corrupt', text)
      }
      bridged.push(gap)
      this.#seq = gap.last
      this.#link = gap.after
    }
    const before = this.#link
    this.#seq = event.seq
    this.#link = linkAfter(before, leafOf(json, event, sha256), sha256)
    return { bridged, before, after: this.#link }
  }
}

/** The longest that ends before a seq: what was named may not have been dropped yet. */
function longest(gaps: readonly Gap[] = [], seq: number): Gap | undefined {
  return gaps
    .filter((gap) => gap.last < seq)
    .reduce<Gap | undefined>((a, b) => (a && a.last > b.last ? a : b), undefined)
}
