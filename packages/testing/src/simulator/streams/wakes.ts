/** What the workers of one subscription were given and have acknowledged. */
import { parseOffset, type Ack } from '@headrace/core'
import type { FailStreams } from './invariants.ts'
import type { GivenStream, HeldWake } from './subject.ts'

interface Handled {
  /** What somebody asked to count as handled, or what counted so at first. */
  asked: number
  /** What was answered as handled. */
  answered: number
}

export class WakeJournal {
  readonly #name: string
  readonly #fail: FailStreams
  readonly #handled = new Map<string, Handled>()
  /** The newest that was handed out. */
  #generation = 0
  /** The newest that is known to be over: what was on its way then may still come. */
  #over = 0

  constructor(name: string, fail: FailStreams) {
    this.#name = name
    this.#fail = fail
  }

  /** What is at a path may be another stream from now on. */
  replaced(path: string): void {
    this.#handled.set(path, { asked: Number.MAX_SAFE_INTEGER, answered: 0 })
  }

  given({ generation, streams }: HeldWake): void {
    this.#generation = Math.max(this.#generation, generation)
    if (generation <= this.#over) return
    for (const stream of streams) this.#look(stream)
  }

  #look({ path, acked_offset, tail_offset }: GivenStream): void {
    const acked = parseOffset(acked_offset) ?? 0
    const known = this.#handled.get(path)
    if (!known) {
      this.#handled.set(path, { asked: acked, answered: acked })
      return
    }
    const where = `${this.#name}: ${path} up to ${acked} of ${parseOffset(tail_offset)}`
    if (acked > known.asked)
      this.#fail('not-ahead', `${where} counts as handled, and only ${known.asked} was said to be`)
    if (acked < known.answered) this.#fail('not-again', `${where} counts as handled, and ${known.answered} was before`)
  }

  /** A worker says what it has handled. Called before it is said; what it returns, when that was taken. */
  acknowledging(
    generation: number,
    { acks, done }: { readonly acks: readonly Ack[]; readonly done: boolean },
  ): () => void {
    const isOld = generation < this.#generation
    for (const { path, seq } of acks) {
      const known = this.#handled.get(path)
      if (known) known.asked = Math.max(known.asked, seq)
    }
    return () => {
      if (done) this.#over = Math.max(this.#over, generation)
      if (isOld)
        this.#fail('fence', `${this.#name}: generation ${generation} acknowledged after ${this.#generation} began`)
      for (const { path, seq } of acks) {
        const known = this.#handled.get(path)
        if (known && known.asked < Number.MAX_SAFE_INTEGER) known.answered = Math.max(known.answered, seq)
      }
    }
  }
}

/** All that was given. */
export function allGiven({ streams }: HeldWake): readonly Ack[] {
  return streams.map(({ path, tail_offset }) => ({ path, seq: parseOffset(tail_offset) ?? 0 }))
}
