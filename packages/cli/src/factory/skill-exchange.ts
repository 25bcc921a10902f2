import { existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import {
  FactoryError,
  exportSkill,
  fetchSkills,
  versionOf,
  type FoundSkill,
  type SkillRepository,
} from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { plain } from '../terminal/plain.ts'
import { onBase, writeSkills } from './skills.ts'
import { problem } from './problem.ts'
import type { WorkOptions } from './work.ts'

export interface ImportSkillsOptions {
  readonly repository: string
  readonly ref?: string
  readonly replace?: boolean
}

/** Takes skills from another repository, for the reader to look at and commit. */
export async function importSkills(url: string, names: readonly string[], options: ImportSkillsOptions): Promise<void> {
  const { commit, found } = await fetchSkills(reached(url, options.ref)).catch(explain)
  if (names.length === 0) {
    for (const one of found) processOutput.out(plain(lineOf(one)))
    return processOutput.err(
      found.length === 0 ? `There is no SKILL.md in ${url}.` : 'Name those that are to be taken.',
    )
  }
  const wanted = names.map((name) => {
    const [one, ...more] = found.filter((candidate) => candidate.name === name || candidate.place === name)
    if (!one) throw new Problem(exitCode.refused, `There is no skill ${name} in ${url}.`)
    if (more.length > 0) {
      const places = [one, ...more].map(({ place }) => place).join(', ')
      throw new Problem(
        exitCode.refused,
        `There are several skills ${name} in ${url}; name one by its folder: ${places}.`,
      )
    }
    if (!one.skill) throw new Problem(exitCode.refused, [`${name} is not valid:`, ...one.faults].map(plain).join('\n'))
    for (const note of one.notes) processOutput.err(plain(`note: ${note}`))
    return one.skill
  })
  await writeSkills(path.resolve(options.repository), wanted, { replace: options.replace === true })
  const programs = wanted.flatMap(({ name, files }) =>
    files.filter(({ mode }) => mode === '100755').map((file) => `${name}/${file.path}`),
  )
  if (programs.length > 0) processOutput.out(plain(`Agents may run these, so look at them: ${programs.join(', ')}.`))
  processOutput.out(`Taken from ${plain(url)} at ${commit}.`)
}

export interface ExportSkillsOptions extends WorkOptions {
  readonly to: string
  readonly ref?: string
  readonly branch?: string
  readonly path: string
}

/** Puts a skill of the base branch on a new branch of another repository. */
export async function exportSkills(name: string, options: ExportSkillsOptions): Promise<void> {
  const { skills } = await onBase(options)
  const skill = skills[name]
  if (!skill) throw new Problem(exitCode.refused, `There is no skill ${name} on ${options.base}.`)
  const branch = options.branch ?? `skills/${name}-${skill.hash.slice(0, 12)}`
  const { path: folder } = options
  const to = reached(options.to, options.ref)
  const commit = await exportSkill({ ...to, skill, branch, folder, now: Date.now() }).catch(explain)
  if (commit === undefined) return processOutput.out(`${versionOf(skill)} is there already.`)
  processOutput.out(`${versionOf(skill)} is on the branch ${branch} of ${plain(options.to)}: ${commit}`)
}

function lineOf({ place, name, skill, faults }: FoundSkill): string {
  return skill
    ? `${versionOf(skill)}  ${place}\n  ${skill.description}`
    : `${name}  ${place}\n  not valid: ${faults[0]}`
}

/** A folder of this machine is one from where the command is run; an agent of ssh is of use to git alone. */
function reached(url: string, ref: string | undefined): SkillRepository {
  const socket = process.env['SSH_AUTH_SOCK']
  return {
    url: existsSync(url) ? path.resolve(url) : url,
    ...(ref !== undefined && { ref }),
    ...(socket !== undefined && { env: { SSH_AUTH_SOCK: socket } }),
  }
}

function explain(thrown: unknown): never {
  throw thrown instanceof FactoryError ? problem(thrown) : thrown
}
