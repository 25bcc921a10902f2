import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import { linkFault } from '../paths.ts'
import { modes, treeEntries, type TreeEntry } from './tree-entries.ts'

export interface CheckoutOptions {
  readonly vault: Vault
  /** The tree or commit to write. */
  readonly tree: string
  /** A folder that is not there yet. */
  readonly into: string
  /** The base: what is the same there is written whatever it is. */
  readonly base: string
  /** A folder for what is made on the way. Default: that of the machine. */
  readonly scratch?: string
  /** Most bytes of a file that is not in the base. Default 104,857,600 (100 MiB). */
  readonly maxFileBytes?: number
  /** Most bytes of all files. Default 4,294,967,296 (4 GiB). */
  readonly maxBytes?: number
}

/**
 * Writes a tree to a folder, byte by byte as its objects are: no filter, no conversion, no hook, no repository beside it.
 *
 * @throws FactoryError `tree_unsafe`: a link out of the tree, another repository, a name that is no text, a file or a
 * whole that is too large
 */
export async function checkoutTree(options: CheckoutOptions): Promise<{ readonly files: number }> {
  const { vault, tree, into, base, maxFileBytes = 104_857_600, maxBytes = 4_294_967_296 } = options
  const { git } = vault
  const [entries, before] = [await treeEntries(git, tree), await treeEntries(git, base)]
  const faults: string[] = []
  let bytes = 0
  for (const entry of entries.values()) {
    bytes += entry.bytes
    const same = before.get(entry.raw)
    if (same?.id === entry.id && same.mode === entry.mode) continue
    const fault = await entryFault(entry)
    if (fault !== undefined) faults.push(`${entry.path}: ${fault}`)
    if (faults.length === 20) break
  }
  if (bytes > maxBytes) faults.push(`all files together have ${bytes} bytes, of at most ${maxBytes} (maxBytes)`)
  if (faults.length > 0) {
    throw new FactoryError('tree_unsafe', `The tree ${tree} is not written to disk: ${faults[0]}.`, {
      evidence: faults,
    })
  }

  const place = await mkdtemp(path.join(options.scratch ?? tmpdir(), 'headrace-checkout-'))
  try {
    await mkdir(into)
    const env = { GIT_INDEX_FILE: path.join(place, 'index') }
    await git.run(['read-tree', tree], { env })
    await git.run([`--work-tree=${into}`, 'checkout-index', '--all', '--quiet'], { env, timeoutMs: 600_000 })
  } finally {
    await rm(place, { recursive: true, force: true })
  }
  return { files: entries.size }

  async function entryFault({ raw, path: name, mode, id, bytes: size }: TreeEntry): Promise<string | undefined> {
    if (Buffer.from(name, 'utf8').toString('latin1') !== raw) return 'its name is no valid UTF-8'
    if (mode === modes.repository) return 'it is another repository (submodule)'
    if (size > maxFileBytes) return `it has ${size} bytes, of at most ${maxFileBytes} (maxFileBytes)`
    if (mode !== modes.link) return undefined
    const { stdout } = await git.run(['cat-file', 'blob', id], { maxOutputBytes: 65_536 })
    return linkFault(name, stdout.toString('utf8'))
  }
}
