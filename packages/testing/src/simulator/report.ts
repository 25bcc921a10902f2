import { invariants } from './invariants.ts'
import type { SimulationResult } from './simulate.ts'

/** Most lines of the trace that are shown. */
const maxLines = 80
const maxWidth = 260

/** A violation in words: the seed, what was needed, and what happened last. */
export function report({ seed, plan, violation, trace }: SimulationResult): string {
  if (!violation) return `Seed ${seed}: every invariant holds.`
  const lines = [
    `Seed ${seed} breaks "${violation.invariant}": ${invariants[violation.invariant]}`,
    `  after ${violation.atMs} ms: ${violation.text}`,
    `Plan: ${JSON.stringify(plan)}`,
    ...(trace.length > maxLines ? [`Trace, the last ${maxLines} of ${trace.length} lines:`] : ['Trace:']),
    ...trace.slice(-maxLines).map((line) => `  ${line.length > maxWidth ? `${line.slice(0, maxWidth)}…` : line}`),
  ]
  return lines.join('\n')
}
