import { streamInvariants } from './invariants.ts'
import { simulateStreams, type StreamSimulation } from './simulate.ts'
import type { StreamPlan } from './plan.ts'
import type { StreamSubject } from './subject.ts'

/** Most lines of the trace that are shown. */
const maxLines = 120
const maxWidth = 300

/** A violation in words: the seed, what was needed, and what happened last. */
export function reportStreams({ seed, plan, violation, trace }: StreamSimulation): string {
  if (!violation) return `Seed ${seed}: every invariant of streams holds.`
  const lines = [
    `Seed ${seed} breaks "${violation.invariant}": ${streamInvariants[violation.invariant]}`,
    `  after ${violation.atMs} ms: ${violation.text}`,
    `Plan: ${JSON.stringify(plan)}`,
    ...trace.slice(-maxLines).map((line) => `  ${line.slice(0, maxWidth)}`),
  ]
  return lines.join('\n')
}

/** The fewest moves and faults that still break the same invariant, played with a trace. */
export async function shrinkStreams(failed: StreamSimulation, subject: StreamSubject): Promise<StreamSimulation> {
  const { seed } = failed
  let best = failed.plan
  const accept = async (plan: StreamPlan): Promise<boolean> => {
    const { violation } = await simulateStreams({ seed, subject, plan })
    if (violation?.invariant !== failed.violation?.invariant) return false
    best = plan
    return true
  }
  for (const fault of best.setup.faults) await accept(without(best, fault))
  for (let before = Infinity; best.moves.length < before;) {
    before = best.moves.length
    for (let index = best.moves.length - 1; index >= 0; index -= 1)
      await accept({ ...best, moves: best.moves.toSpliced(index, 1) })
  }
  for (const fault of best.setup.faults) await accept(without(best, fault))
  return simulateStreams({ seed, subject, plan: best, trace: true })
}

function without(plan: StreamPlan, fault: string): StreamPlan {
  const faults = plan.setup.faults.filter((other) => other !== fault)
  return { ...plan, setup: { ...plan.setup, faults }, moves: plan.moves.filter(({ name }) => name !== fault) }
}
