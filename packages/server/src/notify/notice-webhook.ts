import { HeadraceError } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Outgoing } from '../outgoing/outgoing.ts'
import { signWebhook, webhookId } from '../outgoing/webhook-signature.ts'
import type { NoticeChannel } from './notifier.ts'

/** An address of the application that is told what people who are away should know. */
export interface NoticeWebhook {
  readonly url: string
  /** `whsec_…`; several while one is being changed. */
  readonly secrets: readonly string[]
  /** Only notices of this tenant. Default: of all. */
  readonly tenant?: string
}

export interface NoticeWebhookOptions {
  readonly webhook: NoticeWebhook
  readonly outgoing: Outgoing
  readonly clock: Clock
}

/** Standard Webhooks: the application sends the mail, or whatever it does. */
export function createNoticeWebhook({ webhook, outgoing, clock }: NoticeWebhookOptions): NoticeChannel {
  return {
    async tell({ tenant, session, notice, title }) {
      if (webhook.tenant !== undefined && webhook.tenant !== tenant) return 'none'
      const { id, kind, to, ref, at } = notice
      const body = JSON.stringify({
        type: `notice.${kind}`,
        timestamp: new Date(at).toISOString(),
        data: { tenant, session, to, ref, title },
      })
      // The same for every try, so that the receiver can tell a repeat.
      const message = { id: webhookId('notice', tenant, session, id, at), at: clock.now(), body }
      const headers = { 'Content-Type': 'application/json', ...signWebhook(webhook.secrets, message) }
      const result = await outgoing.post(webhook.url, body, headers)
      if (result.outcome === 'answered' && result.status >= 200 && result.status < 300) return 'sent'
      throw new HeadraceError('internal', 'The webhook did not take the notice.')
    },
  }
}
