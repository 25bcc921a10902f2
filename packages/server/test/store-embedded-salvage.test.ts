import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { seeded } from '@headrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SessionKey, Store } from '@headrace/core'
import { openEmbeddedStore, salvageStore } from '@headrace/server/store/embedded'
import { eventKey } from '../src/store/embedded/keys.ts'
import { openLevelEngine } from '../src/store/embedded/level-engine.ts'
import { copyAsCrashed, makeTempDirectory, type TempDirectory } from './store-fixture.ts'

const everything = { maxEvents: 1_000_000, maxChars: 1_000_000_000 }
const options = { writeBufferBytes: 65_536, reserveBytes: 0 }
const sessions = 60
const rounds = 30

let temp: TempDirectory
let crashed: string
const logs = new Map<SessionKey, readonly string[]>()
const blob = new Uint8Array(300_000).fill(9)

beforeAll(async () => {
  temp = await makeTempDirectory()
  const directory = path.join(temp.path, 'live')
  crashed = path.join(temp.path, 'crashed')
  const store = await openEmbeddedStore({ ...options, directory })
  for (let round = 0; round < rounds; round += 1)
    await Promise.all(Array.from({ length: sessions }, (_, n) => grow(store, n)))
  await store.append('acme!purged', 0, { events: ['"secret"'] })
  await store.purge('acme!purged')
  await store.compact('acme!s7', { floor: { seq: 40, state: '"forty"' }, drop: [[1, 40]] })
  await store.putBlob('acme!s9', 'picture', blob)
  await copyAsCrashed(directory, crashed)
  await store.close()
})

afterAll(() => temp.remove())

async function grow(store: Store, n: number): Promise<void> {
  const key: SessionKey = `acme!s${n}`
  const log = logs.get(key) ?? []
  const events = [1, 2].map((more) =>
    JSON.stringify({ seq: log.length + more, text: `word${n} `.repeat(12), noise: Math.random() }),
  )
  const row = {
    id: `s${n}`,
    createdAt: 1,
    updatedAt: log.length * 100 + n,
    metadata: {},
    messages: 1,
    status: 'idle' as const,
    openRuns: 0,
    archived: false,
    inbox: [],
    work: ['writer'],
    due: log.length + n,
  }
  const words = [{ seq: log.length + 1, at: log.length + 1, words: [`word${n}`] }]
  await store.append(key, log.length, { events, row, words, messages: [{ seq: log.length + 1, json: '"m"' }] })
  logs.set(key, [...log, ...events])
}

/** What a store has of each session, by all its doors; `undefined` for one that it does not have. */
async function lookAt(store: Store): Promise<Map<SessionKey, readonly string[] | undefined>> {
  const { rows } = await store.list({ tenant: 'acme', limit: 1_000 })
  const listed = new Set(rows.map(({ id }) => id))
  const worked = await store.work('writer', 1_000)
  const found = new Map<SessionKey, readonly string[] | undefined>()
  for (const [key, log] of logs) {
    const { length: head } = log
    const id = key.slice('acme!'.length)
    const isThere = (await store.head(key)) > 0
    expect(listed.has(id), `${key} is listed`).toBe(isThere)
    expect(worked.includes(key)).toBe(isThere)
    if (!isThere) {
      found.set(key, undefined)
      continue
    }
    expect(await store.head(key)).toBe(head)
    const after = key === 'acme!s7' ? 40 : 0
    expect(await store.read(key, after, everything)).toEqual(log.slice(after))
    expect(await store.readMessages(key, Number.MAX_SAFE_INTEGER, 1_000)).toHaveLength(rounds)
    const word = `word${id.slice(1)}`
    const { hits } = await store.search({ tenant: 'acme', words: [word, word], limit: 100 })
    expect(hits).toEqual(Array.from({ length: rounds }, (_, n) => ({ session: id, seq: 2 * (rounds - n) - 1 })))
    if (key === 'acme!s9') expect(await store.getBlob(key, 'picture')).toEqual(blob)
    found.set(key, log)
  }
  expect(await store.head('acme!purged')).toBe(0)
  return found
}

async function damaged(damage: (data: string) => Promise<void>, original = crashed): Promise<string> {
  const copy = path.join(temp.path, 'damaged')
  await rm(copy, { recursive: true, force: true })
  await rm(path.join(temp.path, 'salvaged'), { recursive: true, force: true })
  await cp(original, copy, { recursive: true })
  await damage(path.join(copy, 'data'))
  return copy
}

const to = (): string => path.join(temp.path, 'salvaged')

test('L2a what is not damaged is salvaged whole, and the original stays as it is', async () => {
  const from = await damaged(async () => undefined)
  const before = await readdir(path.join(from, 'data'))
  expect(await salvageStore({ from, to: to() })).toEqual({ damaged: [], whole: sessions, lost: [], mayBeOlder: false })
  expect(await readdir(path.join(from, 'data'))).toEqual(before)
  const store = await openEmbeddedStore({ ...options, directory: to() })
  const found = await lookAt(store)
  expect([...found.values()].every((log) => log !== undefined)).toBe(true)
  // It goes on from here.
  await store.append('acme!s1', 60, { events: ['"on"'] })
  await store.close()
  await expect(salvageStore({ from, to: to() })).rejects.toMatchObject({ code: 'bad_request' })
})

test('L2a damage in tables costs the sessions that it hit, by name, and no other', async () => {
  const seed = Number(process.env['HEADRACE_SEED'] ?? Date.now() % 1_000_000)
  console.log(`HEADRACE_SEED=${seed}`)
  const random = seeded(seed)
  let kept = 0
  for (let attempt = 0; attempt < 6; attempt += 1) {
    let name = ''
    const from = await damaged(async (data) => {
      const tables = (await readdir(data)).filter((file) => file.endsWith('.ldb'))
      name = tables[attempt % tables.length] ?? ''
      const bytes = await readFile(path.join(data, name))
      const at = Math.floor(random() * bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
      await writeFile(path.join(data, name), bytes)
    })
    await expect(openEmbeddedStore({ ...options, directory: from })).rejects.toMatchObject({ code: 'store_corrupt' })
    const report = await salvageStore({ from, to: to() })
    expect(report.damaged).toMatchObject([{ file: path.join(from, 'data', name), what: 'fails its checksums' }])
    expect(report.whole + report.lost.length).toBe(sessions)
    expect(report.mayBeOlder).toBe(false)
    const store = await openEmbeddedStore({ ...options, directory: to() })
    for (const [key, log] of await lookAt(store)) {
      const lost = report.lost.find(({ session }) => session === key)
      expect(lost === undefined, `${key}: ${lost?.why}`).toBe(log !== undefined)
      if (lost?.file === undefined) continue
      const lines = (await readFile(lost.file, 'utf8')).trimEnd().split('\n')
      expect(lines).toHaveLength(lost.events)
      for (const line of lines) expect(logs.get(key)).toContain(line)
    }
    await store.close()
    kept += report.whole
  }
  // Blocks of this small database hold a part of many sessions each, and some of the damage is to the index of a table.
  expect(kept / (6 * sessions), 'share of sessions that are kept').toBeGreaterThan(0.1)
})

test('L2a a log that is damaged in its middle, and a manifest, cost what they said, and the report says so', async () => {
  const live = path.join(temp.path, 'live-log')
  const large = await openEmbeddedStore({ reserveBytes: 0, directory: live })
  for (let n = 0; n < 20; n += 1)
    await large.append(`acme!s${n}`, 0, { events: (logs.get(`acme!s${n}`) ?? []).slice(0, 2) })
  const inLog = path.join(temp.path, 'in-log')
  await copyAsCrashed(live, inLog)
  await large.close()
  for (const [original, pattern] of [
    [inLog, /\.log$/],
    [crashed, /^MANIFEST/],
  ] as const) {
    const from = await damaged(async (data) => {
      const name = (await readdir(data)).filter((file) => pattern.test(file)).at(-1) ?? ''
      const bytes = await readFile(path.join(data, name))
      bytes[20] = (bytes[20] ?? 0) ^ 1
      await writeFile(path.join(data, name), bytes)
    }, original)
    const report = await salvageStore({ from, to: to() })
    expect(report).toMatchObject({ damaged: [{}], mayBeOlder: true })
    expect(report.whole).toBeGreaterThan(0)
    const store = await openEmbeddedStore({ ...options, directory: to() })
    for (const key of logs.keys()) {
      const found = await store.read(key, key === 'acme!s7' ? 40 : 0, everything)
      const log = logs.get(key) ?? []
      expect(log.slice(key === 'acme!s7' ? 40 : 0).slice(0, found.length)).toEqual(found)
    }
    await store.close()
    await rm(to(), { recursive: true, force: true })
  }
})

test('L2a a session that is not whole costs no other, however long its name is', async () => {
  const from = path.join(temp.path, 'long-names')
  // A stream's path is the longest there is.
  const keys = [`acme!${'a/'.repeat(127)}1`, `acme!${'a/'.repeat(127)}2`, `acme~ds!${'%2F'.repeat(170)}`] as const
  const store = await openEmbeddedStore({ ...options, directory: from })
  for (const key of keys) await store.append(key, 0, { events: [`"1 of ${key}"`, '"2"'] })
  await store.append('acme!whole', 0, { events: ['"1"'] })
  await store.close()
  const engine = await openLevelEngine({
    directory: path.join(from, 'data'),
    createIfMissing: false,
    cacheBytes: 1_048_576,
    writeBufferBytes: 65_536,
  })
  await engine.write(keys.map((key) => ({ type: 'del', key: eventKey(key, 2) })))
  await engine.close()
  const target = path.join(temp.path, 'long-names-salvaged')
  const { whole, lost } = await salvageStore({ from, to: target })
  expect([whole, lost.map(({ session }) => session).sort()]).toEqual([1, [...keys].sort()])
  for (const { session, file = '' } of lost) expect(await readFile(file, 'utf8')).toBe(`"1 of ${session}"\n`)
})

test('a directory without data, and one that a server holds, are refused', async () => {
  await expect(salvageStore({ from: path.join(temp.path, 'nowhere'), to: to() })).rejects.toMatchObject({
    code: 'bad_request',
  })
  const from = await damaged(async () => undefined)
  const store = await openEmbeddedStore({ ...options, directory: from })
  await expect(salvageStore({ from, to: to() })).rejects.toMatchObject({ code: 'store_locked' })
  await store.close()
})

test('L2a a directory whose server crashed is salvaged, though another process has its number', async (context) => {
  const file = path.join(temp.path, 'damaged', 'pid')
  const from = await damaged(async () => undefined)
  const store = await openEmbeddedStore({ ...options, directory: from })
  const [pid, start] = (await readFile(file, 'utf8')).trim().split(' ')
  await store.close()
  if (start === undefined) return context.skip('this system does not say when a process began')
  await writeFile(file, `${pid} ${Number(start) - 1}\n`)
  expect(await salvageStore({ from, to: to() })).toMatchObject({ whole: sessions })
})
