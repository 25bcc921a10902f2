import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import path from 'node:path'

/** Says whether the files of a clone are as they were. */
export interface TreeDigest {
  /**
   * A digest of what differs from the beginning; the same for the same difference. Nothing where there are too many files
   * to look at, or looking costs too much for now.
   */
  now(): Promise<string | undefined>
}

export interface TreeDigestOptions {
  /** More files than these are not looked at. Default 20,000. */
  readonly maxFiles?: number
  /** In ms. */
  readonly now: () => number
}

const maxBytes = 1_048_576
/** Looking may take this part of the time. */
const share = 0.05
/** What is no work of anybody. */
const left = new Set(['.git', 'node_modules'])

/**
 * Looks at the files themselves: asking git in a clone would run what the clone says. Links are not followed, and of a large
 * file only size and time count.
 */
export async function createTreeDigest(
  folder: string,
  { maxFiles = 20_000, now }: TreeDigestOptions,
): Promise<TreeDigest> {
  const first = await look(folder, maxFiles)
  const known = new Map<string, { readonly stat: string; readonly content: string }>()
  let notBefore = 0
  return {
    async now() {
      const start = now()
      if (!first || start < notBefore) return undefined
      const files = await look(folder, maxFiles)
      if (!files) return undefined
      const hash = createHash('sha256')
      for (const [file, stat] of files) {
        if (first.get(file) === stat) continue
        let content = known.get(file)
        if (content?.stat !== stat) {
          content = { stat, content: await contentOf(path.join(folder, file), stat) }
          known.set(file, content)
        }
        hash.update(`${file}\0${content.content}\n`)
      }
      for (const file of first.keys()) if (!files.has(file)) hash.update(`${file}\0gone\n`)
      for (const file of known.keys()) if (!files.has(file)) known.delete(file)
      const end = now()
      // A folder that takes long to look at is looked at less often.
      if (end - start > 50) notBefore = end + (end - start) / share
      return hash.digest('hex').slice(0, 32)
    },
  }
}

/** Size and time of each file, in order; nothing where there are too many. */
async function look(folder: string, maxFiles: number): Promise<ReadonlyMap<string, string> | undefined> {
  const found: (readonly [string, string])[] = []
  const folders = ['']
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    // What is gone meanwhile is gone.
    const entries = await readdir(path.join(folder, at), { withFileTypes: true }).catch(() => [])
    const [inner, own] = [entries.filter((entry) => entry.isDirectory()), entries.filter((e) => !e.isDirectory())]
    for (const { name } of inner) if (!left.has(name)) folders.push(path.posix.join(at, name))
    if (found.length + own.length + folders.length > maxFiles) return undefined
    // One folder at once: the system answers many questions together far faster than one by one.
    const stats = await Promise.all(
      own.map(async ({ name }) => {
        const file = path.posix.join(at, name)
        const stat = await lstat(path.join(folder, file)).catch(() => undefined)
        return stat && ([file, `${stat.isFile() ? 'file' : 'other'} ${stat.size} ${stat.mtimeMs}`] as const)
      }),
    )
    for (const one of stats) if (one) found.push(one)
  }
  return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

async function contentOf(file: string, stat: string): Promise<string> {
  const size = Number(stat.split(' ')[1])
  if (!stat.startsWith('file') || size > maxBytes) return stat
  try {
    // It may be a link or a pipe by now.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const buffer = Buffer.alloc(maxBytes)
    const { bytesRead } = await handle.read(buffer, 0, maxBytes, 0)
    return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex')
  } catch {
    return 'unreadable'
  }
}
