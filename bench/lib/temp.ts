import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'

/**
 * A directory that is removed afterwards. In the working directory, not in the system's temporary one, which is memory
 * on many machines: a disk is to be measured.
 */
export async function withTempDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(path.join(process.cwd(), 'bench', '.temp-'))
  try {
    return await run(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
