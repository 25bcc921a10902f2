import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import type { Change, ChangedFile, ChangedLine, FileKind, FileSide } from './change.ts'
import { modes, splitZ, treeEntries } from './tree-entries.ts'
import { twinsOf } from './twins.ts'

export interface ReadChangeOptions {
  readonly vault: Vault
  readonly base: string
  /** The tree to compare with it. */
  readonly tree: string
  /** Most files. Default 5,000. */
  readonly maxFiles?: number
  /** Most bytes of a file whose text is read. Default 1,048,576 (1 MiB). */
  readonly maxFileBytes?: number
  /** Most bytes of all texts together. Default 67,108,864 (64 MiB). */
  readonly maxBytes?: number
}

/** @throws FactoryError `work_too_large` */
export async function readChange(options: ReadChangeOptions): Promise<Change> {
  const { vault, base, tree, maxFiles = 5_000, maxFileBytes = 1_048_576, maxBytes = 67_108_864 } = options
  const { git } = vault
  const listing = await git.run(['diff-tree', '-r', '-z', '--raw', '--no-renames', '--abbrev=64', base, tree])
  const raws = readRaw(listing.stdout)
  if (raws.length > maxFiles) throw tooLarge(`${raws.length} files`, `${maxFiles} (maxFiles)`)
  const ids = new Set(
    raws
      .flatMap(({ before, after }) => [before, after].filter((side) => side && side.kind !== 'repository'))
      .map((side) => side?.id ?? ''),
  )
  const sizes = await blobSizes(git, [...ids])
  const wanted = [...sizes].filter(([, bytes]) => bytes <= maxFileBytes)
  const all = wanted.reduce((sum, [, bytes]) => sum + bytes, 0)
  if (all > maxBytes) throw tooLarge(`${all} bytes of text`, `${maxBytes} (maxBytes)`)
  const texts = await blobTexts(git, wanted)
  const fresh = raws.filter(({ before, after }) => !before && after).map(({ path }) => path)
  const twins = twinsOf(fresh, fresh.length === 0 ? [] : (await treeEntries(git, tree)).values())

  const files = raws.map(({ path, isName, before, after }): ChangedFile => {
    const [old, now] = [before && side(before), after && side(after)]
    const { added, removed } = lines(old?.text, now?.text)
    const twin = twins.get(path)
    return { path, isName, ...(twin !== undefined && { twin }), before: old, after: now, added, removed }
  })
  const count = (of: 'added' | 'removed') => files.reduce((sum, file) => sum + file[of].length, 0)
  return { base, tree, files, addedLines: count('added'), removedLines: count('removed') }

  function side({ kind, id }: RawSide): FileSide {
    return { kind, id, bytes: sizes.get(id) ?? 0, text: texts.get(id) }
  }
}

interface RawSide {
  readonly kind: FileKind
  readonly id: string
}

interface Raw {
  readonly path: string
  readonly isName: boolean
  readonly before: RawSide | undefined
  readonly after: RawSide | undefined
}

function readRaw(bytes: Buffer): readonly Raw[] {
  const pieces = [...splitZ(bytes)]
  const raws: Raw[] = []
  for (let at = 0; at + 1 < pieces.length; at += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = (pieces[at] ?? Buffer.alloc(0))
      .toString('latin1')
      .replace(/^:/, '')
      .split(' ')
    const name = pieces[at + 1] ?? Buffer.alloc(0)
    const path = name.toString('utf8')
    const isName = Buffer.from(path, 'utf8').equals(name)
    raws.push({ path, isName, before: rawSide(oldMode, oldId), after: rawSide(newMode, newId) })
  }
  return raws
}

function rawSide(mode: string, id: string): RawSide | undefined {
  switch (mode) {
    case '000000':
      return undefined
    case modes.link:
      return { kind: 'link', id }
    case modes.repository:
      return { kind: 'repository', id }
    case modes.program:
      return { kind: 'program', id }
    default:
      return { kind: 'file', id }
  }
}

async function blobSizes(git: Vault['git'], ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map()
  const { stdout } = await git.run(['cat-file', '--batch-check=%(objectname) %(objectsize)'], { stdin: ids.join('\n') })
  return new Map(
    stdout
      .toString('latin1')
      .trim()
      .split('\n')
      .map((line): [string, number] => {
        const [id = '', size = ''] = line.split(' ')
        return [id, Number(size)]
      }),
  )
}

/** Texts of blobs by their ids, with their sizes in bytes; what is no text is left out. */
export async function blobTexts(
  git: Vault['git'],
  wanted: readonly (readonly [string, number])[],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  if (wanted.length === 0) return texts
  const { stdout } = await git.run(['cat-file', '--batch'], {
    stdin: wanted.map(([id]) => id).join('\n'),
    maxOutputBytes: 268_435_456,
  })
  let at = 0
  for (const [id, size] of wanted) {
    const start = stdout.indexOf(10, at) + 1
    const content = stdout.subarray(start, start + size)
    at = start + size + 1
    if (!content.includes(0)) texts.set(id, content.toString('utf8'))
  }
  return texts
}

/** The lines that differ, by the shortest script where that is cheap, else all between what is the same at both ends. */
function lines(
  before: string | undefined,
  after: string | undefined,
): { readonly added: readonly ChangedLine[]; readonly removed: readonly ChangedLine[] } {
  const [a, b] = [split(before), split(after)]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1
  const [midA, midB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  const kept =
    midA.length * midB.length <= 4_000_000 ? common(midA, midB) : { a: new Set<number>(), b: new Set<number>() }
  const take = (of: readonly string[], same: ReadonlySet<number>) =>
    of.flatMap((text, index) => (same.has(index) ? [] : [{ line: start + index + 1, text }]))
  return { removed: take(midA, kept.a), added: take(midB, kept.b) }
}

function split(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return []
  const all = text.split('\n')
  if (all.at(-1) === '') all.pop()
  return all
}

/** Positions of a longest common subsequence. */
function common(a: readonly string[], b: readonly string[]): { readonly a: Set<number>; readonly b: Set<number> } {
  const width = b.length + 1
  const table = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const here = i * width + j
      table[here] =
        a[i] === b[j] ? (table[here + width + 1] ?? 0) + 1 : Math.max(table[here + width] ?? 0, table[here + 1] ?? 0)
    }
  }
  const same = { a: new Set<number>(), b: new Set<number>() }
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      same.a.add(i)
      same.b.add(j)
      i += 1
      j += 1
    } else if ((table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0)) i += 1
    else j += 1
  }
  return same
}

function tooLarge(has: string, most: string): FactoryError {
  return new FactoryError('work_too_large', `The change has ${has}; at most ${most} are judged.`)
}
