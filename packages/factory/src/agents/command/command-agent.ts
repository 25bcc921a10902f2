import { FactoryError } from '../../errors.ts'
import { findProgram } from '../../process/find-program.ts'
import { endInWords, type CommandEnd } from '../../process/run-command.ts'
import { startProgram, type Program } from '../../process/start-program.ts'
import type { AgentAtWork, AgentKind, AgentStart, TurnEnd } from '../agent.ts'
import { modelEnvironment } from '../model-environment.ts'

export interface CommandAgentOptions {
  readonly name: string
  /** Program and arguments. `{prompt}` in an argument stands for what it is told; without that it reads it from its input. */
  readonly command: readonly [string, ...string[]]
  /** Folders where its program is looked for before PATH. */
  readonly folders?: readonly string[]
  /** How long it may print nothing, in ms. Default 900,000. */
  readonly silenceMs?: number
  /** Bytes that it may print in a turn. Default 16 MiB. */
  readonly maxBytes?: number
}

/**
 * Any program that is told what to do and prints what it does. It is started for each turn and remembers nothing, so it is
 * told again what it was told before; it can't ask whether it may do something. How it ends proves nothing.
 */
export function commandAgent(options: CommandAgentOptions): AgentKind {
  const [name, ...args] = options.command
  const lack = `The agent ${options.name} can't be started: there is no program ${name} on this machine. Install it, or give its full path.`
  return {
    name: options.name,
    inCell: true,
    lacks: async () => ((await findProgram(name, options.folders)) === undefined ? lack : undefined),
    async start(start) {
      const program = await findProgram(name, options.folders)
      if (program !== undefined) return new CommandAtWork(start, options, [program, ...args])
      throw new FactoryError('agent_missing', lack)
    },
  }
}

class CommandAtWork implements AgentAtWork {
  readonly resumed = false
  readonly #start: AgentStart
  readonly #options: CommandAgentOptions
  readonly #argv: readonly [string, ...string[]]
  readonly #told: string[] = []
  #program: Program | undefined

  constructor(start: AgentStart, options: CommandAgentOptions, argv: readonly [string, ...string[]]) {
    this.#start = start
    this.#options = options
    this.#argv = argv
  }

  async prompt(text: string, signal: AbortSignal): Promise<TurnEnd> {
    this.#told.push(text)
    const { cwd, env, marker, cell, signal: stop } = this.#start
    const words = this.#told.join('\n\n')
    const [file, ...args] = this.#argv
    const isArgument = args.some((word) => word.includes('{prompt}'))
    let program: Program
    try {
      program = await startProgram({
        argv: [file, ...args.map((word) => word.replaceAll('{prompt}', () => words))],
        cwd,
        env: { ...env, ...modelEnvironment(this.#start) },
        marker,
        ...(cell && { cell }),
      })
    } catch (thrown) {
      return { end: 'failed', why: thrown instanceof Error ? thrown.message : 'it could not be started' }
    }
    this.#program = program
    program.stdin.end(isArgument ? '' : words)
    const asked = AbortSignal.any([signal, stop])
    const close = (): void => void program.close()
    asked.addEventListener('abort', close, { once: true })
    if (asked.aborted) close()
    try {
      const failed = await this.#listen(program)
      if (asked.aborted) return { end: 'cancelled' }
      if (failed !== undefined) return { end: 'failed', why: failed }
      return await this.#ended(await program.ended, program.stderr())
    } finally {
      asked.removeEventListener('abort', close)
      await program.close()
    }
  }

  async close(): ReturnType<AgentAtWork['close']> {
    return (await this.#program?.close()) ?? { ended: [], left: [], looks: 0 }
  }

  /** Takes what it prints until it is over; gives why it had to be ended, if so. */
  async #listen(program: Program): Promise<string | undefined> {
    const { maxBytes = 16_777_216, silenceMs = 900_000 } = this.#options
    const decoder = new TextDecoder()
    let bytes = 0
    let failed: string | undefined
    const fail = (why: string): void => {
      failed ??= why
      void program.close()
    }
    const silent = (): void => fail(`it printed nothing for ${silenceMs / 1_000} s`)
    let timer = setTimeout(silent, silenceMs)
    // What it started may hold its output open for ever.
    void program.ended.then(() => setTimeout(() => program.stdout.destroy(), 500))
    try {
      for await (const chunk of program.stdout as AsyncIterable<Buffer>) {
        clearTimeout(timer)
        timer = setTimeout(silent, silenceMs)
        bytes += chunk.byteLength
        if (bytes > maxBytes) fail(`it printed more than ${maxBytes} bytes`)
        if (failed !== undefined) break
        const text = decoder.decode(chunk, { stream: true })
        if (text !== '') await this.#start.onChunk({ type: 'text', text })
      }
    } catch {
      // Its output was closed: by its end, or by us.
    } finally {
      clearTimeout(timer)
    }
    return failed
  }

  /** Its end is shown, and decides nothing. */
  async #ended(end: CommandEnd, stderr: string): Promise<TurnEnd> {
    if (end.kind === 'not_started') return { end: 'failed', why: endInWords(end) }
    if (end.kind === 'exited' && end.code === 0) return { end: 'done' }
    const text = `\n[${this.#options.name} ${endInWords(end)}]\n${stderr.slice(-2_000)}`
    await this.#start.onChunk({ type: 'text', text })
    return { end: 'done' }
  }
}
