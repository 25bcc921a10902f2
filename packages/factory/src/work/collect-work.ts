import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Attempt } from '../clones/attempt.ts'
import { FactoryError } from '../errors.ts'
import { createGit, type Git } from '../git/create-git.ts'
import { markedProcesses } from '../process/marked.ts'
import { chooseSandbox, type SandboxDemand } from '../process/run-confined.ts'
import { sandboxArgv, type Sandbox } from '../process/sandbox.ts'
import { readCloneHead } from './clone-head.ts'

export interface CollectOptions {
  readonly attempt: Attempt
  /** A folder for the bundle. Nobody else writes there. */
  readonly into: string
  readonly sandbox: Sandbox
  readonly demand: SandboxDemand
  /** When the commit for what the agent left uncommitted was made, in ms since 1970. */
  readonly now: number
  /** Most bytes of the bundle. Default 268,435,456 (256 MiB). */
  readonly maxBytes?: number
  /** Longest time of each step, in ms. Default 120,000. */
  readonly timeoutMs?: number
}

/** The work of an attempt, as a bundle that nobody has looked into yet. */
export interface CollectedWork {
  readonly bundle: string
  readonly bytes: number
  /** The newest commit of the bundle. */
  readonly head: string
  readonly base: string
  /** Whether there were changes that the agent had not committed; they are in the newest commit. */
  readonly uncommitted: boolean
  readonly sandboxed: boolean
}

/** The ref that a bundle holds. */
export const bundleRef = 'refs/heads/work'

/**
 * Takes the work out of a clone as a bundle: all commits since the base, and one for what was left uncommitted.
 *
 * The clone's own git directory is never used as one: its objects are read through a git directory of ours, so nothing
 * of its configuration, hooks, filters or attributes' drivers can run; and that happens in the sandbox with nothing but
 * the clone in it, so nothing else can come out.
 *
 * @throws FactoryError `still_alive`, `work_unsafe`, `work_empty`, `work_too_large`, `work_invalid`, `sandbox_missing`
 */
export async function collectWork(options: CollectOptions): Promise<CollectedWork> {
  const { attempt, into, maxBytes = 268_435_456, timeoutMs = 120_000 } = options
  const { clone, base } = attempt
  const sandbox = chooseSandbox(options.sandbox, options.demand)
  const alive = await markedProcesses(attempt.marker)
  if (alive.length > 0) {
    throw new FactoryError('still_alive', `${alive.length} processes of attempt "${attempt.id}" are running.`, {
      evidence: alive.slice(0, 20).map(({ pid, command }) => `${pid} ${command}`),
    })
  }
  const { head, objects } = await readCloneHead(clone)
  const reader = path.join(into, 'reader.git')
  await rm(reader, { recursive: true, force: true })
  await mkdir(into, { recursive: true })
  await createGit().run(['init', '--quiet', '--bare', '--template=', reader])
  await mkdir(path.join(reader, 'objects/info'), { recursive: true })
  await writeFile(path.join(reader, 'objects/info/alternates'), `${objects}\n`)
  const git = createGit({
    gitDir: reader,
    timeoutMs,
    maxOutputBytes: maxBytes,
    protocols: [],
    ...(sandbox && {
      confine: (argv, env) => sandboxArgv(sandbox, { argv, env, cwd: '/', readable: [clone], writable: [reader] }),
    }),
  })
  try {
    const tip = await snapshot(git, { ...options, head })
    await git.run(['update-ref', bundleRef, tip])
    const bundle = path.join(into, 'work.bundle')
    const bytes = await writeBundle(git, { base, bundle, maxBytes })
    return { bundle, bytes, head: tip, base, uncommitted: tip !== head, sandboxed: sandbox !== undefined }
  } finally {
    await rm(reader, { recursive: true, force: true })
  }
}

/** A commit of everything in the work tree: the head itself if that is all there is. */
async function snapshot(git: Git, options: CollectOptions & { readonly head: string }): Promise<string> {
  const { attempt, head, now } = options
  const index = { env: { GIT_INDEX_FILE: path.join(git.gitDir ?? '', 'work.index') } }
  try {
    await git.run(['read-tree', head], index)
    await git.run([`--work-tree=${attempt.clone}`, 'add', '--all', '.'], {
      ...index,
      config: ['core.worktree=' + attempt.clone, 'advice.addEmbeddedRepo=false'],
    })
    const tree = await git.text(['write-tree'], index)
    const headTree = await git.text(['rev-parse', '--verify', `${head}^{tree}`])
    if (tree === headTree) return head
    const date = `@${Math.floor(now / 1_000)} +0000`
    return await git.text(['commit-tree', tree, '-p', head, '-m', 'What the agent left uncommitted'], {
      env: {
        GIT_AUTHOR_NAME: 'Headrace agent',
        GIT_AUTHOR_EMAIL: 'agent@headrace.invalid',
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: 'Headrace agent',
        GIT_COMMITTER_EMAIL: 'agent@headrace.invalid',
        GIT_COMMITTER_DATE: date,
      },
    })
  } catch (error) {
    throw refused(error, attempt.id)
  }
}

async function writeBundle(
  git: Git,
  { base, bundle, maxBytes }: { readonly base: string; readonly bundle: string; readonly maxBytes: number },
): Promise<number> {
  const file = openSync(bundle, 'w', 0o600)
  let bytes = 0
  try {
    await git.run(['bundle', 'create', '--quiet', '-', bundleRef, `^${base}`], {
      onStdout: (chunk) => {
        bytes += chunk.length
        writeSync(file, chunk)
      },
    })
  } catch (error) {
    if (error instanceof FactoryError && error.evidence.some((line) => line.includes('empty bundle')))
      throw new FactoryError('work_empty', `There is nothing in the clone that is not in the base ${base}.`)
    if (error instanceof FactoryError && error.code === 'git_flood')
      throw new FactoryError('work_too_large', `The work has more than ${maxBytes} bytes (maxBytes).`, { cause: error })
    throw refused(error, bundle)
  } finally {
    closeSync(file)
  }
  return bytes
}

function refused(error: unknown, what: string): unknown {
  // What is wrong with the machine is not the work's fault.
  if (!(error instanceof FactoryError) || error.code === 'git_missing' || error.code === 'disk_full') return error
  const code = error.code === 'git_failed' ? 'work_invalid' : 'work_too_large'
  return new FactoryError(code, `The work of ${what} can't be taken: ${error.message}`, {
    evidence: error.evidence,
    cause: error,
  })
}
