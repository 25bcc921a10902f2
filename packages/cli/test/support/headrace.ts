import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { programOf } from '../../../../test/support/program-of.ts'

const bin = programOf('packages/cli/src/bin.ts')

/** What a command sees of the environment of the tests. */
const kept = Object.fromEntries(['PATH', 'HOME', 'NODE_COMPILE_CACHE'].map((name) => [name, process.env[name]]))

/** Commands of this test file that have not ended. A test that fails or times out must leave none behind. */
const alive = new Set<ChildProcess>()
afterAll(() => {
  for (const child of alive) child.kill('SIGKILL')
})

export interface RunOptions {
  /** Default: the folder of the repository. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A running `headrace` command. Disposing of it kills it and waits for its end. */
export class Running implements AsyncDisposable {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''
  #over = false
  readonly #watchers = new Set<() => void>()

  constructor(args: readonly string[], { cwd, env, input }: RunOptions) {
    this.process = spawn(process.execPath, ['--conditions=@headrace/source', bin, ...args], {
      ...(cwd !== undefined && { cwd }),
      env: { ...kept, NO_COLOR: '1', TZ: 'UTC', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    alive.add(this.process)
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#grow('stdout', text))
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#grow('stderr', text))
    // A command that ends without reading its input is none of our business.
    this.process.stdin?.on('error', () => undefined).end(input ?? '')
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code) => {
        this.#over = true
        alive.delete(this.process)
        this.#wake()
        resolve({ code, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  #grow(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text
    this.#wake()
  }

  #wake(): void {
    for (const watch of this.#watchers) watch()
  }

  /** Waits until one of its streams has this in it, and returns the match. */
  seen(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const watch = (): void => {
        const match = pattern.exec(this[stream])
        if (!match && !this.#over) return
        this.#watchers.delete(watch)
        if (match) resolve(match)
        else
          reject(
            new Error(`The command ended without ${String(pattern)} in its ${stream}.\n${this.stdout}\n${this.stderr}`),
          )
      }
      this.#watchers.add(watch)
      watch()
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.process.kill('SIGKILL')
    await this.ended
  }
}

/** Starts a command that goes on until it is stopped. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  return new Running(args, options)
}

/** Runs a command to its end. */
export function headrace(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return new Running(args, options).ended
}

export interface Ready {
  readonly ready: true
  readonly url: string
  readonly token: string
  readonly pid: number
}

/** A server, and what its ready line said. */
export async function serve(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ server: Running; ready: Ready }> {
  const server = start(['serve', '--port', '0', '--json', ...args], options)
  try {
    const [line] = await server.seen(/^.*\n/)
    return { server, ready: JSON.parse(line) as Ready } // the test that looks at the line says that it is one
  } catch (thrown) {
    await server[Symbol.asyncDispose]()
    throw thrown
  }
}

/** A folder that is gone at the end. */
export async function folder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const made = await mkdtemp(path.join(tmpdir(), 'headrace-cli-'))
  return { path: made, [Symbol.asyncDispose]: () => rm(made, { recursive: true, force: true }) }
}
