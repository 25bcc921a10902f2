/** Finds what is needed of a plan to break the same invariant again. */
import { simulate, type SimulationOptions, type SimulationResult } from './simulate.ts'
import type { Fault, Plan, PlannedMove } from './setup.ts'

/** How many plans are tried. */
const maxTries = 600

/**
 * The smallest plan found that violates the same invariant, played with a trace.
 *
 * @param failed - a simulation with a violation
 */
export async function shrink(
  failed: SimulationResult,
  options: Omit<SimulationOptions, 'plan' | 'trace' | 'seed'>,
): Promise<SimulationResult> {
  const wanted = failed.violation?.invariant
  let best = failed
  let tries = 0
  const accept = async (plan: Plan): Promise<boolean> => {
    tries += 1
    if (tries > maxTries) return false
    const result = await simulate({ ...options, seed: failed.seed, plan })
    if (result.violation?.invariant !== wanted) return false
    best = result
    return true
  }
  // First whole kinds of faults, then moves in ever smaller pieces.
  for (const fault of failed.plan.setup.faults) await accept(without(best.plan, fault))
  await accept({ ...best.plan, setup: { ...best.plan.setup, delayMs: [0, 0] } })
  await accept({ ...best.plan, setup: { ...best.plan.setup, people: 1 } })
  await accept({ ...best.plan, setup: { ...best.plan.setup, servers: 1 } })
  await accept({ ...best.plan, setup: { ...best.plan.setup, workers: 1 } })
  for (let size = Math.ceil(best.plan.moves.length / 2); size >= 1 && tries < maxTries;) {
    const before = best.plan.moves.length
    for (let start = 0; start < best.plan.moves.length;) {
      const moves: readonly PlannedMove[] = best.plan.moves.toSpliced(start, size)
      if (!(await accept({ ...best.plan, moves }))) start += size
    }
    // What was needed for a move that is gone now may go as well.
    const isDone = size === 1 && best.plan.moves.length === before
    size = isDone ? 0 : Math.ceil(size / 2)
  }
  for (const fault of best.plan.setup.faults) await accept(without(best.plan, fault))
  return simulate({ ...options, seed: failed.seed, plan: best.plan, trace: true })
}

function without(plan: Plan, fault: Fault): Plan {
  const faults = plan.setup.faults.filter((other) => other !== fault)
  return { ...plan, setup: { ...plan.setup, faults }, moves: plan.moves.filter((move) => move.name !== fault) }
}
