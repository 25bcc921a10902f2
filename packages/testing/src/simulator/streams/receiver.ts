/** Workers that are called by webhook, and those that wait until a stream of wakes says that there is work. */
import { HeadraceError, type Ack } from '@headrace/core'
import { allGiven, type WakeJournal } from './wakes.ts'
import type { GivenStream, HeldWake, WebhookAnswer } from './subject.ts'
import type { StreamWorld } from './world.ts'

/** The stream that says when there is work. */
export const wakeStream = 'wakes'
/** As the server has it for webhooks. */
const timeoutMs = 15_000
const lookMs = 500

interface Called {
  readonly subscription_id: string
  readonly wake_id: string
  readonly generation: number
  readonly streams: readonly GivenStream[]
  readonly callback_token: string
}

export class Receiver {
  readonly #world: StreamWorld
  /** How often somebody was called. */
  calls = 0
  #isWatching = false
  #stopped = false

  constructor(world: StreamWorld) {
    this.#world = world
  }

  /** A webhook is called. Careless as receivers are, until all heals. */
  async called(url: string, body: string): Promise<WebhookAnswer | undefined> {
    const world = this.#world
    const {
      subscription_id: name,
      wake_id: wake,
      generation,
      streams,
      callback_token: token,
    } = JSON.parse(body) as Called // sent by a server under test
    this.calls += 1
    if (url.endsWith(name)) world.subscribed.get(name)?.journal.given({ wake, generation, token, streams })
    else world.fail('woken', `${url} is called for ${name}`)
    const held: HeldWake = { wake, generation, token, streams }
    const isBad = world.has('bad-workers') && !world.isHealing
    const roll = world.random.next()
    if (isBad && roll < 0.15) return { status: 500, body: '' }
    if (isBad && roll < 0.3) {
      await world.pause(timeoutMs)
      return undefined
    }
    if (isBad && roll < 0.45) return { status: 202, body: '' }
    if (roll < 0.7) {
      this.#journal(name)?.acknowledging(generation, { acks: allGiven(held), done: true })
      await world.pause(world.random.between(0, 300))
      return { status: 200, body: '{"done":true}' }
    }
    void this.#workOn(name, held)
    return { status: 200, body: '{}' }
  }

  #journal(name: string): WakeJournal | undefined {
    return this.#world.subscribed.get(name)?.journal
  }

  /** Works on what a wake holds, and says so. */
  async #workOn(name: string, held: HeldWake): Promise<void> {
    const world = this.#world
    const { leaseMs } = world.setup
    const isBad = world.has('bad-workers') && !world.isHealing
    await world.pause(
      isBad && world.random.chance(0.3) ? world.random.between(0, 2 * leaseMs) : world.random.between(0, 300),
    )
    if (isBad && world.random.chance(0.2)) return this.#release(name, held)
    const all = allGiven(held)
    if (world.random.chance(0.3) && !(await this.#acknowledge(name, held, { acks: all.slice(0, 1), done: false })))
      return
    await this.#acknowledge(name, held, { acks: all, done: true })
  }

  async #release(name: string, held: HeldWake): Promise<void> {
    const world = this.#world
    const released = world.insist(async (server) => {
      await server.release(name, held)
      return true
    })
    await released.catch((thrown: unknown) => world.note(name, `is refused: ${HeadraceError.from(thrown).message}`))
  }

  async #acknowledge(
    name: string,
    held: HeldWake,
    what: { readonly acks: readonly Ack[]; readonly done: boolean },
  ): Promise<boolean> {
    const world = this.#world
    const taken = this.#journal(name)?.acknowledging(held.generation, what)
    try {
      await world.insist(async (server) => {
        await server.acknowledge(name, held, what)
        return true
      })
    } catch (thrown) {
      world.note(name, `is refused: ${HeadraceError.from(thrown).message}`)
      return false
    }
    taken?.()
    return true
  }

  // Those that wait for a stream.

  /** Reads the stream of wakes from now on, and claims what it names. Nothing else makes it look. */
  watch(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    void this.#watch()
  }

  stop(): void {
    this.#stopped = true
  }

  async #watch(): Promise<void> {
    const world = this.#world
    let after = 0
    while (!this.#stopped) {
      const read = await world.ask((server) => server.read(wakeStream, after)).catch(() => undefined)
      for (const { seq, text } of read?.pieces ?? []) {
        after = seq
        for (const { subscription_id: name } of JSON.parse(text) as readonly Called[]) void this.#claim(name) // written by a server under test
      }
      await world.pause(lookMs)
    }
  }

  async #claim(name: string): Promise<void> {
    const world = this.#world
    const isBad = world.has('bad-workers') && !world.isHealing
    try {
      const held = await world.insist((server) => server.claim(name, 'worker'))
      this.calls += 1
      world.subscribed.get(name)?.journal.given(held)
      // It dies with what it holds.
      if (isBad && world.random.chance(0.2)) return
      await this.#workOn(name, held)
    } catch (thrown) {
      world.note(name, `is not claimed: ${HeadraceError.from(thrown).message}`)
    }
  }
}
