import type { HeadraceOptions } from '@headrace/server'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { readSecrets } from './webhook-secrets.ts'

export interface OutboundOptions {
  /** Each `name=url`. */
  readonly callAgent?: readonly string[]
  readonly noticeWebhook?: readonly string[]
  readonly webhookSecretFile?: string
  readonly pushContact?: string
  readonly allowPrivateHost?: readonly string[]
}

type Outbound = Pick<HeadraceOptions, 'agents' | 'notify' | 'outgoing'>

/**
 * What the server calls by itself: agents, the application, push services.
 *
 * @throws Problem when an option has the wrong form, or a webhook has no secret to be signed with
 */
export function outbound(options: OutboundOptions): Outbound {
  const { callAgent = [], noticeWebhook = [], pushContact, allowPrivateHost } = options
  const secrets =
    callAgent.length + noticeWebhook.length > 0 ? readSecrets(options.webhookSecretFile, '--webhook-secret-file') : []
  const agents = callAgent.map((text) => ({ ...splitAgent(text), secrets }))
  const webhooks = noticeWebhook.map((url) => ({ url: checkUrl(url, '--notice-webhook'), secrets }))
  const push = pushContact === undefined ? undefined : { contact: checkContact(pushContact) }
  return {
    ...(agents.length > 0 && { agents }),
    ...((webhooks.length > 0 || push) && { notify: { webhooks, ...(push && { push }) } }),
    ...(allowPrivateHost && { outgoing: { allowPrivate: allowPrivateHost } }),
  }
}

function splitAgent(text: string): { readonly agent: string; readonly url: string } {
  const at = text.indexOf('=')
  const agent = text.slice(0, Math.max(0, at))
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(agent)) {
    throw new Problem(
      exitCode.usage,
      `--call-agent must be name=url, such as support=https://example.com/hook, not "${text}".`,
    )
  }
  return { agent, url: checkUrl(text.slice(at + 1), '--call-agent') }
}

function checkUrl(url: string, name: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new Problem(exitCode.usage, `${name} needs an address that begins with https://, not "${url}".`)
}

function checkContact(contact: string): string {
  if (/^(?:mailto:.+@.+|https:\/\/.+)$/.test(contact)) return contact
  throw new Problem(exitCode.usage, `--push-contact must be a mailto: or https: address, not "${contact}".`)
}
