import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'

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

// The folder where the base branch is checked out follows it, unless there are changes in it; its hooks don't run.
const receivePack = [
  'git',
  ...[
    'core.hooksPath=/dev/null',
    'core.fsmonitor=false',
    'receive.denyCurrentBranch=updateInstead',
    'gc.auto=0',
  ].flatMap((setting) => ['-c', setting]),
  'receive-pack',
].join(' ')

/**
 * Moves the base branch from one commit to the next, at its origin first: whoever else moved it meanwhile is not
 * overwritten. This is the only way by which anything reaches the base branch.
 */
export async function advanceBase({ vault, from, to }: AdvanceOptions): Promise<Advanced> {
  const { git, base, origin } = vault
  const parent = await git.text(['rev-parse', '--verify', `${to}^1`])
  if (parent !== from) throw new FactoryError('bad_option', `${to} follows ${parent} and not ${from}.`)
  const ref = `refs/heads/${base}`
  const pushed = await git.run(
    [
      'push',
      '--porcelain',
      '--no-verify',
      '--no-follow-tags',
      `--force-with-lease=${ref}:${from}`,
      ...(path.isAbsolute(origin) ? [`--receive-pack=${receivePack}`] : []),
      origin,
      `${to}:${ref}`,
    ],
    { okCodes: [0, 1], timeoutMs: 600_000 },
  )
  if (pushed.code === 0) {
    // Somebody's refresh may have been faster; what counts is that it is there.
    await vault.refresh()
    return { kind: 'advanced', head: to }
  }
  const answer = pushed.stdout.toString('utf8')
  const rejection = /^!\s+\S+\s+\[[^\]]*\]\s*(.*)$/m.exec(answer)?.[1] ?? answer.trim()
  const seen = await vault.refresh()
  if (seen.head !== from) return { kind: 'stale', head: seen.head }
  const evidence = [...answer.split('\n'), ...pushed.stderr.split('\n')].filter((line) => line.trim() !== '').slice(-20)
  return { kind: 'refused', why: rejection.replace(/^\(|\)$/g, ''), evidence }
}
