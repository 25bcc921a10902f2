import type { SubscriptionState } from '@headrace/core'
import type { Clock } from '../clock.ts'
import type { Outgoing } from '../outgoing/outgoing.ts'
import type { StreamInfo } from './linked-streams.ts'
import { makeWakeToken } from './wake-token.ts'
import type { WebhookKey } from './webhook-keys.ts'

const baseRetryMs = 1_000
const maxRetryMs = 60_000

export interface WebhookCall {
  readonly tenant: string
  readonly state: SubscriptionState
  readonly wake: string
  readonly streams: readonly StreamInfo[]
  readonly callbackUrl: string
}

/** What became of a call: `done`: the receiver has handled all there was when it was called. */
export type CallResult = { readonly isTaken: true; readonly done: boolean } | { readonly isTaken: false }

/** Calls a subscription's webhook once. */
export async function callWebhook(
  { outgoing, clock, key }: { readonly outgoing: Outgoing; readonly clock: Clock; readonly key: WebhookKey },
  { tenant, state, wake, streams, callbackUrl }: WebhookCall,
  signal: AbortSignal,
): Promise<CallResult> {
  const body = JSON.stringify({
    subscription_id: state.name,
    wake_id: wake,
    generation: state.generation,
    streams,
    callback_url: callbackUrl,
    callback_token: makeWakeToken(state.secret, tenant, state.generation),
  })
  const headers = { 'Content-Type': 'application/json', 'Webhook-Signature': key.sign(body, clock.now()) }
  const result = await outgoing.post(state.config.url ?? '', body, headers, { signal })
  if (result.outcome !== 'answered' || result.status < 200 || result.status > 299) return { isTaken: false }
  return { isTaken: true, done: saysDone(result.body) }
}

function saysDone(body: Buffer): boolean {
  try {
    const answer: unknown = JSON.parse(body.toString('utf8'))
    return typeof answer === 'object' && answer !== null && 'done' in answer && answer.done === true
  } catch {
    return false
  }
}

/** Longer after each failure, and for each subscription another moment. */
export function retryAfterMs(tries: number, random: number): number {
  const ms = Math.min(baseRetryMs * 2 ** Math.min(tries, 10), maxRetryMs)
  return Math.round(ms * (0.8 + 0.4 * random))
}
