import type { Random } from './random.ts'
import type { Fault, Setup } from './setup.ts'
import type { World } from './world.ts'

/** One thing that can happen in a simulation: a person, an agent, a machine or the network does something. */
export interface Move {
  readonly name: string
  /** How often it is chosen, compared to the others. */
  readonly share: number
  /** Only in seeds that have this on. */
  readonly fault?: Fault
  /** Only in seeds where this is played. */
  readonly only?: Extract<keyof Setup, 'redactions' | 'webhooks'>
  /** Does it, as the numbers say; returns what was done in words, or `undefined` where there was nothing to do. */
  readonly act: (world: World, random: Random) => string | undefined
}
