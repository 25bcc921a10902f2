/**
 * An attempt while this worker works on it.
 *
 *   working ──handler returns──▶ ending complete ──answered──▶ done
 *      │  ╰───handler throws───▶ ending failed ───────┘
 *      ├──cancel──▶ stopping ──handler settles──▶ ending cancelled ──answered──▶ done
 *      ├──lost────▶ nothing is written any more ──handler settles──▶ done
 *      └──closed──▶ the same; the lease lapses and another worker adopts the run
 *
 * A lost connection is none of these: the handler goes on, output waits, and only the server says whether the run is lost.
 */
import {
  HeadraceError,
  branch,
  type CommandBody,
  type HeldRun,
  type Message,
  type Usage,
  type WriteOp,
} from '@headrace/core'
import { BatchWriter, failed } from './batch-writer.ts'
import { isLost } from './is-lost.ts'
import { LiveOutput } from './live-output.ts'
import { RunParts } from './part-writer.ts'
import { RunStopped, type StopReason } from './run-stopped.ts'
import { addUsage } from './usage.ts'
import type { Assignment } from './assignment.ts'
import type { Clock } from '../clock.ts'
import type { Backoff } from '../net/backoff.ts'
import type { Accepted } from '../outbox.ts'
import type { Chunk, ChunkStream } from './chunk.ts'
import type { EndOp } from './ops.ts'
import type { AgentRun, Output, PipeOptions, RunHandler } from './run.ts'

export interface LiveRunOptions {
  readonly clock: Clock
  readonly backoff: Backoff
  readonly maxUnansweredChars: number
  readonly isOnline: () => boolean
  readonly submit: (body: CommandBody) => Promise<Accepted>
  /** Finds a message that the view no longer holds. */
  readonly findMessage: (id: string) => Promise<Message>
  readonly onError: (error: HeadraceError) => void
}

const defaultStep = 'main'

export class LiveRun implements AgentRun {
  readonly assignment: Assignment
  readonly parts: RunParts = new RunParts()
  /** Resolves when the handler has settled and nothing more is written. */
  readonly done: Promise<void>
  readonly #options: LiveRunOptions
  readonly #abort = new AbortController()
  readonly #writer: BatchWriter
  readonly #main: LiveOutput
  #input: Message | undefined
  #usage: Usage | undefined
  #stopped: StopReason | undefined
  #settled = false
  #cancelBeat: () => void = () => undefined
  #beating = false
  #beatAt: number

  constructor(assignment: Assignment, handler: RunHandler, options: LiveRunOptions) {
    this.assignment = assignment
    this.#options = options
    const { clock, backoff, maxUnansweredChars, onError } = options
    this.#writer = new BatchWriter({
      clock,
      backoff,
      maxUnanswered: maxUnansweredChars,
      run: assignment.run,
      attempt: assignment.attempt,
      submit: options.submit,
      onAnswer: (answer) => this.#heard(answer),
      onLost: () => this.stop('lost'),
      onError,
    })
    this.#main = new LiveOutput(this, defaultStep)
    this.#beatAt = clock.now()
    this.#beatLater()
    this.done = this.#work(handler)
  }

  get session(): string {
    return this.assignment.session
  }

  get id(): string {
    return this.assignment.run
  }

  get attempt(): number {
    return this.assignment.attempt
  }

  get agent(): string {
    return this.assignment.agent
  }

  get view(): Assignment['view'] {
    return this.assignment.view
  }

  get input(): Message {
    // Set before the handler is called, which is the first who can ask.
    if (!this.#input) throw new HeadraceError('internal', 'The input of the run was asked for before it was there.')
    return this.#input
  }

  get history(): readonly Message[] {
    const { messages } = this.view
    const known = messages.includes(this.input) ? messages : [this.input, ...messages]
    // Answers to the input itself are this run's, from an earlier attempt, or of others at work on it.
    return branch(known, this.input.id).filter((message) => message.parent !== this.input.id)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get stopped(): StopReason | undefined {
    return this.#stopped
  }

  text(text: string): Promise<void> {
    return this.#main.text(text)
  }

  reasoning(text: string): Promise<void> {
    return this.#main.reasoning(text)
  }

  write(chunk: Chunk): Promise<void> {
    return this.#main.write(chunk)
  }

  pipe(stream: ChunkStream, options?: PipeOptions): Promise<void> {
    return this.#main.pipe(stream, options)
  }

  async step<T>(id: string, work: (out: Output) => Promise<T>): Promise<T> {
    const out = new LiveOutput(this, id)
    const result = await work(out)
    out.finish()
    return result
  }

  push(op: WriteOp): void {
    try {
      this.#writer.push(op)
    } catch (thrown) {
      const error = HeadraceError.from(thrown)
      // After the handler has returned there is nobody left who would hear of it.
      if (error.code === 'run_ended') this.#options.onError(error)
      throw error
    }
  }

  room(): Promise<void> | undefined {
    return this.#writer.room()
  }

  addUsage(usage: Usage): void {
    this.#usage = addUsage(this.#usage ?? {}, usage)
  }

  get held(): HeldRun {
    const { session, run, attempt } = this.assignment
    return { session, run, attempt }
  }

  /** Whether the server must be told that this worker still works on it. */
  get isHeld(): boolean {
    return !this.#settled && this.#stopped !== 'lost' && this.#stopped !== 'closed'
  }

  /** A new connection: if nothing is waiting to be sent again, the lease is renewed by itself. */
  online(): void {
    if (this.isHeld && this.#writer.isIdle) this.#beat()
  }

  /** Tells the handler to stop. Being lost counts also when a cancel came before. */
  stop(reason: StopReason): void {
    if (reason !== 'cancel') {
      this.#writer.stop()
      this.#cancelBeat()
    }
    if (this.#stopped === undefined || reason !== 'cancel') this.#stopped = reason
    if (!this.#abort.signal.aborted) this.#abort.abort(new RunStopped(reason))
  }

  async #work(handler: RunHandler): Promise<void> {
    await Promise.resolve() // whoever made this must know it before the handler runs
    try {
      await this.#end(await this.#handle(handler))
    } catch (thrown) {
      this.#options.onError(HeadraceError.from(thrown))
    } finally {
      this.#settled = true
      this.#cancelBeat()
      this.#writer.stop()
    }
  }

  /** Calls the handler and says how the run ends. */
  async #handle(handler: RunHandler): Promise<EndOp> {
    try {
      const { input, view } = this.assignment
      this.#input = view.messages.find((message) => message.id === input) ?? (await this.#options.findMessage(input))
      const result = await handler(this)
      this.#main.finish()
      const usage = result?.usage ?? this.#usage
      return { op: 'end', reason: 'complete', ...(usage && { usage }) }
    } catch (thrown) {
      const usage = this.#usage && { usage: this.#usage }
      const isStop = thrown instanceof Error && thrown.name === 'AbortError'
      const error = HeadraceError.from(thrown)
      if (!this.signal.aborted || !isStop) this.#options.onError(error)
      if (this.signal.aborted) return { op: 'end', reason: 'cancelled', ...usage }
      return { op: 'end', reason: 'failed', detail: error.message.slice(0, maxDetailChars), ...usage }
    }
  }

  #end(op: EndOp): Promise<void> {
    if (this.#writer.broken) return this.#writer.end(failed(this.#writer.broken))
    return this.#writer.end(this.#stopped === 'cancel' ? { ...op, reason: 'cancelled' } : op)
  }

  #heard(answer: Accepted): void {
    if (answer.cancel) this.stop('cancel')
  }

  /** The lease is renewed by whatever is written, and by a heartbeat after a third of it without. */
  #beatLater(): void {
    const { clock } = this.#options
    const everyMs = this.assignment.leaseMs / 3
    const spokeAt = (): number => Math.max(this.#writer.sentAt, this.#beatAt)
    this.#cancelBeat = clock.after(spokeAt() + everyMs - clock.now(), () => {
      if (clock.now() - spokeAt() >= everyMs) this.#beat()
      this.#beatLater()
    })
  }

  /** Says that this worker is alive. Without a connection nobody would hear it; `online` makes up for it. */
  #beat(): void {
    this.#beatAt = this.#options.clock.now()
    if (this.#beating || !this.#options.isOnline()) return
    this.#beating = true
    const { run, attempt } = this.assignment
    this.#options
      .submit({ type: 'heartbeat', run, attempt })
      .then(
        (answer) => this.#heard(answer),
        (thrown: unknown) => {
          // What is refused for now is said again with the next beat.
          if (isLost(HeadraceError.from(thrown))) this.stop('lost')
        },
      )
      .finally(() => (this.#beating = false))
  }
}

const maxDetailChars = 4_096
