import { parsePatch, structuredPatch, type StructuredPatch } from 'diff'
import type { Edit } from '../model/lane-changes.ts'

export interface FileChange {
  readonly path: string
  readonly kind: 'added' | 'removed' | 'renamed' | 'changed'
  readonly isBinary: boolean
  readonly added: number
  readonly removed: number
  readonly hunks: StructuredPatch['hunks']
}

/** The files of a patch of git; undefined where it can't be read. */
export function filesOfPatch(patch: string): readonly FileChange[] | undefined {
  try {
    return parsePatch(patch)
      .filter(({ hunks, isGit }) => hunks.length > 0 || isGit === true)
      .map(fileOf)
  } catch {
    return undefined
  }
}

export function filesOfEdits(edits: readonly Edit[]): readonly FileChange[] {
  return edits.map(({ path, before, after }) => ({
    ...fileOf(structuredPatch(path, path, before, after)),
    ...(before === '' && { kind: 'added' as const }),
  }))
}

/** A line of a change, with its number: in the file as it is now, or as it was where it is gone. */
export interface DiffRow {
  readonly sign: '+' | '-' | ' '
  readonly words: string
  readonly line: number
}

export function rowsOf({ oldStart, newStart, lines }: FileChange['hunks'][number]): readonly DiffRow[] {
  const rows: DiffRow[] = []
  let [before, after] = [oldStart, newStart]
  for (const line of lines) {
    const words = line.slice(1)
    if (line.startsWith('+')) rows.push({ sign: '+', words, line: after++ })
    else if (line.startsWith('-')) rows.push({ sign: '-', words, line: before++ })
    // A backslash says that a file has no end of line there.
    else if (!line.startsWith('\\')) {
      rows.push({ sign: ' ', words, line: after })
      before += 1
      after += 1
    }
  }
  return rows
}

function fileOf(patch: StructuredPatch): FileChange {
  const { hunks, oldFileName, newFileName } = patch
  const lines = hunks.flatMap((hunk) => hunk.lines)
  return {
    path: pathOf(patch.isDelete === true ? oldFileName : (newFileName ?? oldFileName)),
    kind: kindOf(patch),
    isBinary: patch.isBinary === true,
    added: lines.filter((line) => line.startsWith('+')).length,
    removed: lines.filter((line) => line.startsWith('-')).length,
    hunks,
  }
}

function kindOf({ isCreate, isDelete, isRename }: StructuredPatch): FileChange['kind'] {
  if (isCreate === true) return 'added'
  if (isDelete === true) return 'removed'
  return isRename === true ? 'renamed' : 'changed'
}

/** Without the `a/` or `b/` that git puts before it. */
function pathOf(name = ''): string {
  return name.replace(/^[ab]\//, '')
}
