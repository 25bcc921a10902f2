import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import { pushRef } from './push-ref.ts'

export interface PushBranchOptions {
  readonly vault: Vault
  /** The attempt's id, as in `t7-1`. */
  readonly attempt: string
  /** The commit that was judged. */
  readonly commit: string
}

/** What became of putting a commit on a branch of its own. */
export type BranchPushed =
  /** `branch` is its name at the origin, and names the commit in the vault too. */
  | { readonly kind: 'pushed'; readonly branch: string }
  | { readonly kind: 'refused'; readonly why: string; readonly evidence: readonly string[] }

/**
 * Puts a judged commit on `headrace/<attempt>` at the origin. What the same change left there before a crash is replaced;
 * a branch that somebody else has there stays as it is: then the name gets the beginning of the commit's id. Never the base.
 */
export async function pushBranch({ vault, attempt, commit }: PushBranchOptions): Promise<BranchPushed> {
  const own = `headrace/${attempt}`
  const first = await push(vault, own, { commit, from: undefined })
  if (first.kind === 'pushed' || !isTaken(first.why)) return first
  const there = await sameChange(vault, own, commit)
  const second = there === undefined ? undefined : await push(vault, own, { commit, from: there })
  if (second?.kind === 'pushed') return second
  return push(vault, `${own}-${commit.slice(0, 8)}`, { commit, from: undefined })
}

interface PushedCommit {
  readonly commit: string
  readonly from: string | undefined
}

async function push(vault: Vault, branch: string, { commit, from }: PushedCommit): Promise<BranchPushed> {
  if (branch === vault.base) throw new FactoryError('bad_option', `${branch} is the base branch.`)
  const pushed = await pushRef({ vault, ref: `refs/heads/${branch}`, from, to: commit })
  if (pushed.kind === 'rejected') return { kind: 'refused', why: pushed.why, evidence: pushed.evidence }
  // After the push: a name that is here is one that the origin has.
  await vault.git.run(['update-ref', `refs/${branch}`, commit])
  return { kind: 'pushed', branch }
}

function isTaken(why: string): boolean {
  return /stale info|already exists/.test(why)
}

/** The commit that a branch of the origin is at, if it says the same as ours: an earlier try got as far as that. */
async function sameChange({ git, origin }: Vault, branch: string, commit: string): Promise<string | undefined> {
  const seen = `refs/seen/${branch}`
  await git.run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', origin, `+refs/heads/${branch}:${seen}`], {
    timeoutMs: 600_000,
  })
  const message = (of: string): Promise<string> => git.text(['log', '-1', '--format=%an%n%B', of])
  const isSame = (await message(seen)) === (await message(commit))
  const there = await git.text(['rev-parse', '--verify', seen])
  await git.run(['update-ref', '-d', seen])
  return isSame ? there : undefined
}
