import { quantile, Samples } from '../lib/statistics.ts'
import { mark, scan } from '../tokens/mark.ts'

/** Times from publishing to having, in milliseconds. */
export interface Latencies {
  readonly samples: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Counts what is published and what arrives at readers of one session each. */
export class Arrivals {
  readonly #published: number[]
  readonly #followed: readonly number[]
  readonly #received: number[]
  #latencies = new Samples()
  #from = Infinity
  #to = Infinity

  /** @param followed - for each reader the session that it follows */
  constructor(sessions: number, followed: readonly number[]) {
    this.#published = Array.from({ length: sessions }, () => 0)
    this.#followed = followed
    this.#received = followed.map(() => 0)
  }

  /** The next event of a session, stamped with the time. */
  stamp(session: number): string {
    const count = this.#published[session] ?? 0
    this.#published[session] = count + 1
    return mark(session, count, now())
  }

  /** What the connection of a reader calls with each frame of events. */
  reader(reader: number): (text: string) => void {
    return (text) => {
      const at = now()
      scan(text, (_, count, micros) => {
        const due = this.#received[reader]!
        if (count !== due) throw new Error(`Reader ${reader} got event ${count} when ${due} was next.`)
        this.#received[reader] = due + 1
        if (micros >= this.#from && micros < this.#to) this.#latencies.add((at - micros) / 1_000)
      })
    }
  }

  /** Whether every reader has everything. */
  get isComplete(): boolean {
    return this.#followed.every((session, reader) => this.#received[reader] === this.#published[session])
  }

  /** Only events published from now on count for latency, and earlier ones are forgotten. */
  openWindow(): void {
    this.#latencies = new Samples()
    this.#from = now()
    this.#to = Infinity
  }

  closeWindow(): void {
    this.#to = now()
  }

  latencies(): Latencies {
    const sorted = this.#latencies.sorted()
    return {
      samples: sorted.length,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      max: sorted.at(-1) ?? Number.NaN,
    }
  }
}

function now(): number {
  return Math.round(performance.now() * 1_000)
}
