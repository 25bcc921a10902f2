import { seeded } from '../seeded.ts'

/**
 * Numbers that a seed decides. A fork has a stream of its own that depends on the seed and its label only, so that taking
 * something out of one part of a simulation changes nothing in the others.
 */
export class Random {
  readonly #seed: number
  readonly #next: () => number

  constructor(seed: number) {
    // A seed may be larger than 32 bits; both halves count.
    this.#seed = mix(Math.floor(seed / 2 ** 32) ^ 0x9e3779b9, seed >>> 0)
    this.#next = seeded(this.#seed)
  }

  /** At least 0, below 1. */
  next(): number {
    return this.#next()
  }

  /** A whole number of at least 0, below this. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** A whole number between these two, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }

  fork(label: string | number): Random {
    let hash = this.#seed
    const text = String(label)
    for (let index = 0; index < text.length; index += 1) hash = mix(hash, text.charCodeAt(index))
    return new Random(hash >>> 0)
  }
}

function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
