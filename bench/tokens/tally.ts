import { Samples, quantile } from '../lib/statistics.ts'
import { mark, scan } from './mark.ts'

/** What readers got. Times are milliseconds. */
export interface Delivered {
  readonly samples: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** By subscriber: the first reader of every session, the second, … */
  readonly bySubscriber: readonly { readonly p50: number; readonly p99: number }[]
  /** Deliveries that were due: events published, times subscribers. */
  readonly due: number
  /** Deliveries within the measured window, whenever the event was published. */
  readonly inWindow: number
  /** Never arrived. */
  readonly lost: number
  /** Arrived again, or after a later one. */
  readonly duplicated: number
  /** Bytes that readers received for each delivery, with all framing above TCP. */
  readonly bytesPerDelivery: number
}

/** Counts what is published and what arrives, per subscriber and session. */
export class Tally {
  readonly #sessions: number
  readonly #subscribers: number
  readonly #published: Float64Array
  readonly #next: Float64Array
  readonly #latencies: readonly Samples[]
  readonly #arrived: (session: number) => void
  #received = 0
  #duplicated = 0
  #inWindow = 0
  #bytes = 0
  #from = Infinity
  #to = Infinity

  /** @param arrived - called for each event that the first reader of its session gets */
  constructor(sessions: number, subscribers: number, arrived: (session: number) => void) {
    this.#arrived = arrived
    this.#sessions = sessions
    this.#subscribers = subscribers
    this.#published = new Float64Array(sessions)
    this.#next = new Float64Array(sessions * subscribers)
    this.#latencies = Array.from({ length: subscribers }, () => new Samples())
  }

  /** The next event of a session, stamped with the time. */
  stamp(session: number): string {
    const count = this.#published[session] ?? 0
    this.#published[session] = count + 1
    return mark(session, count, now())
  }

  /** Events published so far. */
  get published(): number {
    return this.#published.reduce((sum, count) => sum + count, 0)
  }

  /** Whether every reader has everything. */
  get complete(): boolean {
    return this.#received === this.published * this.#subscribers
  }

  get received(): number {
    return this.#received
  }

  /** Only events published from now on count for latency. */
  openWindow(): void {
    this.#from = now()
  }

  closeWindow(): void {
    this.#to = now()
  }

  /** What a connection of this subscriber calls with the text it receives, in any pieces. */
  reader(subscriber: number): (text: string) => void {
    const latencies = this.#latencies[subscriber]!
    let rest = ''
    return (text) => {
      const at = now()
      const isInWindow = at >= this.#from && at < this.#to
      this.#bytes += text.length
      rest = scan(rest + text, (session, count, micros) => {
        const slot = subscriber * this.#sessions + session
        const next = this.#next[slot]!
        if (count < next) {
          this.#duplicated += 1
          return
        }
        this.#next[slot] = count + 1
        this.#received += 1
        if (isInWindow) this.#inWindow += 1
        if (micros >= this.#from && micros < this.#to) latencies.add((at - micros) / 1_000)
        if (subscriber === 0) this.#arrived(session)
      })
    }
  }

  result(): Delivered {
    const sorted = this.#latencies.map((samples) => samples.sorted())
    const all = Float64Array.from(sorted.flatMap((part) => [...part])).sort()
    const due = this.published * this.#subscribers
    return {
      samples: all.length,
      p50: quantile(all, 0.5),
      p99: quantile(all, 0.99),
      max: all.at(-1) ?? Number.NaN,
      bySubscriber: sorted.map((part) => ({ p50: quantile(part, 0.5), p99: quantile(part, 0.99) })),
      due,
      inWindow: this.#inWindow,
      lost: due - this.#received,
      duplicated: this.#duplicated,
      bytesPerDelivery: this.#bytes / this.#received,
    }
  }
}

function now(): number {
  return Math.round(performance.now() * 1_000)
}
