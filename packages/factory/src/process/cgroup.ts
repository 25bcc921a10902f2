/**
 * Control groups, version 2: what is put into one is ended as a whole by the kernel, whatever it does, and its memory and
 * processes can be bounded. Not every machine lets this process make some, and not every one that does has the controllers.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { FactoryError } from '../errors.ts'

/** What everything in a group may use together. */
export interface CgroupBounds {
  readonly memoryBytes?: number
  /** Processes and threads. */
  readonly processes?: number
}

/** What can be bounded. */
export type CgroupController = 'memory' | 'pids'

/** Where groups can be made. Plain data: plugins start agents in threads of their own. */
export interface Cgroups {
  readonly folder: string
  readonly controllers: readonly CgroupController[]
}

/** A group. */
export interface Cgroup {
  /** Puts a process into it; what that starts from then on is in it as well. */
  join(pid: number): Promise<void>
  /** Ends everything in it and removes it, and says what is left. Idempotent. */
  end(): Promise<readonly number[]>
}

const prefix = 'headrace-'
const endMs = 5_000

/**
 * Groups below that of this process; `undefined` where none can be made. Whether processes can be put into them shows only
 * when one is.
 */
export async function findCgroups(): Promise<Cgroups | undefined> {
  const folder = await ownFolder()
  if (folder === undefined) return undefined
  await clearAway(folder)
  const controllers = await enable(folder)
  const cgroups: Cgroups = { folder, controllers }
  const works = await makeCgroup(cgroups, {}).then(
    async (group) => (await group.end()).length === 0,
    () => false,
  )
  return works ? cgroups : undefined
}

/**
 * Makes an empty group.
 *
 * @throws FactoryError `command_failed`
 */
export async function makeCgroup({ folder, controllers }: Cgroups, bounds: CgroupBounds): Promise<Cgroup> {
  const { memoryBytes, processes } = bounds
  const place = path.join(folder, `${prefix}${process.pid}-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(place)
    // One of the kernel's, so that it is not made where it is not known.
    await readFile(path.join(place, 'cgroup.events'))
    if (memoryBytes !== undefined && controllers.includes('memory')) await set(place, 'memory.max', memoryBytes)
    if (processes !== undefined && controllers.includes('pids')) await set(place, 'pids.max', processes)
  } catch (cause) {
    await rmdir(place).catch(() => undefined)
    throw new FactoryError('command_failed', `A control group could not be made in ${folder}.`, { cause })
  }
  return groupAt(place)
}

function groupAt(place: string): Cgroup {
  let ending: Promise<readonly number[]> | undefined
  const pids = async (): Promise<readonly number[]> =>
    (await readFile(path.join(place, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number)

  async function end(): Promise<readonly number[]> {
    const deadline = performance.now() + endMs
    for (;;) {
      await set(place, 'cgroup.kill', 1).catch(() => undefined)
      // It can be removed once nothing is in it: nothing else says it as surely.
      const isGone = await rmdir(place).then(
        () => true,
        (thrown: unknown) => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT',
      )
      if (isGone) return []
      if (performance.now() > deadline) return pids()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  return { join: (pid) => set(place, 'cgroup.procs', pid), end: () => (ending ??= end()) }
}

function set(place: string, name: string, value: number): Promise<void> {
  return writeFile(path.join(place, name), String(value), { flag: 'r+' })
}

/** The folder of the group that this process is in, where version 2 is mounted. */
async function ownFolder(): Promise<string | undefined> {
  try {
    const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
    const mount = mounts.find((line) => / - cgroup2 /.test(line))?.split(' ')[4]
    const own = /^0::(\/.*)$/m.exec(await readFile('/proc/self/cgroup', 'utf8'))?.[1]
    return mount === undefined || own === undefined || own.includes('..') ? undefined : path.join(mount, own)
  } catch {
    return undefined // not Linux
  }
}

/** Asks for the controllers for groups below this one, and says which there are. */
async function enable(folder: string): Promise<readonly CgroupController[]> {
  const file = path.join(folder, 'cgroup.subtree_control')
  const wanted = ['memory', 'pids'] as const
  for (const name of wanted) await writeFile(file, `+${name}`, { flag: 'r+' }).catch(() => undefined)
  const given = (await readFile(file, 'utf8').catch(() => '')).trim().split(' ')
  return wanted.filter((name) => given.includes(name))
}

/** Groups that a process left which is gone; one with somebody in it can't be removed. */
async function clearAway(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const owner = new RegExp(`^${prefix}(\\d+)-[0-9a-f]+$`).exec(name)?.[1]
    if (owner === undefined || Number(owner) === process.pid) continue
    const isAlive = await readFile(`/proc/${owner}/stat`).then(
      () => true,
      () => false,
    )
    if (!isAlive) await rmdir(path.join(folder, name)).catch(() => undefined)
  }
}
