import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { FactoryError } from '../errors.ts'
import { commitSource } from '../files/floor-source.ts'
import { faultInWords } from '../files/yaml-text.ts'
import { createGit, type Git } from '../git/create-git.ts'
import type { GitProtocol } from '../git/git-environment.ts'
import { readSkill } from './read-skills.ts'
import type { Skill } from './skill.ts'

/** Another repository with skills. */
export interface SkillRepository {
  /** A folder or a URL. */
  readonly url: string
  /** A branch or tag. Default: what the repository calls its head. */
  readonly ref?: string
  /** How it may be reached. Default `['file', 'https', 'ssh']`. */
  readonly protocols?: readonly GitProtocol[]
  /** Variables that reaching it needs, such as `SSH_AUTH_SOCK`. They are given to git alone. */
  readonly env?: Readonly<Record<string, string>>
}

/** Skills as another repository has them. Nothing of it was run, and nothing was written but a temporary folder. */
export interface FetchedSkills {
  readonly commit: string
  /** Each folder with a SKILL.md, wherever it lies. */
  readonly found: readonly FoundSkill[]
}

export interface FoundSkill {
  /** The folder in that repository. */
  readonly place: string
  readonly name: string
  /** Absent where it is not valid. */
  readonly skill: Skill | undefined
  /** What is wrong with it, or to be looked at, in words. */
  readonly faults: readonly string[]
  readonly notes: readonly string[]
}

const maxFound = 200
const fetchMs = 180_000

/** Reads the skills of another repository. @throws FactoryError `bad_option`, `git_failed`, `git_timeout`, `skill_invalid` */
export async function fetchSkills(from: SkillRepository): Promise<FetchedSkills> {
  return withFetched(from, async (git, commit) => {
    const source = await commitSource({ git }, commit)
    const entries = await source.entries('')
    const places = entries.flatMap((entry) =>
      /(^|\/)SKILL\.md$/.test(entry.path) ? [path.posix.dirname(entry.path)] : [],
    )
    if (places.length > maxFound)
      throw new FactoryError('skill_invalid', `${from.url} has ${places.length} skills; at most ${maxFound} are read.`)
    const found: FoundSkill[] = []
    for (const place of places) {
      const own = place === '.' ? entries : entries.filter((entry) => entry.path.startsWith(`${place}/`))
      // A repository that is one skill is called as its address is.
      const name = place === '.' ? path.posix.basename(from.url).replace(/\.git$/, '') : path.posix.basename(place)
      const prefixed = place === '.' ? own.map((entry) => ({ ...entry, path: `./${entry.path}` })) : own
      const { skill, faults, notes } = await readSkill(place, name, prefixed)
      found.push({ place, name, skill, faults: faults.map(faultInWords), notes: notes.map(faultInWords) })
    }
    return { commit, found }
  })
}

/** Gives a repository of ours that holds one commit of another one, for as long as it is used. */
export async function withFetched<T>(
  { url, ref = 'HEAD', protocols = ['file', 'https', 'ssh'], env = {} }: SkillRepository,
  use: (git: Git, commit: string) => Promise<T>,
): Promise<T> {
  for (const given of [url, ref])
    if (given.startsWith('-') || given === '')
      throw new FactoryError('bad_option', `"${given}" can't name a repository or a branch.`)
  const folder = await mkdtemp(path.join(tmpdir(), 'headrace-skills-'))
  try {
    const plain = createGit({ protocols, env, timeoutMs: fetchMs })
    await plain.run(['init', '--quiet', '--bare', '--template=', folder])
    const git = plain.at(folder)
    await git
      .run(['fetch', '--quiet', '--depth=1', '--no-tags', '--no-write-fetch-head', url, `+${ref}:refs/fetched`])
      .catch((thrown: unknown) => {
        throw notFetched(thrown, url)
      })
    return await use(git, await git.text(['rev-parse', '--verify', 'refs/fetched^{commit}']))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What git says first is why; the folder of the moment, which it names, is nobody's business. */
function notFetched(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof FactoryError) || thrown.code !== 'git_failed') return thrown
  const why = thrown.evidence.find((line) => line.startsWith('fatal: '))?.slice(7) ?? thrown.message
  const { evidence, cause } = thrown
  return new FactoryError('git_failed', `${url} can't be fetched: ${why.replace(/\.$/, '')}.`, { evidence, cause })
}
