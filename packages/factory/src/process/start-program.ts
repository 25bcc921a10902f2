import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { access, constants as fileConstants } from 'node:fs/promises'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { cellArgv, holdFds, type Cell } from '../cell/cell.ts'
import { FactoryError } from '../errors.ts'
import { makeCgroup, type Cgroup } from './cgroup.ts'
import { endMarked, markedProcesses, markerName, type EndProof } from './marked.ts'
import { createTail } from './tail.ts'
import type { CommandEnd } from './run-command.ts'

export interface ProgramOptions {
  /** The program and its arguments. There is no shell. */
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
  /** The whole environment: nothing of ours is added but the marker. */
  readonly env: Readonly<Record<string, string>>
  /** By what everything it starts is found again and ended. */
  readonly marker: string
  /** In what it is shut in. Default: in nothing. */
  readonly cell?: Cell
}

/** A program that is talked to while it runs. */
export interface Program {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when the program itself is over; what it started may live on until {@link Program.close}. */
  readonly ended: Promise<CommandEnd>
  /** The last 16 KiB of what it wrote to its standard error. */
  stderr(): string
  /** Ends it and everything that carries its marker, and says what was found. Idempotent. */
  close(): Promise<EndProof>
}

/**
 * Starts a program that is talked to by its standard input and output.
 *
 * @throws FactoryError `command_failed` when it can't be started; `bad_option` when its cell would hold what no cell may
 */
export async function startProgram({ argv, cwd, env, marker, cell }: ProgramOptions): Promise<Program> {
  // Of a program that is missing its sandbox would say so, in words of its own.
  if (cell)
    await access(argv[0], fileConstants.X_OK).catch((thrown: unknown) => Promise.reject(notStarted(argv[0], thrown)))
  const [file, ...args] = cell ? await cellArgv(cell, { argv, cwd }) : argv
  const cgroups = cell?.sandbox.cgroups
  const cgroup = cgroups && (await makeCgroup(cgroups, cell.bounds ?? {}))
  const stderr = createTail(16_384)
  let child: ChildProcessByStdio<Writable, Readable, Readable>
  try {
    child = spawn(file, args, {
      cwd: cell ? '/' : cwd,
      env: { ...env, [markerName]: marker },
      detached: true,
      stdio: Array.from({ length: cgroup ? 5 : 3 }, () => 'pipe' as const),
      shell: false,
    })
  } catch (thrown) {
    await cgroup?.end()
    throw notStarted(file, thrown)
  }
  const ended = new Promise<CommandEnd>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not_started', reason: error.message }))
    child.once('exit', (code, by) => resolve(endOf({ code, by, isInCell: cell !== undefined })))
  })
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // What it did with its input shows in how it ends.
  child.stdin.on('error', () => undefined)
  const { pid } = child
  if (pid === undefined) {
    await cgroup?.end()
    throw notStarted(file, await ended)
  }
  if (cgroup) {
    try {
      await enterCgroup(child, cgroup)
    } catch (thrown) {
      await cgroup.end()
      await endMarked(marker)
      throw notStarted(file, thrown)
    }
  }
  let closing: Promise<EndProof> | undefined
  return {
    pid,
    stdin: child.stdin,
    stdout: child.stdout,
    ended,
    stderr: () => stderr.text(),
    close: () =>
      (closing ??= (async () => {
        const proof = await endAll(marker, cgroup)
        for (const stream of child.stdio) stream?.destroy()
        return proof
      })()),
  }
}

/** First at once, where the kernel does that, and then by the marker, also to see what is left. */
async function endAll(marker: string, cgroup: Cgroup | undefined): Promise<EndProof> {
  if (!cgroup) return endMarked(marker)
  const found = await markedProcesses(marker)
  const inside = await cgroup.end()
  const { ended, left, looks } = await endMarked(marker)
  const known = new Set([...ended, ...left].map(({ pid }) => pid))
  const kept = inside.filter((pid) => !known.has(pid)).map((pid) => ({ pid, command: 'in its control group' }))
  return { ended: [...found.filter(({ pid }) => !known.has(pid)), ...ended], left: [...left, ...kept], looks }
}

/** The sandbox says who its first process is and waits, so that nothing is started outside of the group. */
async function enterCgroup(child: ChildProcess, cgroup: Cgroup): Promise<void> {
  const [info, go] = [child.stdio[holdFds.info] as Readable, child.stdio[holdFds.go] as Writable] // pipes, as asked for
  go.on('error', () => undefined)
  let said = ''
  for await (const chunk of info) said += String(chunk)
  const inside = /"child-pid":\s*(\d+)/.exec(said)?.[1]
  for (const pid of [child.pid, Number(inside)]) {
    // One that could not do what it was to do is over already, and says so by its end.
    if (pid) await cgroup.join(pid).catch(unlessOver)
  }
  go.end('1')
}

function unlessOver(thrown: unknown): void {
  if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
}

interface Exit {
  readonly code: number | null
  readonly by: NodeJS.Signals | null
  readonly isInCell: boolean
}

/** A sandbox says of what was ended in it by a signal what a shell says: 128 and the number of the signal. */
function endOf({ code, by, isInCell }: Exit): CommandEnd {
  if (code === null) return { kind: 'signalled', signal: by ?? 'unknown' }
  const inside = isInCell && Object.entries(constants.signals).find(([, number]) => number + 128 === code)
  return inside ? { kind: 'signalled', signal: inside[0] } : { kind: 'exited', code }
}

function notStarted(file: string, cause: unknown): FactoryError {
  const why = cause instanceof Error ? cause.message : JSON.stringify(cause)
  return new FactoryError('command_failed', `${file} could not be started: ${why}`, { cause })
}
