/**
 * Brings runs to workers (R2). A run that an agent may take is *ready*; a worker that has room takes the next one by a
 * claim that the session's room decides like any command, so two servers or two workers can't both get it. What the
 * dispatcher remembers is only a hint: a ready session may turn out to have nothing to take.
 *
 * A worker is known from its `work` frame to its disconnect. Its runs stay its own after that: the lease decides, and a
 * worker that comes back in time names what it still holds. What it does not name has never reached it, because a
 * connection or a server broke between the claim and the worker: it is given that again (R2b).
 */
import {
  HeadraceError,
  sessionRow,
  splitKey,
  type AgentName,
  type HeldRun,
  type RunId,
  type SessionEvent,
  type SessionKey,
  type Store,
} from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Assignment } from '../hub-types.ts'
import type { Room } from '../room.ts'
import { claimRun, nextClaim } from './claims.ts'
import { Handovers } from './handovers.ts'
import { Pools, freeSlot, type Pool } from './pools.ts'
import { Retries } from './retries.ts'
import { ReturningWorkers } from './returning-workers.ts'
import { signalsOf } from './run-signals.ts'
import { hasRoom, heldId, type Slot, type WorkerOptions, type WorkerSlot } from './worker-slot.ts'

export interface DispatcherOptions {
  readonly store: Store
  readonly clock: Clock
  readonly room: (key: SessionKey) => Promise<Room>
  /** Those that are open. */
  readonly rooms: () => Iterable<Room>
  readonly onError: (error: HeadraceError) => void
}

const seedPage = 500

export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #pools = new Pools()
  readonly #retries: Retries
  readonly #handovers: Handovers
  readonly #returning: ReturningWorkers

  constructor(options: DispatcherOptions) {
    this.#options = options
    const { room } = options
    this.#retries = new Retries(options)
    const freed = (pool: Pool): void => this.#pump(pool)
    this.#handovers = new Handovers({ pools: this.#pools, room, retries: this.#retries, freed })
    this.#returning = new ReturningWorkers({ room, retries: this.#retries, freed })
  }

  get workers(): number {
    return this.#pools.workers
  }

  /** The agents that somebody works as who may do so in this session. */
  offeredTo(key: SessionKey): readonly AgentName[] {
    return this.#pools.offeredTo(key)
  }

  register(options: WorkerOptions): WorkerSlot {
    const pool = this.#pools.open(options.grant.tenant, options.agent)
    const slot: Slot = {
      ...options,
      held: new Map(),
      claiming: 0,
      namesHeld: options.held !== undefined,
      isStarting: true,
      silent: false,
      heard: () => {
        if (!slot.silent) return
        slot.silent = false
        this.#pump(pool)
      },
      close: () => this.#pools.leave(pool, slot),
    }
    // The same process on a new connection: the old one is dead, whether or not its socket has noticed.
    const old = [...pool.slots].filter((other) => other.worker === slot.worker)
    pool.slots.add(slot)
    for (const other of old) other.close()
    void this.#start(pool, slot, options.held ?? [])
    return slot
  }

  /** What a worker still holds counts against its capacity, so that is settled before it is given more. */
  async #start(pool: Pool, slot: Slot, held: readonly HeldRun[]): Promise<void> {
    await this.#returning.tell(pool, slot, held)
    slot.isStarting = false
    if (slot.namesHeld) for (const room of this.#options.rooms()) this.#handovers.giveAgain(room)
    await this.#seed(pool)
  }

  /** Tries again to give work to an agent's workers: call it after a slot's capacity grew. */
  pump(tenant: string, agent: AgentName): void {
    const pool = this.#pools.find(tenant, agent)
    if (pool) this.#pump(pool)
  }

  /** Finds the sessions that were ready before this server had anybody to tell. */
  async #seed(pool: Pool): Promise<void> {
    if (pool.seeded) return this.#pump(pool)
    pool.seeded = true
    try {
      let cursor: SessionKey | undefined
      do {
        const keys = await this.#options.store.work(pool.agent, seedPage, cursor)
        for (const key of keys) if (splitKey(key).tenant === pool.tenant) pool.ready.add(key)
        cursor = keys.length === seedPage ? keys.at(-1) : undefined
        this.#pump(pool)
      } while (cursor !== undefined)
    } catch (thrown) {
      pool.seeded = false
      this.#retries.later(HeadraceError.from(thrown), () => void this.#seed(pool))
    }
  }

  /** A room was opened, or its runs changed: sessions become ready or not, and workers learn what they must stop. */
  changed(room: Room, events: readonly SessionEvent[]): void {
    const { tenant } = splitKey(room.key)
    if (events.length === 0) this.#handovers.giveAgain(room)
    for (const event of events) this.#signal(room, event)
    for (const agent of sessionRow(room.state).work) {
      const pool = this.#pools.find(tenant, agent)
      if (pool) this.#makeReady(pool, room.key)
    }
    for (const event of events) if (endsAttempt(event)) this.#freed(room, event.run)
  }

  /** A slot that held the run has room again. */
  #freed(room: Room, run: RunId | undefined): void {
    const agent = room.state.view.runs.find((candidate) => candidate.id === run)?.agent
    if (agent !== undefined) this.pump(splitKey(room.key).tenant, agent)
  }

  #signal(room: Room, event: SessionEvent): void {
    for (const { run, signal } of signalsOf(room.state.view, event)) {
      for (const [slot, held] of this.#pools.holders(room.key, run)) slot.signal(held, signal)
    }
    const { run } = event
    if (run === undefined || !endsAttempt(event)) return
    for (const [slot, held] of this.#pools.holders(room.key, run)) {
      if (isOfEarlier(event, held)) continue
      slot.held.delete(heldId(room.key, run))
      if (event.type === 'run.lapsed' && slot.isCalled !== true) slot.silent = true
      // A run that its own agent ended or let go of is no news to it, nor is one that never reached it.
      const isNews = !event.actor.startsWith('agent:') && event.type !== 'run.undelivered'
      if (isNews) slot.signal(held, { signal: 'lost' })
    }
  }

  #makeReady(pool: Pool, key: SessionKey): void {
    pool.ready.add(key)
    this.#pump(pool)
  }

  #pump(pool: Pool): void {
    for (const key of pool.ready) {
      const slot = freeSlot(pool, key)
      if (!slot) {
        if (![...pool.slots].some((candidate) => hasRoom(candidate))) return
        continue
      }
      pool.ready.delete(key)
      slot.claiming += 1
      void this.#claim(pool, slot, key)
    }
  }

  async #claim(pool: Pool, slot: Slot, key: SessionKey): Promise<void> {
    try {
      const claimed = await this.#claimNext(pool, slot, key)
      slot.claiming -= 1
      // A claim that crossed another one for the same run is taken for its retry.
      const isNew = claimed && slot.held.get(heldId(key, claimed.run))?.attempt !== claimed.attempt
      if (isNew) this.#handovers.give(pool, slot, claimed)
      slot.settled?.()
      this.#pump(pool)
    } catch (thrown) {
      slot.claiming -= 1
      slot.settled?.()
      pool.ready.add(key)
      this.#retries.later(HeadraceError.from(thrown), () => this.#pump(pool))
    }
  }

  /** Claims the first run that can be claimed; `undefined` when there was none. */
  async #claimNext(pool: Pool, slot: Slot, key: SessionKey): Promise<Assignment | undefined> {
    const { agent } = pool
    const room = await this.#options.room(key)
    const next = nextClaim(room.state.view, agent, room.now)
    if (next?.when === 'later') this.#readyIn(pool, key, next.retryAt - room.now)
    if (next?.when !== 'now') return undefined
    if (!pool.slots.has(slot)) {
      pool.ready.add(key)
      return undefined
    }
    const claimed = await claimRun(room, slot, next.run)
    if (nextClaim(room.state.view, agent, room.now)) pool.ready.add(key)
    return claimed
  }

  /** An agent that could not be reached is called again later, if there is still somebody to call it. */
  #readyIn({ tenant, agent }: Pool, key: SessionKey, ms: number): void {
    this.#retries.in(ms, () => {
      const pool = this.#pools.find(tenant, agent)
      if (pool) this.#makeReady(pool, key)
    })
  }

  /** The session is gone. */
  forget(key: SessionKey): void {
    for (const pool of this.#pools.forget(key)) this.#pump(pool)
  }

  close(): void {
    this.#retries.close()
    this.#pools.clear()
  }
}

/** Whether nobody holds the run any more after an event. */
function endsAttempt({ type }: SessionEvent): boolean {
  return type === 'run.ended' || type === 'run.lapsed' || type === 'run.suspended' || type === 'run.undelivered'
}

/** Whether an event ended an earlier attempt: a worker that was believed may hold one of which its server has not heard yet. */
function isOfEarlier(event: SessionEvent, { attempt }: HeldRun): boolean {
  return (event.type === 'run.lapsed' || event.type === 'run.suspended') && event.data.attempt < attempt
}
