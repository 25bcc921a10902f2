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
  type Json,
  type Request,
  type ResetReason,
  type SessionEvent,
  type SessionId,
  type SessionView,
} from '@headrace/core'
import { Listeners } from '../listeners.ts'
import { ClientTools, type ClientTool } from './client-tools.ts'
import { PendingCommands } from './pending-commands.ts'
import { ReadMarker } from './read-marker.ts'
import { Replica } from './replica.ts'
import { SessionCommands } from './session-commands.ts'
import { Subscription } from './subscription.ts'
import { hasNews } from './unread.ts'
import type { Accepted, Submission } from '../outbox.ts'
import type { SessionHost } from './session-host.ts'
import type { EphemeralSignal, PendingCommand, Session, SessionOptions, SessionSnapshot } from './session.ts'

type FrameOf<T extends Down['type']> = Extract<Down, { readonly type: T }>
type SnapshotFrame = FrameOf<'snapshot'>

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
  readonly #snapshots: Listeners<SnapshotFrame>
  readonly #ephemerals: Listeners<EphemeralSignal>
  readonly #marker: ReadMarker
  readonly #tools: ClientTools
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
    this.#ephemerals = new Listeners(host.onError)
    this.#marker = new ReadMarker({
      clock: host.clock,
      submit: (seq) => host.submit(id, { type: 'read', seq }).answer,
      onError: host.onError,
    })
    this.#tools = new ClientTools({
      device: host.device,
      actor: () => host.actor,
      snapshot: this.getSnapshot,
      claim: (request) => this.claimRequest(request),
      answer: (request, answer) => this.answer(request, answer),
      onError: host.onError,
    })
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

  until(
    holds: (snapshot: SessionSnapshot) => boolean,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<SessionSnapshot> {
    const { promise, resolve, reject } = Promise.withResolvers<SessionSnapshot>()
    const look = (): void => {
      try {
        const { status } = this.#host
        if (signal?.aborted) throw signal.reason as Error // whatever the caller has given
        if (holds(this.#snapshot)) resolve(this.#snapshot)
        else if (status.state === 'closed')
          throw status.error ?? new HeadraceError('closed', `The client was closed before ${this.id} was so.`)
      } catch (thrown) {
        reject(thrown)
      }
    }
    const stop = this.subscribe(look)
    const stopClosed = this.#host.onStatus(look)
    signal?.addEventListener('abort', look)
    look()
    return promise.finally(() => {
      stop()
      stopClosed()
      signal?.removeEventListener('abort', look)
    })
  }

  onEvent(listener: (event: SessionEvent) => void): () => void {
    return this.#listen(this.#events, listener)
  }

  onSnapshot(listener: (view: SessionView, reset?: ResetReason) => void): () => void {
    return this.#listen(this.#snapshots, ({ view, reset }) => listener(view, reset))
  }

  onEphemeral(listener: (signal: EphemeralSignal) => void): () => void {
    return this.#listen(this.#ephemerals, listener)
  }

  ephemeral(name: string, value?: Json): void {
    const { device } = this.#host
    this.#host.send({ type: 'ephemeral', session: this.id, name, device, ...(value !== undefined && { value }) })
  }

  markRead(seq?: number): void {
    const { view } = this.#snapshot
    if (seq !== undefined) this.#marker.mark(seq)
    else if (hasNews(view, this.#host.actor)) this.#marker.mark(view.seq)
  }

  clientTools(tools: Readonly<Record<string, ClientTool>>): () => void {
    const stopLooking = this.#listen(this.#changes, () => this.#tools.look())
    const stopOffer = this.#tools.offer(tools)
    return () => {
      stopOffer()
      stopLooking()
    }
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
    const listeners = this.#changes.size + this.#events.size + this.#snapshots.size + this.#ephemerals.size
    if (listeners > 0 || !this.#followed || this.#host.status.state === 'closed') return
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
    if (closed) {
      this.#cancelLinger()
      this.#marker.close()
    }
    this.#subscription.lost()
  }

  frame(frame: FrameOf<'snapshot' | 'subscribed' | 'events' | 'ephemeral' | 'unsubscribed'>): void {
    // Sent before the server knew that nobody listens any more. Who listens again goes on from here without a gap.
    if (!this.#followed && (frame.type !== 'events' || this.#replica.cursor === undefined)) return
    switch (frame.type) {
      case 'snapshot':
        return this.#receiveSnapshot(frame)
      case 'subscribed':
        this.#subscription.aim(frame.seq)
        return this.#changed()
      case 'events':
        return this.#receiveEvents(frame.events)
      case 'ephemeral': {
        const { type: _, session: __, ...signal } = frame
        return this.#ephemerals.emit(signal)
      }
      case 'unsubscribed':
        return frame.error && this.#subscription.refused(HeadraceError.fromWire(frame.error))
      default:
        return frame satisfies never
    }
  }

  #receiveSnapshot(frame: SnapshotFrame): void {
    if (!this.#subscription.snapshot(frame.view)) return
    this.#pending.seen(frame.view.seq)
    this.#changed(() => this.#snapshots.emit(frame))
  }

  #receiveEvents(received: readonly (SessionEvent | HiddenEvent)[]): void {
    const { events, isNew } = this.#subscription.events(received)
    if (!isNew) return
    const { actor } = this.#host
    if (this.#pending.size > 0) for (const event of events) this.#pending.applied(event, actor)
    this.#pending.seen(this.#replica.cursor)
    this.#changed(() => events.forEach((event) => this.#events.emit(event)))
  }

  protected get device(): string {
    return this.#host.device
  }

  protected shown(request: string): Request | undefined {
    return this.#snapshot.view.requests.find((candidate) => candidate.id === request)
  }

  protected async submit(body: CommandBody, id?: string): Promise<Accepted> {
    const submission = this.#host.submit(this.id, body, id)
    return this.settle(submission, { id: submission.id, body, at: this.#host.clock.now() })
  }

  /** Shows a command until it is answered, and its answer can be seen. */
  async settle({ id, answer }: Submission, command: PendingCommand): Promise<Accepted> {
    this.#pending.add(command)
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
    const known = view ? (this.#subscription.isCurrent ? 'live' : 'stale') : 'loading'
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
