import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  FactoryError,
  compareVersions,
  loadSkill,
  setTrial,
  skillTable,
  versionOf,
  type VersionComparison,
  type VersionLine,
} from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { plain } from '../terminal/plain.ts'
import { withFloor, type FloorTarget } from './floor-target.ts'
import { floorRetros } from './floor-retros.ts'
import { onBase } from './skills.ts'
import { problem } from './problem.ts'
import { percent, tableLines } from './version-lines.ts'
import type { WorkOptions } from './work.ts'

/** Prints how attempts came out, by the versions of the skills that they had. */
export async function skillTables(options: FloorTarget & { readonly json?: boolean }): Promise<void> {
  const table = skillTable(await withFloor(options, floorRetros))
  if (options.json === true) for (const line of table) processOutput.out(JSON.stringify(line))
  else if (table.length === 0) processOutput.err('No attempt that is over was given a skill.')
  else for (const line of tableLines(table)) processOutput.out(plain(line))
}

export interface CompareOptions extends FloorTarget, WorkOptions {
  readonly against?: string
  readonly share: number
  readonly choose: 'chance' | 'reward'
  readonly stop?: boolean
  readonly json?: boolean
}

/** Begins or ends a comparison of two versions, or prints how it stands. */
export async function compareSkill(name: string, options: CompareOptions): Promise<void> {
  if (options.stop === true) return writeTrial(name, undefined, options)
  if (options.against !== undefined) return beginTrial(name, options.against, options)
  const lines = skillTable(await withFloor(options, floorRetros)).filter(({ version }) =>
    version.startsWith(`${name}@`),
  )
  const [before, after] = lines.slice(-2)
  if (!before || !after)
    throw new Problem(exitCode.refused, `There are no two versions of ${name} that attempts were given.`)
  const compared = compareVersions(before, after)
  if (options.json === true) return processOutput.out(JSON.stringify({ before, after, ...compared }))
  for (const line of tableLines([before, after])) processOutput.out(plain(line))
  processOutput.out(compared ? inWords(after, compared) : 'Of one of them no attempt came to an end of its own yet.')
}

function inWords({ version }: VersionLine, { difference, verdict }: VersionComparison): string {
  const { value, low, high } = difference
  const by = `${signed(value)} landed, 95 %: ${signed(low)} to ${signed(high)}`
  switch (verdict) {
    case 'better':
      return `${version} is better: ${by}.`
    case 'worse':
      return `${version} is worse: ${by}.`
    case 'open':
      return `That may be chance: ${by}.`
    default:
      return verdict satisfies never
  }
}

function signed(part: number): string {
  return `${part < 0 ? '−' : '+'}${percent(Math.abs(part))}`
}

async function beginTrial(name: string, against: string, options: CompareOptions): Promise<void> {
  const { vault, commit: head, skills } = await onBase(options)
  const now = skills[name]
  if (!now) throw new Problem(exitCode.refused, `There is no skill ${name} on ${options.base}.`)
  try {
    if (against.startsWith('-')) throw new Problem(exitCode.refused, `"${against}" names no commit.`)
    const commit = await vault.git.text(['rev-parse', '--verify', '--quiet', '--end-of-options', `${against}^{commit}`])
    const isOurs = await vault.git.run(['merge-base', '--is-ancestor', commit, head], { okCodes: [0, 1] })
    if (isOurs.code !== 0) throw new Problem(exitCode.refused, `${against} is not in the history of ${options.base}.`)
    const other = await loadSkill(vault, { name, commit })
    if (other.hash === now.hash) throw new Problem(exitCode.refused, `${name} was ${versionOf(other)} then as well.`)
    const { share, choose } = options
    await writeTrial(name, { against: commit, ...(choose === 'reward' ? { choose } : { share }) }, options)
    const how = choose === 'reward' ? 'and chosen by what they are worth' : `the latter for ${share} % of the tasks`
    processOutput.out(`${versionOf(now)} and ${versionOf(other)} are compared, ${how}.`)
  } catch (thrown) {
    if (thrown instanceof FactoryError && thrown.code === 'git_failed')
      throw new Problem(exitCode.refused, `There is no commit ${against} in the history of ${options.base}.`, {
        cause: thrown,
      })
    throw thrown instanceof FactoryError ? problem(thrown) : thrown
  }
}

async function writeTrial(
  name: string,
  trial: Parameters<typeof setTrial>[2],
  { repository }: WorkOptions,
): Promise<void> {
  const file = path.join(path.resolve(repository), '.headrace/factory.yaml')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Problem(exitCode.refused, `${file} can't be read: there is no floor here.`, { cause })
  })
  await writeFile(file, setTrial(text, name, trial))
  processOutput.out(
    '.headrace/factory.yaml was changed. Commit it: the factory reads the base branch and nothing else.',
  )
}
