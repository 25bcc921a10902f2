import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'

/** What the origin said to a push. */
export type Pushed =
  | { readonly kind: 'pushed' }
  | { readonly kind: 'rejected'; readonly why: string; readonly evidence: readonly string[] }

export interface PushOptions {
  readonly vault: Vault
  /** In the origin, such as `refs/heads/main`. */
  readonly ref: string
  /** The commit that it must be at; `undefined` where it must not be there. */
  readonly from: string | undefined
  readonly to: string
}

// The folder where the branch is checked out follows it, unless there are changes in it; its hooks don't run.
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

/** Moves a ref at the origin, if it is where it is said to be: whoever else moved it is not overwritten. */
export async function pushRef({ vault, ref, from, to }: PushOptions): Promise<Pushed> {
  const { git, origin } = vault
  const pushed = await git.run(
    [
      'push',
      '--porcelain',
      '--no-verify',
      '--no-follow-tags',
      `--force-with-lease=${ref}:${from ?? ''}`,
      ...(path.isAbsolute(origin) ? [`--receive-pack=${receivePack}`] : []),
      origin,
      `${to}:${ref}`,
    ],
    { okCodes: [0, 1], timeoutMs: 600_000 },
  )
  if (pushed.code === 0) return { kind: 'pushed' }
  const answer = pushed.stdout.toString('utf8')
  const rejection = /^!\s+\S+\s+\[[^\]]*\]\s*(.*)$/m.exec(answer)?.[1] ?? answer.trim()
  const evidence = [...answer.split('\n'), ...pushed.stderr.split('\n')].filter((line) => line.trim() !== '').slice(-20)
  return { kind: 'rejected', why: rejection.replace(/^\(|\)$/g, ''), evidence }
}
