import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { FactoryError } from '../errors.ts'
import { withMachineLock } from '../process/machine-lock.ts'
import { markedProcesses } from '../process/marked.ts'
import {
  attemptAt,
  checkAttemptId,
  readAttempt,
  readQuarantine,
  writeAttempt,
  writeQuarantine,
  type Attempt,
  type PortRange,
  type QuarantineRecord,
} from './attempt.ts'
import { diskUse, type DiskUse } from './disk-use.ts'
import { openSeed, type Seed } from './open-seed.ts'
import type { Vault } from './open-vault.ts'
import { startClone } from './start-clone.ts'

/** How much of the machine clones may take. */
export interface CloneLimits {
  /** Most bytes on disk of all attempts, quarantined ones too. */
  readonly maxBytes: number
  /** How long a clone that is quarantined from now on can be had back, in days. */
  readonly undoDays: number
}

export interface ClonesOptions {
  /** Folder for attempts, quarantine and the seed. Nobody else writes there. */
  readonly folder: string
  readonly vault: Vault
  /** The time, in ms since 1970. */
  readonly now: () => number
  /** Read again whenever they count. Default 20,000,000,000 bytes (20 GB) and 7 days. */
  readonly limits?: () => CloneLimits
  /** Ports to hand out. Default 20,000 to 29,999. */
  readonly ports?: PortRange
  /** Ports of one attempt. Default 20. */
  readonly portsEach?: number
  /** Default `hard links`. */
  readonly objects?: 'hard links' | 'copy'
}

/** What the start-up look did with an attempt. `left`: nobody knows whose it is, so it stays where it is. */
export interface Swept {
  readonly id: string
  readonly what: 'kept' | 'quarantined' | 'left'
  readonly why: string
}

/** The clones of a floor, each the place of one attempt. Nothing is deleted but what was in quarantine for its time. */
export interface Clones {
  /**
   * A fresh clone of the base as the vault has it, or of an earlier commit of it, verified.
   * @throws FactoryError `disk_full`, `clone_unverified`, `bad_option`
   */
  start(attempt: { readonly id: string; readonly lane: string; readonly base?: string }): Promise<Attempt>
  find(id: string): Promise<Attempt | undefined>
  list(): Promise<readonly Attempt[]>
  use(): Promise<DiskUse & { readonly maxBytes: number }>
  /** Moves an attempt out of the way. Rejects with `still_alive` while a process of it runs. */
  quarantine(id: string, reason: string): Promise<QuarantineRecord>
  quarantined(): Promise<readonly QuarantineRecord[]>
  /** Brings a quarantined attempt back to where it was. */
  undo(id: string): Promise<Attempt>
  /** Deletes what has been in quarantine for its time, and says what. Each start of a clone does so first. */
  expire(): Promise<readonly string[]>
  /**
   * At start: keeps what is held or alive, moves what nobody holds into quarantine, and leaves alone what can't be told.
   * @param held - attempts that somebody has a lease on, and those that may have begun since that was looked at
   */
  sweep(held: Pick<ReadonlySet<string>, 'has'>): Promise<readonly Swept[]>
}

const day = 86_400_000
const nothing: DiskUse = { bytes: 0, files: 0, linkedBytes: 0 }
/** Where nobody says otherwise. */
export const usualLimits: CloneLimits = { maxBytes: 20_000_000_000, undoDays: 7 }

export function createClones(options: ClonesOptions): Clones {
  const { folder, vault, now, limits = () => usualLimits, objects = 'hard links' } = options
  const attempts = path.join(folder, 'attempts')
  const shelf = path.join(folder, 'quarantine')
  // Clones that are being made. They get their place when they are whole, so a killed process leaves no half of one there.
  const workshop = path.join(folder, 'starting')
  const seed: Seed = openSeed({ folder: path.join(folder, 'seed.git'), vault })
  // What each attempt used when it was last looked at: a start must not look at every file of all others.
  const measured = new Map<string, DiskUse>()
  // One at a time: two that start at once must not get the same ports.
  let last: Promise<unknown> = Promise.resolve()

  const placeOf = (id: string) => {
    checkAttemptId(id)
    return path.join(attempts, id)
  }
  const names = (of: string) => readdir(of).catch(() => [])

  async function list(): Promise<readonly Attempt[]> {
    const found = await Promise.all((await names(attempts)).map((id) => readAttempt(path.join(attempts, id))))
    return found.filter((attempt) => attempt !== undefined)
  }

  async function freePorts(): Promise<PortRange> {
    const { from, to } = options.ports ?? { from: 20_000, to: 29_999 }
    const each = options.portsEach ?? 20
    const taken = new Set((await list()).map(({ ports }) => ports.from))
    for (let first = from; first + each - 1 <= to; first += each)
      if (!taken.has(first)) return { from: first, to: first + each - 1 }
    throw new FactoryError('bad_option', `All ports from ${from} to ${to} belong to attempts; allow more of them.`)
  }

  /** What all attempts use, about: each is looked at once, and again whenever somebody asks for {@link Clones.use}. */
  async function usedAbout(): Promise<number> {
    let own = 0
    let linked = 0
    for (const place of [attempts, shelf]) {
      for (const id of await names(place)) {
        const use = measured.get(id) ?? (await measure(id, path.join(place, id)))
        own += use.bytes - use.linkedBytes
        linked = Math.max(linked, use.linkedBytes)
      }
    }
    return own + linked
  }

  async function measure(id: string, folder: string): Promise<DiskUse> {
    const use = await diskUse([folder])
    // Of one that was put away meanwhile, it has seen a part. That one is found on the shelf.
    const isThere = await stat(folder).catch(() => undefined)
    if (!isThere) return nothing
    measured.set(id, use)
    return use
  }

  async function start({ id, lane, base: from }: Parameters<Clones['start']>[0]): Promise<Attempt> {
    const place = placeOf(id)
    // What has been there for its time makes room.
    await expire()
    const { maxBytes } = limits()
    const bytes = await usedAbout()
    if (bytes >= maxBytes) throw diskFull(bytes, maxBytes)
    await mkdir(attempts, { recursive: true })
    const base = from ?? (await vault.head())
    await seed.prepare(base)
    const record = {
      id,
      lane,
      base,
      branch: `attempt/${id}`,
      marker: `${id}-${randomUUID()}`,
      ports: await freePorts(),
      createdAt: new Date(now()).toISOString(),
    }
    // An id is one attempt's, also while it is in quarantine.
    const taken = (await readQuarantine(path.join(shelf, id))) ?? (await readAttempt(place))
    if (taken) throw new FactoryError('bad_option', `There is an attempt "${id}" already.`)
    // Only one process makes clones here, so what is in the workshop was left by one that is gone.
    if ((await names(workshop)).length > 0) await remove(workshop)
    await mkdir(workshop, { recursive: true })
    const bench = attemptAt(path.join(workshop, id), record)
    try {
      await startClone({ seed, attempt: bench, objects })
      await writeAttempt(bench.folder, record)
      await rename(bench.folder, place)
      measured.delete(id)
    } catch (error) {
      await remove(bench.folder) // nobody has worked in it
      throw isNoSpace(error) ? diskFull(bytes, maxBytes, error) : error
    }
    return attemptAt(place, record)
  }

  async function quarantine(id: string, reason: string): Promise<QuarantineRecord> {
    const place = placeOf(id)
    const attempt = await readAttempt(place)
    if (!attempt) throw new FactoryError('not_found', `There is no attempt "${id}".`)
    const alive = await markedProcesses(attempt.marker)
    if (alive.length > 0) {
      throw new FactoryError('still_alive', `${alive.length} processes of attempt "${id}" are running.`, {
        evidence: alive.slice(0, 20).map(({ pid, command }) => `${pid} ${command}`),
      })
    }
    const at = now()
    const until = new Date(at + limits().undoDays * day).toISOString()
    const record = { id, reason: reason.slice(0, 2_000), at: new Date(at).toISOString(), until }
    await mkdir(shelf, { recursive: true })
    await writeQuarantine(place, record)
    await rename(place, path.join(shelf, id))
    return record
  }

  async function quarantined(): Promise<readonly QuarantineRecord[]> {
    const found = await Promise.all((await names(shelf)).map((id) => readQuarantine(path.join(shelf, id))))
    return found.filter((record) => record !== undefined)
  }

  async function expire(): Promise<readonly string[]> {
    const over = (await quarantined()).filter(({ until }) => Date.parse(until) <= now())
    for (const { id } of over) {
      await remove(path.join(shelf, id))
      measured.delete(id)
    }
    return over.map(({ id }) => id)
  }

  return {
    start(given) {
      const next = last.then(async () => {
        await mkdir(folder, { recursive: true })
        // Of other processes too: they share the seed and the ports.
        return withMachineLock(await realpath(folder), () => start(given))
      })
      last = next.catch(() => undefined)
      return next
    },
    find: (id) => readAttempt(placeOf(id)),
    list,
    async use() {
      measured.clear()
      await usedAbout()
      return { ...(await diskUse([attempts, shelf])), maxBytes: limits().maxBytes }
    },
    quarantine,
    quarantined,
    async undo(id) {
      const [place, from] = [placeOf(id), path.join(shelf, id)]
      const record = await readQuarantine(from)
      if (!record) throw new FactoryError('not_found', `There is no attempt "${id}" in quarantine.`)
      await mkdir(attempts, { recursive: true })
      await rename(from, place)
      await rm(path.join(place, 'quarantine.json'))
      const attempt = await readAttempt(place)
      if (!attempt) throw new FactoryError('not_found', `Attempt "${id}" has no record any more; its files are back.`)
      return attempt
    },
    expire,
    async sweep(held) {
      const swept: Swept[] = []
      for (const id of await names(attempts)) {
        const attempt = await readAttempt(path.join(attempts, id))
        if (!attempt || attempt.id !== id) swept.push({ id, what: 'left', why: 'it has no record that can be read' })
        else if (held.has(id)) swept.push({ id, what: 'kept', why: 'it is held' })
        else swept.push(await sweepOne(attempt))
      }
      return swept
    },
  }

  async function sweepOne({ id, marker }: Attempt): Promise<Swept> {
    const alive = await markedProcesses(marker)
    if (alive.length > 0) return { id, what: 'kept', why: `${alive.length} of its processes are running` }
    await quarantine(id, 'nobody held it when the factory started')
    return { id, what: 'quarantined', why: 'nobody holds it and nothing of it runs' }
  }
}

/** Removes a folder also where an agent took our right to write from parts of it. Links are not followed. */
async function remove(place: string): Promise<void> {
  try {
    await rm(place, { recursive: true, force: true })
  } catch {
    for (const entry of await readdir(place, { recursive: true, withFileTypes: true }))
      if (entry.isDirectory()) await chmod(path.join(entry.parentPath, entry.name), 0o700).catch(() => undefined)
    await rm(place, { recursive: true, force: true })
  }
}

function diskFull(bytes: number, maxBytes: number, cause?: unknown): FactoryError {
  const text =
    cause === undefined
      ? `The clones use ${bytes} bytes of the ${maxBytes} that they may use.`
      : `The disk is full; the clones use ${bytes} bytes of it.`
  return new FactoryError('disk_full', text, { detail: { bytes, maxBytes }, cause })
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'disk_full' || error.code === 'ENOSPC')
}
