/** What a seed decides before anything happens to streams. */
import { Random } from '../random.ts'
import type { StreamMove } from './moves.ts'

export const streamFaults = ['crash', 'restart', 'clock', 'unknown', 'flaky', 'outage', 'full', 'bad-workers'] as const

export type StreamFault = (typeof streamFaults)[number]

export interface StreamSetup {
  readonly servers: number
  readonly leaseMs: number
  readonly delayMs: readonly [least: number, most: number]
  readonly storeDelayMs: readonly [least: number, most: number]
  readonly faults: readonly StreamFault[]
}

export interface StreamPlan {
  readonly seed: number
  readonly setup: StreamSetup
  readonly moves: readonly { readonly at: number; readonly name: string; readonly roll: number }[]
}

const delays: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 5],
  [1, 60],
]
const storeDelays: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 3],
  [1, 30],
  [5, 250],
]

export function makeStreamPlan(seed: number, table: readonly StreamMove[]): StreamPlan {
  const random = new Random(seed).fork('plan')
  const share = random.pick([0, 0.15, 0.3, 0.6]) ?? 0
  const setup: StreamSetup = {
    servers: random.chance(0.25) ? 2 : 1,
    leaseMs: random.pick([1_000, 3_000, 6_000]) ?? 3_000,
    delayMs: random.pick(delays) ?? [0, 0],
    storeDelayMs: random.pick(storeDelays) ?? [0, 0],
    faults: streamFaults.filter(() => random.chance(share)),
  }
  const shares = table
    .filter(({ fault }) => fault === undefined || setup.faults.includes(fault))
    .map(({ name, share: usual }) => ({ name, share: usual * (random.pick([0, 0.5, 1, 1, 4]) ?? 1) }))
  const total = shares.reduce((sum, { share: own }) => sum + own, 0)
  const gapMs = random.pick([0, 20, 200, 1_000]) ?? 200
  const moves: { at: number; name: string; roll: number }[] = []
  let at = 0
  for (let count = random.between(4, 30); count > 0 && total > 0; count -= 1) {
    let rest = random.next() * total
    const chosen = shares.find(({ share: own }) => (rest -= own) < 0)
    if (chosen) moves.push({ at, name: chosen.name, roll: random.below(2 ** 32) })
    at += random.chance(0.3) ? 0 : random.between(0, 2 * gapMs)
  }
  return { seed, setup, moves }
}
