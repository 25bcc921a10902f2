import path from 'node:path'
import { FactoryError } from '../errors.ts'
import { withFetched, type SkillRepository } from './fetch-skills.ts'
import { versionOf, type Skill } from './skill.ts'

export interface ExportSkillOptions extends SkillRepository {
  readonly skill: Skill
  /** A branch that is not there yet. */
  readonly branch: string
  /** The folder of skills in that repository. Default `skills`. */
  readonly folder?: string
  /** The time, in ms since 1970. */
  readonly now: number
}

/**
 * Puts a skill on a new branch of another repository, as one commit on its head: in place of the skill of that name, and of
 * nothing else. No branch that is there is moved.
 *
 * @returns the commit, or nothing where that repository has the very same skill there already
 * @throws FactoryError `bad_option`, `git_failed`, `git_timeout`
 */
export async function exportSkill(options: ExportSkillOptions): Promise<string | undefined> {
  const { skill, branch, folder = 'skills', now, url } = options
  if (!/^(?!\/)(?!.*\.\.)[\w./-]+$/.test(folder))
    throw new FactoryError('bad_option', `"${folder}" is no folder of a repository.`)
  return withFetched(options, async (git, base) => {
    const { code } = await git.run(['check-ref-format', `refs/heads/${branch}`], { okCodes: [0, 1] })
    if (code !== 0 || branch.startsWith('-'))
      throw new FactoryError('bad_option', `"${branch}" can't be the name of a branch.`)
    const place = path.posix.join(folder, skill.name)
    const env = { GIT_INDEX_FILE: path.join(git.gitDir ?? '', 'export.index') }
    await git.run(['read-tree', base], { env })
    const before = await git.run(['ls-files', '-z', '--', place], { env })
    const none = '0'.repeat(base.length)
    const lines = before.stdout
      .toString('latin1')
      .split('\0')
      .filter((name) => name !== '')
      .map((name) => `0 ${none}\t${name}\0`)
    for (const { path: file, mode, content } of skill.files) {
      const id = await git.text(['hash-object', '-w', '--stdin'], { stdin: content })
      lines.push(`${mode} ${id}\t${Buffer.from(`${place}/${file}`).toString('latin1')}\0`)
    }
    await git.run(['update-index', '-z', '--index-info'], { env, stdin: Buffer.from(lines.join(''), 'latin1') })
    const tree = await git.text(['write-tree'], { env })
    if (tree === (await git.text(['rev-parse', '--verify', `${base}^{tree}`]))) return undefined
    const date = `@${Math.floor(now / 1_000)} +0000`
    const commit = await git.text(['commit-tree', tree, '-p', base, '-m', `Take the skill ${versionOf(skill)}`], {
      env: {
        GIT_AUTHOR_NAME: 'Headrace skills',
        GIT_AUTHOR_EMAIL: 'skills@headrace.invalid',
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: 'Headrace skills',
        GIT_COMMITTER_EMAIL: 'skills@headrace.invalid',
        GIT_COMMITTER_DATE: date,
      },
    })
    // An empty lease: the branch must not be there.
    const lease = `--force-with-lease=refs/heads/${branch}:`
    await git.run(['push', '--quiet', lease, url, `${commit}:refs/heads/${branch}`], { timeoutMs: 180_000 })
    return commit
  })
}
