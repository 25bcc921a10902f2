/** 9 October 2024, from which on the protocol counts. */
const epochMs = 1_728_432_000_000
const intervalMs = 20_000
const maxJitterMs = 3_600_000

/**
 * What a reader that waits sends with its next request, so that the address of that is another one: a cache between would
 * else answer with what it has, for ever. It says in which 20 seconds the answer was given, and goes up by more where the
 * reader has been told that already.
 *
 * @param random - from 0 up to but without 1
 */
export function nextCursor(now: number, asked: string | undefined, random: number): string {
  const current = Math.floor((now - epochMs) / intervalMs)
  const known = asked !== undefined && /^\d{1,15}$/.test(asked) ? Number(asked) : -1
  if (known < current) return String(current)
  return String(known + 1 + Math.floor((random * maxJitterMs) / intervalMs))
}
