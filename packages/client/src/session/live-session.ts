/**
 * A session as its client follows it and takes part in it.
 *
 *   idle ──first listener──▶ followed ──last listener gone, lingerMs──▶ idle
 *
 * Following ends a moment late, so that a listener which is replaced (React does so in development) costs nothing.
 */
import {
  HeadraceError,
  emptyView,
  type CommandBody,
  type Down,
  type HiddenEvent,
  type SessionEvent,
  type SessionId,
  type SessionView,
} from '@headrace/core'
import { Listeners } from '../listeners.ts'
import { PendingCommands } from './pending-commands.ts'
import { Replica } from './replica.ts'
import { SessionCommands } from './session-commands.ts'
import { Subscription } from './subscription.ts'
import type { Accepted } from '../outbox.ts'
import type { SessionHost } from './session-host.ts'
import type { Session, SessionOptions, SessionSnapshot } from './session.ts'

type FrameOf<T extends Down['type']> = Extract<Down, { readonly type: T }>

const lingerMs = 1_000
const olderPage = 50

export class LiveSession extends SessionCommands implements Session {
  readonly id: SessionId
  readonly #host: SessionHost
  readonly #replica: Replica
  readonly #subscription: Subscription
  readonly #pending = new PendingCommands()
  readonly #changes: Listeners
  readonly #events: Listeners<SessionEvent>
  readonly #snapshots: Listeners<SessionView>
  readonly #initial: SessionSnapshot
  #snapshot: SessionSnapshot
  #after: number | undefined
  /** Followed, or lingering. */
  #followed = false
  #cancelLinger: () => void = () => undefined

  constructor(id: SessionId, host: SessionHost) {
    super()
    this.id = id
    this.#host = host
    this.#replica = new Replica(id)
    this.#subscription = new Subscription({ id, host, replica: this.#replica, onChange: () => this.#changed() })
    this.#changes = new Listeners(host.onError)
    this.#events = new Listeners(host.onError)
    this.#snapshots = new Listeners(host.onError)
    this.#initial = { view: emptyView(id), messages: [], hasOlder: false, status: 'loading', pending: [] }
    this.#snapshot = this.#initial
  }

  configure({ present, after }: SessionOptions): void {
    if (after !== undefined && this.#replica.cursor === undefined && !this.#followed) this.#after = after
    if (present) this.#subscription.show()
  }

  readonly getSnapshot = (): SessionSnapshot => this.#snapshot

  readonly getInitialSnapshot = (): SessionSnapshot => this.#initial

  readonly subscribe = (listener: () => void): (() => void) => this.#listen(this.#changes, listener)

  onEvent(listener: (event: SessionEvent) => void): () => void {
    return this.#listen(this.#events, listener)
  }

  onSnapshot(listener: (view: SessionView) => void): () => void {
    return this.#listen(this.#snapshots, listener)
  }

  #listen<T>(listeners: Listeners<T>, listener: (value: T) => void): () => void {
    const remove = listeners.add(listener)
    this.#follow()
    return () => {
      remove()
      this.#unfollowLater()
    }
  }

  #follow(): void {
    this.#cancelLinger()
    if (this.#followed) return
    this.#followed = true
    if (this.#replica.cursor === undefined && this.#after !== undefined) this.#replica.begin(this.#after)
    this.#host.followed(this.id, true)
    this.#subscription.start()
  }

  #unfollowLater(): void {
    const listeners = this.#changes.size + this.#events.size + this.#snapshots.size
    if (listeners > 0 || !this.#followed) return
    this.#cancelLinger()
    this.#cancelLinger = this.#host.clock.after(lingerMs, () => {
      this.#followed = false
      this.#pending.seen(undefined)
      this.#subscription.stop()
      this.#host.followed(this.id, false)
    })
  }

  /** Lets go of what is known; it is asked for again when it is followed again. */
  forget(): void {
    if (this.#followed) return
    this.#replica.clear()
    this.#changed()
  }

  /** A connection is there. */
  online(): void {
    if (this.#followed) this.#subscription.start()
  }

  /** The connection is gone; `closed`: for good. */
  offline(closed: boolean): void {
    if (closed) this.#cancelLinger()
    this.#subscription.lost()
  }

  frame(frame: FrameOf<'snapshot' | 'events' | 'unsubscribed'>): void {
    if (!this.#followed) return // sent before the server knew that nobody listens any more
    switch (frame.type) {
      case 'snapshot':
        return this.#receiveSnapshot(frame.view)
      case 'events':
        return this.#receiveEvents(frame.events)
      case 'unsubscribed':
        return frame.error && this.#subscription.refused(HeadraceError.fromWire(frame.error))
      default:
        return frame satisfies never
    }
  }

  #receiveSnapshot(view: SessionView): void {
    if (!this.#subscription.snapshot(view)) return
    this.#pending.seen(view.seq)
    this.#changed(() => this.#snapshots.emit(view))
  }

  #receiveEvents(received: readonly (SessionEvent | HiddenEvent)[]): void {
    const events = this.#subscription.events(received)
    if (events.length === 0) return
    const { status } = this.#host
    const self = status.state === 'online' ? status.actor : undefined
    if (this.#pending.size > 0) for (const event of events) this.#pending.applied(event, self)
    this.#pending.seen(this.#replica.cursor)
    this.#changed(() => events.forEach((event) => this.#events.emit(event)))
  }

  protected async submit(body: CommandBody): Promise<Accepted> {
    const { id, answer } = this.#host.submit(this.id, body)
    this.#pending.add({ id, body, at: this.#host.clock.now() })
    this.#changed()
    try {
      const accepted = await answer
      this.#pending.answered(id, accepted, this.#subscription.isOn ? (this.#replica.cursor ?? 0) : undefined)
      // The session exists now, if it did not before.
      if (this.#subscription.error?.code === 'session_not_found') this.online()
      return accepted
    } catch (thrown) {
      this.#pending.remove(id)
      throw thrown
    } finally {
      this.#changed()
    }
  }

  async loadOlder(limit: number = olderPage): Promise<void> {
    const { older } = this.#replica
    while (this.#replica.view && older.hasMore(this.#replica.view)) {
      const { round } = older
      const page = await this.#host.messages(this.id, older.before, limit)
      if (round !== older.round) continue
      if (older.addPage(page, this.#replica.view) > 0) break
    }
    this.#changed()
  }

  /** Makes the snapshot that is true now, then tells the news, then that something changed, if it did. */
  #changed(news?: () => void): void {
    const before = this.#snapshot
    const now = this.#makeSnapshot()
    if (!same(before, now)) this.#snapshot = now
    news?.()
    if (this.#snapshot !== before) this.#changes.emit()
  }

  #makeSnapshot(): SessionSnapshot {
    const { view, messages, older } = this.#replica
    const { status } = this.#host
    const error = this.#subscription.error ?? (status.state === 'closed' ? status.error : undefined)
    const known = view ? (this.#subscription.isOn ? 'live' : 'stale') : 'loading'
    return {
      view: view ?? this.#initial.view,
      messages: view ? messages : this.#initial.messages,
      hasOlder: view !== undefined && older.hasMore(view),
      status: error ? 'failed' : known,
      ...(error && { error }),
      pending: this.#pending.size > 0 ? this.#pending.all : this.#initial.pending,
    }
  }
}

function same(a: SessionSnapshot, b: SessionSnapshot): boolean {
  return (
    a.view === b.view &&
    a.messages === b.messages &&
    a.hasOlder === b.hasOlder &&
    a.status === b.status &&
    a.error === b.error &&
    a.pending === b.pending
  )
}
