import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import type { LandingRules } from '../landing/judge-work.ts'
import { testTree } from '../landing/test-tree.ts'
import type { SandboxDemand } from '../process/run-confined.ts'
import type { Sandbox } from '../process/sandbox.ts'

export interface CheckBaseOptions {
  readonly vault: Vault
  readonly gate: LandingRules['gate']
  readonly sandbox: Sandbox
  readonly demand: SandboxDemand
  /** A folder in which it checks them out. */
  readonly scratch: string
}

/** What the tests of one commit of the base came to. */
export interface CheckedCommit {
  readonly commit: string
  readonly subject: string
  /** The line by which the gate knows it; `undefined` for what came another way. */
  readonly change: string | undefined
  readonly green: boolean
  readonly why: string
}

/** Runs the tests on every commit of the base branch, the oldest first. */
export async function checkBase(options: CheckBaseOptions): Promise<readonly CheckedCommit[]> {
  const { vault, gate, sandbox, demand, scratch } = options
  const head = await vault.head()
  const commits = (await vault.git.text(['rev-list', '--first-parent', '--reverse', head])).split('\n')
  const checked: CheckedCommit[] = []
  for (const commit of commits) {
    const message = await vault.git.text(['log', '-1', '--format=%B', commit])
    const place = await mkdtemp(path.join(scratch, 'check-'))
    try {
      const result = await testTree({ ...gate, vault, tree: commit, base: commit, scratch: place, sandbox, demand })
      checked.push({
        commit,
        subject: message.split('\n')[0] ?? '',
        change: /^Headrace-Change: (\S+)$/m.exec(message)?.[1],
        green: result.verdict === 'green',
        why: result.verdict === 'green' ? `${result.tests.passed} tests passed` : result.why,
      })
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  }
  return checked
}
