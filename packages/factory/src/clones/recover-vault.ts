import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { FactoryError } from '../errors.ts'
import { processesNaming } from '../process/processes-naming.ts'
import type { Vault } from './open-vault.ts'

export interface RecoverOptions {
  /** How long it waits for a git that still works on the vault, in ms. Default 30,000. */
  readonly waitMs?: number
}

/** A git that began this moment may be at work on a lock that is so young, in ms. */
const youngMs = 1_000

/**
 * Clears away what a process left in the vault that was killed in the middle: locks, which would stop every later change,
 * and work that was not read to its end. A git that still works on the vault is waited for, whoever started it, so other
 * processes may use the vault meanwhile. Says what was removed.
 *
 * @throws FactoryError `still_alive` when there are locks, and a git still works on the vault after that time
 */
export async function recoverVault(vault: Vault, options: RecoverOptions = {}): Promise<readonly string[]> {
  const { folder } = vault
  const deadline = performance.now() + (options.waitMs ?? 30_000)
  for (;;) {
    const found = await leftIn(folder)
    if (found.length === 0) return []
    const busy = await processesNaming(`--git-dir=${folder}`)
    if (busy.length === 0) {
      const youngest = Math.max(...found.map(({ since }) => since))
      if (Date.now() - youngest > youngMs) {
        for (const { name } of found) await rm(path.join(folder, name), { recursive: true, force: true })
        return found.map(({ name }) => name).toSorted()
      }
    } else if (performance.now() > deadline) {
      throw new FactoryError('still_alive', `git still works on ${folder}; nothing was cleared away.`, {
        evidence: busy.map((pid) => `process ${pid}`),
      })
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function leftIn(folder: string): Promise<readonly { readonly name: string; readonly since: number }[]> {
  const top = await readdir(folder)
  const refs = await readdir(path.join(folder, 'refs'), { recursive: true })
  const names = [
    ...top.filter((name) => name.endsWith('.lock') || name.startsWith('incoming-')),
    ...refs.filter((name) => name.endsWith('.lock')).map((name) => path.join('refs', name)),
  ]
  const found = await Promise.all(
    names.map(async (name) => {
      const made = await stat(path.join(folder, name)).catch(() => undefined)
      return made ? [{ name, since: made.mtimeMs }] : []
    }),
  )
  return found.flat()
}
