import { expect, test } from 'vitest'
import { moves, report, shrink, simulate } from '@headrace/testing/simulator'
import { found } from './simulator/found.ts'
import { headrace } from './simulator/headrace.ts'
import { mutants } from './simulator/mutants.ts'

test.each(found)('once broken: $bug', async ({ plan }) => {
  const result = await simulate({ seed: plan.seed, plan, subject: headrace() })
  if (result.violation) expect.fail(report(result))
})

test('the same seed is the same world, to the last event', async () => {
  for (const seed of range(100, 140)) {
    const [first, second] = [
      await simulate({ seed, subject: headrace() }),
      await simulate({ seed, subject: headrace(), trace: true }),
    ]
    expect(second.digest).toBe(first.digest)
    expect(second.counts).toEqual(first.counts)
  }
})

test('seeds differ, and every move and a lot of everything happens', async () => {
  const digests = new Set<number>()
  const seen = new Set<string>()
  const total = { events: 0, answers: 0, delivered: 0, snapshots: 0 }
  for (const seed of range(0, 150)) {
    const { digest, plan, counts } = await simulate({ seed, subject: headrace() })
    if (counts.events > 0) digests.add(digest)
    for (const { name } of plan.moves) seen.add(name)
    for (const name of ['events', 'answers', 'delivered', 'snapshots'] as const) total[name] += counts[name]
  }
  expect(digests.size).toBeGreaterThan(100)
  expect([...seen].toSorted()).toEqual(moves.map((move) => move.name).toSorted())
  for (const count of Object.values(total)) expect(count).toBeGreaterThan(100)
})

test('a violation is reported with its seed and no more moves than it takes', async () => {
  const mutant = mutants.find(({ name }) => name.startsWith('forgets which commands'))
  if (!mutant) throw new Error('The mutant has another name now.')
  const { subject } = mutant
  for (const seed of range(1, 500)) {
    const failed = await simulate({ seed, subject })
    if (!failed.violation) continue
    const least = await shrink(failed, { subject })
    expect(least.violation?.invariant).toBe(failed.violation.invariant)
    expect(least.plan.moves.length).toBeLessThanOrEqual(6)
    const text = report(least)
    expect(text).toContain(`Seed ${seed} breaks "${failed.violation.invariant}"`)
    expect(text).toMatch(/^ *Trace[:,]/m)
    return
  }
  expect.fail('The mutant was not caught.')
})

function* range(from: number, to: number): Generator<number> {
  for (let seed = from; seed < to; seed += 1) yield seed
}
