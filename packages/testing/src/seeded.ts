/**
 * Pseudo-random numbers from 0 to below 1 that a seed repeats (mulberry32): for tests that break things at random moments,
 * and are to break them at the same ones again. No secret is to be made of them.
 *
 * @param seed - a whole number, of which the lower 32 bits count
 */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
