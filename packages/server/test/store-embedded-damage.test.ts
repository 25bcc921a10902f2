import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { seeded } from '@headrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HeadraceError, type SessionKey, type Store } from '@headrace/core'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import { eventKey, floorKey, floorSnapshotKey, snapshotKey } from '../src/store/embedded/keys.ts'
import { openLevelEngine } from '../src/store/embedded/level-engine.ts'
import { fileNumber, readManifest, tableExtensions } from '../src/store/embedded/manifest.ts'
import { copyAsCrashed, makeTempDirectory, type TempDirectory } from './store-fixture.ts'

const everything = { maxEvents: 1_000_000, maxChars: 1_000_000_000 }
const options = { writeBufferBytes: 65_536, reserveBytes: 0 }
const rounds = 40
const sessions = 20
/** More than the record of one small append takes. */
const lastRecordBytes = 300

describe('damage', () => {
  let temp: TempDirectory
  /** A directory as a crash leaves it, with several tables and a log of many records. */
  let crashed: string
  /** The same, closed in peace. */
  let closed: string
  const logs = new Map<SessionKey, string[]>()

  beforeAll(async () => {
    temp = await makeTempDirectory()
    closed = path.join(temp.path, 'closed')
    crashed = path.join(temp.path, 'crashed')
    const store = await openEmbeddedStore({ ...options, directory: closed })
    const random = seeded(11)
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(Array.from({ length: sessions }, (_, index) => appendRound(store, index, round, random)))
    }
    // Damage to the very last record looks like a torn write, so let it be one that is not missed.
    await store.append('acme!last', 0, { events: ['"last"'] })
    await copyAsCrashed(closed, crashed)
    await store.close()
  })

  afterAll(() => temp.remove())

  /** The tables and logs that are part of a database. What a merge or a full log has replaced lies there for a moment more. */
  async function partsOf(directory: string): Promise<{ readonly tables: string[]; readonly logs: string[] }> {
    const data = path.join(directory, 'data')
    const manifest = await readManifest(data)
    const names = (await readdir(data)).sort()
    return {
      tables: names.filter((name) => manifest?.tables.has(fileNumber(name, tableExtensions) ?? -1)),
      logs: names.filter((name) => (fileNumber(name, ['log']) ?? -1) >= (manifest?.log ?? 0)),
    }
  }

  async function appendRound(store: Store, index: number, round: number, random: () => number): Promise<void> {
    const key = `acme!s${index}` as const
    const log = logs.get(key) ?? []
    logs.set(key, log)
    const events = Array.from({ length: 3 }, (_, event) =>
      JSON.stringify({
        seq: log.length + event + 1,
        text: 'word '.repeat(10 + Math.floor(random() * 20)),
        noise: random(),
      }),
    )
    const row = {
      id: `s${index}`,
      createdAt: 1,
      updatedAt: round * 100 + index,
      metadata: { head: log.length + 3 },
      messages: round + 1,
      status: 'idle' as const,
      openRuns: 0,
      archived: false,
      inbox: [],
      work: ['writer'],
      due: round * 7 + index,
    }
    await store.append(key, log.length, { events, row, messages: [{ seq: log.length + 1, json: String(round) }] })
    log.push(...events)
  }

  /** Opens a damaged directory and reads all. Resolves to what was said of the damage; wrong data fails the test. */
  async function findDamage(directory: string): Promise<'opening' | 'reading' | 'nothing'> {
    let store: Store
    try {
      store = await openEmbeddedStore({ ...options, directory })
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'store_corrupt' })
      return 'opening'
    }
    let found: 'reading' | 'nothing' = 'nothing'
    const expectAnswer = async (ask: Promise<unknown>, answer: unknown): Promise<void> => {
      try {
        expect(await ask).toEqual(answer)
      } catch (thrown) {
        if (!(thrown instanceof HeadraceError)) throw thrown
        expect(thrown.code).toBe('store_corrupt')
        found = 'reading'
      }
    }
    for (const [key, log] of logs) {
      await expectAnswer(store.read(key, 0, everything), log)
      await expectAnswer(
        store.row(key).then((row) => row?.metadata),
        { head: log.length },
      )
      await expectAnswer(
        store.readMessages(key, Number.MAX_SAFE_INTEGER, 1_000).then((rows) => rows.length),
        rounds,
      )
    }
    await expectAnswer(
      store.list({ tenant: 'acme', limit: 100 }).then(({ rows }) => rows.length),
      sessions,
    )
    await expectAnswer(
      store.due(Number.MAX_SAFE_INTEGER, 100).then((due) => due.length),
      sessions,
    )
    await expectAnswer(
      store.work('writer', 100).then((work) => work.length),
      sessions,
    )
    await store.close()
    return found
  }

  test.each(['crashed', 'closed'] as const)(
    'a flipped bit or a cut in any file of a %s store is found, and nothing wrong is served',
    async (state) => {
      const seed = Number(process.env['HEADRACE_SEED'] ?? Date.now() % 1_000_000)
      console.log(`HEADRACE_SEED=${seed}`)
      const random = seeded(seed)
      const original = state === 'crashed' ? crashed : closed
      // A merge that closing cut short leaves a table that is part of nothing: opening deletes it, damaged or not.
      const { tables, logs } = await partsOf(original)
      const others = (await readdir(path.join(original, 'data'))).filter((name) => /^MANIFEST|^CURRENT/.test(name))
      const files = [...tables, ...logs, ...others].sort()
      expect(tables.length).toBeGreaterThan(1)
      const found = { opening: 0, reading: 0, nothing: 0 }
      const copy = path.join(temp.path, 'copy')
      for (let attempt = 0; attempt < 80; attempt += 1) {
        await rm(copy, { recursive: true, force: true })
        await cp(original, copy, { recursive: true })
        const name = files[attempt % files.length] ?? ''
        const file = path.join(copy, 'data', name)
        const bytes = await readFile(file)
        if (bytes.length === 0) continue
        const at = Math.floor(random() * bytes.length)
        // A log that is cut short looks as a crash leaves it.
        const isFlip = name.endsWith('.log') || random() < 0.7
        if (isFlip) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
        await writeFile(file, isFlip ? bytes : bytes.subarray(0, at))
        const where = await findDamage(copy)
        found[where] += 1
        const isInLastRecord = name.endsWith('.log') && at > bytes.length - lastRecordBytes
        if (!isInLastRecord) expect(where, `${name} ${isFlip ? 'flipped' : 'cut'} at ${at}`).not.toBe('nothing')
      }
      console.log(`${state}: ${JSON.stringify(found)}`)
    },
  )

  test('L2a a length in the manifest that points behind its end is found: LevelDB takes it for the end of the file', async () => {
    const copy = path.join(temp.path, 'copy')
    const manifest = (await readFile(path.join(crashed, 'data', 'CURRENT'), 'utf8')).trim()
    const bytes = await readFile(path.join(crashed, 'data', manifest))
    const headers: number[] = []
    for (let at = 0; at < bytes.length; at += 7 + bytes.readUInt16LE(at + 4)) headers.push(at)
    expect(headers.length).toBeGreaterThan(2)
    for (const at of headers) {
      await rm(copy, { recursive: true, force: true })
      await cp(crashed, copy, { recursive: true })
      const damaged = Buffer.from(bytes)
      damaged.writeUInt16LE(bytes.length, at + 4)
      await writeFile(path.join(copy, 'data', manifest), damaged)
      const where = await findDamage(copy)
      // Without the last edit the database may be whole still: what that edit replaces is deleted a moment after it.
      if (at !== headers.at(-1)) expect(where, `record at ${at}`).toBe('opening')
    }
  })

  test('a table that is gone, or a log that is, is found', async () => {
    const copy = path.join(temp.path, 'copy')
    const { tables, logs } = await partsOf(crashed)
    for (const name of [...tables, ...logs]) {
      await rm(copy, { recursive: true, force: true })
      await cp(crashed, copy, { recursive: true })
      await rm(path.join(copy, 'data', name))
      await expect(openEmbeddedStore({ ...options, directory: copy })).rejects.toMatchObject({ code: 'store_corrupt' })
    }
  })

  test('a log that a crash cut short is opened, with whole batches up to there', async () => {
    const copy = path.join(temp.path, 'copy')
    const random = seeded(5)
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await rm(copy, { recursive: true, force: true })
      await cp(crashed, copy, { recursive: true })
      const file = path.join(copy, 'data', (await partsOf(copy)).logs.at(-1) ?? '')
      const bytes = await readFile(file)
      await writeFile(file, bytes.subarray(0, Math.floor(random() * bytes.length)))
      const store = await openEmbeddedStore({ ...options, directory: copy })
      for (const [key, log] of logs) {
        const found = await store.read(key, 0, everything)
        expect(found).toEqual(log.slice(0, found.length))
        expect(found.length % 3).toBe(0)
        expect((await store.row(key))?.metadata).toEqual({ head: found.length })
      }
      await store.close()
    }
  })

  test('what is missing above the floor is found, and damage to what a floor needs stays with its session', async () => {
    const copy = path.join(temp.path, 'copy')
    await rm(copy, { recursive: true, force: true })
    const first = await openEmbeddedStore({ ...options, directory: copy })
    for (const key of ['acme!log', 'acme!snapshot', 'acme!floor', 'acme!state', 'acme!whole'] as const) {
      await first.append(key, 0, { events: Array.from({ length: 20 }, (_, index) => String(index + 1)) })
      await first.compact(key, { floor: { seq: 10, state: '"ten"' }, drop: [[3, 7]] })
      await first.putSnapshot(key, { seq: 15, state: '"fifteen"' })
    }
    await first.close()
    const level = await openLevelEngine({
      directory: path.join(copy, 'data'),
      createIfMissing: false,
      cacheBytes: 1_048_576,
      writeBufferBytes: 65_536,
    })
    const bad = '00000000bad'
    await level.write([
      { type: 'del', key: eventKey('acme!log', 14) },
      { type: 'put', key: snapshotKey('acme!snapshot'), value: bad },
      { type: 'put', key: floorKey('acme!floor'), value: bad },
      { type: 'put', key: floorSnapshotKey('acme!state'), value: bad },
    ])
    await level.close()

    const store = await openEmbeddedStore({ ...options, directory: copy })
    expect(await store.read('acme!log', 0, { ...everything, maxEvents: 7 })).toEqual([
      '1',
      '2',
      '8',
      '9',
      '10',
      '11',
      '12',
    ])
    await expect(store.read('acme!log', 0, everything)).rejects.toMatchObject({
      code: 'store_corrupt',
      detail: { key: 'acme!log', seq: 14 },
    })
    // The state at the floor says the same, only older.
    expect(await store.getSnapshot('acme!snapshot')).toEqual({ seq: 10, state: '"ten"' })
    await expect(store.read('acme!floor', 0, everything)).rejects.toMatchObject({ code: 'store_corrupt' })
    await expect(store.floorSnapshot('acme!state')).rejects.toMatchObject({ code: 'store_corrupt' })
    expect(await store.getSnapshot('acme!state')).toEqual({ seq: 15, state: '"fifteen"' })
    expect(await store.read('acme!whole', 0, everything)).toHaveLength(15)
    await store.purge('acme!floor')
    expect(await store.head('acme!floor')).toBe(0)
    await store.close()
  })

  test('damage that is accepted is opened, and what misses events says so', async () => {
    const original = path.join(temp.path, 'large-log')
    const copy = path.join(temp.path, 'copy')
    const log = Array.from({ length: 400 }, (_, index) => JSON.stringify(`${index} ${'.'.repeat(500)}`))
    const store = await openEmbeddedStore({ reserveBytes: 0, directory: original })
    for (const [seq, event] of log.entries()) await store.append('acme!s', seq, { events: [event] })
    await rm(copy, { recursive: true, force: true })
    await cp(original, copy, { recursive: true })
    await store.close()

    const [name = ''] = (await readdir(path.join(copy, 'data'))).filter((entry) => entry.endsWith('.log'))
    const file = path.join(copy, 'data', name)
    const bytes = await readFile(file)
    bytes[100] = (bytes[100] ?? 0) ^ 1
    await writeFile(file, bytes)
    await expect(openEmbeddedStore({ reserveBytes: 0, directory: copy })).rejects.toThrow(
      `${file} is damaged at byte 0`,
    )

    const damaged = await openEmbeddedStore({ reserveBytes: 0, directory: copy, acceptDamage: true })
    await expect(damaged.read('acme!s', 0, everything)).rejects.toMatchObject({
      code: 'store_corrupt',
      detail: { key: 'acme!s', seq: 1 },
    })
    // The way on is to purge it.
    await damaged.purge('acme!s')
    await damaged.append('acme!s', 0, { events: log.slice(0, 2) })
    expect(await damaged.read('acme!s', 0, everything)).toEqual(log.slice(0, 2))
    await damaged.close()
  })
})
