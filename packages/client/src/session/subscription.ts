/**
 * One session on a connection that comes and goes.
 *
 *   off ──connection──▶ on ──connection lost, refused for now──▶ off
 *                       on ──gap──▶ on, asked again from the cursor; after resyncMs without progress the connection is
 *                                   dropped
 *                       on ──refused──▶ failed, until the next connection or a reason to try again; a session that does
 *                                       not exist is asked for now and then, because somebody may make it
 *
 * Resuming is always the same: subscribe after the cursor.
 */
import { HeadraceError, type HiddenEvent, type SessionEvent, type SessionId, type SessionView } from '@headrace/core'
import type { Backoff } from '../net/backoff.ts'
import type { Applied, Replica } from './replica.ts'
import type { SessionHost } from './session-host.ts'

const resyncMs = 10_000

export interface SubscriptionOptions {
  readonly id: SessionId
  readonly host: SessionHost
  readonly replica: Replica
  /** It is on or off now, or failed. */
  readonly onChange: () => void
}

export class Subscription {
  readonly #options: SubscriptionOptions
  readonly #backoff: Backoff
  #present = false
  #on = false
  /** Nothing has come on this connection yet, so a snapshot of an earlier seq is not late but the server's whole log. */
  #mayGoBack = false
  /** The seq from which on nothing is missing; `undefined` until the server has said it. */
  #aim: number | undefined
  #resyncing = false
  #error: HeadraceError | undefined
  #cancelRetry: () => void = () => undefined
  #cancelResync: () => void = () => undefined

  constructor(options: SubscriptionOptions) {
    this.#options = options
    this.#backoff = options.host.backoff()
  }

  /** A subscribe went out on the current connection, and was not refused. */
  get isOn(): boolean {
    return this.#on
  }

  /** It is on, and all that there was when it went on has come. */
  get isCurrent(): boolean {
    const { cursor } = this.#options.replica
    return this.#on && this.#aim !== undefined && cursor !== undefined && cursor >= this.#aim
  }

  /** Why the server refuses. */
  get error(): HeadraceError | undefined {
    return this.#error
  }

  /** Shows this device as present from now on. */
  show(): void {
    if (this.#present) return
    this.#present = true
    if (this.#on) this.#ask()
  }

  /** Begins, or begins again on a new connection. */
  start(): void {
    this.#error = undefined
    this.#mayGoBack = true
    this.#ask()
  }

  /** Nobody wants it any more. */
  stop(): void {
    if (this.#on) this.#options.host.send({ type: 'unsubscribe', session: this.#options.id })
    this.#error = undefined
    this.lost()
  }

  /** The server's log is at this seq, and events up to there are on their way. */
  aim(seq: number): void {
    this.#aim = seq
  }

  /** The connection is gone. */
  lost(): void {
    this.#on = false
    this.#cancelRetry()
    this.#resynced()
    this.#options.onChange()
  }

  /** @returns whether it says something new */
  snapshot(view: SessionView): boolean {
    const { replica } = this.#options
    this.#aim = view.seq
    if (!this.#mayGoBack && replica.cursor !== undefined && view.seq <= replica.cursor) return false
    replica.replace(view)
    this.#progressed()
    return true
  }

  /** @returns what is new of them */
  events(events: readonly (SessionEvent | HiddenEvent)[]): Applied {
    const applied = this.#options.replica.apply(events)
    if (applied.isNew) this.#progressed()
    if (applied.gap !== undefined) this.#resync(applied.gap)
    return applied
  }

  /** The server ended it. */
  refused(error: HeadraceError): void {
    if (error.retry === 'later' || error.retry === 'reconnect') {
      this.lost()
      this.#askLater()
    } else {
      this.#error = error
      this.lost()
      if (error.code === 'session_not_found') this.#askLater()
    }
  }

  #askLater(): void {
    this.#cancelRetry = this.#options.host.clock.after(this.#backoff.next(), () => this.#ask())
  }

  #ask(): void {
    const { id, host, replica, onChange } = this.#options
    const after = replica.cursor
    this.#aim = undefined
    this.#cancelRetry()
    this.#on = host.send({
      type: 'subscribe',
      session: id,
      ...(after !== undefined && { after }),
      ...(this.#present && { device: host.device, ...(host.label !== undefined && { label: host.label }) }),
    })
    onChange()
  }

  /** Something new came. */
  #progressed(): void {
    this.#mayGoBack = false
    this.#error = undefined
    this.#backoff.reset()
    this.#resynced()
  }

  #resynced(): void {
    this.#resyncing = false
    this.#cancelResync()
  }

  #resync(got: number): void {
    const { id, host, replica } = this.#options
    // Before the snapshot, which is on its way, only what was sent to an earlier subscription comes.
    if (this.#resyncing || !this.#on || replica.cursor === undefined) return
    this.#resyncing = true
    const text = `Session ${id}: event ${got} came after ${replica.cursor}, so what is between is asked for again.`
    const error = new HeadraceError('internal', text)
    host.onError(error)
    this.#cancelResync = host.clock.after(resyncMs, () => host.drop(error))
    this.#ask()
  }
}
