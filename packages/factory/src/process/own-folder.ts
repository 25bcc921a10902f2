import { lstat, mkdir, mkdtemp, readFile, readdir, readlink, realpath, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { FactoryError } from '../errors.ts'
import { processesOf } from './processes-of.ts'

/** A folder in the temporary folder of the machine, for as long as a process needs it. */
export interface OwnFolder {
  readonly path: string
  /** Removes it. Idempotent. */
  close(): Promise<void>
}

/** How long processes that a dead owner has left are given to end, in ms. */
const endMs = 5_000

/**
 * Makes a folder for this process, and clears away those of processes that are gone, of whatever name, with what they
 * started and left there: nobody removes what a killed process had, and a floor may never be opened again. The process
 * stands in its name with the time at which it began, because its number alone may be another one's by now, and with its
 * namespace: of one in another container it can't be seen whether it goes on.
 *
 * @param name - what it is for; processes of one name share a folder above theirs
 * @throws FactoryError `bad_option` where that is somebody else's
 */
export async function openOwnFolder(name: string): Promise<OwnFolder> {
  const temporary = await realpath(tmpdir())
  const ours = `headrace-${process.getuid?.() ?? 0}-`
  const root = path.join(temporary, `${ours}${name}`)
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
    path: own,
    async close() {
      // Something that ends may write there a moment longer. What is left after that is for the next one to clear away.
      await rm(own, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }).catch(() => undefined)
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
  const owner = `${process.pid}-${start}-${await namespace()}-`
  for (;;) {
    await mkdir(root, { recursive: true, mode: 0o700 })
    // Gone again is the same as not made yet.
    if ((await isOurs(root)) === false) {
      const text = `${root} is not a folder of this user's own. Look at who made it, and remove it.`
      throw new FactoryError('bad_option', text)
    }
    try {
      await clearAway(root)
      return await mkdtemp(path.join(root, owner))
    } catch (thrown) {
      // The last process that worked there took it along when it went.
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown
    }
  }
}

async function clearAway(root: string): Promise<void> {
  const seen = await namespace()
  for (const name of await readdir(root)) {
    const [, pid, start, where] = /^(\d+)-(\d+)-(\w+)-\w+$/.exec(name) ?? []
    if (pid === undefined || where !== seen || (await isAlive(Number(pid), Number(start)))) continue
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

/** Whether this very process goes on. */
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

/** Within which ids of processes mean the same. Needs `/proc`; elsewhere there is one. */
async function namespace(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '')
  return Number(/\d+/.exec(link)?.[0] ?? 0).toString(36)
}

/** When a process began, in ticks since the machine did. Needs `/proc`. */
async function startOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in parentheses may hold anything, so the fields are counted from its end.
  const start = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return start === undefined ? undefined : Number(start)
}
