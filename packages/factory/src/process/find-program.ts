import { access, constants } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'

/** The full path of a program on this process's PATH, so that no other PATH can change what is started. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue
    const file = path.join(folder, name)
    try {
      await access(file, constants.X_OK)
      return file
    } catch {
      // Not here.
    }
  }
  return undefined
}
