import { expect, test } from 'vitest'
import { makePlan, moves, simulate, type Violation } from '@headrace/testing/simulator'
import { mutants, type Mutant } from './simulator/mutants.ts'

/** Seeds that a mutant may survive. */
const maxSeeds = 1_500

interface Caught {
  readonly violation: Violation
  readonly seeds: number
}

async function hunt({ subject, where = () => true }: Mutant): Promise<Caught | undefined> {
  for (let seed = 1, seeds = 1; seeds <= maxSeeds; seed += 1) {
    const plan = makePlan(seed, moves)
    if (!where(plan.setup)) continue
    const { violation } = await simulate({ seed, plan, subject })
    if (violation) return { violation, seeds }
    seeds += 1
  }
  return undefined
}

test('every broken variant of the protocol is caught', { timeout: 900_000 }, async () => {
  const rows: string[] = []
  const survivors: string[] = []
  for (const mutant of mutants) {
    const { name } = mutant
    const caught = await hunt(mutant)
    if (!caught) survivors.push(name)
    const seen = caught ? `${caught.violation.invariant.padEnd(22)} ${String(caught.seeds).padStart(5)}` : 'SURVIVES'
    rows.push(`${name.padEnd(66)} ${seen}`)
  }
  console.log(['mutant'.padEnd(67) + 'caught by'.padEnd(23) + 'seeds', ...rows].join('\n'))
  expect(survivors).toEqual([])
})
