import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { FactoryError } from '../errors.ts'
import { processesNaming } from '../process/processes-naming.ts'
import type { Vault } from './open-vault.ts'

export interface RecoverOptions {
  /** How long it waits for a git that still works on the vault, in ms. Default 30,000. */
  readonly waitMs?: number
}

/**
 * Clears away what a process left in the vault that was killed in the middle: locks, which would stop every later change,
 * and work that was not read to its end. For whoever starts and knows that no other one works on the vault; a git that a
 * killed one started is waited for. Says what was removed.
 *
 * @throws FactoryError `still_alive` when a git still works on the vault after that time
 */
export async function recoverVault(vault: Vault, options: RecoverOptions = {}): Promise<readonly string[]> {
  const { folder } = vault
  const deadline = performance.now() + (options.waitMs ?? 30_000)
  for (;;) {
    const busy = await processesNaming(`--git-dir=${folder}`)
    if (busy.length === 0) break
    if (performance.now() > deadline) {
      throw new FactoryError('still_alive', `git still works on ${folder}; nothing was cleared away.`, {
        evidence: busy.map((pid) => `process ${pid}`),
      })
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const top = await readdir(folder)
  const refs = await readdir(path.join(folder, 'refs'), { recursive: true })
  const left = [
    ...top.filter((name) => name.endsWith('.lock') || name.startsWith('incoming-')),
    ...refs.filter((name) => name.endsWith('.lock')).map((name) => path.join('refs', name)),
  ]
  for (const name of left) await rm(path.join(folder, name), { recursive: true, force: true })
  return left.toSorted()
}
