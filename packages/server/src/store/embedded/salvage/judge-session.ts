import { HeadraceError, type SearchWords, type SessionKey } from '@headrace/core'
import { noFloor, parseFloor, type Floor } from '../compaction.ts'
import { floorKey, floorSnapshotKey, headKey, rowKey, seqOf, sessionRange } from '../keys.ts'
import { parseRow, type Listed } from '../listed.ts'
import { parseWords } from '../postings.ts'
import { unseal } from '../seal.ts'
import type { LostRange } from './entry.ts'

/** What is left of a session, entry by entry. */
export class SessionRemains {
  readonly key: SessionKey
  readonly #events: { readonly seq: number; readonly json: string }[] = []
  readonly blobs: string[] = []
  readonly words: SearchWords[] = []
  #head: number | undefined
  #floor: Floor = noFloor
  #stateAt: number | undefined
  listed: Listed | undefined
  #broken: string | undefined

  constructor(key: SessionKey) {
    this.key = key
  }

  /** Its events that can be read, in order. */
  get events(): readonly string[] {
    return this.#events.map(({ json }) => json)
  }

  add(found: string, sealed: string): void {
    const kind = found[this.key.length + 1]
    // Pieces of blobs are bytes: they are looked at with their blob.
    if (kind === 'c') return
    try {
      const value = unseal(found, sealed)
      if (kind === 'e') this.#events.push({ seq: seqOf(found), json: value })
      else if (kind === 'b') this.blobs.push(found.slice(this.key.length + 2))
      else if (kind === 'w') this.words.push(parseWords(value))
      else if (found === headKey(this.key)) this.#head = Number(value)
      else if (found === floorKey(this.key)) this.#floor = parseFloor(value)
      else if (found === rowKey(this.key)) this.listed = parseRow(value)
      else if (found === floorSnapshotKey(this.key)) this.#stateAt = Number(value.slice(0, value.indexOf(':')))
    } catch (thrown) {
      if (HeadraceError.from(thrown).code !== 'store_corrupt') throw thrown
      this.#broken ??= `${found} fails its checksum`
    }
  }

  /** Why it can't be trusted to be whole; `undefined` when it is. */
  problem(lost: readonly LostRange[]): string | undefined {
    if (this.#broken !== undefined) return this.#broken
    // A row not every session has.
    if (this.#head === undefined) return 'its head is missing'
    const { seq: floor, isStateless } = this.#floor
    if (floor > 0 && isStateless !== true && this.#stateAt !== floor)
      return `its state at the floor ${floor} is missing`
    let next = floor + 1
    for (const { seq } of this.#events) if (seq === next) next += 1
    if (next <= this.#head) return `event ${next} of ${this.#head} is missing`
    // What is there may be older than what was lost, and look whole all the same.
    const { gte, lt } = sessionRange(this.key)
    if (lost.some(({ first, last }) => first < lt && last >= gte)) return 'a damaged block held a part of it'
    return undefined
  }
}

/** The session that a key belongs to. */
export function sessionOf(key: string): SessionKey {
  return key.slice(0, key.indexOf('!', key.indexOf('!') + 1)) as SessionKey // keys of sessions are made so
}

export const allSessions = { gte: '"', lt: '\u{7f}' } as const
