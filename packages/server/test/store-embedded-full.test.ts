import { execFile } from 'node:child_process'
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test, type TestContext } from 'vitest'
import { HeadraceError, type SessionKey, type Store } from '@headrace/core'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { seeded } from '@headrace/testing'
import { makeTempDirectory } from './store-fixture.ts'

const run = promisify(execFile)
const everything = { maxEvents: 1_000_000, maxChars: 1_000_000_000 }
const mebibyte = 1_048_576

/** A disk of 16 MB, in memory. Mounting takes root; where that is missing the test is skipped by name, but not in CI. */
async function withSmallDisk(context: TestContext, use: (disk: string) => Promise<void>): Promise<void> {
  await using temp = await makeTempDirectory()
  const disk = path.join(temp.path, 'disk')
  await mkdir(disk)
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk])
  } catch (thrown) {
    const reason = `can't mount a 16 MB tmpfs: ${String(thrown).trim()}`
    if (process.env['CI'] !== undefined) throw new Error(reason, { cause: thrown })
    context.skip(reason)
  }
  try {
    await use(disk)
  } finally {
    await run('umount', ['--lazy', disk])
  }
}

/** Takes all the space that is left. */
async function fillUp(file: string): Promise<void> {
  for (const size of [mebibyte, 65_536, 4_096]) {
    for (;;) {
      const isFull = await appendFile(file, new Uint8Array(size)).then(
        () => false,
        () => true,
      )
      if (isFull) break
    }
  }
}

interface Unsure {
  readonly key: SessionKey
  readonly events: readonly string[]
}

interface Result {
  /** For people. */
  readonly answers: string
  readonly counts: ReadonlyMap<string, number>
  /** What may be there or not. */
  readonly unsure: readonly Unsure[]
}

/** Appends with many producers until enough of one answer came, checks each answer, and keeps what was promised. */
async function appendUntil(
  store: Store,
  logs: Map<SessionKey, string[]>,
  isEnough: (answers: ReadonlyMap<string, number>) => boolean,
): Promise<Result> {
  const answers = new Map<string, number>()
  const unsure: Unsure[] = []
  const random = seeded(7)
  await Promise.all(
    [...logs].map(async ([key, log]) => {
      while (!isEnough(answers)) {
        // Noise, so that the disk fills although tables are compressed.
        const noise = Array.from({ length: 60 }, () => random().toString(36)).join('')
        const events = [1, 2].map((place) => JSON.stringify({ seq: log.length + place, noise }))
        const code = await store.append(key, log.length, { events }).then(
          () => 'done',
          (thrown: unknown) => (thrown instanceof HeadraceError ? thrown.code : String(thrown)),
        )
        answers.set(code, (answers.get(code) ?? 0) + 1)
        expect(['done', 'store_full', 'store_unavailable', 'unknown_outcome']).toContain(code)
        if (code === 'done') log.push(...events)
        else if (code === 'unknown_outcome') {
          unsure.push({ key, events })
          return
        } else {
          // It was said that nothing was written.
          await store.head(key).then((head) => expect(head).toBe(log.length), ignoreUnavailable)
        }
      }
    }),
  )
  return { answers: JSON.stringify(Object.fromEntries(answers)), counts: answers, unsure }
}

function times(code: string, count: number): (answers: ReadonlyMap<string, number>) => boolean {
  return (answers) => (answers.get(code) ?? 0) >= count
}

function ignoreUnavailable(thrown: unknown): void {
  if (!(thrown instanceof HeadraceError && thrown.code === 'store_unavailable')) throw thrown
}

async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (thrown) {
      if (!(thrown instanceof HeadraceError && thrown.code === 'store_unavailable')) throw thrown
    }
  }
}

async function expectLogs(store: Store, logs: ReadonlyMap<SessionKey, string[]>): Promise<void> {
  for (const [key, log] of logs) {
    expect(await store.head(key)).toBe(log.length)
    expect(await store.read(key, 0, everything)).toEqual(log)
  }
}

function newLogs(): Map<SessionKey, string[]> {
  return new Map(Array.from({ length: 40 }, (_, index) => [`acme!s${index}` as const, []]))
}

const enough = 200
const options = { writeBufferBytes: mebibyte, reserveBytes: 3 * mebibyte, retryMs: 0 }

test('a full disk stops appends with store_full and leaves reads; with space, writing goes on without a restart', async (context) => {
  await withSmallDisk(context, async (disk) => {
    const directory = path.join(disk, 'data')
    const filler = path.join(disk, 'filler')
    const errors = new Set<string>()
    await writeFile(filler, new Uint8Array(5 * mebibyte))
    const store = await openEmbeddedStore({ ...options, directory, onError: (error) => errors.add(error.code) })
    const logs = newLogs()
    const untilFull = async (round: number): Promise<Result> => {
      // The first time the store's own data fill the disk. Later merges make room now and then: take that too.
      if (round === 1) return appendUntil(store, logs, times('store_full', enough))
      for (;;) {
        await fillUp(filler)
        const isFull = times('store_full', enough)
        const result = await appendUntil(store, logs, (answers) => isFull(answers) || times('done', 50)(answers))
        if (isFull(result.counts)) return result
      }
    }
    for (let round = 1; round <= 4; round += 1) {
      const { answers, unsure } = await untilFull(round)
      console.log(`full for the ${round}. time: ${answers}`)
      // With the reserve the database opens again, and so every answer is exact.
      expect(unsure).toEqual([])
      await expectLogs(store, logs)

      await rm(filler)
      await appendUntil(store, logs, times('done', enough))
      await expectLogs(store, logs)
    }
    expect([...errors]).toEqual(['store_full'])
    await store.close()
    const again = await openEmbeddedStore({ ...options, directory })
    await expectLogs(again, logs)
    await again.close()
  })
})

test('a store opens on a full disk for reading, and writes when there is room', async (context) => {
  await withSmallDisk(context, async (disk) => {
    const directory = path.join(disk, 'data')
    const filler = path.join(disk, 'filler')
    const first = await openEmbeddedStore({ ...options, directory })
    const logs = newLogs()
    await appendUntil(first, logs, times('done', enough))
    await first.close()
    await fillUp(filler)

    for (let start = 0; start < 3; start += 1) {
      const store = await openEmbeddedStore({ ...options, directory })
      await expectLogs(store, logs)
      await appendUntil(store, logs, times('store_full', 1))
      await store.close()
    }
    const store = await openEmbeddedStore({ ...options, directory })
    await rm(filler)
    await appendUntil(store, logs, times('done', enough))
    await expectLogs(store, logs)
    await store.close()
  })
})

test('purges on a full disk are done or refused, and never half', async (context) => {
  await withSmallDisk(context, async (disk) => {
    const store = await openEmbeddedStore({ ...options, directory: path.join(disk, 'data') })
    const logs = newLogs()
    await appendUntil(store, logs, times('store_full', enough))
    let purged = 0
    for (const [key, log] of [...logs].slice(0, 30)) {
      const code = await store.purge(key).then(
        () => 'done',
        (thrown: unknown) => (thrown instanceof HeadraceError ? thrown.code : String(thrown)),
      )
      expect(['done', 'store_full']).toContain(code)
      if (code !== 'done') continue
      purged += 1
      log.length = 0
    }
    console.log(`${purged} of 30 purged`)
    expect(purged).toBeGreaterThan(0)
    await expectLogs(store, logs)
    await store.close()
  })
})

test('without a reserve no answer is wrong either, but some are unsure', async (context) => {
  await withSmallDisk(context, async (disk) => {
    const directory = path.join(disk, 'data')
    const filler = path.join(disk, 'filler')
    const store = await openEmbeddedStore({ ...options, directory, reserveBytes: 0 })
    const logs = newLogs()
    for (let round = 1; round <= 6; round += 1) {
      await appendUntil(store, logs, times('done', enough))
      await fillUp(filler)
      const { answers, unsure } = await appendUntil(store, logs, (seen) =>
        [...seen.keys()].some((code) => code !== 'done'),
      )
      console.log(`without a reserve, round ${round}: ${answers}`)
      await rm(filler, { force: true })
      for (const { key, events } of unsure) {
        const log = logs.get(key) ?? []
        const found = await untilAnswered(() => store.read(key, log.length, everything))
        expect([[], events]).toContainEqual(found)
        log.push(...found)
      }
      await expectLogs(store, logs)
    }
    await store.close()
  })
})
