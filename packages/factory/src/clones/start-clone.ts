import { mkdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { FactoryError } from '../errors.ts'
import { createGit, type Git } from '../git/create-git.ts'
import type { Attempt } from './attempt.ts'
import type { Seed } from './open-seed.ts'

export interface CloneOptions {
  readonly seed: Seed
  readonly attempt: Attempt
  /** `hard links` shares object files with the seed; `copy` shares nothing and costs their size. */
  readonly objects: 'hard links' | 'copy'
}

/** What the clone is set to. Written while it is made: a git for each would take longer than the clone. */
const settings = [
  'user.name=Headrace agent',
  'user.email=agent@headrace.invalid',
  'gc.auto=0',
  'advice.detachedHead=false',
] as const

/**
 * Makes the clone of an attempt and verifies it, before anything of the agent's has run there: the last time that we
 * start git in it.
 *
 * @throws FactoryError `clone_unverified`
 */
export async function startClone({ seed, attempt, objects }: CloneOptions): Promise<void> {
  const { clone, base, branch } = attempt
  await mkdir(attempt.home, { recursive: true })
  await mkdir(attempt.tmp, { recursive: true })
  const share = objects === 'hard links' ? '--local' : '--no-hardlinks'
  await createGit({ timeoutMs: 600_000 }).run([
    'clone',
    '--quiet',
    share,
    '--no-checkout',
    '--no-tags',
    '--single-branch',
    '--template=',
    ...settings.flatMap((setting) => ['--config', setting]),
    seed.folder,
    clone,
  ])
  const git = createGit({ gitDir: path.join(clone, '.git'), cwd: clone, timeoutMs: 600_000 })
  const tree = `--work-tree=${clone}`
  // There is nowhere to push to or to fetch from: work leaves as a bundle.
  await git.run(['remote', 'remove', 'origin'])
  await git.run([tree, 'checkout', '--quiet', '--no-track', '-B', branch, base])
  await verify(git, attempt)
}

async function verify(git: Git, { clone, base, branch }: Attempt): Promise<void> {
  const wrong: string[] = []
  const expect = (name: string, found: string, wanted: string) => {
    if (found !== wanted) wrong.push(`${name} is ${JSON.stringify(found.slice(0, 500))}, not ${JSON.stringify(wanted)}`)
  }
  expect('its folder', await realpath(clone), path.resolve(await realpath(path.dirname(clone)), path.basename(clone)))
  const dotGit = await stat(path.join(clone, '.git'))
  expect('.git', dotGit.isDirectory() ? 'a folder' : 'no folder', 'a folder')
  expect('HEAD', await git.text(['symbolic-ref', 'HEAD']), `refs/heads/${branch}`)
  expect('the commit', await git.text(['rev-parse', 'HEAD']), base)
  const status = ['status', '--porcelain', '--untracked-files=all', '--ignored', '--no-renames']
  expect('git status', await git.text([`--work-tree=${clone}`, ...status]), '')
  expect('the list of remotes', await git.text(['remote']), '')
  const alternates = await stat(path.join(clone, '.git/objects/info/alternates')).catch(() => undefined)
  expect('a link to other objects', alternates ? 'there' : 'absent', 'absent')
  if (wrong.length === 0) return
  throw new FactoryError('clone_unverified', `The new clone ${clone} is not what it must be: ${wrong[0]}.`, {
    evidence: wrong,
  })
}
