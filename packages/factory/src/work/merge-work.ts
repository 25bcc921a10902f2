import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import { FactoryError } from '../errors.ts'
import { createPathMatcher } from '../paths.ts'
import { putBack, type PutBack } from './put-back.ts'
import { splitZ } from './tree-entries.ts'

export interface MergeOptions {
  readonly vault: Vault
  /** Commit of the base to merge onto. */
  readonly base: string
  /** Newest commit of the work. */
  readonly head: string
  /** Globs of what is taken from the base and from nowhere else. */
  readonly protectedPaths: readonly string[]
  /** Protected paths that a human let through, with the hash of the content that they saw. */
  readonly approved?: ReadonlyMap<string, string>
  /** Message of the commit. */
  readonly message: string
  readonly author: { readonly name: string; readonly email: string }
  /** Time of the commit, in ms since 1970. */
  readonly now: number
  /** A folder for what is made on the way. Default: that of the machine. */
  readonly scratch?: string
}

/** What became of a merge. Nothing has moved in any case. */
export type Merged =
  | {
      readonly kind: 'merged'
      /** One commit on the base with the whole change; the agent's own commits stay out of the base's history. */
      readonly commit: string
      /** The tree of that commit: protected paths are as in the base. */
      readonly tree: string
      /** The tree that the agent wanted: what guards look at. */
      readonly wanted: string
      readonly putBack: readonly PutBack[]
    }
  | { readonly kind: 'conflict'; readonly files: readonly ConflictFile[]; readonly said: readonly string[] }
  /** Nothing is left of the change once protected paths are as in the base. */
  | { readonly kind: 'nothing'; readonly wanted: string; readonly putBack: readonly PutBack[] }

export interface ConflictFile {
  readonly path: string
  /** The file with conflict markers, at most 16 KiB; empty if it is no text. */
  readonly text: string
}

const maxFiles = 20
const maxText = 16_384

/** Merges work onto the base without a work tree, and puts protected paths back. */
export async function mergeWork(options: MergeOptions): Promise<Merged> {
  const { vault, base, head, author, now, approved } = options
  const { git } = vault
  const result = await git.run(['merge-tree', '--write-tree', '-z', '--name-only', '--messages', base, head], {
    okCodes: [0, 1],
  })
  const [wanted = '', ...rest] = [...splitZ(result.stdout)].map((piece) => piece.toString('utf8'))
  if (!/^[0-9a-f]{40,64}$/.test(wanted))
    throw new FactoryError('git_failed', 'git merge-tree gave no tree.', { evidence: [result.stderr.slice(-2_000)] })
  if (result.code === 1) {
    const end = rest.indexOf('')
    const files = rest.slice(0, end === -1 ? rest.length : end)
    const said = rest.slice(end + 1).filter((piece) => /^CONFLICT \(.*\): /.test(piece))
    return {
      kind: 'conflict',
      files: await Promise.all(
        [...new Set(files)].slice(0, maxFiles).map((file) => conflictText(options, wanted, file)),
      ),
      said: said.slice(0, maxFiles).map((line) => line.trim().slice(0, 500)),
    }
  }
  const scratch = await mkdtemp(path.join(options.scratch ?? tmpdir(), 'headrace-merge-'))
  try {
    const isProtected = createPathMatcher(options.protectedPaths, { ignoreCase: true })
    const index = path.join(scratch, 'index')
    const { tree, putBack: back } = await putBack({
      git,
      base,
      tree: wanted,
      isProtected,
      index,
      ...(approved && { approved }),
    })
    if (tree === (await git.text(['rev-parse', '--verify', `${base}^{tree}`])))
      return { kind: 'nothing', wanted, putBack: back }
    const date = `@${Math.floor(now / 1_000)} +0000`
    const commit = await git.text(['commit-tree', tree, '-p', base, '-F', '-'], {
      stdin: options.message,
      env: {
        GIT_AUTHOR_NAME: author.name,
        GIT_AUTHOR_EMAIL: author.email,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: 'Headrace gate',
        GIT_COMMITTER_EMAIL: 'gate@headrace.invalid',
        GIT_COMMITTER_DATE: date,
      },
    })
    return { kind: 'merged', commit, tree, wanted, putBack: back }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function conflictText({ vault }: MergeOptions, tree: string, file: string): Promise<ConflictFile> {
  let text = ''
  try {
    const { stdout } = await vault.git.run(['cat-file', 'blob', `${tree}:${file}`], { maxOutputBytes: 4_194_304 })
    if (!stdout.includes(0)) text = aroundConflicts(stdout.toString('utf8'))
  } catch {
    // Deleted on one side, or too large: the messages say so.
  }
  return { path: file, text }
}

/** The text from a little before the first conflict on. */
function aroundConflicts(text: string): string {
  const at = text.search(/^<{7} /m)
  const start = at <= 0 ? 0 : text.lastIndexOf('\n', Math.max(0, at - 400)) + 1
  return text.slice(start, start + maxText)
}
