import {
  HeadraceError,
  defaultSessionLimits,
  splitKey,
  visibleView,
  type AgentName,
  type Command,
  type Grant,
  type ListPage,
  type ListQuery,
  type MessageRow,
  type Outcome,
  type Reader,
  type SessionEvent,
  type SessionKey,
  type SessionLimits,
  type SessionView,
  type Store,
} from '@headrace/core'
import { claimOnce } from './dispatch/claim-once.ts'
import { Dispatcher } from './dispatch/dispatcher.ts'
import { belowFloor } from './history/below-floor.ts'
import { createHistory, type History } from './history/history.ts'
import { leftOfEvents, leftOfRows } from './history/pending.ts'
import { createTurns, type Turns } from './history/turns.ts'
import { Upkeep } from './history/upkeep.ts'
import { loadSession } from './load.ts'
import { noSession } from './no-session.ts'
import { Presences } from './presence.ts'
import { Room } from './room.ts'
import { sessionRules, type Rules } from './rules.ts'
import { visibleEvents, visibleRows } from './visible-page.ts'
import { readStreamKey } from './streams/stream-key.ts'
import type { Clock } from './clock.ts'
import type {
  Assignment,
  ClaimOptions,
  EventRange,
  FollowOptions,
  Follower,
  Hub,
  HubStats,
  Meter,
  ShownEphemeral,
} from './hub-types.ts'

export interface HubOptions {
  readonly node: string
  readonly store: Store
  readonly clock: Clock
  readonly meter: Meter
  readonly limits?: SessionLimits
  readonly rules?: Rules
  /** Called when a room was opened, and when something other than output happened in it. */
  readonly onChange?: (room: Room) => void
  readonly onError: (error: HeadraceError) => void
  /** Called with what is due and is no session. */
  readonly due?: (key: SessionKey) => void
  /** Called before a session is removed: what hangs on its id must go first, because that can be used again. */
  readonly beforePurge?: (key: SessionKey) => Promise<void>
}

/** How often idle rooms are let go and sessions that time has made due are looked for. */
const sweepMs = 10_000
/** A room that nobody used for so long is let go. */
const idleMs = 60_000
/** Most sessions opened in one look at the due index. */
const duePage = 1_000

/** The rooms of this server: opens them on demand, one per session, and lets them go when nothing needs them. */
export class RoomHub implements Hub {
  readonly node: string
  readonly dispatcher: Dispatcher
  readonly presences: Presences
  readonly history: History
  readonly #turns: Turns = createTurns()
  readonly #upkeep: Upkeep
  readonly #options: HubOptions
  readonly #rooms = new Map<SessionKey, Room>()
  readonly #opening = new Map<SessionKey, Promise<Room>>()
  /** Sessions that could not be opened to look after them. */
  readonly #unreadable = new Set<SessionKey>()
  #closing: Promise<void> | undefined
  #hasLooked = false
  #cancelSweep: () => void = () => undefined
  #sweeping: Promise<void> = Promise.resolve()

  constructor(options: HubOptions) {
    this.#options = options
    this.node = options.node
    this.dispatcher = new Dispatcher({
      store: options.store,
      clock: options.clock,
      onError: options.onError,
      room: (key) => this.room(key),
      rooms: () => this.#rooms.values(),
    })
    this.presences = new Presences(options.node, options.clock, (key, command) => this.submit(key, command))
    const { store, clock, limits, onError } = options
    this.history = createHistory({
      store,
      clock,
      ...(limits && { limits }),
      turns: this.#turns,
      room: (key) => this.#existing(key),
      forget: (key) => this.#reopen(key),
    })
    this.#upkeep = new Upkeep({
      store,
      clock,
      turns: this.#turns,
      room: (key) => this.room(key),
      expire: (key) => this.#expire(key),
      onError,
    })
    this.#scheduleSweep(0)
  }

  /** The room of a session, opened if it is not. */
  async room(key: SessionKey): Promise<Room> {
    if (this.#closing) throw new HeadraceError('draining', 'The server is shutting down; reconnect.')
    const open = this.#rooms.get(key)
    if (open) return open
    let opening = this.#opening.get(key)
    if (!opening) {
      opening = this.#open(key).finally(() => this.#opening.delete(key))
      this.#opening.set(key, opening)
    }
    return opening
  }

  async #open(key: SessionKey): Promise<Room> {
    const { store, clock, meter, limits = defaultSessionLimits, rules = sessionRules, onError } = this.#options
    const loaded = await loadSession(store, key, rules)
    const onChange = (room: Room, events: readonly SessionEvent[]): void => {
      this.dispatcher.changed(room, events)
      this.#options.onChange?.(room)
      if (events.some(({ type }) => type === 'content.redacted')) this.#upkeep.look(key)
    }
    const onGone = (gone: SessionKey): void => this.#forget(gone)
    const room = new Room(key, loaded, { store, clock, meter, limits, rules, onChange, onGone, onError })
    this.#rooms.set(key, room)
    onChange(room, [])
    if (!store.capabilities.shared) this.presences.adopt(room)
    return room
  }

  /** As what was acknowledged left it, by whichever of the servers that share a store. */
  async #existing(key: SessionKey): Promise<Room> {
    const room = await this.room(key)
    if (this.#options.store.capabilities.shared) await room.catchUp()
    if (room.head > 0) return room
    throw noSession(key)
  }

  /** The room of a session; where there was none when it was opened, it is opened again. */
  async #reopen(key: SessionKey): Promise<Room> {
    const room = await this.room(key)
    if (room.head > 0) return room
    if (this.#rooms.get(key) === room) this.#rooms.delete(key)
    await room.close()
    return this.room(key)
  }

  submit(key: SessionKey, command: Command): Promise<Outcome> {
    // Nearly every command finds its room open; what a promise costs counts for each token.
    const open = this.#closing ? undefined : this.#rooms.get(key)
    return open ? open.submit(command) : this.#openAndSubmit(key, command)
  }

  async #openAndSubmit(key: SessionKey, command: Command): Promise<Outcome> {
    try {
      return await (await this.room(key)).submit(command)
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (error.code === 'internal') this.#options.onError(error)
      this.#options.meter.answered('refused', error.code)
      return { outcome: 'refused', error: error.toWire() }
    }
  }

  async view(key: SessionKey, reader: Reader): Promise<SessionView> {
    return visibleView((await this.#existing(key)).state.view, reader)
  }

  async events(
    key: SessionKey,
    reader: Reader,
    { after, sparse = false, ...limits }: EventRange,
  ): Promise<{ readonly events: readonly string[]; readonly head: number }> {
    const { head, floor, state } = await this.#existing(key)
    if (after < floor && !sparse) throw belowFloor(splitKey(key).session, after, floor)
    const stored = after >= head ? [] : await this.#options.store.read(key, after, limits)
    return { events: visibleEvents(leftOfEvents(upTo(stored, head), state.guard.erasing), reader), head }
  }

  async messages(
    key: SessionKey,
    reader: Reader,
    { before, limit }: { readonly before: number; readonly limit: number },
  ): Promise<{ readonly rows: readonly MessageRow[]; readonly more: boolean }> {
    const { store } = this.#options
    const { state } = await this.#existing(key)
    // One more than asked for tells whether there are more.
    const rows = await store.readMessages(key, before, limit + 1)
    const more = rows.length > limit
    const left = await leftOfRows(store, key, more ? rows.slice(1) : rows, state.guard.erasing)
    return { rows: visibleRows(left, reader), more }
  }

  async follow(key: SessionKey, reader: Reader, options: FollowOptions): Promise<Follower> {
    return (await this.#existing(key)).follow(reader, options)
  }

  show(key: SessionKey, shown: ShownEphemeral, by?: FollowOptions['onEphemeral']): void {
    this.#rooms.get(key)?.show(shown, by)
  }

  list(query: ListQuery): Promise<ListPage> {
    return this.#options.store.list(query)
  }

  async purge(key: SessionKey): Promise<void> {
    const room = await this.#existing(key)
    await this.#options.beforePurge?.(key)
    await this.#remove(room)
  }

  /** Removes a session that nothing has happened in for as long as it is kept. What is accepted meanwhile keeps it. */
  async #expire(key: SessionKey): Promise<void> {
    const room = await this.room(key)
    const { head } = room
    await this.#options.beforePurge?.(key)
    await room.close()
    if (room.head === head) return this.#remove(room)
    await room.end(
      new HeadraceError('draining', 'Something happened in the session as it was to be removed. Try again.'),
    )
    this.#rooms.delete(key)
  }

  #forget(key: SessionKey): void {
    this.dispatcher.forget(key)
    this.presences.forget(key)
  }

  async #remove(room: Room): Promise<void> {
    const { key } = room
    this.#forget(key)
    await room.close(false)
    try {
      // What is under way on its stored history would find it gone, or bring some of it back.
      await this.#turns.take(key, () => this.#options.store.purge(key))
      await room.end(noSession(key))
    } catch (thrown) {
      await room.end(new HeadraceError('draining', 'The session could not be removed. Try again.'))
      throw thrown
    } finally {
      // Whoever comes next finds in the store whether it is there.
      this.#rooms.delete(key)
    }
  }

  async agents(key: SessionKey): Promise<readonly AgentName[]> {
    const { runs } = (await this.#existing(key)).state.view
    // One that works by HTTP offers nothing while it is busy.
    const busy = runs.flatMap((run) => (run.status === 'active' ? [run.agent] : []))
    return [...new Set([...this.dispatcher.offeredTo(key), ...busy])]
  }

  claim(agent: AgentName, worker: string, grant: Grant, options: ClaimOptions): Promise<Assignment | undefined> {
    return claimOnce(this.dispatcher, this.#options.clock, { agent, worker, grant, ...options })
  }

  stats(): HubStats {
    let followers = 0
    for (const room of this.#rooms.values()) followers += room.followers
    return { rooms: this.#rooms.size, followers, workers: this.dispatcher.workers }
  }

  #scheduleSweep(ms: number): void {
    this.#cancelSweep = this.#options.clock.after(ms, () => {
      this.#sweeping = this.#sweep().catch((thrown: unknown) => this.#options.onError(HeadraceError.from(thrown)))
      void this.#sweeping.then(() => {
        if (!this.#closing) this.#scheduleSweep(sweepMs)
      })
    })
  }

  async #sweep(): Promise<void> {
    const now = this.#options.clock.now()
    const idle = [...this.#rooms.values()].filter(
      (room) => room.idle && now - room.usedAt >= idleMs && !this.presences.has(room.key),
    )
    for (const room of idle) {
      this.#rooms.delete(room.key)
      await room.close()
    }
    // A room that is open has its own timer; these are sessions that nobody has opened since the server started.
    for (const { key, at } of await this.#dueSessions(now)) {
      if (readStreamKey(key)) {
        if (at <= now) this.#options.due?.(key)
        continue
      }
      const room = this.#rooms.get(key) ?? (await this.#opened(key))
      if (room && at <= now + room.aheadMs) this.#upkeep.look(key)
    }
  }

  /** One that can't be opened for good, as where it is damaged, holds up no other. That is told once. */
  async #opened(key: SessionKey): Promise<Room | undefined> {
    try {
      return await this.room(key)
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (error.retry === 'later' || error.retry === 'reconnect') throw error
      if (!this.#unreadable.has(key)) this.#options.onError(error)
      this.#unreadable.add(key)
      return undefined
    }
  }

  /**
   * By the latest time that any session knows of, for this machine's clock may have been set back while the server was
   * down. The first look takes the soonest session whatever its time, so that there is one to know it from.
   */
  async #dueSessions(now: number): Promise<readonly { readonly key: SessionKey; readonly at: number }[]> {
    const { store } = this.#options
    if (!this.#hasLooked) {
      const soonest = (await store.due(Number.MAX_SAFE_INTEGER, duePage)).filter(({ key }) => !readStreamKey(key))
      let first: Room | undefined
      for (const { key } of soonest) if ((first = await this.#opened(key))) break
      this.#hasLooked = first !== undefined || soonest.length === 0
    }
    let aheadMs = 0
    for (const room of this.#rooms.values()) aheadMs = Math.max(aheadMs, room.aheadMs)
    return store.due(now + aheadMs + 2 * sweepMs, duePage)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#cancelSweep()
    this.dispatcher.close()
    this.presences.close()
    await this.#sweeping
    await this.#upkeep.close()
    await this.#turns.settled()
    await Promise.allSettled(this.#opening.values())
    await Promise.all([...this.#rooms.values()].map((room) => room.close()))
    this.#rooms.clear()
  }
}

/** What is durable this moment the room will know the next. Who was ahead of it could not go on from there (S3e). */
function upTo(events: readonly string[], head: number): readonly string[] {
  const end = events.findLastIndex((json) => (JSON.parse(json) as SessionEvent).seq <= head) // written by `decide`
  return events.slice(0, end + 1)
}
