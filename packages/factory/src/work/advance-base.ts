import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import { pushRef } from './push-ref.ts'

/** What became of moving the base branch. */
export type Advanced =
  | { readonly kind: 'advanced'; readonly head: string }
  /** The base is another one by now: the work has to be merged and judged again. */
  | { readonly kind: 'stale'; readonly head: string }
  /** The origin does not take it, such as when somebody has changes in the folder where the branch is checked out. */
  | { readonly kind: 'refused'; readonly why: string; readonly evidence: readonly string[] }

export interface AdvanceOptions {
  readonly vault: Vault
  /** The commit that the base branch must be at. */
  readonly from: string
  /** The commit that it comes to be at: one whose first parent is `from`. */
  readonly to: string
}

/**
 * Moves the base branch from one commit to the next, at its origin first: whoever else moved it meanwhile is not
 * overwritten. This is the only way by which anything reaches the base branch.
 */
export async function advanceBase({ vault, from, to }: AdvanceOptions): Promise<Advanced> {
  const { git, base } = vault
  const parent = await git.text(['rev-parse', '--verify', `${to}^1`])
  if (parent !== from) throw new FactoryError('bad_option', `${to} follows ${parent} and not ${from}.`)
  const pushed = await pushRef({ vault, ref: `refs/heads/${base}`, from, to })
  // Somebody's refresh may have been faster; what counts is that it is there.
  const seen = await vault.refresh()
  if (pushed.kind === 'pushed') return { kind: 'advanced', head: to }
  if (seen.head !== from) return { kind: 'stale', head: seen.head }
  return { kind: 'refused', why: pushed.why, evidence: pushed.evidence }
}
