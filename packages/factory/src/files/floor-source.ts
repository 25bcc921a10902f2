import { lstat, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import { createGit } from '../git/create-git.ts'
import { modes, treeEntries } from '../work/tree-entries.ts'

/** Something that is there and no folder: a file, a link, another repository. */
export interface SourceEntry {
  /** Path in the repository; where it is no valid UTF-8, with replacement characters. */
  readonly path: string
  /** As git has it: `100644`, `100755`, `120000`, `160000`. */
  readonly mode: string
  readonly bytes: number
  /** Its content. Only for plain files, and within the bounds of whoever asks. */
  content(): Promise<Buffer>
}

/** Where the factory's files are read from. */
export interface FloorSource {
  /** The text of a file; `undefined` where there is no plain file of at most 256 KiB. */
  read(file: string): Promise<string | undefined>
  /** Paths of the files right in a folder. */
  list(folder: string): Promise<readonly string[]>
  /** Everything below a folder, sorted by path, and what stands in place of the folder itself; all there is for `''`. */
  entries(folder: string): Promise<readonly SourceEntry[]>
  /** The commit that is read, where it is one. */
  readonly commit?: string
  /** The same at an earlier commit; `undefined` for one that is not in its history. */
  at?(commit: string): Promise<FloorSource | undefined>
  /** Names of the branches of the repository whose top folder this is; `undefined` where it is that of none. */
  branches?(): Promise<readonly string[] | undefined>
}

const maxBytes = 262_144
/** A folder of an operator can hold anything, by mistake. */
const maxEntries = 5_000

/** A commit of the trusted repository: the only source of policy while the factory runs. */
export async function commitSource(vault: Pick<Vault, 'git'>, commit: string): Promise<FloorSource> {
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
    entries: (folder) =>
      Promise.resolve(
        // By their bytes: two names that are no text may look the same.
        [...entries.values()]
          .filter(({ path: file }) => folder === '' || file === folder || file.startsWith(`${folder}/`))
          .map(({ path: file, mode, bytes, id }) => ({
            path: file,
            mode,
            bytes,
            content: async () => (await vault.git.run(['cat-file', 'blob', id])).stdout,
          })),
      ),
    commit,
    async at(earlier) {
      const { code } = await vault.git.run(['merge-base', '--is-ancestor', earlier, commit], { okCodes: [0, 1, 128] })
      return code === 0 ? commitSource(vault, earlier) : undefined
    },
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
        // Nothing there, or a file of that name: no files are in it.
        if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
          return []
        throw new FactoryError('files_invalid', `${folder} can't be read.`, { cause: error })
      }
    },
    async entries(folder) {
      const found: SourceEntry[] = []
      const waiting = [folder]
      for (let place = waiting.pop(); place !== undefined && found.length < maxEntries; place = waiting.pop()) {
        const full = path.join(root, place)
        const at = await lstat(full).catch(() => undefined)
        if (at?.isDirectory()) {
          const inside = place
          waiting.push(...(await readdir(full)).map((name) => `${inside}/${name}`))
        } else if (at) {
          const mode = at.isFile() ? (at.mode & 0o100 ? modes.program : modes.file) : modes.link
          found.push({ path: place, mode, bytes: at.size, content: () => readFile(full) })
        }
      }
      return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
    },
    async branches() {
      const gitDir = path.join(root, '.git')
      // A folder, or in a work tree that was added to a repository a file.
      if (!(await lstat(gitDir).catch(() => undefined))) return undefined
      const listed = await createGit({ gitDir, cwd: root }).text([
        'for-each-ref',
        '--format=%(refname:lstrip=2)',
        'refs/heads/',
      ])
      return listed.split('\n').filter((name) => name !== '')
    },
  }
}
