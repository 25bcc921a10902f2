import type { LinkedBy, SubscriptionConfig } from './events.ts'

export interface SubscriptionLink {
  readonly path: string
  readonly by: readonly LinkedBy[]
  readonly acked: number
}

interface WakeBase {
  readonly id: string
  /** Where the streams ended when it began. */
  readonly tails: Readonly<Record<string, number>>
}

/**
 *   woken ──webhook──▶ calling ──answered──▶ held ──done, released, silent for a lease──▶ over
 *     └──pull-wake──▶ open ──claimed──▶ held
 */
export type Wake =
  | (WakeBase & { readonly status: 'calling'; readonly tries: number; readonly retryAt: number })
  | (WakeBase & { readonly status: 'open' })
  | (WakeBase & { readonly status: 'held'; readonly worker: string; readonly until: number })

export interface SubscriptionState {
  /** Seq of the last event; 0 where there is no subscription. */
  readonly seq: number
  readonly at: number
  readonly name: string
  readonly secret: string
  readonly base: string
  readonly createdAt: number
  readonly config: SubscriptionConfig
  readonly links: readonly SubscriptionLink[]
  /** Of the wake there is or was last. */
  readonly generation: number
  readonly wake: Wake | null
}

export const noSubscription: SubscriptionState = {
  seq: 0,
  at: 0,
  name: '',
  secret: '',
  base: '',
  createdAt: 0,
  config: { type: 'pull-wake', streams: [], leaseMs: 0 },
  links: [],
  generation: 0,
  wake: null,
}

/** When something is to be done about a subscription if nobody does anything before. */
export function subscriptionDue({ wake }: SubscriptionState): number | null {
  switch (wake?.status) {
    case 'calling':
      return wake.retryAt
    case 'held':
      return wake.until
    case 'open':
    case undefined:
      return null
    default:
      return wake satisfies never
  }
}
