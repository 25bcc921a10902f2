/** What a subscription is asked to be; it stays so. */
export interface SubscriptionConfig {
  /** `webhook`: an address is called. `pull-wake`: a worker reads a stream of wakes, and claims. */
  readonly type: 'webhook' | 'pull-wake'
  /** Paths of streams: `*` is any one segment, `**` any number of them. */
  readonly pattern?: string
  readonly streams: readonly string[]
  readonly url?: string
  readonly wakeStream?: string
  /** How long a worker may be silent, in milliseconds. */
  readonly leaseMs: number
  readonly description?: string
}

/** Why a stream belongs to a subscription. */
export type LinkedBy = 'glob' | 'explicit'

export interface NewLink {
  readonly path: string
  readonly by: LinkedBy
  /** Up to where its content counts as handled. */
  readonly acked: number
}

/** Seq up to which a stream was handled. */
export interface Ack {
  readonly path: string
  readonly seq: number
}

export interface SubscriptionEventData {
  'subscription.created': {
    readonly name: string
    /** Who may use it proves so with this; it leaves the server in no answer. */
    readonly secret: string
    /** The address of the server, as whoever made the subscription saw it. */
    readonly base: string
    readonly config: SubscriptionConfig
    readonly links: readonly NewLink[]
  }
  'subscription.linked': { readonly links: readonly NewLink[] }
  /** Without `by`: the stream is gone. */
  'subscription.unlinked': { readonly path: string; readonly by?: LinkedBy }
  /** There is work. The next generation begins, and whoever held the one before may do nothing any more. */
  'subscription.woken': {
    readonly wake: string
    readonly path: string
    readonly tails: Readonly<Record<string, number>>
  }
  'subscription.called': object
  'subscription.call-failed': { readonly retryAt: number }
  'subscription.claimed': { readonly worker: string }
  'subscription.acked': { readonly acks: readonly Ack[] }
  'subscription.slept': { readonly how: 'done' | 'released' | 'lapsed' }
}

export type SubscriptionEventType = keyof SubscriptionEventData

export type SubscriptionEvent = {
  [T in SubscriptionEventType]: {
    readonly seq: number
    /** Milliseconds since 1970. */
    readonly at: number
    readonly type: T
    readonly data: SubscriptionEventData[T]
  }
}[SubscriptionEventType]
