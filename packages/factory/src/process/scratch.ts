import { createHash } from 'node:crypto'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import path from 'node:path'
import { openOwnFolder } from './own-folder.ts'

/** A place for what is made on the way and removed again. */
export interface Scratch {
  /** A new folder, for as long as the work takes. */
  with<T>(work: (place: string) => Promise<T>): Promise<T>
  /** Removes all that is left of it. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens a place for a floor and this process. It is in the temporary folder of the machine and not beside the floor's
 * files: these may lie in a repository, and what is checked out below one finds its packages and its `.git`.
 *
 * @param floor - the folder of the floor; it must be there
 * @throws FactoryError `bad_option` where that place is somebody else's
 */
export async function openScratch(floor: string): Promise<Scratch> {
  const name = createHash('sha256')
    .update(await realpath(floor))
    .digest('hex')
    .slice(0, 16)
  const own = await openOwnFolder(name)
  return {
    async with(work) {
      const place = await mkdtemp(path.join(own.path, 'work-'))
      try {
        return await work(place)
      } finally {
        await rm(place, { recursive: true, force: true })
      }
    },
    close: () => own.close(),
  }
}
