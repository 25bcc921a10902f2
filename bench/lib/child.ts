import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A child process that is ended when the bench is done with it, or when the bench itself ends. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess
  readonly pid: number
  /** The first line of its output that fits. */
  readonly line: string
}

/** Whom a program runs as. Only root can choose. */
export interface User {
  readonly uid: number
  readonly gid: number
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** How long a server may take until it is ready. */
const readyMs = 60_000

/**
 * Starts a program and waits until its output has a line that contains `ready`.
 *
 * @throws Error with the end of its output when it ends first or takes more than a minute.
 */
export async function startChild(file: string, args: readonly string[], ready: string, as?: User): Promise<Child> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: childEnv(), ...as })
  running.add(child)
  child.once('exit', () => running.delete(child))
  let tail = ''
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const timer = setTimeout(() => reject(new Error(`${file} was not ready after ${readyMs} ms: ${tail}`)), readyMs)
  child.once('error', reject)
  child.once('exit', (code, signal) => reject(new Error(`${file} ended (${code ?? signal}): ${tail}`)))
  // Some servers write their log to standard error.
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      tail = `${tail}${line}\n`.slice(-4_000)
      if (line.includes(ready)) resolve(line)
    })
  }
  try {
    const line = await promise
    return {
      process: child,
      pid: child.pid ?? 0,
      line,
      [Symbol.asyncDispose]: () => stop(child),
    }
  } catch (error) {
    await stop(child)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Runs a Node script of the bench, from sources. */
export function startNode(script: URL, args: readonly string[], nodeArgs: readonly string[] = []): Promise<Child> {
  return startChild(
    process.execPath,
    [...nodeArgs, '--conditions=@headrace/source', fileURLToPath(script), ...args],
    '"ready":true',
  )
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}

/** The bench decides on settings: none of them may come in by the environment. */
function childEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('HEADRACE_') && name !== 'NODE_OPTIONS')
  return Object.fromEntries(kept)
}
