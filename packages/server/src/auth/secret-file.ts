import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { HeadraceError } from '@headrace/core'
import { isCode } from '../is-code.ts'

const secretBytes = 32

/** The secret in a file, made on first use. Two processes that start at the same time get the same one. */
export async function keepSecret(file: string): Promise<Buffer> {
  try {
    return (await read(file)) ?? (await make(file))
  } catch (thrown) {
    if (thrown instanceof HeadraceError) throw thrown
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new HeadraceError('store_unavailable', `The signing secret ${file} can't be read or made: ${reason}`, {
      cause: thrown,
    })
  }
}

async function read(file: string): Promise<Buffer | undefined> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT')) return undefined
    throw thrown
  }
  try {
    const { mode, size } = await handle.stat()
    // Whoever can read the secret can make tokens that allow everything. Windows has no such bits.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const text = `Others on this machine may read the signing secret ${file}. Fix it with: chmod 600 '${file}' (or delete it: a new one is made, and old tokens stop working).`
      throw new HeadraceError('store_corrupt', text)
    }
    if (size !== secretBytes) {
      const text = `The signing secret ${file} has ${size} bytes instead of ${secretBytes}. Delete it: a new one is made, and old tokens stop working.`
      throw new HeadraceError('store_corrupt', text)
    }
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

/** Written whole beside its place and then linked into it: nobody ever sees half a secret, and the first one stays. */
async function make(file: string): Promise<Buffer> {
  const directory = path.dirname(file)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const secret = randomBytes(secretBytes)
    await writeDurably(draft, secret)
    await link(draft, file)
    await syncDirectory(directory)
    return secret
  } catch (thrown) {
    if (!isCode(thrown, 'EEXIST')) throw thrown
    const first = await read(file)
    if (!first) throw thrown
    return first
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeDurably(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return // a directory can't be opened there
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
