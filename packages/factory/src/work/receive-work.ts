import { open, stat } from 'node:fs/promises'
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
  const objects = await countObjects(bundle)
  if (objects > maxObjects) throw tooLarge(`${objects} objects`, `${maxObjects} (maxObjects)`)
  const ref = `refs/agents/${attempt}`
  const { git } = vault
  try {
    await git.run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', bundle, `+${bundleRef}:${ref}`], {
      // A pack as it came, and no object that several small files could be made of.
      config: ['fetch.unpackLimit=1', 'core.bigFileThreshold=16m', 'pack.threads=1'],
      timeoutMs,
    })
  } catch (error) {
    if (error instanceof FactoryError && error.code === 'git_timeout')
      throw tooLarge(`more to read than is read in ${timeoutMs} ms`, 'that (timeoutMs)', error)
    throw invalid(`git refuses the work of "${attempt}"`, error)
  }
  const head = await git.text(['rev-parse', '--verify', `${ref}^{commit}`]).catch((error: unknown) => {
    throw invalid(`The work of "${attempt}" is no commit`, error)
  })
  const shared = await git.run(['merge-base', base, head], { okCodes: [0, 1] })
  if (shared.code !== 0) {
    await releaseWork(vault, attempt)
    throw new FactoryError('work_invalid', `The work of "${attempt}" has no commit in common with the base ${base}.`)
  }
  const commits = Number(await git.text(['rev-list', '--count', head, `^${base}`]))
  if (commits > maxCommits) {
    await releaseWork(vault, attempt)
    throw tooLarge(`${commits} commits`, `${maxCommits} (maxCommits)`)
  }
  return { ref, head, commits }
}

/** Lets go of the work of an attempt. What has no work in the vault is fine. */
export async function releaseWork(vault: Vault, attempt: string): Promise<void> {
  checkAttemptId(attempt)
  await vault.git.run(['update-ref', '-d', `refs/agents/${attempt}`])
}

/** How many objects a bundle says it has, before git is given any of them. */
async function countObjects(bundle: string): Promise<number> {
  const file = await open(bundle, 'r')
  try {
    const head = Buffer.alloc(1_048_576)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    const start = head.subarray(0, bytesRead)
    if (!/^# v[23] git bundle\n/.test(start.subarray(0, 32).toString('latin1')))
      throw new FactoryError('work_invalid', 'The work is no git bundle.')
    const end = start.indexOf('\n\nPACK')
    if (end === -1) throw new FactoryError('work_invalid', 'The bundle has no pack, or more names than are read.')
    return start.readUInt32BE(end + 2 + 8)
  } finally {
    await file.close()
  }
}

function tooLarge(has: string, most: string, cause?: unknown): FactoryError {
  return new FactoryError('work_too_large', `The work has ${has}; at most ${most} may leave a clone.`, { cause })
}

function invalid(text: string, error: unknown): unknown {
  if (!(error instanceof FactoryError)) return error
  return new FactoryError('work_invalid', `${text}: ${error.message}`, { evidence: error.evidence, cause: error })
}
