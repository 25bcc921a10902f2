import { expect, test } from 'vitest'
import { reportStreams, shrinkStreams, simulateStreams, streamInvariants } from '@headrace/testing/simulator'
import { foundInStreams } from './support/found-in-streams.ts'
import { simulatedStreams } from './support/simulated-streams.ts'
import { streamMutants } from './support/stream-mutants.ts'

const seeds = Number(process.env['HEADRACE_STREAM_SEEDS'] ?? 700)
/** Seeds that are played of each mutant. */
const minSeeds = 120
/** Seeds that a mutant may survive. */
const maxSeeds = 400
const subject = simulatedStreams()

test(`D2 D5 D9 D11 D11a D12: every invariant of streams holds in ${seeds} seeds`, async () => {
  for (let seed = 0; seed < seeds; seed += 1) {
    const result = await simulateStreams({ seed, subject })
    if (result.violation) expect.fail(reportStreams(await shrinkStreams(result, subject)))
  }
})

test.each(foundInStreams)('D11a once broken: $bug', async ({ plan }) => {
  const result = await simulateStreams({ seed: plan.seed, plan, subject, trace: true })
  if (result.violation) expect.fail(reportStreams(result))
})

test('D11: the same seed is the same world', async () => {
  for (let seed = 40; seed < 60; seed += 1) {
    const [first, second] = [
      await simulateStreams({ seed, subject }),
      await simulateStreams({ seed, subject, trace: true }),
    ]
    expect(second.counts).toEqual(first.counts)
  }
})

test('D11: every broken variant of streams is caught, and every invariant catches one', async () => {
  const caught = new Set<string>()
  const survivors: string[] = []
  for (const { name, subject: mutant } of streamMutants) {
    const by = new Set<string>()
    for (let seed = 1; seed <= minSeeds || (by.size === 0 && seed <= maxSeeds); seed += 1) {
      const { violation } = await simulateStreams({ seed, subject: mutant })
      if (violation) by.add(violation.invariant)
    }
    if (by.size === 0) survivors.push(name)
    for (const invariant of by) caught.add(invariant)
  }
  expect(survivors).toEqual([])
  expect([...caught].toSorted()).toEqual(Object.keys(streamInvariants).toSorted())
})
