import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import type { GateStep } from '../gate/run-gate.ts'
import { defaultTestGlobs } from '../guards/test-globs.ts'
import type { LandingRules } from '../landing/judge-work.ts'
import { checkFactory, type FloorFiles } from './check-factory.ts'
import { factoryPath } from './factory-file.ts'
import { commitSource } from './floor-source.ts'
import type { LaneFile } from './lane-file.ts'
import { faultInWords } from './yaml-text.ts'

/**
 * The floor as the base branch says at a commit, read from git's objects: nothing that an agent can write to counts.
 *
 * @throws FactoryError `files_invalid` with every fault, by file, line and key
 */
export async function loadFloor(vault: Vault, commit: string): Promise<FloorFiles> {
  const source = await commitSource(vault, commit)
  if ((await source.read(factoryPath)) === undefined) {
    const evidence = [
      `Commit it there, with the lanes: git add .headrace && git commit. What is not committed does not count.`,
      'Where there is none yet, `headrace factory init` writes one.',
    ]
    throw new FactoryError('files_invalid', `The branch ${vault.base} has no ${factoryPath}.`, { evidence })
  }
  const { floor, faults } = await checkFactory(source)
  if (floor && floor.factory.base !== vault.base) {
    const text = `The base branch in ${factoryPath} is ${floor.factory.base}, and this floor stands on ${vault.base}.`
    const evidence = [`Open it with --base ${floor.factory.base}, or write \`base: ${vault.base}\` on ${vault.base}.`]
    throw new FactoryError('files_invalid', text, { evidence })
  }
  if (floor) return floor
  throw new FactoryError('files_invalid', `The files of the factory are wrong at ${commit}.`, {
    evidence: faults.slice(0, 50).map((fault) => faultInWords(fault)),
  })
}

/** What is done in a fresh checkout, and in a fresh clone, before anything else. */
export function setupSteps({ gate }: FloorFiles['factory']): readonly GateStep[] {
  return gate.setup.map((argv) => ({ argv, timeoutMs: gate.timeoutMs, network: gate.setupNetwork }))
}

/** By what the work of a lane is judged. */
export function landingRules(
  { factory, surfaces }: FloorFiles,
  lane: LaneFile,
  plugins?: LandingRules['plugins'],
): LandingRules {
  const { gate, protectedPaths, testGlobs, diff, guards } = factory
  const { timeoutMs, junit, readable, programs, maxOutputBytes } = gate
  return {
    protectedPaths,
    allowed: lane.allowed,
    forbidden: lane.forbidden,
    testGlobs: testGlobs ?? defaultTestGlobs,
    budget: diff,
    guardPolicy: { ...guards, ...lane.guards },
    ...(plugins && { plugins }),
    ...(surfaces && { surfaces }),
    gate: {
      setup: setupSteps(factory),
      test: { argv: gate.test, timeoutMs, network: gate.network },
      readable,
      maxOutputBytes,
      ...(junit !== undefined && { junit }),
      ...(programs && { programs }),
    },
  }
}
