import { lstat, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import { modes, treeEntries } from '../work/tree-entries.ts'

/** Where the factory's files are read from. */
export interface FloorSource {
  /** The text of a file; `undefined` where there is no plain file of at most 256 KiB. */
  read(file: string): Promise<string | undefined>
  /** Paths of the files right in a folder. */
  list(folder: string): Promise<readonly string[]>
}

const maxBytes = 262_144

/** A commit of the trusted repository: the only source of policy while the factory runs. */
export async function commitSource(vault: Vault, commit: string): Promise<FloorSource> {
  const entries = await treeEntries(vault.git, commit)
  const byPath = new Map([...entries.values()].map((entry) => [entry.path, entry]))
  return {
    async read(file) {
      const entry = byPath.get(file)
      if (!entry || entry.bytes > maxBytes || (entry.mode !== modes.file && entry.mode !== modes.program))
        return undefined
      const { stdout } = await vault.git.run(['cat-file', 'blob', entry.id])
      return stdout.toString('utf8')
    },
    list: (folder) =>
      Promise.resolve([...byPath.keys()].filter((file) => path.posix.dirname(file) === folder).toSorted()),
  }
}

/** A folder of the operator's: for a look at files before they are committed. Never that of an agent. */
export function folderSource(root: string): FloorSource {
  return {
    async read(file) {
      const place = path.join(root, file)
      const found = await lstat(place).catch(() => undefined)
      return found?.isFile() && found.size <= maxBytes ? readFile(place, 'utf8') : undefined
    },
    async list(folder) {
      try {
        const names = await readdir(path.join(root, folder))
        return names.map((name) => `${folder}/${name}`).toSorted()
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
        throw new FactoryError('files_invalid', `${folder} can't be read.`, { cause: error })
      }
    },
  }
}
