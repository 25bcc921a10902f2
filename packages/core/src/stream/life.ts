import { readTime } from './rfc3339.ts'
import type { StreamLife } from './events.ts'
import type { StreamState } from './state.ts'

/**
 * - `none`: there is no stream.
 * - `over`: its time is up; it is to be removed, and then there is none.
 * - `deleted`: it is kept for its forks.
 */
export type StreamStatus = 'none' | 'over' | 'deleted' | 'live'

/** @param usedAt - when it was last used, where that is later than the log says; milliseconds since 1970 */
export function streamStatus(state: StreamState, now: number, usedAt: number): StreamStatus {
  if (state.id === '') return 'none'
  if (state.deleted) return 'deleted'
  const end = endOfLife(state, usedAt)
  return end !== null && now >= end ? 'over' : 'live'
}

/** When a stream's time is up if nobody uses it again; `null`: never. */
export function endOfLife(state: StreamState, usedAt: number): number | null {
  if (state.ttlSeconds !== undefined) return Math.max(state.usedAt, usedAt) + state.ttlSeconds * 1_000
  return state.expiresAt === undefined ? null : (readTime(state.expiresAt) ?? 0)
}

/** Reads are written down a few times per TTL only: how far the log may be behind, in milliseconds. */
export function useLagMs({ ttlSeconds = 0 }: StreamLife): number {
  return ttlSeconds * 100
}

/** Seconds as `Stream-TTL` writes them; `undefined` for anything else. */
export function readTtl(text: string): number | undefined {
  const seconds = /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined
  return seconds
}
