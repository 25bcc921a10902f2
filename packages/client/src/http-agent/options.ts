import type { JsonObject } from '@headrace/core'
import type { AgentFormat } from '@headrace/formats'
import type { Clock } from '../clock.ts'

/** What is signed of a call. */
export interface SignedCall {
  /** The same whenever the same call is made again. */
  readonly id: string
  readonly body: string
}

/** Options of `httpAgent`. */
export interface HttpAgentOptions {
  /** Where the agent is called, by POST. */
  readonly url: string
  /** What it takes and answers. */
  readonly format: AgentFormat
  /** Sent with each call, such as `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Fields beside those of the format in the body of each call, such as `model`. They go before those of the format. */
  readonly body?: JsonObject
  /** Headers that sign a call, such as those of Standard Webhooks. Default: calls are not signed. */
  readonly sign?: (call: SignedCall) => Readonly<Record<string, string>>
  /**
   * What happens to a run whose answer was lost in the middle, with the process that read it. `never`: the run fails, what
   * had come stays. `on-loss`: the agent is called again, and what it says takes the place of what had come. Default `never`.
   */
  readonly retry?: 'never' | 'on-loss'
  /** How long it may take until its answer begins, in milliseconds. Default 120,000. */
  readonly firstByteMs?: number
  /** How long it may be silent in the middle of its answer, in milliseconds. Default 120,000. */
  readonly idleMs?: number
  /** How long it may be waited for in all, in milliseconds; while the run is paused it is not waited for. Default 1,800,000. */
  readonly totalMs?: number
  /** Most bytes of an answer. Default 33,554,432. */
  readonly maxBytes?: number
  /** Default: the platform's. In a server give it one that may not reach what only the server can reach. */
  readonly fetch?: typeof globalThis.fetch
  /** Time; default the machine's. */
  readonly clock?: Clock
}

export const defaults = {
  firstByteMs: 120_000,
  idleMs: 120_000,
  totalMs: 1_800_000,
  maxBytes: 33_554_432,
} as const
