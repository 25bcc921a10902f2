/** What a seed decides before anything happens: who takes part, what may go wrong, and what is done when. */
import type { SendPolicy } from '@headrace/core'
import { Random } from './random.ts'
import type { Move } from './move.ts'

/** What can go wrong. Each seed switches some on and leaves the others off. */
export const faults = [
  'cut',
  'stall',
  'silence',
  'offline',
  'crash',
  'restart',
  'freeze',
  'clock',
  'unknown',
  'flaky',
  'outage',
  'full',
  'agent-death',
  'agent-freeze',
  'lost-answer',
  'expiry',
  'slow',
] as const

export type Fault = (typeof faults)[number]

export interface Setup {
  /** Servers over one store. */
  readonly servers: number
  readonly people: number
  readonly sessions: number
  readonly agents: readonly string[]
  /** Processes that work as one of the agents. */
  readonly workers: number
  readonly capacity: number
  readonly leaseMs: number
  readonly policies: readonly SendPolicy[]
  readonly maxAttempts: number
  readonly delayMs: readonly [least: number, most: number]
  readonly storeDelayMs: readonly [least: number, most: number]
  readonly idleMs: number
  readonly paceMs: number
  readonly faults: readonly Fault[]
  /** Whether people who are away are told. */
  readonly notices?: boolean
  /** Whether people say what is redacted, and look for it afterwards. */
  readonly redactions?: boolean
  /** Whether there is an agent that is called by webhook. */
  readonly webhooks?: boolean
}

export interface PlannedMove {
  /** Milliseconds since the beginning. */
  readonly at: number
  readonly name: string
  /** Decides what it does in detail. */
  readonly roll: number
}

/** All that a seed decides beforehand, as plain JSON: kept, it is the same world even when the table of moves has grown. */
export interface Plan {
  readonly seed: number
  readonly setup: Setup
  readonly moves: readonly PlannedMove[]
}

const delays: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 5],
  [1, 60],
  [20, 400],
]
const storeDelays: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 3],
  [1, 30],
  [5, 250],
]

/** Makes the plan of a seed. */
export function makePlan(seed: number, table: readonly Move[]): Plan {
  const random = new Random(seed)
  // Without any fault, with one, or with some of all: bugs hide in each.
  const share = random.pick([0, 0.1, 0.3, 0.6]) ?? 0
  const on = faults.filter(() => random.chance(share))
  const agents = random.chance(0.3) ? ['assistant', 'critic'] : ['assistant']
  const policies: readonly SendPolicy[] = ['queue', 'queue', 'parallel', 'interrupt', 'reject']
  const setup: Setup = {
    servers: random.chance(0.35) ? 2 : 1,
    people: random.between(1, 3),
    sessions: random.chance(0.25) ? 2 : 1,
    agents,
    workers: random.between(agents.length, 3),
    capacity: random.between(1, 3),
    leaseMs: random.pick([1_000, 3_000, 6_000]) ?? 6_000,
    policies: [random.pick(policies) ?? 'queue', random.pick(policies) ?? 'queue'],
    maxAttempts: random.between(1, 4),
    delayMs: random.pick(delays) ?? [0, 0],
    storeDelayMs: random.pick(storeDelays) ?? [0, 0],
    idleMs: random.pick([6_000, 30_000]) ?? 30_000,
    paceMs: random.pick([0, 0, 0, 20]) ?? 0,
    faults: on,
    notices: random.fork('notices').chance(0.15),
    redactions: random.fork('redactions').chance(0.15),
    webhooks: random.fork('webhooks').chance(0.15),
  }
  return { seed, setup, moves: makeMoves(random, setup, table) }
}

function makeMoves(random: Random, setup: Setup, table: readonly Move[]): readonly PlannedMove[] {
  const shares = table
    .filter(({ fault }) => fault === undefined || setup.faults.includes(fault))
    .filter(({ only }) => only === undefined || setup[only] === true)
    // Some seeds do one thing all the time and others never.
    .map((move) => ({ name: move.name, share: move.share * (random.pick([0, 0.5, 1, 1, 4]) ?? 1) }))
  const total = shares.reduce((sum, { share }) => sum + share, 0)
  if (total === 0) return []
  const count = random.between(3, random.chance(0.1) ? 100 : 26)
  const gapMs = random.pick([0, 20, 200, 1_000]) ?? 200
  const moves: PlannedMove[] = []
  // Mostly there is something to talk in from the beginning.
  const creates = random.chance(0.85) ? 2 * setup.sessions : 0
  for (let index = 0; index < creates; index += 1) moves.push({ at: 0, name: 'create', roll: random.below(2 ** 32) })
  let at = random.between(0, 500)
  // What is old is redacted otherwise than what is new, and gets old by what comes after it.
  const before = setup.redactions === true && random.chance(0.3) ? ['confide', 'confide', 'confide', 'chatter'] : []
  for (const name of before) moves.push({ at, name, roll: random.below(2 ** 32) })
  for (let index = 0; index < count; index += 1) {
    at += random.chance(0.3) ? 0 : random.between(0, 2 * gapMs)
    let rest = random.next() * total
    const chosen = shares.find(({ share }) => (rest -= share) < 0)
    if (chosen) moves.push({ at, name: chosen.name, roll: random.below(2 ** 32) })
  }
  return moves
}
