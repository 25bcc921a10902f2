import { report, shrink, simulate, type Subject } from '@headrace/testing/simulator'
import { expect } from 'vitest'

// What decisions refuse are errors; their stacks would cost a tenth of the time and nobody reads them.
Error.stackTraceLimit = 0

/** How many seeds the tests play; half of them in each of two files, which run at the same time. */
export const seedsToPlay = Number(process.env['HEADRACE_SEEDS'] ?? 6_000)

/** Plays seeds; fails with a report of the first one that breaks an invariant. */
export async function play(subject: Subject, seeds: Iterable<number>): Promise<void> {
  let played = 0
  for (const seed of seeds) {
    const result = await simulate({ seed, subject })
    if (result.violation) expect.fail(report(await shrink(result, { subject })))
    played += 1
  }
  expect(played).toBeGreaterThan(0)
}

export function* range(from: number, to: number): Generator<number> {
  for (let seed = from; seed < to; seed += 1) yield seed
}
