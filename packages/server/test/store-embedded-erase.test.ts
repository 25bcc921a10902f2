/** What is deleted must be in no file: not in the log, not in tables that were merged, not in those that were read. */
import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SessionKey, Store } from '@headrace/core'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { prepareDirectory } from '../src/store/embedded/directory.ts'
import type { Engine } from '../src/store/embedded/engine.ts'
import { pieceRange } from '../src/store/embedded/keys.ts'
import { openLevelEngine } from '../src/store/embedded/level-engine.ts'
import { openStoreOn } from '../src/store/embedded/open.ts'
import { copyAsCrashed, makeTempDirectory } from './store-fixture.ts'

/** Text that compression leaves alone. */
const secret = 'q7Zx9LmKpW3v'
const key = 'acme!secret'
const everything = { maxEvents: 100_000, maxChars: 100_000_000 }
const options = { reserveBytes: 0, writeBufferBytes: 262_144 }

/** A session full of the secret, between others that stay, in tables of several levels and in the log. */
async function fill(store: Store, way: Way): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    await Promise.all(
      ['before', 'secret', 'with'].map((id) =>
        store.append(`acme!${id}`, round * 40, {
          events: Array.from({ length: 40 }, (_, index) => text(id, round * 40 + index + 1)),
          messages: [{ seq: round * 40 + 1, json: text(id, round) }],
          words: [
            { seq: round * 40 + 1, at: round, words: id === 'secret' ? [secret, `${secret}${round}`] : ['public'] },
          ],
        }),
      ),
    )
  }
  await store.putSnapshot(key, { seq: 10, state: text('secret', 10) })
  if (way.takesBlobs) await store.putBlob(key, 'b', new TextEncoder().encode(secret.repeat(60_000)))
}

function text(id: string, seq: number): string {
  return JSON.stringify(`${id === 'secret' ? secret : 'public'} ${seq} ${'.'.repeat(100)}`)
}

interface Way {
  readonly name: string
  /** How many events are left. */
  readonly left: number
  readonly takesBlobs: boolean
  readonly remove: (store: Store) => Promise<void>
}

/** Each way to remove all of it. */
const ways: readonly Way[] = [
  { name: 'a purge', left: 0, takesBlobs: true, remove: (store) => store.purge(key) },
  {
    name: 'a redaction',
    left: 2_000,
    takesBlobs: true,
    remove: (store) =>
      store.redact(key, {
        events: Array.from({ length: 2_000 }, (_, index) => ({ seq: index + 1, json: '"redacted"' })),
        messages: Array.from({ length: 50 }, (_, round) => ({ seq: round * 40 + 1, json: '"redacted"' })),
        snapshot: { seq: 2_000, state: '{}' },
        blobs: ['b'],
      }),
  },
  {
    name: 'a compaction',
    left: 1,
    takesBlobs: false,
    // It leaves messages and what they are found by: those go before.
    async remove(store) {
      await store.append(key, 2_000, {
        events: ['"end"'],
        messages: Array.from({ length: 50 }, (_, round) => ({ seq: round * 40 + 1, json: '"replaced"' })),
        words: Array.from({ length: 50 }, (_, round) => ({ seq: round * 40 + 1, at: round, words: [] })),
      })
      await store.compact(key, { floor: { seq: 2_001, state: '{}' }, drop: [[1, 2_000]] })
    },
  },
]

describe.each(ways)('$name', (way) => {
  const { remove, left } = way

  test('S5a leaves no byte in any file', async () => {
    await using temp = await makeTempDirectory()
    const store = await openEmbeddedStore({ ...options, directory: temp.path })
    await fill(store, way)
    expect(await filesWith(temp.path)).not.toEqual([])
    await remove(store)
    expect(await filesWith(temp.path)).toEqual([])
    expect(await countEvents(store, key)).toBe(left)
    expect(await countEvents(store, 'acme!with')).toBe(2_000)
    await store.close()
  })

  test('S5a leaves none either when the process dies before the files are rewritten: the next start sees to it', async () => {
    await using temp = await makeTempDirectory()
    const directory = path.join(temp.path, 'first')
    const prepared = await prepareDirectory(directory)
    const copy = path.join(temp.path, 'copy')
    let copied: Promise<void> | undefined
    const store = await openStoreOn({ ...options, directory }, prepared, async (): Promise<Engine> => {
      const engine = await openLevel(directory)
      return {
        ...engine,
        async compact(range) {
          await (copied ??= copyAsCrashed(directory, copy))
          await engine.compact(range)
        },
      }
    })
    await fill(store, way)
    await remove(store)
    await store.close()
    expect(await filesWith(copy)).not.toEqual([])
    const again = await openEmbeddedStore({ ...options, directory: copy })
    expect(await countEvents(again, key)).toBe(left)
    await again.close()
    expect(await filesWith(copy)).toEqual([])
  })

  test('S5a leaves none wherever the process dies on the way, unless all of it is there', async () => {
    await using temp = await makeTempDirectory()
    const directory = path.join(temp.path, 'first')
    const copies: string[] = []
    let isRemoving = false
    const store = await openStoreOn({ ...options, directory }, await prepareDirectory(directory), async () => {
      const engine = await openLevel(directory)
      return {
        ...engine,
        async write(ops) {
          if (isRemoving) {
            const copy = path.join(temp.path, `copy-${copies.length}`)
            copies.push(copy)
            await copyAsCrashed(directory, copy)
          }
          await engine.write(ops)
        },
      }
    })
    await fill(store, way)
    isRemoving = true
    await remove(store)
    isRemoving = false
    await store.close()
    let begun = 0
    for (const copy of copies) {
      const again = await openEmbeddedStore({ ...options, directory: copy })
      const events = await again.read(key, 0, everything)
      await again.close()
      if (events.some((event) => event.includes(secret))) continue
      begun += 1
      expect(events).toHaveLength(left)
      expect(await filesWith(copy)).toEqual([])
    }
    expect(begun).toBeGreaterThan(0)
  })

  test('S5a leaves nothing to do for the next start', async () => {
    await using temp = await makeTempDirectory()
    const store = await openEmbeddedStore({ ...options, directory: temp.path })
    await fill(store, way)
    await remove(store)
    await store.close()
    let rewrites = 0
    const again = await openStoreOn(
      { ...options, directory: temp.path },
      await prepareDirectory(temp.path),
      async () => {
        const engine = await openLevel(temp.path)
        return {
          ...engine,
          compact: (range) => {
            rewrites += 1
            return engine.compact(range)
          },
        }
      },
    )
    await again.close()
    expect(rewrites).toBe(0)
  })

  test('S5a leaves none when somebody was reading meanwhile', async () => {
    await using temp = await makeTempDirectory()
    const prepared = await prepareDirectory(temp.path)
    const reading = Promise.withResolvers<void>()
    const mayEnd = Promise.withResolvers<void>()
    const store = await openStoreOn({ ...options, directory: temp.path }, prepared, async (): Promise<Engine> => {
      const engine = await openLevel(temp.path)
      return {
        ...engine,
        // Lists read at one moment, which LevelDB then keeps the values of.
        view: (read) =>
          engine.view(async (reader) => {
            reading.resolve()
            await mayEnd.promise
            return read(reader)
          }),
      }
    })
    await fill(store, way)
    const listing = store.list({ tenant: 'acme', limit: 10 })
    await reading.promise
    const removing = remove(store)
    // It is gone for readers before its bytes are.
    while ((await countEvents(store, key)) !== left);
    // Time in which an eraser that does not wait for readers would be done.
    for (let seq = 0; seq < 100; seq += 1) await store.append('acme!more', seq, { events: ['1'] })
    mayEnd.resolve()
    await Promise.all([listing, removing])
    expect(await filesWith(temp.path)).toEqual([])
    await store.close()
  })
})

test('S5a what is removed later is in no file either', async () => {
  await using temp = await makeTempDirectory()
  const store = await openEmbeddedStore({ ...options, directory: temp.path })
  for (let round = 0; round < 2; round += 1) {
    await store.append(key, 0, { events: [text('secret', round)] })
    await store.purge(key)
    expect(await filesWith(temp.path)).toEqual([])
  }
  await store.close()
})

test('S5a of many sessions that are removed at once nothing is left in any file', async () => {
  await using temp = await makeTempDirectory()
  const store = await openEmbeddedStore({ ...options, directory: temp.path })
  // The first one takes a round of its own, and the others go together.
  const keys = Array.from({ length: 8 }, (_, n): SessionKey => `acme!s${n}`)
  await Promise.all(
    [...keys, 'acme!s3-stays' as const].map((session) =>
      store.append(session, 0, { events: [text(session.endsWith('stays') ? 'public' : 'secret', 1)] }),
    ),
  )
  await Promise.all(keys.map((session) => store.purge(session)))
  expect(await filesWith(temp.path)).toEqual([])
  expect(await countEvents(store, 'acme!s3-stays')).toBe(1)
  await store.close()
})

test('S5a what a compaction left that was cut short is in no file when it is asked for again', async () => {
  await using temp = await makeTempDirectory()
  let during = (): void => undefined
  const few = { ...options, directory: temp.path, maxQueuedChars: 1_000 }
  const store = await openStoreOn(few, await prepareDirectory(temp.path), async () => {
    const engine = await openLevel(temp.path)
    return {
      ...engine,
      write(ops) {
        during()
        return engine.write(ops)
      },
    }
  })
  await store.append(key, 0, { events: Array.from({ length: 2_400 }, (_, n) => text('secret', n)) })
  await store.append(key, 2_400, { events: ['"end"'] })
  const compact = (): Promise<void> => store.compact(key, { floor: { seq: 2_401, state: '{}' }, drop: [[1, 2_400]] })
  // So much waits behind the first batch that there is no room for the second.
  const others: Promise<void>[] = []
  during = () => {
    others.push(store.append('acme!other', others.length, { events: ['.'.repeat(2_000)] }))
  }
  await expect(compact()).rejects.toMatchObject({ code: 'store_unavailable' })
  during = () => undefined
  await Promise.all(others)
  expect(await filesWith(temp.path)).not.toEqual([])
  await compact()
  expect(await filesWith(temp.path)).toEqual([])
  await store.close()
})

test('L6a the next start leaves no piece of a blob that the process died of writing', async () => {
  await using temp = await makeTempDirectory()
  const directory = path.join(temp.path, 'first')
  const copies: string[] = []
  let isWriting = false
  const store = await openStoreOn({ ...options, directory }, await prepareDirectory(directory), async () => {
    const engine = await openLevel(directory)
    return {
      ...engine,
      async write(ops) {
        await engine.write(ops)
        if (!isWriting) return
        const copy = path.join(temp.path, `copy-${copies.length}`)
        copies.push(copy)
        await copyAsCrashed(directory, copy)
      },
    }
  })
  await store.append(key, 0, { events: ['1'] })
  isWriting = true
  const content = new TextEncoder().encode(secret.repeat(100_000))
  await store.putBlob(key, 'b', content)
  isWriting = false
  await store.close()
  const found: unknown[] = []
  for (const copy of copies) {
    const again = await openEmbeddedStore({ ...options, directory: copy })
    const isThere = (await again.getBlob(key, 'b')) !== undefined
    expect(await again.blobs(key)).toHaveLength(isThere ? 1 : 0)
    await again.close()
    const engine = await openLevel(copy)
    let pieces = 0
    await engine.scan({ range: pieceRange(key, 'b'), limit: Infinity }, () => void (pieces += 1))
    await engine.close()
    found.push({ isThere, pieces })
  }
  const nothing = { isThere: false, pieces: 0 }
  expect(found).toEqual([nothing, nothing, nothing, nothing, { isThere: true, pieces: 5 }])
})

function openLevel(directory: string): Promise<Engine> {
  return openLevelEngine({
    directory: path.join(directory, 'data'),
    createIfMissing: true,
    cacheBytes: 1_048_576,
    writeBufferBytes: options.writeBufferBytes,
  })
}

async function countEvents(store: Store, session: SessionKey): Promise<number> {
  return (await store.read(session, 0, everything)).length
}

/** Files in which the secret is. */
async function filesWith(directory: string): Promise<string[]> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const file of files) {
    if (!file.isFile()) continue
    // LevelDB removes a file that it has merged at any moment: one that is gone holds nothing.
    const bytes = await readFile(path.join(file.parentPath, file.name)).catch((thrown: unknown) => {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return Buffer.alloc(0)
      throw thrown
    })
    if (bytes.includes(secret)) found.push(file.name)
  }
  return found
}
