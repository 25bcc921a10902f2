import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { isCode } from '../../is-code.ts'

/**
 * Makes a folder that others may not look into, and those above it that are missing, one after the other: Node's own way does
 * not come back where a file system says that a folder is missing in which none can be made, as that of /proc does.
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = []
  for (let place = path.resolve(folder); !(await exists(place)); place = path.dirname(place)) missing.unshift(place)
  for (const place of missing) {
    await mkdir(place, { mode: 0o700 }).catch((thrown: unknown) => {
      // Somebody else was quicker.
      if (!isCode(thrown, 'EEXIST')) throw thrown
    })
  }
}

async function exists(place: string): Promise<boolean> {
  return stat(place).then(
    () => true,
    (thrown: unknown) => {
      if (isCode(thrown, 'ENOENT')) return false
      throw thrown
    },
  )
}
