/** Numbers that look random and are the same for the same seed. Pure. */
import { hashOf } from '../detect/text.ts'
import { seeded } from '../detect/evaluate/random.ts'

/** A source of numbers from 0 to below 1. */
export type Random = () => number

/** @param seed - any text, such as the id of an attempt */
export function randomOf(seed: string): Random {
  return seeded(hashOf(seed))
}

/** From a beta distribution: how good something may be that has done well `wins` times and badly `losses` times. */
export function betaSample(random: Random, wins: number, losses: number): number {
  const good = gammaSample(random, wins)
  return good / (good + gammaSample(random, losses))
}

/** By Marsaglia and Tsang's method; `shape` is at least 1. */
function gammaSample(random: Random, shape: number): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normalSample(random)
    const v = (1 + c * x) ** 3
    if (v <= 0) continue
    const u = random()
    if (Math.log(Math.max(u, Number.MIN_VALUE)) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** By Box and Muller's method. */
function normalSample(random: Random): number {
  const u = Math.max(random(), Number.MIN_VALUE)
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * random())
}
