/**
 * One live session on this server.
 *
 *   submit ─▶ queue ─▶ decide in order ─▶ append "only if the log still ends at N" ─▶ durable ─▶ fold ─▶ fan out, answer
 *
 * One batch is on its way to the store at a time; commands that arrive meanwhile make up the next one. Nothing is shown
 * or answered before the store says durable: that includes a no-op, which may rest on an event of the same batch.
 *
 * Where another writer appended first, the room reads what is new, folds it and decides again. An append that fits proves
 * that nobody did; an answer that appends nothing is checked against the head where servers share the store. Where the
 * store can't say whether a batch was written, the room reads the log to find out, so an answer is never a guess.
 */
import {
  AppendConflict,
  HeadraceError,
  nextDue,
  sameRow,
  sessionRow,
  splitKey,
  systemGrant,
  type AppendBatch,
  type Command,
  type Message,
  type MessageRow,
  type Outcome,
  type Reader,
  type SessionEvent,
  type SessionKey,
  type SessionLimits,
  type SessionRow,
  type SessionState,
  type Store,
} from '@headrace/core'
import { changedWords } from './history/changed-words.ts'
import { againMs, isForNow } from './refused-for-now.ts'
import { isSystemKey } from './system-session.ts'
import { findMessages } from './cold-messages.ts'
import type { Clock } from './clock.ts'
import { decideBatch, type DecidedBatch } from './decide-batch.ts'
import { DueTimer } from './due-timer.ts'
import type { FollowOptions, Follower, Meter, ShownEphemeral } from './hub-types.ts'
import { loadSession, type LoadedSession } from './load.ts'
import { noSession } from './no-session.ts'
import { RoomReaders } from './room-readers.ts'
import type { Rules } from './rules.ts'
import { Snapshots } from './snapshots.ts'

export interface RoomOptions {
  readonly store: Store
  readonly clock: Clock
  readonly meter: Meter
  readonly limits: SessionLimits
  readonly rules: Rules
  /** Called when events other than output have become durable: runs, presence, messages. */
  readonly onChange: (room: Room, events: readonly SessionEvent[]) => void
  /** Called when another server has removed the session. */
  readonly onGone: (key: SessionKey) => void
  readonly onError: (error: HeadraceError) => void
}

interface Waiting {
  readonly command: Command
  readonly answer: (outcome: Outcome) => void
}

interface Advance {
  readonly row: SessionRow | undefined
  /** The events, where some are no output. */
  readonly changes: readonly SessionEvent[]
}

/** Most commands that one batch decides: bounds how long a batch blocks the event loop. */
const maxBatch = 512
/** Most commands that may wait for a room: past that the caller is told to slow down. */
const maxWaiting = 8_192
/** After a restart, agents get so long to come back before a lapsed lease counts. */
const returnMs = 6_000

export class Room {
  readonly key: SessionKey
  readonly #options: RoomOptions
  readonly #readers: RoomReaders
  readonly #snapshots: Snapshots
  /** How far the time of the log is ahead of this machine's clock. */
  #ahead = 0
  #state: SessionState
  #row: SessionRow | undefined
  #floor: number
  #waiting: Waiting[] = []
  #working: Promise<void> | undefined
  readonly #timer: DueTimer
  /** The outcome of an append is unknown, so it may be done at any time until another one has succeeded. */
  #isInDoubt = false
  #closed = false
  /** When it last did something for anybody, for letting idle rooms go. */
  usedAt: number

  constructor(key: SessionKey, loaded: LoadedSession, options: RoomOptions) {
    this.key = key
    this.#options = options
    this.#state = loaded.state
    this.#row = loaded.row
    this.#floor = loaded.floor
    this.#snapshots = new Snapshots(key, loaded.snapshotSeq, options)
    this.#readers = new RoomReaders(loaded.state.view.seq, {
      key,
      store: options.store,
      floor: () => this.#floor,
      erasing: () => this.#state.guard.erasing,
      onLeave: () => this.#use(),
    })
    this.usedAt = options.clock.now()
    this.#timer = new DueTimer(options.clock, () => this.#tick())
    // Leases that ran while nobody had the room open count for a moment more, by any clock: their holders may be on their way.
    const due = nextDue(this.#state)
    if (due !== null && due < this.now + returnMs) this.#timer.set(Number.NEGATIVE_INFINITY, returnMs)
    else this.#schedule()
  }

  get state(): SessionState {
    return this.#state
  }

  get head(): number {
    return this.#state.view.seq
  }

  /**
   * Time as the session has it: never before its last event, and it goes on from there. A clock that was set back, or one
   * that is behind another server's, would else stand still for leases until it had caught up.
   */
  get now(): number {
    const wall = this.#options.clock.now()
    const { at } = this.#state.view
    if (wall + this.#ahead < at) this.#ahead = at - wall
    return wall + this.#ahead
  }

  /** How far the session's time is ahead of this machine's clock: its last event was written by a clock that says more. */
  get aheadMs(): number {
    return this.now - this.#options.clock.now()
  }

  /** Up to where events may be missing. */
  get floor(): number {
    return this.#floor
  }

  /** Whether the log says of more than the store has done yet that it was dropped. */
  get isHalfCompacted(): boolean {
    return (this.#state.view.compactedTo ?? 0) > this.#floor
  }

  /** The store has dropped events up to there. */
  async compacted(floor: number): Promise<void> {
    this.#floor = Math.max(this.#floor, floor)
    await this.refreshRow()
  }

  get followers(): number {
    return this.#readers.count
  }

  #use(): void {
    this.usedAt = this.#options.clock.now()
  }

  /** Whether nothing would be missed if the room were let go. */
  get idle(): boolean {
    return this.#readers.count === 0 && this.#waiting.length === 0 && !this.#working && nextDue(this.#state) === null
  }

  submit(command: Command): Promise<Outcome> {
    this.#use()
    if (this.#closed)
      return Promise.resolve(
        refused(new HeadraceError('draining', 'The server is shutting down; reconnect and send again.')),
      )
    if (this.#waiting.length >= maxWaiting) {
      const text = `More than ${maxWaiting} commands wait for the session ${this.#state.view.id}. Wait for answers before sending more.`
      return Promise.resolve(refused(new HeadraceError('too_many_requests', text)))
    }
    return new Promise((answer) => {
      this.#waiting.push({ command, answer })
      this.#working ??= this.#work()
    })
  }

  /** Stores the row again, where only the time at which the session is due has moved. */
  async refreshRow(): Promise<void> {
    while (this.#working) await this.#working
    const row = this.#makeRow(this.#state)
    if (this.#closed || this.head === 0 || !row || row.due === this.#row?.due) return
    this.#working = this.#options.store
      .append(this.key, this.head, { events: [], row })
      .then(() => {
        this.#row = row
      })
      // Whoever looks too early again finds nothing to do.
      .catch(() => undefined)
      .then(() => this.#work())
    await this.#working
  }

  #makeRow(state: SessionState): SessionRow | undefined {
    if (isSystemKey(this.key)) return undefined
    const row = sessionRow(state)
    // What the log says is dropped must be, also when this server stops before it is.
    return (state.view.compactedTo ?? 0) > this.#floor
      ? { ...row, due: Math.min(row.due ?? Infinity, state.view.at) }
      : row
  }

  async #work(): Promise<void> {
    // Commands of the same turn are decided together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxBatch)
      try {
        await this.#settle(batch)
      } catch (thrown) {
        const error = HeadraceError.from(thrown)
        if (error.code === 'internal') this.#options.onError(error)
        for (const { answer } of batch) answer(refused(publicError(error)))
      }
    }
    this.#working = undefined
  }

  /**
   * Decides a batch and makes it durable; on a conflict with another server, again from what is true now. All that a
   * batch waits for on its usual way is in here: an `async` method more is paid for by each token.
   */
  async #settle(batch: readonly Waiting[]): Promise<void> {
    const { store, clock, rules, limits } = this.#options
    const commands = batch.map(({ command }) => command)
    for (;;) {
      const ids = commands.flatMap(({ body }) => rules.lookups(this.#state, body))
      const cold = ids.length === 0 ? [] : await findMessages(store, this.key, ids)
      const decided = decideBatch(this.#state, commands, { rules, limits, cold, now: this.now })
      if (decided.encoded.length === 0) {
        if (!(await this.#isCurrent())) continue
      } else {
        const changed = this.#changedBy(decided, cold)
        const began = clock.now()
        try {
          await store.append(this.key, this.head, changed)
        } catch (thrown) {
          if (!(await this.#isWritten(thrown, decided.encoded))) continue
        }
        this.#appended(decided, changed.row, clock.now() - began)
      }
      for (const [index, outcome] of decided.outcomes.entries()) this.#answer(batch[index], outcome)
      return
    }
  }

  /** What a batch writes. */
  #changedBy({ encoded, changes, state, cooled }: DecidedBatch, cold: readonly Message[]): AppendBatch {
    // Output alone, which nearly every batch is, changes nothing else, and lets no message go cold.
    if (changes.length === 0) return { events: encoded }
    const row = this.#makeRow(state)
    const newRow = row && !(this.#row && sameRow(this.#row, row)) ? row : undefined
    const words = isSystemKey(this.key) ? [] : changedWords(changes, state, cooled, cold)
    return {
      events: encoded,
      ...(newRow && { row: newRow }),
      ...(cooled.length > 0 && { messages: cooled.map(rowOf) }),
      ...(words.length > 0 && { words }),
    }
  }

  /**
   * Whether a batch is in the log although its append failed; false when another writer was first, and it must be decided
   * again from what is read here.
   */
  async #isWritten(thrown: unknown, encoded: readonly string[]): Promise<boolean> {
    if (thrown instanceof AppendConflict) {
      await this.#readNew()
      return false
    }
    if (!(thrown instanceof HeadraceError) || thrown.code !== 'unknown_outcome') throw thrown
    // Where the log can't be read either, the outcome stays unknown: anything else would be a guess.
    this.#isInDoubt = true
    const found = await this.#found(encoded).catch(() => false)
    if (!found) throw thrown
    return true
  }

  #appended({ encoded, changes, state }: DecidedBatch, row: SessionRow | undefined, ms: number): void {
    this.#isInDoubt = false
    this.#options.meter.appended(encoded.length, ms)
    this.#advance(state, encoded, { row, changes })
    if (changes.length > 0) this.#options.onChange(this, changes)
  }

  /** Whether a batch whose outcome the store could not tell is in the log. */
  async #found(encoded: readonly string[]): Promise<boolean> {
    const stored = await this.#options.store.read(this.key, this.head, {
      maxEvents: encoded.length,
      maxChars: Number.MAX_SAFE_INTEGER,
    })
    return stored.length === encoded.length && stored.every((event, index) => event === encoded[index])
  }

  /** Whether nothing was appended that is not known here; if something was, it is read. */
  async #isCurrent(): Promise<boolean> {
    const { store } = this.#options
    const isAlone = !store.capabilities.shared && !this.#isInDoubt
    if (isAlone || (await store.head(this.key)) === this.head) return true
    await this.#readNew()
    return false
  }

  /** Makes sure that the state is not older than what the store had when this was called. */
  async catchUp(): Promise<void> {
    const outcome = await this.submit({ grant: systemGrant(splitKey(this.key).tenant), body: { type: 'tick' } })
    // It is refused also where there is no session, which is then the truth.
    if (outcome.outcome !== 'refused' || outcome.error.code === 'session_not_found') return
    const { code } = outcome.error
    if (code !== 'store_full' && code !== 'unknown_outcome') throw HeadraceError.fromWire(outcome.error)
    await this.#look()
  }

  /** Reads what is new, where what time made due can't be written: a full disk stops writing, and not reading. */
  async #look(): Promise<void> {
    while (this.#working) await this.#working
    const looked = this.#isCurrent()
    this.#working = looked.then(
      () => this.#work(),
      () => this.#work(),
    )
    await looked
  }

  /** Catches up with what another server appended. */
  async #readNew(): Promise<void> {
    const limits = { maxEvents: 1_000, maxChars: 1_048_576 }
    for (let isFirst = true; ; isFirst = false) {
      const encoded = await this.#options.store.read(this.key, this.head, limits)
      // The log ends elsewhere, and not further on: what is known here was removed.
      if (encoded.length === 0) return isFirst ? this.#reload() : undefined
      const events = encoded.map((event) => JSON.parse(event) as SessionEvent) // written by a server of this format
      if (events.at(-1)?.seq !== this.head + events.length) return this.#reload()
      const state = events.reduce(this.#options.rules.fold, this.#state)
      this.#advance(state, encoded, { row: undefined, changes: events })
      this.#row = undefined
      this.#options.onChange(this, events)
    }
  }

  /** What is missing was compacted or removed by another server, or the log begins in the middle: begins again from the store. */
  async #reload(): Promise<void> {
    const before = this.head
    const loaded = await loadSession(this.#options.store, this.key, this.#options.rules)
    this.#state = loaded.state
    this.#row = loaded.row
    this.#floor = loaded.floor
    this.#snapshots.found(loaded.snapshotSeq)
    this.#readers.forget(this.head)
    this.#schedule()
    if (this.head < before) {
      this.#readers.end(noSession(this.key))
      this.#options.onGone(this.key)
    }
    this.#readers.wake()
    this.#options.onChange(this, [])
  }

  #advance(state: SessionState, encoded: readonly string[], { row, changes }: Advance): void {
    this.#state = state
    if (row) this.#row = row
    this.#schedule()
    this.#readers.push(encoded)
    // What is redacted is in memory still. Readers get it from the store, where somebody looks at what they may be shown.
    if (changes.some(({ type }) => type === 'content.redacted')) this.#readers.forget(state.view.seq)
    this.#readers.wake()
    this.#snapshots.reached(state)
  }

  #answer(waiting: Waiting | undefined, outcome: Outcome): void {
    this.#options.meter.answered(outcome.outcome, outcome.outcome === 'refused' ? outcome.error.code : undefined)
    waiting?.answer(outcome)
  }

  /** Looks again when time will have made something due. A timer that is early finds nothing and sets the next one. */
  #schedule(): void {
    const due = this.#closed ? null : nextDue(this.#state)
    if (due === null) this.#timer.cancel()
    else this.#timer.set(due, due - this.now)
  }

  #tick(): void {
    const isDue = (nextDue(this.#state) ?? Infinity) <= this.now
    if (!isDue) return this.#schedule()
    const tick = { grant: systemGrant(splitKey(this.key).tenant), body: { type: 'tick' } } as const
    void this.submit(tick).then((outcome) => {
      // It is due still, and would be tried without a pause.
      if (isForNow(outcome)) this.#timer.set(this.now + againMs, againMs)
      else this.#schedule()
    })
  }

  /** @throws HeadraceError `compacted` */
  follow(reader: Reader, options: FollowOptions): Follower {
    this.#use()
    return this.#readers.follow(reader, options)
  }

  show(shown: ShownEphemeral, by: FollowOptions['onEphemeral']): void {
    this.#readers.show(shown, by)
  }

  /** Closes for good and tells the readers that there is nothing left to read. */
  async end(error: HeadraceError): Promise<void> {
    await this.close(false)
    this.#readers.end(error)
  }

  /**
   * Finishes what was accepted, then refuses. Idempotent.
   *
   * @param keep - whether it may be opened again, and is worth a snapshot
   */
  async close(keep = true): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#timer.cancel()
    await this.#working
    if (keep) this.#snapshots.left(this.#state)
  }
}

function rowOf(message: Message): MessageRow {
  return { seq: message.seq, json: JSON.stringify(message) }
}

function refused(error: HeadraceError): Outcome {
  return { outcome: 'refused', error: error.toWire() }
}

/** A defect's text may hold anything, so it goes to `onError` and not to the caller. */
function publicError(error: HeadraceError): HeadraceError {
  return error.code === 'internal'
    ? new HeadraceError('internal', 'The server failed to handle the command; its log says why.')
    : error
}
