import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import type { FloorFiles } from '../files/check-factory.ts'
import { landingRules, loadFloor } from '../files/load-floor.ts'
import { judgeWork, type JudgeOptions, type Landing, type LandingRules } from '../landing/judge-work.ts'
import { skillsFolder } from '../skills/skill.ts'
import { splitZ } from '../work/tree-entries.ts'

export interface LandProposalOptions extends Pick<JudgeOptions, 'sandbox' | 'demand' | 'now'> {
  readonly vault: Vault
  /** The task that proposes it. */
  readonly task: string
  readonly title: string
  /** The difference that a person has read. Nothing else is applied. */
  readonly diff: string
  /** Who took it. */
  readonly by: string
  readonly plugins?: LandingRules['plugins']
}

/**
 * Takes an accepted proposal through the gate: a commit on a branch of its own in the trusted repository, judged as any
 * change is. That a person took it is the approval of exactly these files with exactly this content.
 *
 * @throws FactoryError `work_invalid` where it does not apply to the base as it is, or changes other files than skills and
 * mandates; `files_invalid` where the factory's files would be wrong with it; and as {@link judgeWork}
 */
export async function landProposal(options: LandProposalOptions): Promise<Landing> {
  const { vault, task, title, by, plugins, sandbox, demand, now } = options
  const seen = await vault.refresh()
  if (seen.kind === 'rewritten')
    throw new FactoryError('base_rewritten', `The base branch was rewritten, from ${seen.from} to ${seen.head}.`)
  const base = seen.head
  const files = await loadFloor(vault, base)
  const scratch = await mkdtemp(path.join(tmpdir(), 'headrace-proposal-'))
  const ref = `refs/proposals/${task.toLowerCase()}`
  try {
    const tree = await applied(options, { base, index: path.join(scratch, 'index') })
    const paths = await changedPaths(vault, { base, tree, files })
    const head = await commit(options, { base, tree })
    await vault.git.run(['update-ref', ref, head])
    // Before anything is moved: a floor whose files are wrong would go on with the old ones, and nobody would know why.
    await loadFloor(vault, head)
    return await judgeWork({
      vault,
      base,
      head,
      rules: rulesFor(files, { paths: [...paths.keys()], ...(plugins && { plugins }) }),
      approval: { tree, paths },
      scratch,
      sandbox,
      demand,
      upTo: 'land',
      message: `${task}: ${title}\n\nTaken by ${by}.\n`,
      author: { name: 'Headrace retrospective', email: 'retro@headrace.invalid' },
      now,
    })
  } finally {
    await vault.git.run(['update-ref', '-d', ref], { okCodes: [0, 1] })
    await rm(scratch, { recursive: true, force: true })
  }
}

interface OnBase {
  readonly base: string
}

async function applied(
  { vault, diff, task }: LandProposalOptions,
  { base, index }: OnBase & { readonly index: string },
): Promise<string> {
  const env = { GIT_INDEX_FILE: index }
  await vault.git.run(['read-tree', base], { env })
  try {
    await vault.git.run(['apply', '--cached', '--whitespace=nowarn', '-'], { env, stdin: diff })
  } catch (error) {
    if (!(error instanceof FactoryError) || error.code !== 'git_failed') throw error
    const text = `What ${task} proposes does not fit the base any more. Reject it; if it still holds it is proposed again.`
    throw new FactoryError('work_invalid', text, { evidence: error.evidence, cause: error })
  }
  return vault.git.text(['write-tree'], { env })
}

/** The files that it changes, with their new content: skills and mandates that are there, and nothing else. */
async function changedPaths(
  vault: Vault,
  { base, tree, files }: OnBase & { readonly tree: string; readonly files: FloorFiles },
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await vault.git.run(['diff-tree', '-r', '-z', '--no-renames', base, tree])
  const pieces = [...splitZ(stdout)].map((piece) => piece.toString('utf8'))
  const changed = new Map<string, string>()
  for (let at = 0; at + 1 < pieces.length; at += 2) {
    const [before, after, , id = ''] = (pieces[at] ?? '').slice(1).split(' ')
    const file = pieces[at + 1] ?? ''
    const isSkill = file.startsWith(`${skillsFolder}/`) && file.endsWith('/SKILL.md')
    const isLane = file.startsWith(`${files.factory.lanes}/`) && file.endsWith('.md')
    if (before !== '100644' || after !== '100644' || !(isSkill || isLane))
      throw new FactoryError('work_invalid', `A proposal may change skills and mandates, and this one changes ${file}.`)
    changed.set(file, id)
  }
  if (changed.size === 0) throw new FactoryError('work_invalid', 'The proposal changes nothing.')
  return changed
}

async function commit(
  { vault, title, now }: LandProposalOptions,
  { base, tree }: OnBase & { readonly tree: string },
): Promise<string> {
  const date = `@${Math.floor(now() / 1_000)} +0000`
  const [name, email] = ['Headrace retrospective', 'retro@headrace.invalid']
  return vault.git.text(['commit-tree', tree, '-p', base, '-m', title], {
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: date,
    },
  })
}

/** As for a lane, but for these files alone, and under the policy of the whole factory. */
function rulesFor(
  files: FloorFiles,
  { paths, plugins }: { readonly paths: readonly string[]; readonly plugins?: LandingRules['plugins'] },
): LandingRules {
  const [lane] = files.lanes
  if (!lane) throw new Error('checked before: a floor has a lane')
  return { ...landingRules(files, lane, plugins), allowed: paths, forbidden: [], guardPolicy: files.factory.guards }
}
