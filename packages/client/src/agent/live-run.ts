/**
 * An attempt while this worker works on it.
 *
 *   working ──handler returns──▶ ending complete ──answered──▶ done
 *      │  ╰───handler throws───▶ ending failed ───────┘
 *      ├──cancel──▶ stopping ──handler settles──▶ ending cancelled ──answered──▶ done
 *      ├──suspend─▶ letting go ──answered, handler settles──▶ done
 *      ├──lost────▶ nothing is written any more ──handler settles──▶ done
 *      └──closed──▶ the same; the lease lapses and another worker adopts the run
 *
 * A lost connection is none of these: the handler goes on, output waits, and only the server says whether the run is lost.
 */
import {
  HeadraceError,
  branch,
  promptView,
  type Answer,
  type Audience,
  type CommandBody,
  type HeldRun,
  type Json,
  type JsonObject,
  type Message,
  type MessageId,
  type PromptMessage,
  type RequestSpec,
  type RunSignal,
  type Usage,
  type WriteOp,
} from '@headrace/core'
import { Listeners } from '../listeners.ts'
import { BatchWriter, failed } from './batch-writer.ts'
import { isLost } from './is-lost.ts'
import { LiveOutput } from './live-output.ts'
import { RunParts } from './part-writer.ts'
import { RunChildren } from './run-children.ts'
import { RunRequests } from './run-requests.ts'
import { RunSteers } from './run-steers.ts'
import { RunStopped, type StopReason } from './run-stopped.ts'
import type { Assignment } from './assignment.ts'
import { restOf, type Clock } from '../clock.ts'
import type { Backoff } from '../net/backoff.ts'
import type { Accepted } from '../outbox.ts'
import type { Chunk } from '@headrace/formats'
import type { ChunkStream } from './chunk-stream.ts'
import type { LastOp } from './ops.ts'
import type {
  AgentRun,
  ApproveOptions,
  AskOptions,
  BudgetWarning,
  ChildRun,
  ClientToolOptions,
  ClientToolResult,
  Output,
  PipeOptions,
  RunHandler,
  SpawnInput,
  SuspendOptions,
} from './run.ts'

export interface LiveRunOptions {
  readonly clock: Clock
  readonly backoff: Backoff
  readonly maxUnansweredChars: number
  readonly isOnline: () => boolean
  readonly submit: (body: CommandBody) => Promise<Accepted>
  /** Finds a message that the view no longer holds. */
  readonly findMessage: (id: string) => Promise<Message>
  /** The messages of another run of the session. */
  readonly messagesOf: (run: string) => Promise<readonly Message[]>
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
  readonly #requests: RunRequests
  readonly #steers: RunSteers
  readonly #children: RunChildren
  readonly #budgets: Listeners<BudgetWarning>
  #input: Message | undefined
  #paused = false
  readonly #pauses: Listeners<boolean>
  /** Resolves when the server has been told that this attempt lets go of the run. */
  #suspended: Promise<void> | undefined
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
      onHeld: () => {
        this.#setPaused(true)
        // It may go on by now: of two messages that cross, the older one may come last.
        this.#beat()
      },
      onLost: () => this.stop('lost'),
      onBroken: (error) => this.#endWaits(error),
      onError,
    })
    const { view, run } = assignment
    const push = (op: WriteOp): void => this.push(op)
    this.parts.adopt(view, run)
    this.#requests = new RunRequests(run, view, push)
    this.#steers = new RunSteers(run, view, onError)
    this.#children = new RunChildren({ run, view, push, messagesOf: options.messagesOf })
    this.#budgets = new Listeners(onError)
    this.#pauses = new Listeners(onError)
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

  prompt(options: Parameters<AgentRun['prompt']>[0] = {}): readonly PromptMessage[] {
    const { input, view, agent, id } = this
    // An input that the view no longer holds is part of the line all the same.
    const older = [...(options.older ?? []), ...(view.messages.includes(input) ? [] : [input])]
    return promptView(view, { ...options, older, agent, input: input.id, run: id })
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get stopped(): StopReason | undefined {
    return this.#stopped
  }

  get paused(): boolean {
    return this.#paused
  }

  onPaused(listener: (paused: boolean) => void): () => void {
    return this.#pauses.add(listener)
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

  only(to: Audience): Output {
    return new LiveOutput(this, defaultStep, to)
  }

  request(key: string, spec: RequestSpec): Promise<Answer> {
    return this.#requests.ask(key, spec)
  }

  answerTo(key: string): Answer | undefined {
    return this.#requests.answerTo(key)
  }

  withdraw(key: string, detail?: string): void {
    this.#requests.withdraw(key, detail)
  }

  async approve(action: Json, { key, title, ...options }: ApproveOptions = {}): Promise<boolean> {
    const asked = title ?? (typeof action === 'string' ? action.slice(0, 512) : 'May this be done?')
    const spec: RequestSpec = { ...options, kind: 'approval', title: asked, action }
    const answer = await this.request(key ?? this.#requests.keyFor('approve', action), spec)
    return 'decision' in answer && answer.decision === 'approve'
  }

  async ask(title: string, schema?: JsonObject, { key, ...options }: AskOptions = {}): Promise<Json | undefined> {
    const spec: RequestSpec = { ...options, kind: 'question', title, ...(schema && { schema }) }
    const answer = await this.request(key ?? this.#requests.keyFor('ask', { title, schema: schema ?? null }), spec)
    return 'value' in answer ? answer.value : undefined
  }

  async clientTool(name: string, input?: Json, options: ClientToolOptions = {}): Promise<ClientToolResult> {
    const { key, title = name, ...rest } = options
    const spec: RequestSpec = { ...rest, kind: 'tool', title, name, ...(input !== undefined && { input }) }
    const answer = await this.request(key ?? this.#requests.keyFor('tool', { name, input: input ?? null }), spec)
    if ('output' in answer || 'error' in answer) return answer
    return { error: 'The request of the tool was answered by something else.' } // no server does so
  }

  suspend({ waitsFor, detail }: SuspendOptions = {}): Promise<never> {
    // What is missing from the output would be missing for ever.
    if (this.#writer.broken) return Promise.reject(this.#writer.broken)
    if (this.#stopped === undefined) {
      this.#main.finish()
      const options = { ...(waitsFor && { waitsFor }), ...(detail !== undefined && { detail }) }
      this.#suspended = this.#writer.end({ op: 'suspend', ...options })
      this.stop('suspended')
    }
    return Promise.reject(new RunStopped(this.#stopped ?? 'suspended'))
  }

  get steers(): AsyncIterable<Message> {
    return this.#steers
  }

  get pendingSteers(): readonly Message[] {
    return this.#steers.pending
  }

  onSteer(listener: (message: Message) => void): () => void {
    return this.#steers.listen(listener)
  }

  consume(steer: MessageId | Pick<Message, 'id'>, step?: string): void {
    const message = typeof steer === 'string' ? steer : steer.id
    this.push({ op: 'consume', message, ...(step !== undefined && { step }) })
    this.#steers.consumed(message)
  }

  spawn(key: string, input: SpawnInput): ChildRun {
    return this.#children.spawn(key, input)
  }

  usage(report: Usage): void {
    this.push({ op: 'usage', usage: report })
  }

  onBudget(listener: (warning: BudgetWarning) => void): () => void {
    return this.#budgets.add(listener)
  }

  /** What the server says of the run. */
  signalled(signal: RunSignal): void {
    switch (signal.signal) {
      case 'cancel':
      case 'lost':
        return this.stop(signal.signal)
      case 'paused':
      case 'resumed':
        return this.#setPaused(signal.signal === 'paused')
      case 'steered':
        return this.#steers.add(signal.message)
      case 'answered':
        return this.#requests.closed(signal.request)
      case 'child':
        return this.#children.ended(signal.child)
      case 'budget':
        return this.#budgets.emit(signal.warning)
      default:
        return signal satisfies never // a newer server may say what this worker does not know
    }
  }

  #setPaused(on: boolean): void {
    const changed = this.#paused !== on
    this.#paused = on
    this.#writer.hold(on)
    if (changed) this.#pauses.emit(on)
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
    this.usage(usage)
  }

  get held(): HeldRun {
    const { session, run, attempt } = this.assignment
    return { session, run, attempt }
  }

  /** Whether the server must be told that this worker still works on it. */
  get isHeld(): boolean {
    return !this.#settled && this.#stopped !== 'lost' && this.#stopped !== 'closed'
  }

  /** A new connection: if nothing is sent again, the lease is renewed by itself. */
  online(): void {
    if (this.isHeld && !this.#writer.isSending) this.#beat()
  }

  /** Tells the handler to stop. Being lost counts also when a cancel came before. */
  stop(reason: StopReason): void {
    if (reason === 'lost' || reason === 'closed') {
      this.#writer.stop()
      this.#cancelBeat()
    }
    if (reason === 'cancel') this.#writer.release()
    if (this.#stopped === undefined || reason !== 'cancel') this.#stopped = reason
    if (this.#abort.signal.aborted) return
    const stopped = new RunStopped(reason)
    this.#abort.abort(stopped)
    this.#endWaits(stopped)
  }

  /** What the handler waits for does not come any more. */
  #endWaits(why: Error): void {
    this.#requests.stop(why)
    this.#children.stop(why)
    this.#steers.stop()
  }

  async #work(handler: RunHandler): Promise<void> {
    await Promise.resolve() // whoever made this must know it before the handler runs
    try {
      const end = await this.#handle(handler)
      await (this.#suspended ?? this.#end(end))
    } catch (thrown) {
      this.#options.onError(HeadraceError.from(thrown))
    } finally {
      this.#settled = true
      this.#cancelBeat()
      this.#writer.stop()
      this.#steers.stop()
    }
  }

  /** Calls the handler and says how the run ends. */
  async #handle(handler: RunHandler): Promise<LastOp> {
    try {
      const { input, view } = this.assignment
      this.#input = view.messages.find((message) => message.id === input) ?? (await this.#options.findMessage(input))
      const result = await handler(this)
      if (!this.#suspended) this.#main.finish()
      return { op: 'end', reason: 'complete', ...(result?.usage && { usage: result.usage }) }
    } catch (thrown) {
      const isStop = thrown instanceof Error && thrown.name === 'AbortError'
      const error = HeadraceError.from(thrown)
      if (!this.signal.aborted || !isStop) this.#options.onError(error)
      if (this.signal.aborted) return { op: 'end', reason: 'cancelled' }
      return { op: 'end', reason: 'failed', detail: error.message.slice(0, maxDetailChars) }
    }
  }

  #end(op: LastOp): Promise<void> {
    if (this.#writer.broken) return this.#writer.end(failed(this.#writer.broken))
    return this.#writer.end(this.#stopped === 'cancel' && op.op === 'end' ? { ...op, reason: 'cancelled' } : op)
  }

  #heard(answer: Accepted): void {
    if (answer.cancel) this.stop('cancel')
    this.#setPaused(answer.paused === true)
  }

  /** The lease is renewed by whatever is written, and by a heartbeat after a third of it without. */
  #beatLater(): void {
    const { clock } = this.#options
    const everyMs = this.assignment.leaseMs / 3
    const spokeAt = (): number => {
      const { sentAt } = this.#writer
      // What is in the future was said before the clock was set back; then nobody knows how long ago.
      return sentAt > clock.now() ? this.#beatAt : Math.max(sentAt, this.#beatAt)
    }
    this.#cancelBeat = clock.after(restOf(everyMs, spokeAt(), clock), () => {
      if (restOf(everyMs, spokeAt(), clock) <= 0) this.#beat()
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
          // What is refused for now is said again with the next beat. What is being written has an answer of its own, and
          // may be the end of the run, which this then comes too late for.
          if (isLost(HeadraceError.from(thrown)) && !this.#writer.isSending && !this.#settled) this.stop('lost')
        },
      )
      .finally(() => (this.#beating = false))
  }
}

const maxDetailChars = 4_096
