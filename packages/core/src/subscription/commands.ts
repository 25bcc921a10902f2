import type { Ack, LinkedBy, NewLink, SubscriptionConfig } from './events.ts'

/** Seq at which each stream ends. */
export type Tails = Readonly<Record<string, number>>

/** What a worker shows that it holds the wake. */
export interface WakeProof {
  readonly generation: number
  readonly wake: string
}

/** `wake`: an id for the wake that may follow. */
interface MayWake {
  readonly tails: Tails
  readonly nextWake: string
}

export type SubscriptionCommand =
  | {
      readonly type: 'create'
      readonly name: string
      readonly secret: string
      readonly base: string
      readonly config: SubscriptionConfig
      readonly links: readonly NewLink[]
    }
  | { readonly type: 'link'; readonly links: readonly NewLink[] }
  | { readonly type: 'unlink'; readonly path: string; readonly by?: LinkedBy }
  /** Streams may have grown. `links`: those that the pattern takes in. */
  | (MayWake & { readonly type: 'grown'; readonly path: string; readonly links: readonly NewLink[] })
  | { readonly type: 'called'; readonly proof: WakeProof }
  | { readonly type: 'call-failed'; readonly proof: WakeProof; readonly retryAt: number }
  | (MayWake & { readonly type: 'claim'; readonly worker: string })
  | (MayWake & {
      readonly type: 'ack'
      readonly proof: WakeProof
      /** `all`: what was there when the wake began. */
      readonly acks: readonly Ack[] | 'all'
      readonly done: boolean
    })
  | (MayWake & { readonly type: 'release'; readonly proof: WakeProof })
  /** Time has passed. */
  | (MayWake & { readonly type: 'tick' })
