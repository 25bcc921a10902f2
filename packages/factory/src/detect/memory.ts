/** What a detector remembers of a lane. Everything in it is bounded. */
import { callOf, type Call } from './call.ts'
import type { DetectorLimits } from './limits.ts'
import { resultOf, type Result } from './result.ts'
import type { Step } from './step.ts'
import { ends, hashOf, namesIn, wordsOf } from './text.ts'

/** A step and what was read from it. */
export interface Fact {
  readonly number: number
  readonly step: Pick<Step, 'tool' | 'diff' | 'at'>
  readonly call: Call
  readonly result: Result
  readonly exact: number
  readonly core: number
  /** Counted only when a comparison needs them. */
  readonly words: () => ReadonlyMap<number, number>
}

/** Edits by the text that they look for: whether the last one failed, and how long ago it was. */
interface Sought {
  readonly number: number
  readonly failed: boolean
  readonly similarWords: ReadonlyMap<number, number>
}

const maxSought = 32
const maxPaths = 256
const maxKnown = 4_096
const newPerStep = 80

export class Memory {
  /** The newest is the last. */
  readonly facts: Fact[] = []
  readonly sought: Map<string, Sought> = new Map()
  /** How often a path was made after it had been there, or removed. */
  readonly churned: Map<string, { made: number; removed: number }> = new Map()
  /** Since when difference and failing tests are as they are. */
  still: { key: string; since: number; at?: number; tokens: number } = { key: '', since: 0, tokens: 0 }
  plan: { key: string | undefined; since: number } = { key: undefined, since: 0 }
  talk: { count: number; last: number } = { count: 0, last: 0 }
  failures = 0
  barren = 0
  waits = 0
  /** What the last run of tests or of a build said. */
  red: { readonly number: number; readonly text: string } | undefined
  failure: { shape: number; runs: number; edits: number } | undefined
  #known = new Set<number>()
  #knownBefore = new Set<number>()
  readonly #window: number
  #number = 0

  constructor({ window }: DetectorLimits) {
    this.#window = window
  }

  get last(): Fact | undefined {
    return this.facts.at(-1)
  }

  /** The step that many steps ago; 1 is the one before. */
  back(steps: number): Fact | undefined {
    return this.facts.at(-steps)
  }

  read(step: Step): Fact {
    const call = callOf(step)
    let words: ReadonlyMap<number, number> | undefined
    const { tool, diff, at } = step
    return {
      number: this.#number++,
      step: { tool, ...(diff !== undefined && { diff }), ...(at !== undefined && { at }) },
      // The long texts are compared by their hashes.
      call: { ...call, core: '', exact: '' },
      result: resultOf(step),
      exact: hashOf(call.exact),
      core: hashOf(call.core),
      words: () => (words ??= wordsOf(call.core)),
    }
  }

  keep(fact: Fact): void {
    this.facts.push(fact)
    if (this.facts.length > this.#window) this.facts.shift()
  }

  /** How much in the result was never seen before: names, paths, lines of errors. */
  learn(text: string): number {
    let fresh = 0
    for (const name of namesIn(ends(text, 700), newPerStep)) {
      if (this.#known.has(name)) continue
      if (!this.#knownBefore.has(name)) fresh++
      this.#known.add(name)
      // The older half is let go at once: taking out one after the other costs much more.
      if (this.#known.size < maxKnown / 2) continue
      this.#knownBefore = this.#known
      this.#known = new Set()
    }
    return fresh
  }

  seek(key: string, fact: Fact): void {
    this.sought.delete(key)
    this.sought.set(key, { number: fact.number, failed: fact.result.failed, similarWords: fact.words() })
    if (this.sought.size > maxSought) this.sought.delete(first(this.sought.keys()))
  }

  churn(path: string, what: 'made' | 'removed'): { readonly made: number; readonly removed: number } {
    const counts = this.churned.get(path) ?? { made: 0, removed: 0 }
    counts[what]++
    this.churned.delete(path)
    this.churned.set(path, counts)
    if (this.churned.size > maxPaths) this.churned.delete(first(this.churned.keys()))
    return counts
  }
}

/** The oldest of what is not empty. */
function first<T>(values: Iterable<T>): T {
  for (const value of values) return value
  throw new Error('There is nothing to forget.')
}
