/**
 * Where people are reached: their browsers' push subscriptions, kept in a system session for each person, so that they are
 * as durable as sessions and known to every server.
 */
import { createHash, randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { HeadraceError, object, optional, string, type Actor, type Schema, type SessionKey } from '@headrace/core'
import type { SystemEntry, SystemLog } from '../system-log.ts'
import { systemKey } from '../system-session.ts'

/** What `PushManager.subscribe()` gives, as JSON. */
export interface PushSubscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
  /** What the person calls the device. */
  readonly label?: string
}

const base64url = (chars: number, called: string): Schema<string> =>
  string({ pattern: new RegExp(`^[A-Za-z0-9_-]{${chars}}=?$`), called })

export const pushSubscription: Schema<PushSubscription> = object({
  endpoint: string({ min: 1, max: 2_048 }),
  keys: object({
    p256dh: base64url(87, 'the p256dh key of a push subscription'),
    auth: base64url(22, 'the auth secret of a push subscription'),
  }),
  label: optional(string({ max: 128 })),
})

const removed = object({ endpoint: string({ min: 1, max: 2_048 }) })

/** Most devices of one person. */
const maxSubscriptions = 20

export interface PushSubscriptions {
  /** The newest last. */
  list(tenant: string, actor: Actor): Promise<readonly PushSubscription[]>
  /** @throws HeadraceError `limit_exceeded` */
  add(tenant: string, actor: Actor, subscription: PushSubscription): Promise<void>
  remove(tenant: string, actor: Actor, endpoint: string): Promise<void>
}

export function createPushSubscriptions(log: SystemLog): PushSubscriptions {
  const list = async (tenant: string, actor: Actor): Promise<readonly PushSubscription[]> => {
    const known = new Map<string, PushSubscription>()
    const { entries } = await log.read(keyOf(tenant, actor))
    for (const { name, value } of entries) {
      if (name === 'subscribed') {
        const subscription = pushSubscription.parse(value)
        known.delete(subscription.endpoint)
        known.set(subscription.endpoint, subscription)
      } else if (name === 'unsubscribed') known.delete(removed.parse(value).endpoint)
    }
    return [...known.values()]
  }
  // Under an id of its own: whoever subscribes again with what they had before would be taken for a retry of that.
  const write = (tenant: string, actor: Actor, entry: SystemEntry): Promise<void> =>
    log.append(keyOf(tenant, actor), randomUUID(), entry)
  return {
    list,
    async add(tenant, actor, subscription) {
      const before = await list(tenant, actor)
      const isKnown = before.some(({ endpoint }) => endpoint === subscription.endpoint)
      if (!isKnown && before.length >= maxSubscriptions) {
        const text = `pushSubscriptions is limited to ${maxSubscriptions} for one person. Remove one first.`
        throw new HeadraceError('limit_exceeded', text, {
          detail: { limit: 'pushSubscriptions', allowed: maxSubscriptions, actual: before.length + 1 },
        })
      }
      const { endpoint, keys, label } = subscription
      const value = { endpoint, keys: { ...keys }, ...(label !== undefined && { label }) }
      // Pages say it each time they are opened.
      if (isDeepStrictEqual(before.at(-1), value)) return
      await write(tenant, actor, { name: 'subscribed', value })
    },
    async remove(tenant, actor, endpoint) {
      const before = await list(tenant, actor)
      if (!before.some((subscription) => subscription.endpoint === endpoint)) return
      await write(tenant, actor, { name: 'unsubscribed', value: { endpoint } })
    },
  }
}

/** An actor's id has characters that a session id has not. */
function keyOf(tenant: string, actor: Actor): SessionKey {
  return systemKey(tenant, `push.${createHash('sha256').update(actor).digest('hex')}`)
}
