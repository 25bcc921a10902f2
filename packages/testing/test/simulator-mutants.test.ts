import { expect, test } from 'vitest'
import { simulate, type Violation } from '@headrace/testing/simulator'
import { mutants } from './simulator/mutants.ts'

/** Seeds that a mutant may survive. */
const maxSeeds = 1_500

interface Caught {
  readonly violation: Violation
  readonly seeds: number
}

async function hunt(subject: (typeof mutants)[number]['subject']): Promise<Caught | undefined> {
  for (let seed = 1; seed <= maxSeeds; seed += 1) {
    const { violation } = await simulate({ seed, subject })
    if (violation) return { violation, seeds: seed }
  }
  return undefined
}

test('every broken variant of the protocol is caught', { timeout: 300_000 }, async () => {
  const rows: string[] = []
  const survivors: string[] = []
  for (const { name, subject } of mutants) {
    const caught = await hunt(subject)
    if (!caught) survivors.push(name)
    const seen = caught ? `${caught.violation.invariant.padEnd(22)} ${String(caught.seeds).padStart(5)}` : 'SURVIVES'
    rows.push(`${name.padEnd(66)} ${seen}`)
  }
  console.log(['mutant'.padEnd(67) + 'caught by'.padEnd(23) + 'seeds', ...rows].join('\n'))
  expect(survivors).toEqual([])
})
