/**
 * A data directory:
 *
 *   headrace.json   which format the rest is in
 *   data/           LevelDB; its LOCK file is what keeps a second server out
 *   pid             who holds the lock, for the message that the second server prints
 *   reserve         space kept for the moment the disk is full
 */
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { HeadraceError } from '@headrace/core'
import { engineError } from './engine-error.ts'
import { makeFolder } from './make-folder.ts'
import { syncDirectory } from './sync-directory.ts'

/**
 * What this version reads and writes. Format 1 had no floors, so a Headrace that knows only that would take what was
 * compacted for damaged. There is nothing else in it that this version does not read, so it is upgraded by its number.
 */
const format = 2
const upgradable: readonly number[] = [1]

export interface DataDirectory {
  /** Absolute. */
  readonly path: string
  /** Where LevelDB lives. */
  readonly data: string
  readonly reserve: string
  /** Whether LevelDB may make a new database: none was there before. */
  readonly isNew: boolean
  /** Whether it is in an older format that this version can go on with. */
  readonly isOlder: boolean
}

/**
 * Makes the directory, or finds one of ours.
 *
 * @throws HeadraceError `bad_request`: the path can't be a data directory; `store_version`; `store_corrupt`
 */
export async function prepareDirectory(directory: string): Promise<DataDirectory> {
  const root = path.resolve(directory)
  try {
    // Sessions are private to whoever runs the server.
    await makeFolder(root)
    const names = await readdir(root)
    let found = format
    if (names.includes('headrace.json')) found = await checkFormat(root)
    else if (names.every((name) => name === 'lost+found' || name === 'headrace.json.new')) await writeFormat(root)
    else throw unusable(root, 'it has other files in it and no headrace.json. Name an empty or a new directory')
    const data = path.join(root, 'data')
    return {
      path: root,
      data,
      reserve: path.join(root, 'reserve'),
      isNew: await hasNoDatabase(data),
      isOlder: found !== format,
    }
  } catch (thrown) {
    throw directoryError(thrown, root)
  }
}

/** Gives a directory that was in an older format this one's number. To be called by the holder of the lock. */
export async function upgradeFormat(directory: DataDirectory): Promise<void> {
  if (!directory.isOlder) return
  try {
    await writeFormat(directory.path)
  } catch (thrown) {
    throw directoryError(thrown, directory.path)
  }
}

async function checkFormat(root: string): Promise<number> {
  const file = path.join(root, 'headrace.json')
  const found = readFormat(await readFile(file, 'utf8'))
  if (found === undefined) {
    throw new HeadraceError('store_corrupt', `${file} is damaged: it should say {"format":${format}}.`, {
      detail: { directory: root },
    })
  }
  if (found !== format && !upgradable.includes(found)) {
    const advice =
      found > format
        ? 'Run the newer Headrace that wrote it, or name another directory.'
        : 'Run the Headrace that wrote it, export its sessions, and import them into a new directory.'
    throw new HeadraceError(
      'store_version',
      `The data directory ${root} is in format ${found}; this Headrace reads format ${format}. ${advice}`,
      { detail: { directory: root, found, expected: format } },
    )
  }
  return found
}

function readFormat(text: string): number | undefined {
  try {
    const content: unknown = JSON.parse(text)
    const isFormat = typeof content === 'object' && content !== null && 'format' in content
    return isFormat && Number.isSafeInteger(content.format) ? Number(content.format) : undefined
  } catch {
    return undefined
  }
}

/** Under another name first: a file that exists is whole. */
async function writeFormat(root: string): Promise<void> {
  const file = path.join(root, 'headrace.json')
  await writeFile(`${file}.new`, `${JSON.stringify({ format })}\n`, { flush: true, mode: 0o600 })
  await rename(`${file}.new`, file)
  await syncDirectory(root)
}

/**
 * LevelDB makes an empty database where it finds no CURRENT file, and then deletes what it does not know. So it may
 * only do that where no table and no log is: a database that lost its CURRENT is damaged, not new.
 */
async function hasNoDatabase(data: string): Promise<boolean> {
  const names = await readdir(data).catch(() => [])
  return !names.some((name) => name === 'CURRENT' || /\.(?:ldb|sst|log)$/.test(name))
}

/** Says who holds the lock. To be called by the holder. */
export async function writePid(directory: DataDirectory): Promise<void> {
  const start = await startOf(process.pid)
  const text = start === undefined ? String(process.pid) : `${process.pid} ${start}`
  await writeFile(path.join(directory.path, 'pid'), `${text}\n`, { mode: 0o600 })
}

export async function removePid(directory: DataDirectory): Promise<void> {
  await rm(path.join(directory.path, 'pid'), { force: true })
}

/** The refusal that a second server gets. */
export async function lockedError(directory: Pick<DataDirectory, 'path'>, cause: unknown): Promise<HeadraceError> {
  const pid = await readPid(directory.path)
  const holder = pid === undefined ? 'Another process' : `Process ${pid}`
  return new HeadraceError(
    'store_locked',
    `${holder} holds the data directory ${directory.path}. Stop it first, or name another directory.`,
    { cause, detail: pid === undefined ? { directory: directory.path } : { directory: directory.path, pid } },
  )
}

/** The holder, unless the file is left over from one that crashed. */
export async function readPid(directory: string): Promise<number | undefined> {
  const text = await readFile(path.join(directory, 'pid'), 'utf8').catch(() => '')
  const [, digits, start] = /^(\d+)(?: (\d+))?\s*$/.exec(text) ?? []
  const pid = Number(digits)
  if (!(pid > 0) || !signalReaches(pid)) return undefined
  const itsStart = await startOf(pid)
  return start === undefined || itsStart === undefined || start === itsStart ? pid : undefined
}

/**
 * When a process was started, as Linux counts it; elsewhere nothing. Another process may have its number by now, and in a
 * container does: each begins with the same ones.
 */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  // The 22nd field. The second is a name in parentheses, in which there may be anything.
  return /^.*\) (?:\S+ ){19}(\d+) /s.exec(stat)?.[1]
}

function signalReaches(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    // It exists and belongs to somebody else.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}

function unusable(root: string, reason: string, cause?: unknown): HeadraceError {
  return new HeadraceError('bad_request', `directory: ${root} can't be the data directory: ${reason}.`, {
    cause,
    detail: { directory: root },
  })
}

function directoryError(thrown: unknown, root: string): HeadraceError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return unusable(root, 'it, or a part of its path, is a file', thrown)
    case 'ENOENT':
      return unusable(root, 'a part of its path is missing, and can not be made', thrown)
    case 'EACCES':
    case 'EPERM':
      return unusable(root, 'this user may not read and write it', thrown)
    case 'EROFS':
      return unusable(root, 'its file system is read-only', thrown)
    default:
      return engineError(thrown, root)
  }
}
