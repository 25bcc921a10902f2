import type { AgentName, Message, RunId, SessionId, SessionView, Usage } from '@headrace/core'
import type { Chunk, ChunkStream } from './chunk.ts'
import type { StopReason } from './run-stopped.ts'

/** Where output goes. Every method resolves when there is room for more: await it, and a slow network slows the model. */
export interface Output {
  /** Writes text: it grows the text part that is open here, or opens one. */
  text(text: string): Promise<void>
  /** Writes what the model thinks, apart from what it says. */
  reasoning(text: string): Promise<void>
  /** Writes any chunk. */
  write(chunk: Chunk): Promise<void>
  /**
   * Writes a whole stream: text, chunks, or what an adapter such as `fromAiSdk` makes of an SDK's stream. Stops reading
   * and cancels the stream when the run must stop, and then rejects with a `RunStopped`.
   */
  pipe(stream: ChunkStream, options?: PipeOptions): Promise<void>
}

export interface PipeOptions {
  /** What this writes belongs to that step. Default: the step of the output, `main` outside of one. */
  readonly step?: string
  /** Key of the message it goes to, unique within the run. Default `answer`. */
  readonly message?: string
}

/**
 * One attempt at one run, as its handler is given it.
 *
 * @example
 * ```ts
 * async function handler(run: AgentRun): Promise<void> {
 *   const found = await run.step('search', async (out) => {
 *     await out.write({ type: 'tool-call', callId: 'c1', name: 'search', input: { q: textOf(run.input) } })
 *     const output = await search(textOf(run.input), { signal: run.signal })
 *     await out.write({ type: 'tool-result', callId: 'c1', output })
 *     return output
 *   })
 *   await run.step('answer', (out) => out.pipe(ask(run.history, found, { signal: run.signal })))
 * }
 * ```
 * @remarks
 * A run whose worker died is given to another one, so the same run may be seen again with a
 * higher `attempt`: what a step writes then replaces what the earlier attempt had written under that step, with its
 * first new output and not before.
 */
export interface AgentRun extends Output {
  readonly session: SessionId
  readonly id: RunId
  /** 1 the first time. */
  readonly attempt: number
  readonly agent: AgentName
  /** The session when the run was taken. */
  readonly view: SessionView
  /** What was asked. */
  readonly input: Message
  /**
   * The line of messages up to the input, oldest first, the input last: what to prompt a model with. It begins where the
   * view does, which holds the newest 50 messages or so.
   */
  readonly history: readonly Message[]
  /** Aborts when the run must stop; its reason is a `RunStopped`. Give it to the model's SDK. */
  readonly signal: AbortSignal
  /** Why the run must stop, or `undefined`. */
  readonly stopped: StopReason | undefined
  /**
   * Writes under a step of its own, so that another attempt replaces exactly this. Give each unit of work its own id.
   *
   * @param id - 1 to 128 characters of `A–Z a–z 0–9 . _ : -`; `main` is the step of everything outside of steps
   */
  step<T>(id: string, work: (out: Output) => Promise<T>): Promise<T>
}

/** What a handler may return. */
export interface RunResult {
  /** What the run used. Default: the sum of the `usage` chunks that were written. */
  readonly usage?: Usage
}

/** Does the work of a run. The run ends `complete` when it returns and `failed` when it throws. */
export type RunHandler = (run: AgentRun) => Promise<RunResult | void> | RunResult | void
