/**
 * The sessions that one connection follows, each by a cursor into its log, and what is shown for a moment meanwhile.
 *
 *   asked ──▶ attached ──▶ ended        a session that can't be read, or may not be, ends its own subscription only
 *                ▲  └──overtaken by a compaction──┐
 *                └────────── snapshot ────────────┘
 */
import {
  HeadraceError,
  allows,
  sessionKey,
  splitKey,
  type Grant,
  type ResetReason,
  type SessionId,
  type SessionKey,
  type SessionView,
  type Up,
} from '@headrace/core'
import type { Clock } from '../clock.ts'
import { floorOf } from '../history/below-floor.ts'
import type { FollowOptions, Follower, ShownEphemeral } from '../hub-types.ts'
import { Rate } from '../rate.ts'
import type { SocketHub } from '../socket-hub.ts'
import { tooFast } from '../too-fast.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { forbidden } from './forbidden.ts'
import type { Outlet } from './outlet.ts'

export interface SubscriptionsOptions {
  readonly hub: SocketHub
  readonly outlet: Outlet
  readonly clock: Clock
  readonly limits: Pick<ConnectionLimits, 'maxSubscriptions'>
}

interface Subscription {
  readonly grant: Grant
  follower: Follower | undefined
  onEphemeral: FollowOptions['onEphemeral']
  leave: (() => void) | undefined
  ended: boolean
}

type Frame<T extends Up['type']> = Extract<Up, { readonly type: T }>

/** Most characters of what is shown for a moment. */
const maxEphemeralChars = 4_096
const ephemeralsPerSecond = 30

export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #subscriptions = new Map<SessionId, Subscription>()
  readonly #ephemerals: Rate
  #closed = false

  constructor(options: SubscriptionsOptions) {
    this.#options = options
    const { clock } = options
    this.#ephemerals = new Rate({ clock, perSecond: ephemeralsPerSecond, burst: 2 * ephemeralsPerSecond })
  }

  /** Follows a session; rejects only with a defect. A refusal ends the subscription and says why. */
  async subscribe(frame: Frame<'subscribe'>, grant: Grant): Promise<void> {
    const { session } = frame
    const { limits } = this.#options
    if (this.#subscriptions.has(session)) this.unsubscribe(session)
    const subscription: Subscription = {
      grant,
      follower: undefined,
      onEphemeral: undefined,
      leave: undefined,
      ended: false,
    }
    try {
      if (!allows(grant, session, 'read')) throw forbidden('read', session)
      if (this.#subscriptions.size >= limits.maxSubscriptions) {
        const text = `A connection may follow ${limits.maxSubscriptions} sessions. Unsubscribe from one or open another connection.`
        throw new HeadraceError('limit_exceeded', text, {
          detail: { limit: 'maxSubscriptions', allowed: limits.maxSubscriptions },
        })
      }
      this.#subscriptions.set(session, subscription)
      const key = sessionKey(grant.tenant, session)
      await this.#attach(subscription, key, grant, frame.after)
      if (subscription.ended || this.#closed) return
      if (frame.device !== undefined) await this.#appear(subscription, key, grant, frame.device, frame.label)
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      if (error.code === 'internal') throw error
      if (!subscription.ended) this.#drop(session, error)
    }
  }

  /** Follows the log after a seq, or begins with a snapshot. */
  async #attach(subscription: Subscription, key: SessionKey, grant: Grant, from: number | undefined): Promise<void> {
    const { hub } = this.#options
    const { session } = splitKey(key)
    const view = await hub.view(key, grant)
    const reset = from === undefined ? undefined : resetOf(from, view)
    const after = reset === undefined ? from : undefined
    // It may be woken before this line has its result; it is woken again below.
    const wake = (): void => {
      if (subscription.follower) this.#options.outlet.wake(subscription.follower)
    }
    const onEphemeral = (shown: ShownEphemeral): void =>
      this.#options.outlet.offer({ type: 'ephemeral', session, ...shown })
    const follower = await hub.follow(key, grant, { after: after ?? view.seq, wake, onEphemeral })
    if (subscription.ended || this.#closed) return follower.close()
    subscription.follower = follower
    subscription.onEphemeral = onEphemeral
    if (after === undefined)
      this.#options.outlet.send({ type: 'snapshot', session, seq: view.seq, view, ...(reset && { reset }) })
    else this.#options.outlet.send({ type: 'subscribed', session, seq: view.seq })
    this.#options.outlet.wake(follower)
  }

  /** A reader so slow that a compaction overtook it begins again with a snapshot. */
  #reset(session: SessionId, subscription: Subscription): void {
    const { follower, grant } = subscription
    if (!follower) return
    const { cursor } = follower
    this.#options.outlet.forget(follower)
    follower.close()
    subscription.follower = undefined
    this.#attach(subscription, sessionKey(grant.tenant, session), grant, cursor).catch((thrown: unknown) => {
      if (!subscription.ended) this.#drop(session, HeadraceError.from(thrown))
    })
  }

  async #appear(
    subscription: Subscription,
    key: SessionKey,
    grant: Grant,
    device: string,
    label: string | undefined,
  ): Promise<void> {
    const leave = await this.#options.hub.presences.join(key, grant, device, label)
    if (subscription.ended || this.#closed) leave()
    else subscription.leave = leave
  }

  unsubscribe(session: SessionId): void {
    const subscription = this.#subscriptions.get(session)
    if (!subscription) return
    this.#subscriptions.delete(session)
    subscription.ended = true
    subscription.leave?.()
    if (!subscription.follower) return
    this.#options.outlet.forget(subscription.follower)
    subscription.follower.close()
  }

  /** P3: for whoever follows the session now. It is not stored, so it is worth no answer but a refusal. */
  show({ session, name, value, device }: Frame<'ephemeral'>, grant: Grant): void {
    const { hub } = this.#options
    const chars = value === undefined ? 0 : JSON.stringify(value).length
    if (!allows(grant, session, 'post')) return this.#complain(forbidden('post', session))
    if (chars > maxEphemeralChars) {
      const text = `An ephemeral value may have ${maxEphemeralChars} characters as JSON, not ${chars}.`
      return this.#complain(new HeadraceError('limit_exceeded', text, { detail: { limit: 'ephemeralChars' } }))
    }
    const waitMs = this.#ephemerals.take()
    if (waitMs > 0) {
      const limit = { limit: 'ephemeralsPerSecond', allowed: ephemeralsPerSecond, what: 'ephemeral signals' }
      return this.#complain(tooFast({ ...limit, waitMs }))
    }
    const shown = {
      actor: grant.actor,
      name,
      ...(value !== undefined && { value }),
      ...(device !== undefined && { device }),
    }
    hub.show(sessionKey(grant.tenant, session), shown, this.#subscriptions.get(session)?.onEphemeral)
  }

  /** Ends a subscription from this side and says why. */
  #drop(session: SessionId, error: HeadraceError): void {
    this.unsubscribe(session)
    this.#options.outlet.send({ type: 'unsubscribed', session, error: error.toWire() })
  }

  /** What a subscription follows can't be read on: that one ends or begins again, the others stay. */
  broken(follower: Follower, error: HeadraceError): void {
    for (const [session, subscription] of this.#subscriptions) {
      if (subscription.follower !== follower) continue
      if (error.code === 'compacted') this.#reset(session, subscription)
      else this.#drop(session, error)
    }
  }

  /** Another token counts: what it does not allow to read ends. */
  keep(grant: Grant): void {
    for (const session of this.#subscriptions.keys()) {
      if (!allows(grant, session, 'read')) this.#drop(session, forbidden('read', session))
    }
  }

  #complain(error: HeadraceError): void {
    this.#options.outlet.send({ type: 'error', error: error.toWire() })
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true
    for (const session of this.#subscriptions.keys()) this.unsubscribe(session)
  }
}

/** Why a reader that has the events up to a seq must begin again. */
function resetOf(after: number, view: SessionView): ResetReason | undefined {
  // One that is ahead of the log followed another one under this id.
  if (after > view.seq) return 'unknown'
  return after < floorOf(view) ? 'compacted' : undefined
}
