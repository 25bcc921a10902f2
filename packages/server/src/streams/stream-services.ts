import type { HeadraceError, SessionKey, Store } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Meter } from '../hub-types.ts'
import type { Outgoing } from '../outgoing/outgoing.ts'
import type { SystemLog } from '../system-log.ts'
import { readStreamKey } from './stream-key.ts'
import { Streams } from './streams.ts'
import { Subscriptions } from './subscriptions.ts'
import { createWebhookKey, type WebhookKey } from './webhook-keys.ts'

export interface StreamServicesOptions {
  readonly store: Store
  readonly clock: Clock
  readonly meter: Pick<Meter, 'appended'>
  readonly log: SystemLog
  readonly outgoing: Outgoing
  /** The address of a subscription's callback. */
  readonly callbackUrl: (base: string, name: string) => string
  readonly onError: (error: HeadraceError) => void
}

/** Streams and their subscriptions, as doors use them. */
export interface StreamServices {
  readonly plain: Streams
  readonly subscriptions: Subscriptions
  readonly webhookKey: () => Promise<WebhookKey>
  /** What the store says is due, and is theirs. */
  due(key: SessionKey): Promise<void>
  /** Finishes what was accepted. Idempotent. */
  close(): Promise<void>
}

export function createStreamServices(options: StreamServicesOptions): StreamServices {
  const plain = new Streams(options)
  const webhookKey = createWebhookKey(options.log)
  const subscriptions = new Subscriptions({ ...options, streams: plain, webhookKey })
  subscriptions.start()
  return {
    plain,
    subscriptions,
    webhookKey,
    async due(key) {
      const found = readStreamKey(key)
      if (found) await (found.kind === 'ds' ? plain : subscriptions).due(found.tenant, found.name)
    },
    async close() {
      await subscriptions.shutDown()
      await plain.shutDown()
    },
  }
}
