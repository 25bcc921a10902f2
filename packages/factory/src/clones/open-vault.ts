import { mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { FactoryError } from '../errors.ts'
import { createGit, type Git } from '../git/create-git.ts'
import type { GitProtocol } from '../git/git-environment.ts'
import { noRepository } from '../git/no-repository.ts'
import { withMachineLock } from '../process/machine-lock.ts'

/**
 * The trusted repository. Bare, never shared with a clone and never written to by an agent: what comes from agents is
 * read into `refs/agents/` and judged here, and the base branch moves here by compare-and-swap only. The base branch
 * itself lives in the origin: the vault follows it.
 */
export interface Vault {
  readonly git: Git
  readonly folder: string
  /** Name of the base branch. */
  readonly base: string
  /** Where the base branch lives: a folder or a URL. */
  readonly origin: string
  /** The commit of the base branch as it was last seen. Rejects with `base_missing`. */
  head(): Promise<string>
  /** Reads the base branch from its origin. */
  refresh(): Promise<BaseSeen>
  /**
   * Takes a base that was rewritten, on purpose.
   * @param to - the commit that {@link BaseSeen} named; if the origin has moved on since, nothing is taken
   */
  acceptRewritten(to: string): Promise<void>
}

/** What has become of the base branch. `rewritten`: it no longer contains what was there before; nothing was taken. */
export type BaseSeen =
  | { readonly kind: 'same'; readonly head: string }
  | { readonly kind: 'advanced'; readonly head: string; readonly from: string | undefined }
  | { readonly kind: 'rewritten'; readonly head: string; readonly from: string }

export interface VaultOptions {
  /** Where it is kept; made if it is not there. */
  readonly folder: string
  /** Folder or URL of the repository with the base branch. */
  readonly origin: string
  /** Name of the base branch, such as `main`. */
  readonly base: string
  /** How the origin is reached. Default `['file']`. */
  readonly protocols?: readonly GitProtocol[]
  /** Variables that reaching the origin needs, such as `SSH_AUTH_SOCK`. They are given to git alone. */
  readonly env?: Readonly<Record<string, string>>
}

// Above every .gitattributes of a change: what is written to disk is what the objects say, byte by byte, and no merge
// or archive is done the change's own way.
const neutral = '* -text -eol -ident -filter -working-tree-encoding -export-ignore -export-subst !diff !merge\n'

/** @throws FactoryError `bad_option`, `base_missing`, `git_failed` */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const { folder, origin, base, protocols = ['file'], env = {} } = options
  const plain = createGit({ protocols, env })
  const checked = await plain.run(['check-ref-format', `refs/heads/${base}`], { okCodes: [0, 1] })
  if (checked.code !== 0 || base.startsWith('-'))
    throw new FactoryError('bad_option', `"${base}" can't be the name of a branch.`)
  if (origin.startsWith('-')) throw new FactoryError('bad_option', `The origin "${origin}" begins with "-".`)
  const git = plain.at(folder)
  const parent = path.dirname(folder)
  await mkdir(parent, { recursive: true })
  // Two that open it for the first time must not make it at once, nor use what the other has half made.
  await withMachineLock(await realpath(parent), async () => {
    if (!(await stat(path.join(folder, 'HEAD')).catch(() => undefined)))
      await plain.run(['init', '--quiet', '--bare', '--template=', `--initial-branch=${base}`, folder])
    await mkdir(path.join(folder, 'info'), { recursive: true })
    await writeFile(path.join(folder, 'info/attributes'), neutral)
  })

  const ref = `refs/heads/${base}`
  const seenRef = `refs/origin/${base}`

  async function known(): Promise<string | undefined> {
    const { code, stdout } = await git.run(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], { okCodes: [0, 1] })
    return code === 0 ? stdout.toString().trim() : undefined
  }

  /** Several look at the same time, here and in other processes; one after the other they don't get in each other's way. */
  let last: Promise<unknown> = Promise.resolve()
  async function alone<T>(run: () => Promise<T>): Promise<T> {
    const next = last.then(async () => withMachineLock(await realpath(folder), run))
    last = next.catch(() => undefined)
    return next
  }

  async function fetchOrigin(): Promise<string> {
    try {
      // Old histories have faults that a check of new objects would refuse; the origin is the operator's own.
      await git.run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', origin, `+${ref}:${seenRef}`], {
        config: ['transfer.fsckObjects=false'],
        timeoutMs: 600_000,
      })
    } catch (error) {
      if (error instanceof FactoryError && error.message.includes("couldn't find remote ref"))
        throw new FactoryError('base_missing', `${origin} has no branch "${base}".`, { evidence: error.evidence })
      if (
        error instanceof FactoryError &&
        error.evidence.some((line) => line.endsWith('does not appear to be a git repository'))
      )
        throw noRepository(origin, error.evidence)
      throw error
    }
    return git.text(['rev-parse', '--verify', `${seenRef}^{commit}`])
  }

  return {
    git,
    folder,
    base,
    origin,
    async head() {
      const head = await known()
      if (head === undefined)
        throw new FactoryError('base_missing', `The base branch "${base}" of ${origin} was not read yet.`)
      return head
    },
    refresh: () =>
      alone(async () => {
        const [from, head] = [await known(), await fetchOrigin()]
        if (from === head) return { kind: 'same', head }
        if (from !== undefined) {
          const { code } = await git.run(['merge-base', '--is-ancestor', from, head], { okCodes: [0, 1] })
          if (code !== 0) return { kind: 'rewritten', head, from }
        }
        await git.run(['update-ref', ref, head, from ?? '0'.repeat(head.length)])
        return { kind: 'advanced', head, from }
      }),
    acceptRewritten: (to) =>
      alone(async () => {
        const [from, head] = [await known(), await fetchOrigin()]
        if (head !== to)
          throw new FactoryError(
            'base_rewritten',
            `"${base}" is at ${head} by now and not at ${to}; look at that first.`,
          )
        await git.run(['update-ref', ref, head, from ?? '0'.repeat(head.length)])
      }),
  }
}
