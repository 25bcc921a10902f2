import path from 'node:path'
import type { Git } from '../git/create-git.ts'
import type { PathMatcher } from '../paths.ts'
import { treeEntries, type TreeEntry } from './tree-entries.ts'

/** A protected path that a change had touched, as it is in the base again. */
export interface PutBack {
  readonly path: string
  readonly was: 'added' | 'changed' | 'deleted' | 'in the way'
  /** The content that the change wanted. An approval of a human is bound to it. */
  readonly wanted: string | undefined
}

export interface PutBackOptions {
  readonly git: Git
  /** Tree or commit of the base. */
  readonly base: string
  /** Tree of the change. */
  readonly tree: string
  readonly isProtected: PathMatcher
  /** Protected paths that a human let through, with the content they saw: anything else there is put back. */
  readonly approved?: ReadonlyMap<string, string>
  /** A file for the index, in a folder that nobody else writes to. */
  readonly index: string
}

/** The tree with every protected path as the base has it, and what had to be put back for that. */
export async function putBack(
  options: PutBackOptions,
): Promise<{ readonly tree: string; readonly putBack: readonly PutBack[] }> {
  const { git, base, tree, isProtected, index, approved = new Map<string, string>() } = options
  const [before, after] = [await treeEntries(git, base), await treeEntries(git, tree)]
  const remove = new Map<string, PutBack>()
  const add = new Map<string, TreeEntry>()
  const found: PutBack[] = []

  for (const entry of after.values()) {
    if (!isProtected(entry.path) || before.has(entry.raw) || approved.get(entry.path) === entry.id) continue
    remove.set(entry.raw, { path: entry.path, was: 'added', wanted: entry.id })
  }
  for (const entry of before.values()) {
    if (!isProtected(entry.path)) continue
    const now = after.get(entry.raw)
    if (now?.mode === entry.mode && (now.id === entry.id || approved.get(entry.path) === now.id)) continue
    add.set(entry.raw, entry)
    found.push({ path: entry.path, was: now ? 'changed' : 'deleted', wanted: now?.id })
    // A link or file in place of a folder above it, or a folder in its own place, would keep it from coming back.
    for (let above = path.posix.dirname(entry.raw); above !== '.'; above = path.posix.dirname(above)) {
      const blocker = after.get(above)
      if (blocker && !remove.has(above))
        remove.set(above, { path: blocker.path, was: 'in the way', wanted: blocker.id })
    }
    if (now) continue
    for (const other of after.values())
      if (other.raw.startsWith(`${entry.raw}/`) && !remove.has(other.raw))
        remove.set(other.raw, { path: other.path, was: 'in the way', wanted: other.id })
  }
  found.push(...remove.values())
  if (found.length === 0) return { tree, putBack: [] }

  const none = '0'.repeat(tree.length)
  const lines = [
    ...[...remove.keys()].map((raw) => `0 ${none}\t${raw}\0`),
    ...[...add.values()].map(({ mode, id, raw }) => `${mode} ${id}\t${raw}\0`),
  ]
  const env = { GIT_INDEX_FILE: index }
  await git.run(['read-tree', tree], { env })
  await git.run(['update-index', '-z', '--index-info'], { env, stdin: Buffer.from(lines.join(''), 'latin1') })
  return { tree: await git.text(['write-tree'], { env }), putBack: found }
}
