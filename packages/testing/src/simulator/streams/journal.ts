/** What everybody who writes and reads streams was told, and what must hold of it. */
import type { StreamAnswer } from '@headrace/core'
import type { FailStreams } from './invariants.ts'
import type { Piece, ReadStream } from './subject.ts'

interface Known {
  readonly path: string
  /** What readers were given. */
  readonly given: Map<number, string>
  readonly acked: Map<number, string>
  /** Acknowledged as said before: where, nobody was told. */
  readonly repeated: Set<string>
}

export class StreamJournal {
  readonly #fail: FailStreams
  readonly #streams = new Map<string, Known>()
  readonly #forks = new Map<string, readonly Piece[]>()
  /** When somebody last asked for a path to be removed: what was there may be gone. */
  readonly removedAt: Map<string, number> = new Map()

  constructor(fail: FailStreams) {
    this.#fail = fail
  }

  #known(id: string, path: string): Known {
    const known = this.#streams.get(id) ?? { path, given: new Map(), acked: new Map(), repeated: new Set() }
    this.#streams.set(id, known)
    return known
  }

  appended(path: string, { id, tail, repeated }: StreamAnswer, text: string): void {
    const { acked, repeated: again } = this.#known(id, path)
    if (repeated) again.add(text)
    else acked.set(tail, text)
  }

  /** A fork was made; `source`: what its source had, where that is known. */
  forked(path: string, id: string, source: readonly Piece[] | undefined): void {
    this.#known(id, path)
    if (source) this.#forks.set(id, source)
  }

  /** Somebody was given pieces of a stream. */
  read(path: string, { id, pieces }: ReadStream, after: number): void {
    const { given } = this.#known(id, path)
    let last = after
    for (const { seq, text } of pieces) {
      if (seq <= last) this.#fail('one-order', `${path}: ${seq} comes after ${last}`)
      last = seq
      const before = given.get(seq)
      if (before !== undefined && before !== text)
        this.#fail('one-order', `${path}: "${before}" at ${seq} was "${text}" for another reader`)
      given.set(seq, text)
    }
  }

  /** All of a stream, at the end. */
  check(path: string, read: ReadStream): void {
    this.read(path, read, 0)
    const { given, acked, repeated } = this.#known(read.id, path)
    const whole = new Map(read.pieces.map(({ seq, text }) => [seq, text]))
    for (const [seq, text] of given)
      if (whole.get(seq) !== text) this.#fail('one-order', `${path} has no "${text}" at ${seq} any more`)
    for (const [seq, text] of acked)
      if (whole.get(seq) !== text) this.#fail('acked-is-kept', `${path} has no "${text}" at ${seq}`)
    const texts = read.pieces.map(({ text }) => text)
    for (const text of repeated)
      if (!texts.includes(text)) this.#fail('acked-is-kept', `${path} has no "${text}", which it was said to have`)
    if (new Set(texts).size < texts.length)
      this.#fail('applied-once', `${path} has something twice: ${texts.join(' ')}`)
    this.#checkOrder(path, texts)
    for (const { seq, text } of this.#forks.get(read.id) ?? [])
      if (whole.get(seq) !== text) this.#fail('fork-keeps', `${path} has no "${text}" at ${seq}, as its source had`)
  }

  #checkOrder(path: string, texts: readonly string[]): void {
    const last = new Map<string, number>()
    for (const text of texts) {
      const [, producer, count] = /^(.+) (\d+)$/.exec(text) ?? []
      if (producer === undefined) continue
      const before = last.get(producer) ?? -1
      if (Number(count) !== before + 1) this.#fail('applied-once', `${path} has ${text} after ${before}`)
      last.set(producer, Number(count))
    }
  }

  /** The paths of all streams that anybody heard of, with the id of one. */
  get paths(): ReadonlyMap<string, string> {
    return new Map([...this.#streams].map(([id, { path }]) => [path, id]))
  }

  /** Paths with acknowledged content that nobody asked to be removed. */
  get kept(): ReadonlyMap<string, string> {
    const kept = new Map<string, string>()
    for (const [id, { path, acked }] of this.#streams)
      if (acked.size > 0 && !this.removedAt.has(path)) kept.set(path, id)
    return kept
  }
}
