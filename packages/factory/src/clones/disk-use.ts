import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'

export interface DiskUse {
  /** Bytes on disk; a file with several links counts once. */
  readonly bytes: number
  readonly files: number
  /** Of the bytes, those of files with several links: other folders may share them. */
  readonly linkedBytes: number
}

/** What folders use together. Links are counted and not followed; what vanishes meanwhile is not counted. */
export async function diskUse(folders: readonly string[]): Promise<DiskUse> {
  const seen = new Set<string>()
  const waiting = [...folders]
  let bytes = 0
  let linkedBytes = 0
  let files = 0
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const place = path.join(folder, entry.name)
      if (entry.isDirectory()) waiting.push(place)
      const found = await lstat(place).catch(() => undefined)
      if (!found) continue
      files += 1
      const inode = `${found.dev}:${found.ino}`
      if (found.nlink > 1 && !entry.isDirectory()) {
        if (seen.has(inode)) continue
        seen.add(inode)
        linkedBytes += found.blocks * 512
      }
      bytes += found.blocks * 512
    }
  }
  return { bytes, files, linkedBytes }
}
