import type { Git } from '../git/create-git.ts'

/** A file of a tree. */
export interface TreeEntry {
  /** The bytes of the path, one character each: what git is told. */
  readonly raw: string
  /** The path as text; where it is no valid UTF-8, with replacement characters. */
  readonly path: string
  readonly mode: string
  readonly id: string
  /** Bytes of the content; 0 of what has none here. */
  readonly bytes: number
}

export const modes = { file: '100644', program: '100755', link: '120000', repository: '160000' } as const

/** All files of a tree, by the bytes of their paths. */
export async function treeEntries(git: Git, tree: string): Promise<ReadonlyMap<string, TreeEntry>> {
  const { stdout } = await git.run(['ls-tree', '-r', '-l', '-z', '--full-tree', tree])
  const entries = new Map<string, TreeEntry>()
  for (const line of splitZ(stdout)) {
    const tab = line.indexOf(9)
    const [mode = '', , id = '', size = ''] = line.subarray(0, tab).toString('latin1').split(/ +/)
    const name = line.subarray(tab + 1)
    const raw = name.toString('latin1')
    entries.set(raw, { raw, path: name.toString('utf8'), mode, id, bytes: Number(size) || 0 })
  }
  return entries
}

/** The pieces of output that end with a zero byte. */
export function* splitZ(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start)
    if (end === -1) return
    yield bytes.subarray(start, end)
    start = end + 1
  }
}
