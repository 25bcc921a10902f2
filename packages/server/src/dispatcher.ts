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
  claimable,
  mayWorkAs,
  sessionRow,
  splitKey,
  type ActiveRun,
  type AgentName,
  type Grant,
  type HeldRun,
  type RunId,
  type RunSignal,
  type SessionEvent,
  type SessionKey,
  type SessionView,
  type Store,
} from '@headrace/core'
import { heldView, missedSignals, signalsOf } from './run-signals.ts'
import type { Clock } from './clock.ts'
import type { Assignment } from './hub-types.ts'
import type { Room } from './room.ts'

export interface WorkerOptions {
  readonly agent: AgentName
  /** Names the process: a claim by the same worker is a retry. */
  readonly worker: string
  readonly grant: Grant
  readonly capacity: number
  readonly leaseMs?: number
  /**
   * Runs that it held before a reconnect: it is told at once which of them it must stop, and given what is its own and not
   * among them. Absent for a worker that does not say what it holds.
   */
  readonly held?: readonly HeldRun[]
  readonly assign: (assignment: Assignment) => void
  readonly signal: (held: HeldRun, signal: RunSignal) => void
  /** A claim that was under way has come to its end, with or without a run. */
  readonly settled?: () => void
}

/** A worker as the dispatcher knows it. */
export interface WorkerSlot {
  readonly agent: AgentName
  capacity: number
  grant: Grant
  /** Claims that are on their way. */
  readonly claiming: number
  /** The worker's connection brought something. */
  heard(): void
  close(): void
}

interface Slot extends Omit<WorkerOptions, 'held'>, WorkerSlot {
  capacity: number
  grant: Grant
  /** It says what it holds whenever it comes. */
  readonly namesHeld: boolean
  /** What it held before a reconnect is being looked up. */
  isStarting: boolean
  /** It let a lease lapse and has not been heard since: it may be frozen, and would only hold up what it is given. */
  silent: boolean
  /** Attempts it holds, and claims that are on their way. */
  readonly held: Map<string, HeldRun>
  claiming: number
}

interface Pool {
  readonly tenant: string
  readonly agent: AgentName
  readonly slots: Set<Slot>
  /** Sessions that seem to have a run to take, in the order they became ready. */
  readonly ready: Set<SessionKey>
  seeded: boolean
}

export interface DispatcherOptions {
  readonly store: Store
  readonly clock: Clock
  readonly room: (key: SessionKey) => Promise<Room>
  /** Those that are open. */
  readonly rooms: () => Iterable<Room>
  readonly onError: (error: HeadraceError) => void
}

const seedPage = 500
/** After a failed look into the store or a failed claim, the pool is tried again. */
const retryMs = 1_000

export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #pools = new Map<string, Pool>()
  #closed = false

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  get workers(): number {
    let count = 0
    for (const pool of this.#pools.values()) count += pool.slots.size
    return count
  }

  register(options: WorkerOptions): WorkerSlot {
    const pool = this.#pool(options.grant.tenant, options.agent)
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
      close: () => {
        pool.slots.delete(slot)
        // The next worker of this agent asks the store what waits, so nothing has to be remembered for nobody.
        // It may have come already: a connection that nobody noticed dying is let go of late.
        const id = poolId(pool)
        if (pool.slots.size === 0 && this.#pools.get(id) === pool) this.#pools.delete(id)
      },
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
    try {
      await this.#resume(
        pool,
        slot,
        held.filter((claim) => !slot.held.has(heldId(pool, claim))),
      )
    } catch (thrown) {
      this.#report(HeadraceError.from(thrown))
    }
    slot.isStarting = false
    if (slot.namesHeld) for (const room of this.#options.rooms()) this.#handAgain(room)
    await this.#seed(pool)
  }

  /** Tries again to give work to an agent's workers: call it after a slot's capacity grew. */
  pump(tenant: string, agent: AgentName): void {
    const pool = this.#pools.get(poolId({ tenant, agent }))
    if (pool) this.#pump(pool)
  }

  /** There is a pool while there is a worker for it: an agent that nobody works as costs nothing here. */
  #pool(tenant: string, agent: AgentName): Pool {
    const id = poolId({ tenant, agent })
    const pool = this.#pools.get(id) ?? {
      tenant,
      agent,
      slots: new Set<Slot>(),
      ready: new Set<SessionKey>(),
      seeded: false,
    }
    this.#pools.set(id, pool)
    return pool
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
      this.#later(() => void this.#seed(pool), HeadraceError.from(thrown))
    }
  }

  /** A room was opened, or its runs changed: sessions become ready or not, and workers learn what they must stop. */
  changed(room: Room, events: readonly SessionEvent[]): void {
    const { tenant } = splitKey(room.key)
    if (events.length === 0) this.#handAgain(room)
    for (const event of events) this.#signal(room, event)
    for (const agent of sessionRow(room.state).work) {
      const pool = this.#pools.get(poolId({ tenant, agent }))
      if (!pool) continue
      pool.ready.add(room.key)
      this.#pump(pool)
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
      for (const [slot, held] of this.#holders(room, run)) slot.signal(held, signal)
    }
    const { run } = event
    if (run === undefined || !endsAttempt(event)) return
    for (const [slot, held] of this.#holders(room, run)) {
      slot.held.delete(`${room.key} ${run}`)
      if (event.type === 'run.lapsed') slot.silent = true
      // A run that its own agent ended or let go of is no news to it, nor is one that never reached it.
      const isNews = !event.actor.startsWith('agent:') && event.type !== 'run.undelivered'
      if (isNews) slot.signal(held, { signal: 'lost' })
    }
  }

  /** The slots that hold a run: one, or none. */
  #holders(room: Room, run: RunId): readonly (readonly [Slot, HeldRun])[] {
    const id = `${room.key} ${run}`
    return [...this.#pools.values()].flatMap((pool) =>
      [...pool.slots].flatMap((slot) => {
        const held = slot.held.get(id)
        return held ? [[slot, held] as const] : []
      }),
    )
  }

  #pump(pool: Pool): void {
    for (const key of pool.ready) {
      const slot = this.#free(pool, key)
      if (!slot) {
        if (![...pool.slots].some((candidate) => hasRoom(candidate))) return
        continue
      }
      pool.ready.delete(key)
      slot.claiming += 1
      void this.#claim(pool, slot, key)
    }
  }

  /** The worker with the most room that may work on this session. */
  #free(pool: Pool, key: SessionKey): Slot | undefined {
    const { session } = splitKey(key)
    let best: Slot | undefined
    for (const slot of pool.slots) {
      if (hasRoom(slot) && mayWorkAs(slot.grant, session, pool.agent) && (!best || room(slot) > room(best))) best = slot
    }
    return best
  }

  async #claim(pool: Pool, slot: Slot, key: SessionKey): Promise<void> {
    try {
      const claimed = await this.#claimNext(pool, slot, key)
      slot.claiming -= 1
      // A claim that crossed another one for the same run is taken for its retry.
      const isNew = claimed && slot.held.get(`${key} ${claimed.run}`)?.attempt !== claimed.attempt
      if (isNew) this.#hand(pool, slot, key, claimed)
      slot.settled?.()
      this.#pump(pool)
    } catch (thrown) {
      slot.claiming -= 1
      slot.settled?.()
      pool.ready.add(key)
      this.#later(() => this.#pump(pool), HeadraceError.from(thrown))
    }
  }

  /** Claims the first run that can be claimed; `undefined` when there was none. */
  async #claimNext(pool: Pool, slot: Slot, key: SessionKey): Promise<Assignment | undefined> {
    const room = await this.#options.room(key)
    const now = this.#options.clock.now()
    const waiting = room.state.view.runs.filter(
      (candidate) => candidate.agent === pool.agent && claimable(room.state.view, candidate),
    )
    const run = waiting.find(({ undelivered }) => (undelivered?.retryAt ?? 0) <= now)
    const retryAt = Math.min(...waiting.map(({ undelivered }) => undelivered?.retryAt ?? Infinity))
    if (!run && retryAt < Infinity) this.#readyAt(pool, key, retryAt)
    if (!run || !pool.slots.has(slot)) {
      if (run) pool.ready.add(key)
      return undefined
    }
    const { worker, grant, leaseMs } = slot
    const body = { type: 'claim' as const, run: run.id, worker, ...(leaseMs !== undefined && { leaseMs }) }
    const outcome = await room.submit({ grant, body })
    const { view } = room.state
    if (view.runs.some((candidate) => candidate.agent === pool.agent && claimable(view, candidate))) pool.ready.add(key)
    if (outcome.outcome === 'refused') {
      if (outcome.error.code === 'not_claimable' || outcome.error.code === 'run_ended') return undefined
      throw HeadraceError.fromWire(outcome.error)
    }
    const held = view.runs.find((candidate) => candidate.id === run.id)
    return held?.status === 'active' && held.worker === worker ? assignmentOf(view, held) : undefined
  }

  /** An agent that could not be reached is called again later. */
  #readyAt({ tenant, agent }: Pool, key: SessionKey, at: number): void {
    const { clock } = this.#options
    clock.after(at - clock.now(), () => {
      const pool = this.#pools.get(poolId({ tenant, agent }))
      if (!pool || this.#closed) return
      pool.ready.add(key)
      this.#pump(pool)
    })
  }

  #hand(pool: Pool, slot: Slot, key: SessionKey, assignment: Assignment): void {
    // A worker that went away while its claim was decided may have come back by now.
    if (!pool.slots.has(slot)) {
      void this.#options.room(key).then(
        (room) => this.#handAgain(room),
        (thrown: unknown) => this.#report(HeadraceError.from(thrown)),
      )
      return
    }
    const { session, run, attempt } = assignment
    const held = { session, run, attempt }
    slot.held.set(`${key} ${run}`, held)
    slot.assign(assignment)
    // The rest of what it should know is in the view that it was given.
    const now = assignment.view.runs.find((candidate) => candidate.id === run)
    if (now?.status === 'active' && now.cancel) slot.signal(held, { signal: 'cancel' })
  }

  /** What workers hold by the log and have never heard of. What has been written of a run was written by somebody who had. */
  #handAgain(room: Room): void {
    const { view, guard } = room.state
    const { tenant } = splitKey(room.key)
    for (const run of view.runs) {
      if (run.status !== 'active' || guard.holds[run.id]?.n !== 0) continue
      const pool = this.#pools.get(poolId({ tenant, agent: run.agent }))
      const slot = pool && [...pool.slots].find((each) => each.worker === run.worker && each.namesHeld)
      if (!slot || slot.isStarting || slot.held.has(`${room.key} ${run.id}`)) continue
      void this.#giveAgain(pool, slot, room, run)
    }
  }

  async #giveAgain(pool: Pool, slot: Slot, room: Room, run: ActiveRun): Promise<void> {
    const held = { session: room.state.view.id, run: run.id, attempt: run.attempt }
    const id = heldId(pool, held)
    slot.held.set(id, held)
    // Its lease may be nearly over, or more than that.
    const body = { type: 'heartbeat' as const, run: run.id, attempt: run.attempt }
    const outcome = await room.submit({ grant: slot.grant, body })
    const now = room.state.view.runs.find((candidate) => candidate.id === run.id)
    if (outcome.outcome !== 'refused' && now?.status === 'active' && holds(room, slot, held))
      return this.#hand(pool, slot, room.key, assignmentOf(room.state.view, now))
    slot.held.delete(id)
    if (outcome.outcome !== 'refused' || outcome.error.retry !== 'later') return
    this.#later(() => this.#handAgain(room), HeadraceError.fromWire(outcome.error))
  }

  /**
   * Tells a worker that came back what it missed. Where that can't be looked up now the worker is believed, so that it
   * hears of what happens from here on, and what it missed is told later.
   */
  async #resume(pool: Pool, slot: Slot, held: readonly HeldRun[]): Promise<void> {
    const unsure: HeldRun[] = []
    for (const claim of held) {
      try {
        await this.#resumeRun(pool, slot, claim)
      } catch (thrown) {
        const error = HeadraceError.from(thrown)
        this.#report(error)
        // Of anything else its lease decides.
        if (error.retry !== 'later') continue
        slot.held.set(heldId(pool, claim), claim)
        unsure.push(claim)
      }
    }
    if (unsure.length === 0 || this.#closed) return
    this.#options.clock.after(retryMs, () => {
      const left = unsure.filter((claim) => slot.held.has(heldId(pool, claim)))
      if (pool.slots.has(slot)) void this.#resume(pool, slot, left)
    })
  }

  async #resumeRun(pool: Pool, slot: Slot, claim: HeldRun): Promise<void> {
    const id = heldId(pool, claim)
    const room = await this.#options.room(`${pool.tenant}!${claim.session}`)
    // It may have been claimed through another server, of which this one has not heard.
    if (!holds(room, slot, claim)) await room.catchUp()
    if (!holds(room, slot, claim)) {
      slot.held.delete(id)
      // Where it let go of the run itself and only the answer was lost, that comes when it sends the batch again.
      if (!hasLetGo(room, claim)) slot.signal(claim, { signal: 'lost' })
      return
    }
    slot.held.set(id, claim)
    for (const { signal } of missedSignals(room.state.view, claim.run)) slot.signal(claim, signal)
  }

  #later(run: () => void, error: HeadraceError): void {
    if (this.#closed) return
    this.#report(error)
    this.#options.clock.after(retryMs, run)
  }

  #report(error: HeadraceError): void {
    if (error.code === 'internal') this.#options.onError(error)
  }

  forget(key: SessionKey): void {
    for (const pool of this.#pools.values()) {
      pool.ready.delete(key)
      for (const slot of pool.slots) {
        for (const [id, held] of slot.held) {
          if (!id.startsWith(`${key} `)) continue
          slot.held.delete(id)
          slot.signal(held, { signal: 'lost' })
        }
      }
    }
  }

  close(): void {
    this.#closed = true
    this.#pools.clear()
  }
}

/** Whether nobody holds the run any more after an event. */
function endsAttempt({ type }: SessionEvent): boolean {
  return type === 'run.ended' || type === 'run.lapsed' || type === 'run.suspended' || type === 'run.undelivered'
}

function poolId({ tenant, agent }: Pick<Pool, 'tenant' | 'agent'>): string {
  return `${tenant}!${agent}`
}

function assignmentOf(view: SessionView, { id, attempt, agent, leaseMs }: ActiveRun): Assignment {
  return { session: view.id, run: id, attempt, agent, leaseMs, view: heldView(view, id) }
}

function heldId({ tenant }: Pool, { session, run }: HeldRun): string {
  return `${tenant}!${session} ${run}`
}

function holds(room: Room, { worker }: Slot, { run: id, attempt }: HeldRun): boolean {
  const run = room.state.view.runs.find((candidate) => candidate.id === id)
  return run?.status === 'active' && run.attempt === attempt && run.worker === worker
}

/** Whether the attempt has ended or suspended the run by a batch of its own. */
function hasLetGo({ state }: Room, { run, attempt }: HeldRun): boolean {
  return state.guard.ends.some((end) => end[0] === run && end[1] === attempt)
}

function room(slot: Slot): number {
  return slot.capacity - slot.held.size - slot.claiming
}

function hasRoom(slot: Slot): boolean {
  return !slot.isStarting && !slot.silent && room(slot) > 0
}
