import { HeadraceError, type Store } from '@headrace/core'
import { createBackoff } from './backoff.ts'
import {
  lockedError,
  prepareDirectory,
  readPid,
  removePid,
  upgradeFormat,
  writePid,
  type DataDirectory,
} from './directory.ts'
import type { Engine, OpenEngine } from './engine.ts'
import { engineError } from './engine-error.ts'
import { openLevelEngine } from './level-engine.ts'
import { assertIntact } from './integrity.ts'
import { finishBlobs } from './blobs.ts'
import { finishCompactions } from './compaction.ts'
import { finishPurges } from './purge.ts'
import { removeGarbage } from './garbage.ts'
import { erasureRange } from './keys.ts'
import { readNotes } from './notes.ts'
import { createReserve, type Reserve } from './reserve.ts'
import { createSessions } from './sessions.ts'
import { chooseSizes } from './sizes.ts'
import { createSlot, type Slot } from './slot.ts'
import { createEmbeddedStore } from './store.ts'
import { createWriter } from './writer.ts'

export interface EmbeddedStoreOptions {
  /** Where the data is. Made, with mode 0700, when it is missing. One server at a time. */
  readonly directory: string
  /** Most sessions whose end is kept in memory, at about 300 bytes each. Default 50,000. */
  readonly cachedSessions?: number
  /** Bytes of stored blocks kept in memory. Default 32 MiB. */
  readonly cacheBytes?: number
  /**
   * Bytes of newest writes that are in the log and in memory only. Up to two such buffers are in memory, and are read
   * from the log after a crash. Default 16 MiB, less on a disk under 1 GiB.
   */
  readonly writeBufferBytes?: number
  /**
   * Bytes of disk held back so that a full disk stops writing and not reading. Default twice `writeBufferBytes` and
   * up to 4 MiB; 0 holds nothing.
   */
  readonly reserveBytes?: number
  /** Most characters of appends that wait for the disk; more are refused. Default 64 Mi. */
  readonly maxQueuedChars?: number
  /**
   * Milliseconds after a failed write before the next append tries again; doubles up to 5 s. Until then appends are
   * refused at once. Default 250.
   */
  readonly retryMs?: number
  /**
   * Bytes of tables, newest first, whose checksums are looked at before opening, at about 400 MiB/s. `Infinity` looks at
   * all. Default 128 MiB.
   */
  readonly verifyBytes?: number
  /**
   * Opens in spite of damaged files where LevelDB can. What they held is lost, and sessions that show it answer
   * `store_corrupt`. Default false: opening rejects with `store_corrupt` and changes nothing.
   */
  readonly acceptDamage?: boolean
  /** Failures that no caller hears of by itself: writing stopped, what was removed could not be erased. Default: ignored. */
  readonly onError?: (error: HeadraceError) => void
}

const mebibyte = 1_048_576

/**
 * Opens the store that needs no service: one directory, and an append that has resolved is on disk.
 *
 * Appends that arrive while the disk is busy share the next sync. A full disk stops appends (`store_full`) and leaves
 * reads; writing goes on by itself when there is room.
 *
 * Damage on disk is refused with `store_corrupt` and not served. Before opening, sizes, the write-ahead log and the newest
 * tables are checked; after that every value has a checksum of its own, and logs are dense above their floor and end where the head says.
 *
 * Not detected:
 * - after a crash, damage to the very last record of the write-ahead log, or a log that lost its end: both look like a
 *   write that the crash cut short;
 * - in tables beyond `verifyBytes`, entries that vanish from an index or from the older message rows. Damage there can
 *   also make LevelDB end the process;
 * - there too, events at or below a session's floor that vanish: gaps are what compaction leaves;
 * - a whole directory put back to an earlier state.
 *
 * Durable means that the kernel was told to sync. A disk that lies about that, or macOS, where LevelDB does not use
 * F_FULLFSYNC, can still lose the newest writes to a power cut.
 *
 * @throws HeadraceError `store_locked`: another server holds the directory; `store_version`: it is in another format;
 *   `store_corrupt`: it is damaged; `store_full`: no room to open it; `bad_request`: the path can't be used.
 * @example
 * const store = await openEmbeddedStore({ directory: './data' })
 * await store.append('acme!chat-1', 0, { events: ['{"text":"hello"}'] })
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  const directory = await prepareDirectory(options.directory)
  const { writeBufferBytes } = await chooseSizes(directory.path, options)
  const engineOptions = {
    directory: directory.data,
    cacheBytes: options.cacheBytes ?? 32 * mebibyte,
    writeBufferBytes,
  }
  const integrity = {
    verifyBytes: options.verifyBytes ?? 128 * mebibyte,
    verified: new Set<number>(),
    isHeld: async () => (await readPid(directory.path)) !== undefined,
  }
  let createIfMissing = directory.isNew
  return openStoreOn(options, directory, async () => {
    if (options.acceptDamage !== true) await assertIntact(directory.data, integrity)
    const engine = await openLevelEngine({ ...engineOptions, createIfMissing })
    createIfMissing = false
    return engine
  })
}

/** The same over any database: for tests that make it fail. */
export async function openStoreOn(
  options: EmbeddedStoreOptions,
  directory: DataDirectory,
  openEngine: OpenEngine,
): Promise<Store> {
  const { reserveBytes } = await chooseSizes(directory.path, options)
  const reserve = createReserve(directory.reserve, reserveBytes)
  const retryMs = options.retryMs ?? 250
  const onError = options.onError ?? ((): void => undefined)

  const open = (): Promise<Engine> =>
    openWithReserve(openEngine, directory, reserve).catch((thrown: unknown) => {
      throw engineError(thrown, directory.path)
    })
  const first = await open().catch(async (thrown: unknown) => {
    throw HeadraceError.from(thrown).code === 'store_locked' ? await lockedError(directory, thrown) : thrown
  })
  const slot = createSlot(first, open, createBackoff(retryMs))
  try {
    await writePid(directory)
    await upgrade()
    return await assemble(slot)
  } catch (thrown) {
    await removePid(directory)
    await slot.close()
    throw engineError(thrown, directory.path)
  }

  async function upgrade(): Promise<void> {
    try {
      await upgradeFormat(directory)
    } catch (thrown) {
      if (engineError(thrown, directory.path).code !== 'store_full' || !(await reserve.release())) throw thrown
      await upgradeFormat(directory)
    }
  }

  async function assemble(opened: Slot): Promise<Store> {
    const sessions = createSessions((read) => opened.read(read), options.cachedSessions ?? 50_000)
    const writer = createWriter({
      directory: directory.path,
      slot: opened,
      sessions,
      reserve,
      backoff: createBackoff(retryMs),
      maxQueuedChars: options.maxQueuedChars ?? 64 * mebibyte,
      onError,
    })
    await writer
      .exclusive(async (commit) => {
        await finishPurges({ slot: opened, commit })
        await finishCompactions({ slot: opened, commit })
        await finishBlobs({ slot: opened, commit })
      })
      .catch((thrown: unknown) => {
        // Nobody sees what is half done, and it is finished before anything is appended: reading needs no room.
        if (HeadraceError.from(thrown).code !== 'store_full') throw thrown
      })
    await writer.start()
    const unerased = await readNotes(opened, erasureRange)
    return createEmbeddedStore({
      slot: opened,
      sessions,
      writer,
      release: () => removePid(directory),
      onError,
      unerased,
    })
  }
}

/** Opening writes before it deletes, so on a full disk it may need help. */
async function openWithReserve(openEngine: OpenEngine, directory: DataDirectory, reserve: Reserve): Promise<Engine> {
  for (const makeRoom of [() => removeGarbage(directory.data), () => reserve.release()]) {
    try {
      return await openEngine()
    } catch (thrown) {
      if (engineError(thrown, directory.data).code !== 'store_full') throw thrown
      await makeRoom()
    }
  }
  return openEngine()
}
