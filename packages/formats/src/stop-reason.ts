import type { Chunk } from './chunk.ts'

/**
 * Why a model stopped before it had said everything.
 *
 * - `length`: it may not write more, or its context is full
 * - `content-filter`: the provider held the rest back
 * - `refusal`: it does not want to
 * - `pause`: it lets go of a long turn; send what it wrote again, and it goes on
 * - `other`: what the provider says is in `raw`
 */
export type StopReason = 'length' | 'content-filter' | 'refusal' | 'pause' | 'other'

/**
 * What stands in the message when a model stopped early: a `data` part named `stop-reason` with `reason`, the provider's
 * word `raw`, and what it said about it, if it did. A model that is done, or that waits for its tools, leaves none.
 */
export function stopReason(reason: StopReason, raw: string, detail?: string | null): Chunk {
  const said = typeof detail === 'string' && detail !== '' ? { detail } : {}
  return { type: 'data', name: 'stop-reason', value: { reason, raw, ...said } }
}
