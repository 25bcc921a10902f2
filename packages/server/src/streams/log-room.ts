/**
 * One log that is open on this server and is no session: a stream, or a subscription. As a session's room does, it decides
 * what arrives in order, appends "only if the log still ends at N", waits until that is durable, folds, and answers.
 *
 *   submit ─▶ queue ─▶ decide a batch ─▶ append ─▶ fold, wake readers, answer
 *                          ▲               └─ another server was first: read what is new, fold it, decide again
 */
import {
  AppendConflict,
  HeadraceError,
  type SessionKey,
  type SessionRow,
  type Store,
  type StreamDecision,
} from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Meter, Page } from '../hub-types.ts'
import { Tail, makePage, pageChars } from '../tail.ts'

interface Numbered {
  readonly seq: number
  readonly at: number
}

/** What makes a log one of a kind. */
export interface LogRules<State extends Numbered, Event extends Numbered, Command, Answer> {
  readonly empty: State
  /** @param room - for what is known here and not in the log */
  decide(
    state: State,
    command: Command,
    now: number,
    room: { readonly usedAt: number },
  ): StreamDecision<Event, State, Answer>
  fold(state: State, event: Event): State
  /**
   * Whether its time goes on from that of the last event where a clock was set back, so that leases lapse. Else it stands
   * still until the clock has caught up: what ends at a time of the calendar must not end before.
   */
  readonly timeGoesOn: boolean
  /** Its line in lists, by which it is also found when it is due. */
  row(state: State, key: SessionKey): SessionRow
}

export interface LogRoomOptions {
  readonly store: Store
  readonly clock: Clock
  readonly meter: Pick<Meter, 'appended'>
  readonly onError: (error: HeadraceError) => void
}

interface Waits {
  /** How much content it carries. */
  readonly chars: number
  readonly reject: (error: HeadraceError) => void
}

type Waiting<Command, Answer> =
  | (Waits & { readonly kind: 'command'; readonly command: Command; readonly resolve: (answer: Answer) => void })
  /** It only waits until what is known here is not older than itself. */
  | (Waits & { readonly kind: 'look'; readonly resolve: () => void })

/** Most commands that one batch decides. */
const maxBatch = 512
/** Most characters of content in one batch; the command that passes it is the last one. */
const maxBatchChars = 4_194_304
/** Most commands that may wait, and most characters of them. */
const maxWaiting = 4_096
const maxWaitingChars = 33_554_432
const snapshotEvery = 1_000

export class LogRoom<State extends Numbered, Event extends Numbered, Command, Answer> {
  readonly key: SessionKey
  readonly #rules: LogRules<State, Event, Command, Answer>
  readonly #options: LogRoomOptions
  #state: State
  /** How far the time of the log is ahead of this machine's clock. */
  #ahead = 0
  #row: SessionRow | undefined
  #tail: Tail
  #waiting: Waiting<Command, Answer>[] = []
  #waitingChars = 0
  #working: Promise<void> | undefined
  #snapshotSeq: number
  #closed = false
  /** The outcome of an append is unknown, so it may be done at any time until another one has succeeded. */
  #isInDoubt = false
  #removing: Promise<void> | undefined
  readonly #readers = new Set<() => void>()
  readonly #reads = new Map<number, Promise<Page | undefined>>()
  /** When anybody last used it, by this server's clock. */
  usedAt: number

  static async open<S extends Numbered, E extends Numbered, C, A>(
    key: SessionKey,
    rules: LogRules<S, E, C, A>,
    options: LogRoomOptions,
  ): Promise<LogRoom<S, E, C, A>> {
    const { store } = options
    const [snapshot, row] = await Promise.all([store.getSnapshot(key), store.row(key)])
    const room = new LogRoom(key, rules, options, {
      state: snapshot ? (JSON.parse(snapshot.state) as S) : rules.empty, // written below, by this format
      row,
      snapshotSeq: snapshot?.seq ?? 0,
    })
    await room.#readNew()
    return room
  }

  private constructor(
    key: SessionKey,
    rules: LogRules<State, Event, Command, Answer>,
    options: LogRoomOptions,
    loaded: { readonly state: State; readonly row: SessionRow | undefined; readonly snapshotSeq: number },
  ) {
    this.key = key
    this.#rules = rules
    this.#options = options
    this.#state = loaded.state
    this.#row = loaded.row
    this.#snapshotSeq = loaded.snapshotSeq
    this.#tail = new Tail(key, loaded.state.seq)
    this.usedAt = 0
  }

  get state(): State {
    return this.#state
  }

  get isIdle(): boolean {
    return this.#readers.size === 0 && this.#waiting.length === 0 && !this.#working
  }

  /** Time as the log has it: never before its last event. */
  now(): number {
    const wall = this.#options.clock.now()
    const behind = this.#state.at - wall
    this.#ahead = this.#rules.timeGoesOn ? Math.max(this.#ahead, behind) : Math.max(0, behind)
    return wall + this.#ahead
  }

  /**
   * Decides and, if there is something to write, stores it; resolves when it is durable.
   *
   * @param chars - how much content the command carries, for bounding what waits
   * @throws HeadraceError why it is refused
   */
  submit(command: Command, chars = 0): Promise<Answer> {
    return new Promise((resolve, reject) => this.#enqueue({ kind: 'command', command, resolve, reject, chars }))
  }

  #enqueue(waiting: Waiting<Command, Answer>): void {
    const { chars, reject } = waiting
    if (this.#closed) return reject(new HeadraceError('draining', 'The server lets this log go; try again.'))
    const isFull = this.#waiting.length >= maxWaiting || this.#waitingChars + chars > maxWaitingChars
    if (isFull && this.#waiting.length > 0) {
      const text = `More waits for this log than ${maxWaiting} requests or ${maxWaitingChars} characters. Send less at once.`
      return reject(new HeadraceError('too_many_requests', text))
    }
    this.#waiting.push(waiting)
    this.#waitingChars += chars
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    // What comes in the same turn is decided together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch()
      try {
        await this.#settle(batch)
      } catch (thrown) {
        const error = HeadraceError.from(thrown)
        for (const { reject } of batch) reject(error)
      }
    }
    this.#working = undefined
  }

  #takeBatch(): readonly Waiting<Command, Answer>[] {
    let taken = 0
    let chars = 0
    while (taken < this.#waiting.length && taken < maxBatch && chars < maxBatchChars) {
      chars += this.#waiting[taken]?.chars ?? 0
      taken += 1
    }
    this.#waitingChars -= chars
    return this.#waiting.splice(0, taken)
  }

  async #settle(batch: readonly Waiting<Command, Answer>[]): Promise<void> {
    for (;;) {
      const now = this.now()
      const { usedAt } = this
      let state = this.#state
      const events: Event[] = []
      const decisions = batch.map((waiting) => {
        if (waiting.kind === 'look') return undefined
        const decision = this.#rules.decide(state, waiting.command, now, { usedAt })
        if (decision.outcome === 'accepted') {
          events.push(...decision.events)
          state = decision.state
        }
        return decision
      })
      const isCurrent = events.length > 0 ? await this.#append(events, state) : await this.#isCurrent()
      if (!isCurrent) continue
      for (const [index, waiting] of batch.entries()) {
        const decision = decisions[index]
        if (waiting.kind === 'look') waiting.resolve()
        else if (decision?.outcome === 'refused') waiting.reject(decision.error)
        else if (decision) waiting.resolve(decision.answer)
      }
      return
    }
  }

  /** Returns false when another writer was first and the batch must be decided again. */
  async #append(events: readonly Event[], state: State): Promise<boolean> {
    const { store, clock, meter } = this.#options
    const encoded = events.map((event) => JSON.stringify(event))
    const row = this.#rules.row(state, this.key)
    const isRowNew = this.#row === undefined || this.#row.due !== row.due
    const batch = { events: encoded, ...(isRowNew && { row }) }
    const first = events[0]?.seq ?? 1
    const began = clock.now()
    try {
      if (this.#state.seq === 0 && first > 1) {
        // It goes on where another log was left, so it begins in the middle.
        const floor = { ...this.#rules.empty, seq: first - 1 }
        await store.begin(this.key, { seq: first - 1, state: JSON.stringify(floor) }, batch)
      } else await store.append(this.key, this.#state.seq, batch)
    } catch (thrown) {
      if (thrown instanceof AppendConflict) {
        await this.#reload()
        return false
      }
      if (!(thrown instanceof HeadraceError) || thrown.code !== 'unknown_outcome') throw thrown
      this.#isInDoubt = true
      if (!(await this.#found(first - 1, encoded).catch(() => false))) throw thrown
    }
    this.#isInDoubt = false
    if (isRowNew) this.#row = row
    meter.appended(events.length, clock.now() - began)
    this.#advance(state, encoded)
    return true
  }

  /** Whether a batch whose outcome the store could not tell is in the log. */
  async #found(after: number, encoded: readonly string[]): Promise<boolean> {
    const limits = { maxEvents: encoded.length, maxChars: Number.MAX_SAFE_INTEGER }
    const stored = await this.#options.store.read(this.key, after, limits)
    return stored.length === encoded.length && stored.every((event, index) => event === encoded[index])
  }

  /** Whether nothing was appended that is not known here; if something was, it is read. */
  async #isCurrent(): Promise<boolean> {
    const { store } = this.#options
    const isAlone = !store.capabilities.shared && !this.#isInDoubt
    if (isAlone || (await store.head(this.key)) === this.#state.seq) return true
    await this.#reload()
    return false
  }

  /**
   * Catches up with what another server appended, and with what was perhaps written after all. In its turn, as all that
   * changes what is known here: two that read the log at once would fold it twice.
   */
  async refresh(): Promise<void> {
    if (!this.#options.store.capabilities.shared && !this.#isInDoubt) return
    await new Promise<void>((resolve, reject) => this.#enqueue({ kind: 'look', resolve, reject, chars: 0 }))
  }

  /** From the beginning: another server may have removed the log and made one anew, which its length does not tell. */
  async #reload(): Promise<void> {
    const { store } = this.#options
    const [snapshot, row] = await Promise.all([store.getSnapshot(this.key), store.row(this.key)])
    this.#state = snapshot ? (JSON.parse(snapshot.state) as State) : this.#rules.empty // as in `open`
    this.#snapshotSeq = snapshot?.seq ?? 0
    this.#row = row
    this.#tail = new Tail(this.key, this.#state.seq)
    await this.#readNew()
    for (const wake of this.#readers) wake()
  }

  async #readNew(): Promise<void> {
    for (;;) {
      const limits = { maxEvents: 1_000, maxChars: 1_048_576 }
      const encoded = await this.#options.store.read(this.key, this.#state.seq, limits)
      if (encoded.length === 0) return
      const events = encoded.map((event) => JSON.parse(event) as Event) // written above, by this format
      this.#advance(
        events.reduce((state, event) => this.#rules.fold(state, event), this.#state),
        encoded,
      )
    }
  }

  #advance(state: State, encoded: readonly string[]): void {
    // A log that begins in the middle has nothing before that.
    if (state.seq !== this.#tail.head + encoded.length) this.#tail = new Tail(this.key, state.seq - encoded.length)
    this.#state = state
    this.#tail.push(encoded)
    for (const wake of this.#readers) wake()
    if (state.seq - this.#snapshotSeq >= snapshotEvery) this.#snapshot()
  }

  /** Best effort: it can be made again from the log. */
  #snapshot(): void {
    this.#snapshotSeq = this.#state.seq
    const snapshot = { seq: this.#state.seq, state: JSON.stringify(this.#state) }
    this.#options.store.putSnapshot(this.key, snapshot).catch((thrown: unknown) => {
      const error = HeadraceError.from(thrown)
      if (error.code === 'internal') this.#options.onError(error)
    })
  }

  /** Calls `wake` whenever there is more, or the log is no more; returns what ends that. */
  follow(wake: () => void): () => void {
    // One function may follow twice, and each ends for itself.
    const own = (): void => wake()
    this.#readers.add(own)
    return () => void this.#readers.delete(own)
  }

  /** The events after a seq, about 64 KiB of them; `undefined` at the end of the log. */
  async page(after: number): Promise<Page | undefined> {
    const recent = this.#tail.after(after)
    if (recent !== 'cold') return recent
    let read = this.#reads.get(after)
    if (!read) {
      read = this.#options.store
        .read(this.key, after, { maxEvents: 1_000, maxChars: pageChars })
        .then((events) => (events.length === 0 ? undefined : makePage(this.key, after, events)))
        .finally(() => this.#reads.delete(after))
      this.#reads.set(after, read)
    }
    return read
  }

  /**
   * Removes the log from the store. Once only: whoever comes late with this room must not remove what was made under the
   * same key since.
   */
  remove(): Promise<void> {
    this.#removing ??= this.#remove()
    return this.#removing
  }

  async #remove(): Promise<void> {
    this.#closed = true
    while (this.#working) await this.#working
    await this.#options.store.purge(this.key)
    this.#state = this.#rules.empty
    for (const wake of this.#readers) wake()
  }

  /** Finishes what was accepted, then refuses. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#working) await this.#working
    for (const wake of this.#readers) wake()
  }
}
