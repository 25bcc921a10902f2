/**
 * Where people are reached: their browsers' push subscriptions, kept in a system session for each person, so that they are
 * as durable as sessions and known to every server.
 */
import { createHash, randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  HeadraceError,
  array,
  object,
  optional,
  string,
  type Actor,
  type Grant,
  type Schema,
  type SessionKey,
} from '@headrace/core'
import type { SystemEntry, SystemLog } from '../system-log.ts'
import { systemKey } from '../system-session.ts'

/** What `PushManager.subscribe()` gives, as JSON. */
export interface PushSubscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
  /** What the person calls the device. */
  readonly label?: string
}

/** A device, and the sessions that it may be told of: those that the tokens it came with may read. */
export interface Device extends PushSubscription {
  /** Patterns of their ids, as capabilities have them. */
  readonly sessions: readonly string[]
}

const base64url = (chars: number, called: string): Schema<string> =>
  string({ pattern: new RegExp(`^[A-Za-z0-9_-]{${chars}}=?$`), called })

const fields = {
  endpoint: string({ min: 1, max: 2_048 }),
  keys: object({
    p256dh: base64url(87, 'the p256dh key of a push subscription'),
    auth: base64url(22, 'the auth secret of a push subscription'),
  }),
  label: optional(string({ max: 128 })),
}

export const pushSubscription: Schema<PushSubscription> = object(fields)

/** Most patterns of one device; those of a token are no more. */
const maxPatterns = 256
const stored = object({ ...fields, sessions: optional(array(string({ max: 512 }), { max: maxPatterns })) })

const removed = object({ endpoint: string({ min: 1, max: 2_048 }) })

/** Most devices of one person. */
const maxSubscriptions = 20

export interface PushSubscriptions {
  /** The newest last. */
  list(tenant: string, actor: Actor): Promise<readonly Device[]>
  /**
   * Adds a device of whoever a grant is for. It may be told of the sessions that the grant may read, beside those of
   * earlier grants.
   *
   * @throws HeadraceError `limit_exceeded`
   */
  add(grant: Grant, subscription: PushSubscription): Promise<void>
  remove(tenant: string, actor: Actor, endpoint: string): Promise<void>
}

export function createPushSubscriptions(log: SystemLog): PushSubscriptions {
  const list = async (tenant: string, actor: Actor): Promise<readonly Device[]> => {
    const known = new Map<string, Device>()
    const { entries } = await log.read(keyOf(tenant, actor))
    for (const { name, value } of entries) {
      if (name === 'subscribed') {
        // One of an earlier day does not say which.
        const { sessions = ['**'], ...subscription } = stored.parse(value)
        known.delete(subscription.endpoint)
        known.set(subscription.endpoint, { ...subscription, sessions })
      } else if (name === 'unsubscribed') known.delete(removed.parse(value).endpoint)
    }
    return [...known.values()]
  }
  // Under an id of its own: whoever subscribes again with what they had before would be taken for a retry of that.
  const write = (tenant: string, actor: Actor, entry: SystemEntry): Promise<void> =>
    log.append(keyOf(tenant, actor), randomUUID(), entry)
  return {
    list,
    async add({ tenant, actor, capabilities }, subscription) {
      const before = await list(tenant, actor)
      const same = before.find(({ endpoint }) => endpoint === subscription.endpoint)
      if (!same && before.length >= maxSubscriptions) {
        const text = `pushSubscriptions is limited to ${maxSubscriptions} for one person. Remove one first.`
        throw new HeadraceError('limit_exceeded', text, {
          detail: { limit: 'pushSubscriptions', allowed: maxSubscriptions, actual: before.length + 1 },
        })
      }
      const { endpoint, keys, label } = subscription
      const readable = capabilities.flatMap(({ sessions, verbs }) => (verbs.includes('read') ? [sessions] : []))
      const sessions = [...new Set([...(same?.sessions ?? []), ...readable])].slice(-maxPatterns)
      const value = { endpoint, keys: { ...keys }, ...(label !== undefined && { label }), sessions }
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
