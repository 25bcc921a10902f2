import { createPrivateKey, generateKeyPairSync, hash, sign, type KeyObject } from 'node:crypto'
import { object, string, type Schema } from '@headrace/core'
import type { SystemLog } from '../system-log.ts'
import { systemKey } from '../system-session.ts'

/** A public key as a JSON Web Key (RFC 8037). */
export interface WebhookJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'EdDSA'
}

export interface WebhookKey {
  readonly jwk: WebhookJwk
  /** The header `Webhook-Signature` for a body that is sent now. */
  sign(body: string, now: number): string
}

interface Stored {
  readonly x: string
  readonly d: string
}

const stored: Schema<Stored> = object({ x: string({ min: 1, max: 64 }), d: string({ min: 1, max: 64 }) })

/** As the keys of Web Push: a tenant that only the server writes to. */
const key = systemKey('headrace', 'stream-webhooks')

/** The key of this installation by which receivers know its calls, made at the first use and kept in its store. */
export function createWebhookKey(log: SystemLog): () => Promise<WebhookKey> {
  let known: Promise<WebhookKey> | undefined
  const load = async (): Promise<WebhookKey> => {
    const [first] = (await log.read(key)).entries
    if (first) return toKey(stored.parse(first.value))
    const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
    // Two servers may make keys at the same moment: the first ones in the log count.
    await log.append(key, 'first', { name: 'ed25519', value: { x, d } })
    return load()
  }
  return () => {
    known ??= load().catch((thrown: unknown) => {
      known = undefined
      throw thrown
    })
    return known
  }
}

function toKey({ x, d }: Stored): WebhookKey {
  const privateKey: KeyObject = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' })
  // The thumbprint of RFC 7638 names a key by what it is.
  const kid = `ds_${hash('sha256', JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }), 'base64url')}`
  return {
    jwk: { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' },
    sign(body, now) {
      const timestamp = Math.floor(now / 1_000)
      const signature = sign(null, Buffer.from(`${timestamp}.${body}`), privateKey).toString('base64url')
      return `t=${timestamp},kid=${kid},ed25519=${signature}`
    },
  }
}
