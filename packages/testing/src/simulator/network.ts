/**
 * The network between clients and servers: connections that carry text in order, each direction for itself, with delay.
 *
 *   dialling ──▶ up ──close of one side──▶ closed when that has travelled
 *                 ├──cut──▶ down: what is under way is lost, each side learns of it, or only by silence
 *                 └──stall──▶ nothing arrives, in one direction or both ──heal──▶ all of it arrives, in order
 *
 * Nothing is lost, doubled or out of order within a connection, as TCP has it. Across connections anything can be: what a
 * client sent on a connection that it has given up may arrive after what it sent on the next one.
 */
import type { EventLoop } from './event-loop.ts'
import type { Host } from './host.ts'
import type { Random } from './random.ts'

/** What can come at one end of a connection. */
export type Arrival =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }

/** One end of a connection, as the network sees it. */
export interface End {
  readonly host: Host
  arrive(arrival: Arrival): void
  /** Everything that it sent has arrived. */
  drained(): void
}

interface Direction {
  /** Where it leads. */
  readonly to: 'client' | 'server'
  lastAt: number
  stalled: boolean
  /** Under way, or stuck behind a stall. */
  bytes: number
  readonly stuck: Arrival[]
}

export interface LinkOptions {
  readonly loop: EventLoop
  readonly random: Random
  /** Delay of one message, in milliseconds. */
  readonly delayMs: readonly [least: number, most: number]
}

/** One connection. */
export class Link {
  readonly id: number
  readonly client: End
  readonly server: End
  readonly #options: LinkOptions
  readonly #up: Direction = direction('server')
  readonly #down: Direction = direction('client')
  #gone = false

  constructor(id: number, ends: { readonly client: End; readonly server: End }, options: LinkOptions) {
    this.id = id
    this.client = ends.client
    this.server = ends.server
    this.#options = options
  }

  /** Nothing passes any more. */
  get isGone(): boolean {
    return this.#gone
  }

  /** Bytes that wait in front of a stall on the way to an end. */
  stuckBytes(to: 'client' | 'server'): number {
    const way = this.#way(to)
    return way.stalled ? way.bytes : 0
  }

  /** Sends something to an end. */
  send(to: 'client' | 'server', arrival: Arrival): void {
    if (this.#gone) return
    const way = this.#way(to)
    const { loop, random, delayMs } = this.#options
    const at = Math.max(way.lastAt, loop.now + random.between(...delayMs))
    way.lastAt = at
    way.bytes += size(arrival)
    loop.after(at - loop.now, () => this.#reach(way, arrival))
  }

  #reach(way: Direction, arrival: Arrival): void {
    if (this.#gone) return
    if (way.stalled || way.stuck.length > 0) way.stuck.push(arrival)
    else this.#hand(way, arrival)
  }

  #hand(way: Direction, arrival: Arrival): void {
    way.bytes -= size(arrival)
    const [end, other] = way.to === 'client' ? [this.client, this.server] : [this.server, this.client]
    // A process that is not there any more takes nothing; its machine says so.
    if (end.host.isDead) return this.cut({ tells: [way.to === 'client' ? 'server' : 'client'] })
    end.host.deliver(() => end.arrive(arrival))
    if (way.bytes === 0) other.host.deliver(() => other.drained())
  }

  /** Holds back what goes to an end. */
  stall(to: 'client' | 'server'): void {
    this.#way(to).stalled = true
  }

  /** Lets everything that was held back arrive. */
  heal(): void {
    for (const way of [this.#up, this.#down]) {
      if (!way.stalled) continue
      way.stalled = false
      this.#pour(way)
    }
  }

  #pour(way: Direction): void {
    this.#options.loop.after(0, () => {
      if (way.stalled || this.#gone) return
      const next = way.stuck.shift()
      if (!next) return
      this.#hand(way, next)
      if (way.stuck.length > 0) this.#pour(way)
    })
  }

  /** Ends it. What is under way is lost; the ends that are told see it as a reset, the others see silence. */
  cut({ tells }: { readonly tells: readonly ('client' | 'server')[] }): void {
    if (this.#gone) return
    this.#gone = true
    const { loop, random, delayMs } = this.#options
    for (const name of tells) {
      const end = name === 'client' ? this.client : this.server
      const reset = { type: 'close', code: 1006, reason: '' } as const
      loop.after(random.between(...delayMs), () => end.host.deliver(() => end.arrive(reset)))
    }
  }

  #way(to: 'client' | 'server'): Direction {
    return to === 'client' ? this.#down : this.#up
  }
}

function direction(to: 'client' | 'server'): Direction {
  return { to, lastAt: 0, stalled: false, bytes: 0, stuck: [] }
}

function size(arrival: Arrival): number {
  return arrival.type === 'text' ? arrival.text.length : 0
}
