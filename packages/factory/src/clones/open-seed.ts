import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGit } from '../git/create-git.ts'
import type { Vault } from './open-vault.ts'

/**
 * The repository that clones are linked from. Clones share its object files (hard links), so an agent with our user id
 * could write into them. That is why it is not the vault, why the hashes of its files are kept beside it and compared
 * before every clone, and why a seed that differs is thrown away and made anew from the vault.
 */
export interface Seed {
  readonly folder: string
  /** Brings the base branch in, and makes the seed anew if any of its files is not what it was. */
  prepare(head: string): Promise<SeedState>
}

export interface SeedState {
  /** Files that had been changed behind our back; the seed was made anew if there are any. */
  readonly changed: readonly string[]
}

export interface SeedOptions {
  /** Where it is kept. What is there is thrown away when it can't be trusted. */
  readonly folder: string
  readonly vault: Vault
}

export function openSeed({ folder, vault }: SeedOptions): Seed {
  const manifest = `${folder}.json`
  const git = createGit({ gitDir: folder, timeoutMs: 600_000 })
  let last: Promise<unknown> = Promise.resolve()

  async function prepare(head: string): Promise<SeedState> {
    const before = await kept(manifest)
    const changed = before === undefined ? [] : await differences(folder, before)
    if (before === undefined || changed.length > 0) await make()
    const has = await git.run(['cat-file', '-e', `${head}^{commit}`], { okCodes: [0, 1, 128] })
    const at = await git.run(['rev-parse', '--verify', '--quiet', `refs/heads/${vault.base}`], { okCodes: [0, 1] })
    if (has.code !== 0 || at.stdout.toString().trim() !== head) {
      await git.run(
        ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', vault.folder, `+${head}:refs/heads/${vault.base}`],
        // Packs only: one file to link and to compare in place of thousands.
        { config: ['fetch.unpackLimit=1', 'transfer.fsckObjects=false', 'uploadpack.allowAnySHA1InWant=true'] },
      )
      if ((await packs(folder)).length > 20) await git.run(['repack', '-a', '-d', '--quiet'])
    }
    const next = JSON.stringify(await hashes(folder))
    await writeFile(`${manifest}.new`, next)
    await rename(`${manifest}.new`, manifest)
    return { changed }
  }

  async function make(): Promise<void> {
    await rm(manifest, { force: true })
    await rm(folder, { recursive: true, force: true })
    await createGit().run(['init', '--quiet', '--bare', '--template=', `--initial-branch=${vault.base}`, folder])
  }

  return {
    folder,
    prepare(head) {
      const next = last.then(() => prepare(head))
      last = next.catch(() => undefined)
      return next
    },
  }
}

type Hashes = Readonly<Record<string, string>>

async function packs(folder: string): Promise<readonly string[]> {
  const names = await readdir(path.join(folder, 'objects/pack')).catch(() => [])
  return names.filter((name) => name.endsWith('.pack'))
}

async function kept(manifest: string): Promise<Hashes | undefined> {
  try {
    return JSON.parse(await readFile(manifest, 'utf8')) as Hashes // written by this file, and outside of every clone
  } catch {
    return undefined
  }
}

async function hashes(folder: string): Promise<Hashes> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => !entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name))
  const found: Record<string, string> = {}
  for (const file of files.toSorted()) found[path.relative(folder, file)] = await hash(file)
  return found
}

async function differences(folder: string, before: Hashes): Promise<readonly string[]> {
  if (!(await stat(folder).catch(() => undefined))) return ['.']
  const now = await hashes(folder)
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  return [...names].filter((name) => before[name] !== now[name]).slice(0, 20)
}

async function hash(file: string): Promise<string> {
  const sha = createHash('sha256')
  await pipeline(createReadStream(file), sha)
  return sha.digest('hex')
}
