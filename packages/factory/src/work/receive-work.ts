import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import { checkAttemptId } from '../clones/attempt.ts'
import { FactoryError } from '../errors.ts'
import { bundleRef } from './collect-work.ts'

export interface ReceiveOptions {
  readonly vault: Vault
  /** Whose work it is: it comes to stand at `refs/agents/<attempt>`. */
  readonly attempt: string
  readonly bundle: string
  /** The base that it began from. */
  readonly base: string
  /** Default 268,435,456 (256 MiB). */
  readonly maxBytes?: number
  /** Most objects. Default 100,000. */
  readonly maxObjects?: number
  /** Most commits. Default 1,000. */
  readonly maxCommits?: number
  /** Longest time, in ms. Default 120,000. */
  readonly timeoutMs?: number
}

/** Work that was read: sound objects, in the vault, not judged yet. */
export interface ReceivedWork {
  readonly ref: string
  readonly head: string
  readonly commits: number
}

/**
 * Reads a bundle into the vault. Every object is checked (`fsck`), its hash computed anew; what is not sound leaves no
 * ref behind.
 *
 * @throws FactoryError `work_too_large`, `work_invalid`
 */
export async function receiveWork(options: ReceiveOptions): Promise<ReceivedWork> {
  const { vault, attempt, bundle, base, timeoutMs = 120_000 } = options
  const { maxBytes = 268_435_456, maxObjects = 100_000, maxCommits = 1_000 } = options
  checkAttemptId(attempt)
  const { size } = await stat(bundle)
  if (size > maxBytes) throw tooLarge(`${size} bytes`, `${maxBytes} (maxBytes)`)
  const header = await readBundleHeader(bundle)
  if (header.objects > maxObjects) throw tooLarge(`${header.objects} objects`, `${maxObjects} (maxObjects)`)
  const ref = `refs/agents/${attempt}`
  const { git } = vault
  const { head } = header
  // Apart from the vault until all is checked: git finds some faults only when the pack is in its place already.
  const incoming = await mkdtemp(path.join(vault.folder, 'incoming-'))
  const env = {
    GIT_OBJECT_DIRECTORY: incoming,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: path.join(vault.folder, 'objects'),
  }
  try {
    await mkdir(path.join(incoming, 'pack'))
    // Not by a fetch: that trusts the objects of a bundle. Large objects are not held in memory.
    await git.run(['index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${maxBytes}`, '--threads=1'], {
      stdinFile: { path: bundle, start: header.packStart },
      config: ['core.bigFileThreshold=16m'],
      timeoutMs,
      env,
    })
    // Whatever the objects name is there, and the head is a commit.
    await git.run(['rev-list', '--objects', '--quiet', `${head}^{commit}`, '--not', base], { timeoutMs, env })
    await moveIn(incoming, vault.folder)
  } catch (error) {
    if (error instanceof FactoryError && error.code === 'git_timeout')
      throw tooLarge(`more to read than is read in ${timeoutMs} ms`, 'that (timeoutMs)', error)
    throw invalid(`git refuses the work of "${attempt}"`, error)
  } finally {
    await rm(incoming, { recursive: true, force: true })
  }
  const shared = await git.run(['merge-base', base, head], { okCodes: [0, 1] })
  if (shared.code !== 0) {
    throw new FactoryError('work_invalid', `The work of "${attempt}" has no commit in common with the base ${base}.`)
  }
  const commits = Number(await git.text(['rev-list', '--count', head, `^${base}`]))
  if (commits > maxCommits) {
    throw tooLarge(`${commits} commits`, `${maxCommits} (maxCommits)`)
  }
  await git.run(['update-ref', ref, head])
  return { ref, head, commits }
}

/** Lets go of the work of an attempt. What has no work in the vault is fine. */
export async function releaseWork(vault: Vault, attempt: string): Promise<void> {
  checkAttemptId(attempt)
  await vault.git.run(['update-ref', '-d', `refs/agents/${attempt}`])
}

interface BundleHeader {
  /** The newest commit. */
  readonly head: string
  /** How many objects it says that it has, before git is given any of them. */
  readonly objects: number
  /** The byte at which the pack begins. */
  readonly packStart: number
}

async function readBundleHeader(bundle: string): Promise<BundleHeader> {
  const file = await open(bundle, 'r')
  try {
    const buffer = Buffer.alloc(1_048_576)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    const start = buffer.subarray(0, bytesRead)
    const end = start.indexOf('\n\nPACK')
    const [first, ...lines] = start.subarray(0, Math.max(0, end)).toString('utf8').split('\n')
    if (first !== '# v2 git bundle' || end === -1 || start.length < end + 14)
      throw new FactoryError('work_invalid', 'The work is no git bundle, or has more names than are read.')
    const refs = lines.filter((line) => !line.startsWith('-'))
    const [head = '', name] = refs[0]?.split(' ') ?? []
    if (refs.length !== 1 || name !== bundleRef || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(head))
      throw new FactoryError('work_invalid', `The bundle must have ${bundleRef} and nothing else in it.`)
    return { head, objects: start.readUInt32BE(end + 10), packStart: end + 2 }
  } finally {
    await file.close()
  }
}

/** Puts a checked pack into the vault: its index last, because by that it is found. */
async function moveIn(incoming: string, vault: string): Promise<void> {
  const names = await readdir(path.join(incoming, 'pack'))
  const isIndex = (name: string) => Number(name.endsWith('.idx'))
  await mkdir(path.join(vault, 'objects/pack'), { recursive: true })
  for (const name of names.toSorted((a, b) => isIndex(a) - isIndex(b)))
    await rename(path.join(incoming, 'pack', name), path.join(vault, 'objects/pack', name))
}

function tooLarge(has: string, most: string, cause?: unknown): FactoryError {
  return new FactoryError('work_too_large', `The work has ${has}; at most ${most} may leave a clone.`, { cause })
}

function invalid(text: string, error: unknown): unknown {
  // What is wrong with the machine is not the work's fault.
  if (!(error instanceof FactoryError) || error.code === 'git_missing' || error.code === 'disk_full') return error
  return new FactoryError('work_invalid', `${text}: ${error.message}`, { evidence: error.evidence, cause: error })
}
