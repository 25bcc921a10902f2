/**
 * Makes a whole database of what is left of a damaged one. A server refuses to open a damaged one as a whole, because
 * LevelDB would merge damage into good tables, stop writing when it meets it, or serve what is older than what was lost.
 *
 *   damaged directory ──readable blocks and batches──▶ new directory ──▶ whole sessions, with new indexes
 *                                                           └──▶ lost/: events of sessions that are not whole
 *
 * The damaged directory is only read.
 */
import { hash } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { HeadraceError, type SessionKey } from '@headrace/core'
import { readBlob } from './blobs.ts'
import { lockedError, prepareDirectory, readPid } from './directory.ts'
import type { Engine, Op } from './engine.ts'
import { listPosition, notedSession, purgeRange, sessionRange, tenantOfList } from './keys.ts'
import { openLevelEngine } from './level-engine.ts'
import { indexKeys } from './listed.ts'
import { wordsOps } from './postings.ts'
import { collect } from './salvage/collect.ts'
import { SessionRemains, allSessions, sessionOf } from './salvage/judge-session.ts'
import { seal } from './seal.ts'

export interface SalvageOptions {
  /** The damaged data directory. No server may hold it. */
  readonly from: string
  /** A new directory, or an empty one. */
  readonly to: string
}

export interface LostSession {
  readonly session: SessionKey
  readonly why: string
  /** How many of its events could be read. */
  readonly events: number
  /** Where they are, a line of JSON each; `undefined` when there are none. */
  readonly file: string | undefined
}

export interface SalvageReport {
  readonly damaged: readonly { readonly file: string; readonly what: string }[]
  /** Sessions that are whole and in the new directory. */
  readonly whole: number
  /** Sessions that are not, and are not in it. */
  readonly lost: readonly LostSession[]
  /**
   * Writes were lost of which nobody can say what they were about: whole sessions may end earlier than they did, and
   * what was removed just before the damage may be back.
   */
  readonly mayBeOlder: boolean
}

const mebibyte = 1_048_576
const batch = 1_000

/**
 * Copies the sessions that are whole out of a damaged data directory. Takes about 150 bytes of memory for each key.
 *
 * @throws HeadraceError `store_locked`: a server holds the damaged directory; `bad_request`: there is no data in it, or
 *   the new one is not empty; `store_full`
 * @example
 * const report = await salvageStore({ from: './data', to: './data-salvaged' })
 * console.log(`${report.whole} sessions are whole, ${report.lost.length} are not`)
 */
export async function salvageStore({ from, to }: SalvageOptions): Promise<SalvageReport> {
  const source = path.resolve(from)
  const data = path.join(source, 'data')
  const names = await readdir(data).catch(() => [])
  if (names.length === 0) throw new HeadraceError('bad_request', `from: ${data} has no database in it.`)
  if ((await readPid(source)) !== undefined) throw await lockedError({ path: source }, undefined)
  const target = await prepareDirectory(to)
  if (!target.isNew)
    throw new HeadraceError('bad_request', `to: ${target.path} has data already. Name a new directory.`)

  const engine = await openLevelEngine({
    directory: target.data,
    createIfMissing: true,
    cacheBytes: 32 * mebibyte,
    writeBufferBytes: 16 * mebibyte,
  })
  try {
    const { damaged, lost: ranges, lostUnknown } = await collect(data, engine)
    const known = await listedSessions(engine)
    await removeIndexes(engine)
    const purging = await keysOf(engine, purgeRange).then((keys) => new Set(keys.map(notedSession)))
    const lost: LostSession[] = []
    let whole = 0
    for await (const remains of readSessions(engine)) {
      known.delete(remains.key)
      // It is to go: the rest of it goes when the directory is opened.
      if (purging.has(remains.key)) continue
      const why = remains.problem(ranges) ?? (await brokenBlob(engine, remains))
      if (why === undefined) {
        whole += 1
        await writeIndexes(engine, remains)
        continue
      }
      const file = await keepEvents(target.path, remains)
      await removeKeys(engine, sessionRange(remains.key))
      lost.push({ session: remains.key, why, events: remains.events.length, file })
    }
    for (const session of known) {
      if (purging.has(session)) continue
      lost.push({ session, why: 'only the list of sessions still names it', events: 0, file: undefined })
    }
    await engine.flush()
    return { damaged, whole, lost, mayBeOlder: lostUnknown }
  } finally {
    await engine.close()
  }
}

async function listedSessions(engine: Engine): Promise<Set<SessionKey>> {
  const keys = await keysOf(engine, { gte: '!u!', lt: '!u"' })
  return new Set(keys.map((key) => `${tenantOfList(key)}!${listPosition(key).id}` as const))
}

/** One session after the other: their events may be more than fit into memory. */
async function* readSessions(engine: Engine): AsyncGenerator<SessionRemains, void, undefined> {
  for (let from: string = allSessions.gte; ;) {
    let first: string | undefined
    await engine.scan({ range: { gte: from, lt: allSessions.lt }, limit: 1 }, (found) => void (first = found))
    if (first === undefined) return
    const remains = new SessionRemains(sessionOf(first))
    const range = sessionRange(remains.key)
    await engine.scan({ range, limit: Infinity }, (found, sealed) => remains.add(found, sealed))
    yield remains
    from = range.lt
  }
}

async function brokenBlob(engine: Engine, { key, blobs }: SessionRemains): Promise<string | undefined> {
  try {
    for (const id of blobs) await readBlob(engine, key, id)
    return undefined
  } catch (thrown) {
    const error = HeadraceError.from(thrown)
    if (error.code !== 'store_corrupt') throw error
    return error.message
  }
}

/** Indexes are made anew; notes of what must go on stay. */
async function removeIndexes(engine: Engine): Promise<void> {
  for (const kind of ['d', 'n', 'u', 'w', 'x']) await removeKeys(engine, { gte: `!${kind}!`, lt: `!${kind}"` })
}

async function writeIndexes(engine: Engine, { key, listed, words }: SessionRemains): Promise<void> {
  const indexes = listed ? indexKeys(key, listed) : []
  const ops: Op[] = indexes.map((index) => ({ type: 'put', key: index, value: seal(index, '') }))
  ops.push(...wordsOps(key, words))
  for (let at = 0; at < ops.length; at += batch) await engine.write(ops.slice(at, at + batch))
}

async function keepEvents(directory: string, { key, events }: SessionRemains): Promise<string | undefined> {
  if (events.length === 0) return undefined
  const folder = path.join(directory, 'lost')
  const file = path.join(folder, `${fileName(key)}.jsonl`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(file, `${events.join('\n')}\n`, { mode: 0o600 })
  return file
}

/** The name of a session, as far as one of a file can be as long: the rest is a hash. */
function fileName(key: SessionKey): string {
  const name = encodeURIComponent(key)
  return name.length <= 200 ? name : `${name.slice(0, 150)}.${hash('sha256', key, 'hex').slice(0, 32)}`
}

async function removeKeys(engine: Engine, range: { readonly gte: string; readonly lt: string }): Promise<void> {
  const keys = await keysOf(engine, range)
  for (let at = 0; at < keys.length; at += batch)
    await engine.write(keys.slice(at, at + batch).map((key) => ({ type: 'del', key })))
}

async function keysOf(engine: Engine, range: Parameters<Engine['scan']>[0]['range']): Promise<readonly string[]> {
  const keys: string[] = []
  await engine.scan({ range, limit: Infinity }, (found) => void keys.push(found))
  return keys
}
