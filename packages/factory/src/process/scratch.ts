import { createHash } from 'node:crypto'
import { lstat, mkdir, mkdtemp, readFile, readdir, realpath, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { FactoryError } from '../errors.ts'
import { processesOf } from './processes-of.ts'

/** A place for what is made on the way and removed again. */
export interface Scratch {
  /** A new folder, for as long as the work takes. */
  with<T>(work: (place: string) => Promise<T>): Promise<T>
  /** Removes all that is left of it. Idempotent. */
  close(): Promise<void>
}

/** How long processes that a dead owner has left are given to end, in ms. */
const endMs = 5_000

/**
 * Opens a place for a floor and this process, and clears away those of processes that are gone, of whatever floor, with what
 * they started and left there. It is a folder of the floor's own in the temporary folder of the machine and not beside the floor's files: these
 * may lie in a repository, and what is checked out below one finds its packages and its `.git`.
 *
 * @param floor - the folder of the floor; it must be there
 * @throws FactoryError `bad_option` where that place is somebody else's
 */
export async function openScratch(floor: string): Promise<Scratch> {
  const name = createHash('sha256')
    .update(await realpath(floor))
    .digest('hex')
    .slice(0, 16)
  const temporary = await realpath(tmpdir())
  const ours = `headrace-${process.getuid?.() ?? 0}-`
  const root = path.join(temporary, `${ours}${name}`)
  // Of other floors too: some are never opened again.
  for (const other of await readdir(temporary)) {
    if (!other.startsWith(ours) || other === path.basename(root)) continue
    const place = path.join(temporary, other)
    if (await isOurs(place))
      await clearAway(place)
        .then(() => rmdir(place))
        .catch(() => undefined)
  }
  const own = await ownFolder(root)
  return {
    async with(work) {
      const place = await mkdtemp(path.join(own, 'work-'))
      try {
        return await work(place)
      } finally {
        await rm(place, { recursive: true, force: true })
      }
    },
    async close() {
      await rm(own, { recursive: true, force: true })
      // Where another process works, it stays.
      await rmdir(root).catch(() => undefined)
    },
  }
}

/** Anybody may write to the temporary folder, and what the gate tests must be what it has checked out. */
async function isOurs(place: string): Promise<boolean | undefined> {
  const found = await lstat(place).catch(() => undefined)
  return found && found.isDirectory() && (found.mode & 0o022) === 0 && found.uid === (process.getuid?.() ?? found.uid)
}

async function ownFolder(root: string): Promise<string> {
  const start = (await startOf(process.pid)) ?? 0
  for (;;) {
    await mkdir(root, { recursive: true, mode: 0o700 })
    // Gone again is the same as not made yet.
    if ((await isOurs(root)) === false) {
      const text = `${root} is not a folder of this user's own. Look at who made it, and remove it.`
      throw new FactoryError('bad_option', text)
    }
    try {
      await clearAway(root)
      return await mkdtemp(path.join(root, `${process.pid}-${start}-`))
    } catch (thrown) {
      // The last process that worked there took it along when it went.
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown
    }
  }
}

async function clearAway(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const [, pid, start] = /^(\d+)-(\d+)-\w+$/.exec(name) ?? []
    if (pid === undefined || (await isAlive(Number(pid), Number(start)))) continue
    const place = path.join(root, name)
    if (await endAllOf(place)) await rm(place, { recursive: true, force: true })
  }
}

/** What a gate has started goes on when its factory was killed, where no sandbox ends it. Says whether nothing is left. */
async function endAllOf(place: string): Promise<boolean> {
  const deadline = performance.now() + endMs
  for (;;) {
    const left = await processesOf(place)
    if (left.length === 0) return true
    if (performance.now() > deadline) return false
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended meanwhile.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Whether this very process goes on: its number alone may be another one's by now. */
async function isAlive(pid: number, start: number): Promise<boolean> {
  const now = await startOf(pid)
  if (now !== undefined) return now === start
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}

/** When a process began, in ticks since the machine did. Needs `/proc`. */
async function startOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in parentheses may hold anything, so the fields are counted from its end.
  const start = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return start === undefined ? undefined : Number(start)
}
