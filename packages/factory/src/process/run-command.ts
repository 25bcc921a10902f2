import { spawn, type ChildProcess } from 'node:child_process'
import { createReadStream } from 'node:fs'
import process from 'node:process'
import { createTail } from './tail.ts'

/** How a program came to its end. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'flood'; readonly maxBytes: number }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'not_started'; readonly reason: string }

export interface CommandOptions {
  /** The program and its arguments. There is no shell. */
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
  /** The whole environment: nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>
  /** When it is ended with its process group, in ms. */
  readonly timeoutMs: number
  /** Bytes of both outputs together after which it is ended. */
  readonly maxOutputBytes: number
  /** Gets its output as it comes. Without it standard output is kept whole, within `maxOutputBytes`. */
  readonly onOutput?: (chunk: Uint8Array, stream: 'stdout' | 'stderr') => void
  readonly stdin?: Uint8Array | string
  /** Standard input from a file, from a byte on, in place of `stdin`. */
  readonly stdinFile?: { readonly path: string; readonly start: number }
  /** An open file that the program gets as file descriptor 3. */
  readonly reportFd?: number
  readonly signal?: AbortSignal
  /** Is told the process id as soon as there is one. */
  readonly onStart?: (pid: number) => void
  /** How long it has between being asked to end and being ended, in ms. Default 2,000. */
  readonly graceMs?: number
}

export interface CommandResult {
  readonly end: CommandEnd
  /** Empty where `onOutput` took it. */
  readonly stdout: Buffer
  /** The last 16 KiB. */
  readonly stderr: string
  readonly bytes: number
  readonly durationMs: number
}

// How long pipes may stay open after the program ended: somebody who left its process group can hold them for ever.
const drainMs = 500

/**
 * Runs one program in a process group of its own, within bounds of time and output, and ends the group with it. It
 * never rejects: how it ended is part of the result.
 *
 * A process that leaves the group (setsid) is not reached by this: see `endMarked`.
 */
export function runCommand(options: CommandOptions): Promise<CommandResult> {
  const { argv, cwd, env, timeoutMs, maxOutputBytes, onOutput, signal, graceMs = 2_000 } = options
  const [file, ...args] = argv
  const started = performance.now()
  const stderr = createTail(16_384)
  const stdout: Uint8Array[] = []
  let bytes = 0
  let forced: CommandEnd | undefined

  return new Promise((resolve) => {
    let child: ChildProcess
    try {
      const stdio: ('pipe' | number)[] = ['pipe', 'pipe', 'pipe']
      if (options.reportFd !== undefined) stdio.push(options.reportFd)
      child = spawn(file, args, { cwd, env: { ...env }, detached: true, stdio, shell: false })
    } catch (error) {
      resolve(notStarted(error, started))
      return
    }
    const timers = new Set<NodeJS.Timeout>()
    let settled = false

    function settle(end: CommandEnd): void {
      if (settled) return
      settled = true
      for (const timer of timers) clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      for (const stream of child.stdio) stream?.destroy()
      const durationMs = performance.now() - started
      resolve({ end, stdout: Buffer.concat(stdout), stderr: stderr.text(), bytes, durationMs })
    }

    function endGroup(how: NodeJS.Signals): void {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, how)
      } catch {
        // Nobody is left in the group.
      }
    }

    function force(end: CommandEnd, how: NodeJS.Signals): void {
      if (forced) return
      forced = end
      endGroup(how)
      if (how !== 'SIGKILL') timers.add(setTimeout(() => endGroup('SIGKILL'), graceMs))
    }

    function abort(): void {
      force({ kind: 'aborted' }, 'SIGTERM')
    }

    function take(chunk: Uint8Array, stream: 'stdout' | 'stderr'): void {
      if (settled) return
      bytes += chunk.length
      if (bytes > maxOutputBytes) {
        force({ kind: 'flood', maxBytes: maxOutputBytes }, 'SIGKILL')
        return
      }
      if (stream === 'stderr') stderr.push(chunk)
      if (onOutput) onOutput(chunk, stream)
      else if (stream === 'stdout') stdout.push(chunk)
    }

    child.once('error', (error) => settle(notStarted(error, started).end))
    child.stdout?.on('data', (chunk: Buffer) => take(chunk, 'stdout'))
    child.stderr?.on('data', (chunk: Buffer) => take(chunk, 'stderr'))
    // A program that reads nothing closes its end early; what it did with that shows in how it ended.
    child.stdin?.on('error', () => undefined)
    if (options.stdinFile && child.stdin) {
      const { path, start } = options.stdinFile
      const input = createReadStream(path, { start })
      input.on('error', () => child.stdin?.destroy())
      input.pipe(child.stdin)
    } else child.stdin?.end(options.stdin ?? '')
    child.once('exit', (code, by) => {
      endGroup('SIGKILL')
      const end: CommandEnd =
        forced ?? (code === null ? { kind: 'signalled', signal: by ?? 'unknown' } : { kind: 'exited', code })
      timers.add(setTimeout(() => settle(end), drainMs))
      child.once('close', () => settle(forced ?? end))
    })
    timers.add(setTimeout(() => force({ kind: 'timeout', afterMs: timeoutMs }, 'SIGTERM'), timeoutMs))
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort)
    if (child.pid !== undefined) options.onStart?.(child.pid)
  })
}

function notStarted(error: unknown, started: number): CommandResult {
  const reason = error instanceof Error ? error.message : String(error)
  return {
    end: { kind: 'not_started', reason },
    stdout: Buffer.alloc(0),
    stderr: '',
    bytes: 0,
    durationMs: performance.now() - started,
  }
}

/** How a program ended, in words: `ended with code 2`. */
export function endInWords(end: CommandEnd): string {
  switch (end.kind) {
    case 'exited':
      return `ended with code ${end.code}`
    case 'signalled':
      return `was ended by ${end.signal}`
    case 'timeout':
      return `was ended after ${end.afterMs / 1_000} s, the time it may take`
    case 'flood':
      return `was ended after ${end.maxBytes} bytes of output, the most it may give`
    case 'aborted':
      return 'was stopped'
    case 'not_started':
      return `could not be started: ${end.reason}`
  }
}
