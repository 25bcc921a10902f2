import { ClassicLevel } from 'classic-level'
import type { Engine, Op, Reader, Scan } from './engine.ts'
import { engineError } from './engine-error.ts'
import { syncDirectory } from './sync-directory.ts'

export interface LevelOptions {
  readonly directory: string
  readonly createIfMissing: boolean
  readonly cacheBytes: number
  readonly writeBufferBytes: number
}

type Snapshot = ReturnType<ClassicLevel['snapshot']>

/** Entries that one call into the binding brings back: its cost is the hop between threads, not the entry. */
const chunkEntries = 1_000
const chunkBytes = 262_144

/** The database on disk. The only file that calls LevelDB. */
export async function openLevelEngine(options: LevelOptions): Promise<Engine> {
  const { directory } = options
  const level = new ClassicLevel(directory, {
    createIfMissing: options.createIfMissing,
    // Blocks of tables that were read lately, decompressed.
    cacheSize: options.cacheBytes,
    // Each full buffer becomes a table. LevelDB's 4 MiB makes many small ones and stalls writers at 12 of them; with
    // 64 MiB a start after a crash reads that much log.
    writeBufferSize: options.writeBufferBytes,
    // Resuming readers read neighbours: larger blocks compress better (keys of one session share most of their text).
    blockSize: 16_384,
    // Fewer files to open and to keep open for the same data; the default is 2 MiB.
    maxFileSize: 8_388_608,
    // Snappy: JSON shrinks to a half or less, for less time than reading the difference takes.
    compression: true,
  })
  await guard(async () => {
    await level.open()
    try {
      // What its log holds may have reached no disk before. LevelDB has written it to a synced table, and left to the
      // kernel when the disk learns that this table is part of the database: a power cut before that would take back
      // what was found here, and shown or acknowledged since.
      await syncDirectory(directory)
    } catch (thrown) {
      await level.close()
      throw thrown
    }
  })

  async function guard<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (thrown) {
      throw engineError(thrown, directory)
    }
  }

  function reader(snapshot: Snapshot | undefined): Reader {
    const at = snapshot === undefined ? {} : { snapshot }
    return {
      get: (key) => guard(() => level.get(key, at)),
      // Large, and read once: it would push out of the cache what is read often.
      getBytes: (key) =>
        guard(() => level.get<string, Uint8Array>(key, { ...at, valueEncoding: 'view', fillCache: false })),
      getMany: (keys) => guard(() => level.getMany([...keys], at)),
      scan: (scan, visit) => guard(() => scanLevel(scan, visit, at)),
    }
  }

  async function scanLevel(
    { range, reverse = false, limit }: Scan,
    visit: (key: string, value: string) => boolean | void,
    at: { readonly snapshot?: Snapshot },
  ): Promise<void> {
    const iterator = level.iterator<string, string>({ ...range, ...at, reverse, highWaterMarkBytes: chunkBytes })
    try {
      for (let left = limit; ;) {
        const entries = await iterator.nextv(Math.min(left + 1, chunkEntries))
        for (const [key, value] of entries.slice(0, left)) if (visit(key, value) === false) return
        if (entries.length === 0) return
        if (entries.length > left) break
        left -= entries.length
      }
      // LevelDB steps over a block that it can't read, and says so only to those who ask at the end of the range.
      iterator.seek(range.lt)
      await iterator.nextv(1)
    } finally {
      await iterator.close()
    }
  }

  return {
    ...reader(undefined),

    async view(read) {
      const snapshot = level.snapshot()
      try {
        return await read(reader(snapshot))
      } finally {
        await snapshot.close()
      }
    },

    // A chained batch goes to the binding op by op: half the CPU time of an array of ops.
    write: (ops: readonly Op[]) =>
      guard(() => {
        const batch = level.batch()
        for (const op of ops) {
          if (op.type === 'del') batch.del(op.key)
          else if (typeof op.value === 'string') batch.put(op.key, op.value)
          else batch.put<string, Uint8Array>(op.key, op.value, { valueEncoding: 'view' })
        }
        return batch.write({ sync: true })
      }),

    compact: (range) => guard(() => level.compactRange(range.gte, range.lt)),

    // A compaction of a range before all keys: it writes the buffer out and finds nothing else to do.
    flush: () => guard(() => level.compactRange(' ', ' ')),

    close: () => guard(() => level.close()),
  }
}
