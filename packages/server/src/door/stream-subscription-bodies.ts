/** What requests about subscriptions bring. */
import {
  HeadraceError,
  array,
  boolean,
  integer,
  object,
  oneOf,
  optional,
  string,
  type Schema,
  type SubscriptionConfig,
} from '@headrace/core'
import { readStreamPath } from '../streams/stream-key.ts'

const defaultLeaseMs = 30_000
const pathText = string({ min: 1, max: 512 })

/** What a subscription is asked to be. */
export interface CreateBody {
  readonly type: SubscriptionConfig['type']
  readonly pattern?: string
  readonly streams?: readonly string[]
  readonly webhook?: { readonly url: string }
  readonly wake_stream?: string
  readonly lease_ttl_ms?: number
  readonly description?: string
}

export const createBody: Schema<CreateBody> = object({
  type: oneOf('webhook', 'pull-wake'),
  pattern: optional(pathText),
  streams: optional(array(pathText, { max: 1_000 })),
  webhook: optional(object({ url: string({ min: 1, max: 2_048 }) })),
  wake_stream: optional(pathText),
  lease_ttl_ms: optional(integer(1_000, 600_000)),
  description: optional(string({ max: 1_000 })),
})
export const streamsBody: Schema<{ readonly streams: readonly string[] }> = object({
  streams: array(pathText, { min: 1, max: 1_000 }),
})
export const claimBody: Schema<{ readonly worker: string }> = object({ worker: string({ min: 1, max: 256 }) })

/** What the holder of a wake says. */
export interface ProofBody {
  readonly wake_id: string
  readonly generation: number
  readonly acks?: readonly { readonly stream?: string; readonly path?: string; readonly offset: string }[]
  readonly done?: boolean
}
export const proofBody: Schema<ProofBody> = object({
  wake_id: string({ min: 1, max: 64 }),
  generation: integer(0, Number.MAX_SAFE_INTEGER),
  acks: optional(
    array(object({ stream: optional(pathText), path: optional(pathText), offset: string({ max: 64 }) }), {
      max: 10_000,
    }),
  ),
  done: optional(boolean()),
})

/** The path of a stream as subscriptions name it: a slash around it says nothing. */
export function readLinkedPath(path: string): string {
  return readStreamPath(path.replace(/^\/+|\/+$/g, ''))
}

/** @throws HeadraceError `bad_request` */
export function readConfig(body: CreateBody): SubscriptionConfig {
  const { type, pattern, streams = [], webhook, wake_stream: wakeStream, lease_ttl_ms: leaseMs, description } = body
  if (pattern === undefined && streams.length === 0) throw missing('pattern or streams')
  if (type === 'webhook' && webhook === undefined) throw missing('webhook.url')
  if (type === 'pull-wake' && wakeStream === undefined) throw missing('wake_stream')
  return {
    type,
    streams: [...new Set(streams.map(readLinkedPath))].sort(),
    leaseMs: leaseMs ?? defaultLeaseMs,
    ...(pattern !== undefined && { pattern: readPattern(pattern) }),
    ...(type === 'webhook' && webhook && { url: webhook.url }),
    ...(type === 'pull-wake' && wakeStream !== undefined && { wakeStream: readLinkedPath(wakeStream) }),
    ...(description !== undefined && { description }),
  }
}

/** Written as paths are, but for the stars. */
function readPattern(pattern: string): string {
  const segments = pattern.replace(/^\/+|\/+$/g, '').split('/')
  return segments.map((segment) => (segment === '*' || segment === '**' ? segment : readStreamPath(segment))).join('/')
}

function missing(what: string): HeadraceError {
  return new HeadraceError('bad_request', `A subscription of this type needs ${what}.`, {
    detail: { path: `body.${what}` },
  })
}
