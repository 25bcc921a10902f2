import { access, constants } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'

/**
 * The full path of a program, so that no other PATH can change what is started.
 *
 * @param name - a name, or an absolute path, which is then only looked at
 * @param folders - where it is looked for before this process's PATH; absolute paths
 */
export async function findProgram(name: string, folders: readonly string[] = []): Promise<string | undefined> {
  if (path.isAbsolute(name)) return (await isProgram(name)) ? name : undefined
  for (const folder of [...folders, ...(process.env['PATH'] ?? '').split(path.delimiter)]) {
    if (!path.isAbsolute(folder)) continue
    const file = path.join(folder, name)
    if (await isProgram(file)) return file
  }
  return undefined
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
