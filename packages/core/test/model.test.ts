import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lives } from './model-steps.ts'
import { live } from './model.ts'

/** `HEADRACE_PROPERTY_RUNS=20000 npx vitest run packages/core/test/model.test.ts` looks longer. */
const numRuns = Number(process.env['HEADRACE_PROPERTY_RUNS'] ?? 100)

test(
  'S1 S1a S2a S2b L1 L3 L3d L4 R1 R3 R4a C2a: whatever people, agents and clocks do, the rules hold',
  { timeout: 3_600_000 },
  () => {
    fc.assert(
      fc.property(lives, (life) => void live(life)),
      { numRuns },
    )
  },
)

test('the random lives reach what they are meant to test', () => {
  const seen = { cold: 0, ended: 0, lost: 0, cancelled: 0, retried: 0, replaced: 0 }
  for (const life of fc.sample(lives, { numRuns: 60, seed: 7 })) {
    const { view, guard } = live(life)
    expect(view.seq).toBeGreaterThan(0)
    if (view.older > 11) seen.cold += 1
    if (guard.ends.length > 0) seen.ended += 1
    if (view.runs.some((run) => run.status === 'ended' && run.reason === 'lost')) seen.lost += 1
    if (view.runs.some((run) => run.status === 'ended' && run.reason === 'cancelled')) seen.cancelled += 1
    if (view.runs.some((run) => run.attempt > 1)) seen.retried += 1
    if (view.messages.some((message) => message.parts.some((part) => part.step !== undefined && part.attempt === 2)))
      seen.replaced += 1
  }
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0)
})
