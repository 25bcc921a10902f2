import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { programOf } from './program-of.ts'

const fromSources = ['--conditions=@headrace/source']

/** The command as a process of its own. */
export function headrace(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [...fromSources, programOf('packages/cli/src/bin.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
}

/** A script beside the tests as a process of its own. */
export function script(name: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...fromSources, programOf(`test/support/${name}`), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

/** The lines that a process prints, one by one. */
export function lines(child: ChildProcess): AsyncIterator<string> {
  if (!child.stdout) throw new Error('the process has no standard output')
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

export interface ReadyLine {
  readonly url: string
  readonly token: string
  readonly pid: number
}

/** A server process that can be killed and started again where it was. */
export class ServerProcess {
  readonly data: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  #ready: ReadyLine | undefined
  #port = 0

  constructor(data: string, args: readonly string[] = []) {
    this.data = data
    this.#args = args
  }

  static async start(args: readonly string[] = []): Promise<ServerProcess> {
    const server = new ServerProcess(await mkdtemp(join(tmpdir(), 'headrace-test-')), args)
    await server.start()
    return server
  }

  get url(): string {
    return this.ready.url
  }

  get token(): string {
    return this.ready.token
  }

  get port(): number {
    return this.#port
  }

  get pid(): number {
    return this.ready.pid
  }

  get ready(): ReadyLine {
    if (!this.#ready) throw new Error('the server was not started')
    return this.#ready
  }

  /** Starts it, on the port it had before if there was one, and waits until it serves. */
  async start(): Promise<void> {
    const child = headrace(['serve', '--port', String(this.#port), '--data', this.data, '--json', ...this.#args])
    this.#child = child
    let complaint = ''
    child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    const line = await Promise.race([lines(child).next(), once(child, 'exit')])
    if (Array.isArray(line) || line.done) throw new Error(`the server did not start: ${complaint}`)
    this.#ready = JSON.parse(line.value) as ReadyLine // printed by the command under test
    this.#port = Number(new URL(this.#ready.url).port)
  }

  /** `kill -9`, and waits until it is dead. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const dead = once(child, 'exit')
    child.kill(signal)
    await dead
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' }
    return fetch(new URL(path, this.url), { headers, ...init })
  }

  /** The whole log of a session as the server has it. */
  async log(session: string): Promise<readonly LoggedEvent[]> {
    const events: LoggedEvent[] = []
    for (;;) {
      const after = events.at(-1)?.seq ?? 0
      const response = await this.fetch(`/v1/sessions/${encodeURIComponent(session)}/events?after=${after}&limit=1000`)
      const page = (await response.json()) as { events: LoggedEvent[] } // the shape that PROTOCOL.md gives
      if (!response.ok) throw new Error(JSON.stringify(page))
      if (page.events.length === 0) return events
      events.push(...page.events)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.data, { recursive: true, force: true })
  }
}

export interface LoggedEvent {
  readonly seq: number
  readonly type: string
  readonly cmd?: string
  readonly run?: string
  readonly data: Readonly<Record<string, unknown>>
}
