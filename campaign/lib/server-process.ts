import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { verbs } from '@headrace/core'
import { createSecretAuth } from '@headrace/server'
import { programOf } from '../../test/support/program-of.ts'
import { Stuck } from './progress.ts'
import type { MutantName } from '../mutants/mutant-name.ts'

export interface ServerOptions {
  /** Data directory. */
  readonly data: string
  /** Address to listen on. Default: this machine only. Elsewhere tokens are signed with a key, so there is one then. */
  readonly host?: string
  /** Port to listen on. Default: any free one, and that one from then on. */
  readonly port?: number
  /** Serve with one deliberate fault. Default: none, it is the command that people run. */
  readonly mutant?: MutantName
  /** What it runs under: `strace` and its arguments. Default: nothing. */
  readonly under?: readonly string[]
  /** Beside those of this process. */
  readonly env?: Readonly<Record<string, string>>
}

interface Ready {
  readonly url: string
  /** None where tokens are signed with a key that others have too. */
  readonly token?: string
  readonly pid: number
}

/** A server as a process of its own, that is killed and started again where it was. */
export interface ServerProcess extends AsyncDisposable {
  /** Where it is, also while it is dead. */
  readonly url: string
  readonly port: number
  readonly token: string
  /** Starts it, on the port that it had before if there was one, and waits until it serves. `data`: another directory from now on. */
  start(data?: string): Promise<void>
  /** Starts it and kills it after so many milliseconds, ready or not. */
  startAndKill(afterMs: number): Promise<void>
  /** `kill -9`, and waits until it is dead. */
  kill(): Promise<void>
  /** Makes it stand still, and waits until it does: nothing that it does later is shown, or reaches the disk. */
  freeze(): Promise<void>
}

const root = path.join(import.meta.dirname, '../..')
const command = 'packages/cli/src/bin.ts'
const broken = 'campaign/mutants/serve.ts'
/** Programs that it starts. */
export const serverPrograms: readonly string[] = [command, broken]
/** Compiled sources: a start costs half as much, and a campaign starts hundreds of servers. */
const keepCompiled = path.join(root, 'campaign/lib/keep-compiled.ts')
const compiled = path.join(root, 'node_modules/.cache/headrace/campaign')

const operator = { sub: 'campaign', kind: 'operator', cap: [{ s: '**', op: [...verbs] }], agents: ['*'] } as const
/** Longer than any round. */
const tokenSeconds = 86_400

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export function createServerProcess(options: ServerOptions): ServerProcess {
  let data = options.data
  let child: ChildProcess | undefined
  let ready: Ready | undefined
  let port = options.port ?? 0
  const secret = options.host === undefined ? undefined : randomBytes(32).toString('hex')
  let token = ''

  function launch(): ChildProcess {
    const { host, mutant, under = [], env = {} } = options
    const program = mutant === undefined ? [programOf(command), 'serve'] : [programOf(broken), mutant]
    const args = [...program, '--port', String(port), '--data', data, '--json']
    if (host !== undefined) args.push('--host', host)
    const [file = '', ...rest] = [
      ...under,
      process.execPath,
      '--conditions=@headrace/source',
      `--import=${keepCompiled}`,
      ...args,
    ]
    const launched = spawn(file, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: compiled,
        ...(secret !== undefined && { HEADRACE_AUTH_SECRET: secret }),
        ...env,
      },
    })
    running.add(launched)
    launched.once('exit', () => running.delete(launched))
    child = launched
    return launched
  }

  async function start(): Promise<void> {
    const launched = launch()
    let complaint = ''
    launched.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2_000)))
    const line = await firstLine(launched)
    if (line === undefined) throw new Stuck(`a server did not start (${await endOf(launched)}): ${complaint}`)
    const now = JSON.parse(line) as Ready // printed by the command under test
    ready = now
    if (secret === undefined) token = now.token ?? ''
    else if (token === '')
      token = await createSecretAuth(secret).mint({ ...operator, cap: [...operator.cap] }, tokenSeconds)
    port = Number(new URL(now.url).port)
  }

  /** The process itself and not what it runs under: that ends with it. */
  function signal(name: NodeJS.Signals): void {
    const { under = [] } = options
    if (under.length === 0 || !ready) child?.kill(name)
    else process.kill(ready.pid, name)
  }

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const dead = once(child, 'exit')
    signal('SIGKILL')
    await dead
  }

  function now(): Ready {
    if (!ready) throw new Error('the server was not started')
    return ready
  }

  return {
    get url() {
      return now().url
    },
    get port() {
      return port
    },
    get token() {
      return token
    },
    async start(directory = data) {
      data = directory
      await start()
    },
    async startAndKill(afterMs) {
      const dead = once(launch(), 'exit')
      await pause(afterMs)
      child?.kill('SIGKILL')
      await dead
    },
    kill,
    async freeze() {
      const { pid } = now()
      signal('SIGSTOP')
      await untilStopped(pid)
    },
    [Symbol.asyncDispose]: kill,
  }
}

/** How a process ended. */
async function endOf(child: ChildProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.signalCode ?? `exit code ${child.exitCode}`
}

async function firstLine({ stdout }: ChildProcess): Promise<string | undefined> {
  if (!stdout) throw new Error('a server has a standard output')
  for await (const line of createInterface({ input: stdout })) return line
  return undefined
}

/** Looks so often, because a thread that is traced stands still for a moment at each call. */
const looks = 3
/** A thread that waits for the disk stands still when the disk has answered, and under load that takes its time. */
const freezeMs = 60_000

/** Signals are told to each thread when it next runs, and until all have heard of it some go on. */
async function untilStopped(pid: number): Promise<void> {
  const deadline = performance.now() + freezeMs
  let states = ''
  for (let still = 0; still < looks;) {
    if (performance.now() > deadline) throw new Stuck(`process ${pid} does not stand still: its threads are ${states}`)
    const threads = await readdir(`/proc/${pid}/task`)
    const stats = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'latin1')))
    states = stats.map((stat) => /\) (\w) /.exec(stat)?.[1] ?? '?').join('')
    still = /^[Tt]+$/.test(states) ? still + 1 : 0
    await pause(1)
  }
}
