import { FactoryError } from '../errors.ts'
import type { Notifier } from './notifier.ts'

export interface WebhookNotifierOptions {
  /** Where each notice is sent to, as JSON. */
  readonly url: string
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch
}

const timeoutMs = 10_000

/** Tells an address: one POST for each notice, no redirect is followed. */
export function webhookNotifier({ url, fetch = globalThis.fetch }: WebhookNotifierOptions): Notifier {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new FactoryError('bad_option', `"${url}" is no http or https address.`)
  return {
    name: 'webhook',
    async notify(notice) {
      const signal = AbortSignal.timeout(timeoutMs)
      const headers = { 'Content-Type': 'application/json', 'User-Agent': 'headrace' }
      const body = JSON.stringify(notice)
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal })
      if (!response.ok) throw new FactoryError('command_failed', `${new URL(url).host} answered ${response.status}.`)
    },
  }
}
