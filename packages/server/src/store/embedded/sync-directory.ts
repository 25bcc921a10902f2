import { open } from 'node:fs/promises'
import process from 'node:process'

/** Makes durable which files a directory has: what was made, renamed or removed in it. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows has no such thing as a synced directory.
  if (process.platform === 'win32') return
  const handle = await open(directory)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
