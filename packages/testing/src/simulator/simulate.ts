/**
 * Deterministic simulation: a world of servers, people, agents and a store in which everything that can break does, played
 * from one number. The same seed is the same world, to the last event.
 */
import { end } from './ending.ts'
import { moves as allMoves } from './moves.ts'
import { makePlan, type Plan } from './setup.ts'
import { World } from './world.ts'
import { Random } from './random.ts'
import type { Move } from './move.ts'
import type { Subject } from './subject.ts'
import type { Violation } from './invariants.ts'

export interface SimulationOptions {
  /** Decides everything. */
  readonly seed: number
  /** What is simulated. */
  readonly subject: Subject
  /** What can happen. Default: all that the simulator knows. */
  readonly moves?: readonly Move[]
  /** In place of the plan that the seed makes: a part of it, as the search for a minimal one tries. */
  readonly plan?: Plan
  /** Whether to write down everything that happens. Default `false`. */
  readonly trace?: boolean
}

export interface SimulationResult {
  readonly seed: number
  readonly plan: Plan
  /** The first invariant that did not hold. */
  readonly violation: Violation | undefined
  /** The same for the same seed, else nearly always another: of all that became durable and was answered. */
  readonly digest: number
  readonly counts: SimulationCounts
  /** How many events of each type became durable. */
  readonly types: ReadonlyMap<string, number>
  /** Lines, if they were asked for. */
  readonly trace: readonly string[]
}

export interface SimulationCounts {
  /** Things that happened. */
  readonly steps: number
  readonly moves: number
  readonly events: number
  readonly answers: number
  /** Events that were sent to readers. */
  readonly delivered: number
  readonly snapshots: number
  /** Virtual time that passed, in milliseconds. */
  readonly ms: number
}

/** Plays one seed. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  // Nothing in a simulation waits for the world outside of it, which gets its turn between two of them.
  await new Promise((resolve) => void setImmediate(resolve))
  const { seed, subject, moves = allMoves, plan = makePlan(seed, moves), trace = false } = options
  const world = new World(plan, subject, trace)
  let done = 0
  for (const { at, name, roll } of plan.moves) {
    world.loop.after(at, () => {
      const text = moves.find((move) => move.name === name)?.act(world, new Random(roll))
      if (text === undefined) return
      done += 1
      world.note('—', text)
    })
  }
  const until = world.loop.now + (plan.moves.at(-1)?.at ?? 0)
  while (!world.journal.violation && (await world.loop.step(until)));
  if (!world.journal.violation) await end(world)
  const { violation, digest, counts, types } = world.journal
  return {
    seed,
    plan,
    violation,
    digest,
    types,
    counts: { steps: world.loop.steps, moves: done, ...counts, ms: world.nowMs },
    trace: world.trace ?? [],
  }
}
