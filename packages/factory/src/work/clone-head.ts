import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import path from 'node:path'
import { FactoryError } from '../errors.ts'

/** What is read from a clone without asking git about it. */
export interface CloneHead {
  /** The commit that is checked out. */
  readonly head: string
  /** The folder of its objects, which holds nothing but plain files and folders. */
  readonly objects: string
}

const maxEntries = 1_000_000

/**
 * Where a clone stands, read as plain files: its configuration, hooks and attributes are an agent's. Refuses what points
 * elsewhere, by which files that the agent may not read would come out with its work.
 *
 * @throws FactoryError `work_unsafe`, `work_too_large`
 */
export async function readCloneHead(clone: string): Promise<CloneHead> {
  try {
    return await readHead(clone)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && spoiled.has(thrown.code))) throw thrown
    throw unsafe(clone, thrown.message)
  }
}

/** What the system says of files that an agent has removed, locked away, or made something else. Not of a machine at its end. */
const spoiled: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENXIO'])

async function readHead(clone: string): Promise<CloneHead> {
  const objects = path.join(clone, '.git/objects')
  await mustBeFolders(clone, ['.git', 'objects'])
  await mustBePlain(objects)
  for (const name of ['alternates', 'http-alternates']) {
    if (await lstat(path.join(objects, 'info', name)).catch(() => undefined))
      throw unsafe(clone, `.git/objects/info/${name} is there: it takes in the objects of another repository`)
  }
  const head = (await readSmall(clone, ['.git', 'HEAD'])) ?? ''
  const name = /^ref: (refs\/[^\0\s]+)\s*$/.exec(head)?.[1]
  const id = name === undefined ? head.trim() : await readRef(clone, name)
  if (id === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id))
    throw unsafe(clone, `.git/HEAD names no commit: ${JSON.stringify(head.slice(0, 200))}`)
  return { head: id, objects }
}

async function readRef(clone: string, name: string): Promise<string | undefined> {
  const parts = name.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return undefined
  const loose = await readSmall(clone, ['.git', ...parts])
  if (loose !== undefined) return loose.trim()
  const packed = (await readSmall(clone, ['.git', 'packed-refs'])) ?? ''
  return packed
    .split('\n')
    .find((line) => line.endsWith(` ${name}`))
    ?.split(' ')[0]
}

/** A file of at most 4 MiB, reached through real folders; `undefined` where there is none. */
async function readSmall(clone: string, parts: readonly string[]): Promise<string | undefined> {
  const folders = parts.slice(0, -1)
  const there = await mustBeFolders(clone, folders)
  if (!there) return undefined
  const place = path.join(clone, ...parts)
  const found = await lstat(place).catch(() => undefined)
  if (!found) return undefined
  if (!found.isFile()) throw unsafe(clone, `${parts.join('/')} is no plain file`)
  if (found.size > 4_194_304) throw unsafe(clone, `${parts.join('/')} has ${found.size} bytes`)
  const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function mustBeFolders(clone: string, parts: readonly string[]): Promise<boolean> {
  let place = clone
  for (const [index, part] of parts.entries()) {
    place = path.join(place, part)
    const found = await lstat(place).catch(() => undefined)
    if (!found) {
      if (index === 0) throw unsafe(clone, '.git is gone')
      return false
    }
    if (!found.isDirectory()) throw unsafe(clone, `${parts.slice(0, index + 1).join('/')} is no folder of its own`)
  }
  return true
}

async function mustBePlain(folder: string): Promise<void> {
  const waiting = [folder]
  let count = 0
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    for (const entry of await readdir(place, { withFileTypes: true })) {
      count += 1
      if (count > maxEntries) throw new FactoryError('work_too_large', `${folder} has more than ${maxEntries} files.`)
      const inside = path.join(place, entry.name)
      if (entry.isDirectory()) waiting.push(inside)
      else if (!entry.isFile()) throw unsafe(path.dirname(path.dirname(folder)), `${inside} is no plain file`)
    }
  }
}

function unsafe(clone: string, what: string): FactoryError {
  return new FactoryError('work_unsafe', `Nothing is read from ${clone}: ${what}.`, { evidence: [what] })
}
