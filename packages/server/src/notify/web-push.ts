import { HeadraceError, matches, type Actor } from '@headrace/core'
import type { Outgoing } from '../outgoing/outgoing.ts'
import type { NoticeChannel, NoticeToTell } from './notifier.ts'
import type { PushSubscription, PushSubscriptions } from './subscriptions.ts'
import type { VapidKeys } from './vapid.ts'

export interface WebPushOptions {
  readonly subscriptions: PushSubscriptions
  readonly vapid: () => Promise<VapidKeys>
  readonly outgoing: Outgoing
  /** Whom a push service may write to about this server: a `mailto:` or `https:` address. */
  readonly contact: string
}

/** How long a push service keeps a message for a device that is off, in seconds. */
const ttlSeconds = 86_400

/**
 * Web Push: to one device of the person, the one that subscribed last; to the next one where that is gone. The message is
 * encrypted for the device, so the push service learns nothing of it.
 */
export function createWebPush({ subscriptions, vapid, outgoing, contact }: WebPushOptions): NoticeChannel {
  const push = async (subscription: PushSubscription, payload: string): Promise<'sent' | 'gone'> => {
    const keys = await vapid()
    const { default: webPush } = await import('web-push')
    const { endpoint, headers, body } = webPush.generateRequestDetails(subscription, payload, {
      vapidDetails: { subject: contact, ...keys },
      TTL: ttlSeconds,
      contentEncoding: 'aes128gcm',
    })
    const given = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length')
    const result = await outgoing.post(endpoint, body ?? '', Object.fromEntries(given))
    if (result.outcome === 'answered' && result.status >= 200 && result.status < 300) return 'sent'
    if (
      result.outcome === 'refused' ||
      (result.outcome === 'answered' && (result.status === 404 || result.status === 410))
    )
      return 'gone'
    throw new HeadraceError('internal', 'The push service did not take the message.')
  }

  return {
    async tell({ tenant, session, notice, title }: NoticeToTell) {
      const known = (await subscriptions.list(tenant, notice.to)).filter((device) =>
        device.sessions.some((pattern) => matches(pattern, session)),
      )
      // A device shows one message for each tag, the newest.
      const tag = `${session} ${notice.id}`
      const payload = JSON.stringify({ kind: notice.kind, session, ref: notice.ref, title, tag })
      for (const subscription of known.toReversed()) {
        if ((await push(subscription, payload)) === 'sent') return 'sent'
        await forget(tenant, notice.to, subscription)
      }
      return 'none'
    },
  }

  async function forget(tenant: string, actor: Actor, { endpoint }: PushSubscription): Promise<void> {
    await subscriptions.remove(tenant, actor, endpoint)
  }
}
