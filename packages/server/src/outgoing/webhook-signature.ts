import { createHash, createHmac, randomBytes } from 'node:crypto'
import { HeadraceError } from '@headrace/core'

/** What is signed. */
export interface WebhookMessage {
  /** The same for every attempt to deliver it, so that the receiver can tell a repeat. No dots and no spaces. */
  readonly id: string
  /** When this attempt is made, milliseconds since 1970. Receivers refuse what is minutes old. */
  readonly at: number
  /** The body, byte for byte as it is sent. */
  readonly body: string
}

const prefix = 'whsec_'
const minSecretBytes = 24
const maxSecretBytes = 64

/** A new secret for signing webhooks: `whsec_` and 32 random bytes in base64. */
export function createWebhookSecret(): string {
  return `${prefix}${randomBytes(32).toString('base64')}`
}

/**
 * The headers that sign a webhook as Standard Webhooks says (HMAC-SHA256, version `v1`), which libraries for most
 * languages verify.
 *
 * @param secrets - one, or during a change the new and the old one: the receiver takes either
 * @throws HeadraceError `bad_request` when a secret or the id has the wrong form; no text repeats a secret
 *
 * @example
 * ```ts
 * const headers = signWebhook([secret], { id: 'msg-1', at: Date.now(), body: '{"hello":"world"}' })
 * ```
 */
export function signWebhook(
  secrets: readonly string[],
  { id, at, body }: WebhookMessage,
): Readonly<Record<string, string>> {
  if (!/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id))
    throw new HeadraceError(
      'bad_request',
      'The id of a webhook has 1 to 256 printable characters, no dot and no space.',
    )
  if (secrets.length === 0) throw new HeadraceError('bad_request', 'A webhook needs a secret to be signed with.')
  const timestamp = String(Math.floor(at / 1_000))
  const signatures = secrets.map((secret) => {
    const hmac = createHmac('sha256', readSecret(secret)).update(`${id}.${timestamp}.${body}`)
    return `v1,${hmac.digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

/**
 * The id of a webhook about something: the same for each attempt to deliver it, and another one for everything else, because
 * receivers leave out what they had before.
 */
export function webhookId(...about: readonly (string | number)[]): string {
  return `msg_${createHash('sha256').update(JSON.stringify(about)).digest('base64url')}`
}

/**
 * Checks secrets before anything is to be signed with them.
 *
 * @throws HeadraceError `bad_request`; the text does not repeat them
 */
export function checkWebhookSecrets(secrets: readonly string[]): void {
  signWebhook(secrets, { id: 'check', at: 0, body: '' })
}

/**
 * The bytes of a secret.
 *
 * @throws HeadraceError `bad_request`; the text does not repeat it
 */
function readSecret(secret: string): Buffer {
  const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : ''
  const bytes = Buffer.from(text, 'base64')
  const isWhole = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  if (isWhole && bytes.length >= minSecretBytes && bytes.length <= maxSecretBytes) return bytes
  throw new HeadraceError(
    'bad_request',
    `A webhook secret is ${prefix} and ${minSecretBytes} to ${maxSecretBytes} bytes in base64. Make one with createWebhookSecret().`,
  )
}
