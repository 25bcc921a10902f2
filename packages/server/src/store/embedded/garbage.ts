import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileNumber, readManifest, tableExtensions } from './manifest.ts'

/**
 * Deletes tables that are not part of a database that is not open: what a merge that ran out of space left behind.
 * LevelDB does so itself when it opens, but only after it has written what it needs space for. Resolves to whether
 * there were any.
 */
export async function removeGarbage(data: string): Promise<boolean> {
  const manifest = await readManifest(data)
  if (manifest === undefined || manifest.damagedAt !== undefined) return false
  const garbage = (await readdir(data)).filter((name) => {
    const table = fileNumber(name, tableExtensions)
    return table !== undefined && !manifest.tables.has(table)
  })
  for (const name of garbage) await rm(path.join(data, name), { force: true })
  return garbage.length > 0
}
