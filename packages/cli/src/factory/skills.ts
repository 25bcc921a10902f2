import { lstat, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  FactoryError,
  checkFactory,
  commitSource,
  faultInWords,
  folderSource,
  openVault,
  readSkills,
  skillsFolder,
  starterSkills,
  versionOf,
  type Skill,
  type Vault,
} from '@headrace/factory'
import { hideFromGit } from '../data-directory.ts'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { processOutput } from '../terminal/console.ts'
import { plain } from '../terminal/plain.ts'
import { problem } from './problem.ts'
import type { WorkOptions } from './work.ts'

/** Prints the skills that the base branch has, with the lanes that are given them. */
export async function listSkills(options: WorkOptions & { readonly json?: boolean }): Promise<void> {
  const { skills, lanes } = await onBase(options)
  for (const skill of Object.values(skills)) {
    const { name, description, hash, files } = skill
    const given = lanes.filter((lane) => lane.skills.includes(name)).map((lane) => lane.name)
    if (options.json === true) {
      const paths = files.map((file) => file.path)
      processOutput.out(
        JSON.stringify({ name, version: versionOf(skill), hash, description, files: paths, lanes: given }),
      )
    } else {
      processOutput.out(plain(`${versionOf(skill)}  ${given.length === 0 ? 'no lane' : given.join(', ')}`))
      processOutput.out(plain(`  ${description}`))
    }
  }
  if (Object.keys(skills).length === 0)
    processOutput.err(
      `There are no skills in ${skillsFolder} on ${options.base}. \`headrace factory skill add\` has some.`,
    )
}

/** Prints a skill as the base branch has it. */
export async function showSkill(name: string, options: WorkOptions): Promise<void> {
  const { skills } = await onBase(options)
  const skill = skills[name] ?? noSkill(name, skills)
  const main = skill.files.find((file) => file.path === 'SKILL.md')
  processOutput.out(`${versionOf(skill)}  ${skill.hash}`)
  for (const { path: file, content, mode } of skill.files)
    processOutput.out(plain(`  ${mode} ${String(content.length).padStart(7)} ${file}`))
  processOutput.out(
    `\n${plain(
      Buffer.from(main?.content ?? [])
        .toString('utf8')
        .trimEnd(),
    )}`,
  )
}

/** Checks the skills that lie in a folder, before they are committed. */
export async function checkSkills({ repository }: Pick<WorkOptions, 'repository'>): Promise<void> {
  const { skills, faults, notes } = await readSkills(folderSource(path.resolve(repository)))
  for (const note of notes) processOutput.err(`note: ${faultInWords(note)}`)
  if (faults.length > 0) throw new Problem(exitCode.refused, faults.map(faultInWords).join('\n'))
  const names = Object.values(skills).map(versionOf)
  processOutput.out(names.length === 0 ? 'There are no skills.' : `The skills are right: ${names.join(', ')}.`)
}

/** Writes skills that come with the factory into the repository. */
export async function addSkills(
  names: readonly string[],
  { repository }: Pick<WorkOptions, 'repository'>,
): Promise<void> {
  const known = await starterSkills()
  const wanted = names.map((name) => known[name] ?? noSkill(name, known))
  if (wanted.length === 0) {
    for (const { name, description } of Object.values(known)) processOutput.out(`${name.padEnd(16)} ${description}`)
    return
  }
  await writeSkills(path.resolve(repository), wanted)
}

/** Writes skills into the folder of a repository; one that is there stays, unless it is to be replaced. */
export async function writeSkills(
  repository: string,
  skills: readonly Skill[],
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<void> {
  for (const { name } of skills) {
    const place = path.join(repository, skillsFolder, name)
    const isThere = await lstat(place).catch(() => undefined)
    if (isThere && !replace)
      throw new Problem(exitCode.refused, `${skillsFolder}/${name} is there already; nothing was written.`)
    await rm(place, { recursive: true, force: true })
  }
  for (const skill of skills) {
    for (const { path: file, content, mode } of skill.files) {
      const place = path.join(repository, skillsFolder, skill.name, file)
      await mkdir(path.dirname(place), { recursive: true })
      await writeFile(place, content, { flag: 'wx', mode: mode === '100755' ? 0o755 : 0o644 })
    }
    processOutput.out(`${skillsFolder}/${skill.name}  ${versionOf(skill)}`)
  }
  processOutput.out(
    'Name it at `skills` of a lane, and commit both: the factory reads the base branch and nothing else.',
  )
}

interface OnBase {
  readonly vault: Vault
  readonly commit: string
  readonly skills: Readonly<Record<string, Skill>>
  readonly lanes: readonly { readonly name: string; readonly skills: readonly string[] }[]
}

/** Skills and lanes as the floor reads them. */
export async function onBase({ repository, base, folder }: WorkOptions): Promise<OnBase> {
  try {
    const place = path.resolve(folder)
    const vault = await openVault({ folder: path.join(place, 'vault.git'), origin: path.resolve(repository), base })
    hideFromGit(place)
    const { head: commit } = await vault.refresh()
    const source = await commitSource(vault, commit)
    const { skills, faults } = await readSkills(source)
    if (faults.length > 0) throw new Problem(exitCode.refused, faults.map(faultInWords).join('\n'))
    // What else is wrong with the floor is for `check` to say.
    const lanes = (await checkFactory(source)).floor?.lanes ?? []
    return { vault, commit, skills, lanes }
  } catch (thrown) {
    throw thrown instanceof FactoryError ? problem(thrown) : thrown
  }
}

function noSkill(name: string, known: Readonly<Record<string, Skill>>): never {
  const names = Object.keys(known).join(', ') || 'none'
  throw new Problem(exitCode.refused, `There is no skill ${name}. Skills: ${names}.`)
}
