import { copyFile, cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { HeadraceError, type Store } from '@headrace/core'
import { openEmbeddedStore } from '@headrace/server/store/embedded'
import type { FaultKind } from '../fault-kind.ts'
import { emptyJournals, type Journals, type LogCopy, type Write } from '../journals.ts'
import { logged, type PlainEvent } from '../lib/marks.ts'
import { between } from '../lib/random.ts'

const sessions = 6
const rounds = 14
const eventsPerAppend = 3
/** Small buffers, so that there are several tables. */
const storeOptions = { writeBufferBytes: 16_384, reserveBytes: 0, cacheBytes: 1_048_576 }
/** More than the record of the one append takes that nobody looks at. */
const lastRecordBytes = 300
const everything = { maxEvents: 1_000_000, maxChars: 1_000_000_000 }

/** A stored data directory, and what its writer was told. */
interface Original {
  readonly directory: string
  readonly files: readonly string[]
  readonly writes: readonly Write[]
}

interface Damage {
  readonly file: string
  readonly what: 'flip' | 'blank' | 'cut'
  readonly at: number
  /** Bytes of the file. */
  readonly size: number
  /** It looks as a write that a crash cut short, which was never acknowledged: nobody can tell them apart. */
  readonly looksTorn: boolean
}

/**
 * Flipped bits, blank sectors and cuts in every file of a stored directory, one at a time: either it is said, or
 * everything is read as it was written. A directory as a crash leaves it and one that was closed take turns.
 */
export const corruption: FaultKind = {
  name: 'corruption',
  perRound: 250,
  short: 1_000,
  long: { faults: 10_000 },
  missing: async () => undefined,
  async run({ faults: times, isOver, random, directory, name, mutant }) {
    const originals = await makeOriginals(directory, name, random)
    const notes = { 'refused as a whole': 0, 'refused by session': 0, harmless: 0, 'like a torn end': 0 }
    const journals: Journals[] = []
    const copy = path.join(directory, 'copy')
    for (let time = 0; time < times && !isOver(); time += 1) {
      const original = originals[time % originals.length] ?? originals[0]
      const damage = await damageCopy(original, copy, time, random)
      const writes = damage.looksTorn
        ? original.writes.map((write): Write => ({ ...write, outcome: 'unknown' }))
        : original.writes
      const { logs, where } = await readAll(copy, name, mutant === 'swallow-damage')
      notes[damage.looksTorn ? 'like a torn end' : where] += 1
      const kind = `${damage.what} of ${path.basename(original.directory)} ${damage.file} at ${damage.at} of ${damage.size}`
      journals.push({ ...emptyJournals, faults: [{ kind }], writes, logs })
    }
    return { journals, notes }
  },
}

async function makeOriginals(
  directory: string,
  name: string,
  random: () => number,
): Promise<readonly [Original, Original]> {
  const closed = path.join(directory, 'closed')
  const crashed = path.join(directory, 'crashed')
  const writes: Write[] = []
  const store = await openEmbeddedStore({ ...storeOptions, directory: closed })
  for (let round = 0; round < rounds; round += 1)
    await Promise.all(
      Array.from({ length: sessions }, (_, index) => appendRound(store, `${name}/${index}`, round, random, writes)),
    )
  // Damage to the very last record looks as a crash leaves it, so let that be one that is not missed.
  await store.append(`campaign!${name}/last`, 0, { events: ['"last"'] })
  await cp(closed, crashed, { recursive: true })
  await store.close()
  return [
    { directory: closed, files: await filesOf(closed), writes },
    { directory: crashed, files: await filesOf(crashed), writes },
  ]
}

async function appendRound(
  store: Store,
  session: string,
  round: number,
  random: () => number,
  writes: Write[],
): Promise<void> {
  const head = round * eventsPerAppend
  const events = Array.from({ length: eventsPerAppend }, (_, index): PlainEvent => {
    const seq = head + index + 1
    const mark = `${session}/post#${seq}`
    const noise = Array.from({ length: 12 }, () => random().toString(36)).join('')
    writes.push({ session, by: session, mark, shows: 'log', outcome: 'acked', seq })
    return { seq, at: seq, type: 'message.added', data: { text: `${mark} ${noise.replaceAll('#', '')}` } }
  })
  await store.append(`campaign!${session}`, head, { events: events.map((event) => JSON.stringify(event)) })
}

async function filesOf(directory: string): Promise<readonly string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort()
}

async function damageCopy(original: Original, copy: string, time: number, random: () => number): Promise<Damage> {
  await rm(copy, { recursive: true, force: true })
  for (const folder of new Set(original.files.map((file) => path.dirname(file))))
    await mkdir(path.join(copy, folder), { recursive: true, mode: 0o700 })
  await Promise.all(original.files.map((file) => copyFile(path.join(original.directory, file), path.join(copy, file))))
  for (let skip = 0; ; skip += 1) {
    // All files in turn, whatever their size: a small one matters as much.
    const file = original.files[(Math.floor(time / 2) + skip) % original.files.length] ?? ''
    const bytes = await readFile(path.join(copy, file))
    if (bytes.length === 0) continue
    const at = chooseOffset(bytes.length, random)
    const end = Math.min(bytes.length, at + 512)
    const isBlank = bytes.subarray(at, end).every((byte) => byte === 0)
    const chosen = (['flip', 'flip', 'blank', 'cut'] as const)[between(random, 0, 3)] ?? 'flip'
    const what = chosen === 'blank' && isBlank ? 'flip' : chosen
    if (what === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << between(random, 0, 7))
    if (what === 'blank') bytes.fill(0, at, end)
    await writeFile(path.join(copy, file), what === 'cut' ? bytes.subarray(0, at) : bytes)
    const isLog = file.endsWith('.log')
    const reaches = what === 'blank' ? end : at
    return {
      file,
      what,
      at,
      size: bytes.length,
      looksTorn: isLog && (what === 'cut' || reaches > bytes.length - lastRecordBytes),
    }
  }
}

/** The first bytes, the last ones, those around the ends of blocks, and any. */
function chooseOffset(length: number, random: () => number): number {
  const any = between(random, 0, length - 1)
  const near = [
    between(random, 0, 15),
    length - 1 - between(random, 0, 63),
    Math.round(any / 4_096) * 4_096 + between(random, -8, 8),
    Math.round(any / 32_768) * 32_768 + between(random, -8, 8),
    any,
    any,
  ][between(random, 0, 5)]
  return Math.min(length - 1, Math.max(0, near ?? any))
}

type Where = 'refused as a whole' | 'refused by session' | 'harmless'

async function readAll(
  directory: string,
  name: string,
  swallow: boolean,
): Promise<{ readonly logs: readonly LogCopy[]; readonly where: Where }> {
  const ids = Array.from({ length: sessions }, (_, index) => `${name}/${index}`)
  let store: Store
  try {
    store = await openEmbeddedStore({ ...storeOptions, directory, acceptDamage: swallow })
  } catch (thrown) {
    const refused = codeOf(thrown)
    return { logs: ids.map((session) => ({ session, refused })), where: 'refused as a whole' }
  }
  try {
    const logs = await Promise.all(ids.map((session) => readSession(store, session, swallow)))
    return { logs, where: logs.some((log) => 'refused' in log) ? 'refused by session' : 'harmless' }
  } finally {
    await store.close()
  }
}

async function readSession(store: Store, session: string, swallow: boolean): Promise<LogCopy> {
  try {
    const events = await store.read(`campaign!${session}`, 0, everything)
    return { session, events: events.map((json) => logged(session, JSON.parse(json) as PlainEvent)) } // written above
  } catch (thrown) {
    if (swallow) return { session, events: [] }
    return { session, refused: codeOf(thrown) }
  }
}

/** Anything but an error of ours is a defect, and not a way to say that data is damaged. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof HeadraceError)) throw thrown
  return thrown.code
}
