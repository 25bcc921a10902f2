import type {
  AgentName,
  Answer,
  Audience,
  Budget,
  EndedRun,
  EventData,
  Json,
  JsonObject,
  Message,
  MessageId,
  PromptMessage,
  PromptOptions,
  RequestSpec,
  RunId,
  SessionId,
  SessionView,
  Usage,
} from '@headrace/core'
import type { Content } from '../session/input.ts'
import type { Chunk } from '@headrace/formats'
import type { ChunkStream } from './chunk-stream.ts'
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
   * and cancels the stream when the run must stop, and then rejects with a `RunStopped`. While the run is paused it reads
   * nothing, so the model waits as well.
   */
  pipe(stream: ChunkStream, options?: PipeOptions): Promise<void>
}

export interface PipeOptions {
  /** What this writes belongs to that step. Default: the step of the output, `main` outside of one. */
  readonly step?: string
  /** Key of the message it goes to, unique within the run. Default `answer`. */
  readonly message?: string
  /** Who may see it. Default: whoever sees the message. */
  readonly to?: Audience
}

type SpecOf<K extends RequestSpec['kind']> = Extract<RequestSpec, { readonly kind: K }>

interface KeyOption {
  /**
   * Names the request within the run, for all of its attempts. Default: made of what is asked, so that an attempt which
   * asks the same finds the answer that an earlier one was given.
   */
  readonly key?: string
}

/** Who is asked, and what happens when nobody answers. */
export type ApproveOptions = KeyOption & Partial<Omit<SpecOf<'approval'>, 'kind' | 'action'>>
export type AskOptions = KeyOption & Omit<SpecOf<'question'>, 'kind' | 'title' | 'schema'>
export type ClientToolOptions = KeyOption & Partial<Omit<SpecOf<'tool'>, 'kind' | 'name' | 'input'>>

/** What came of a tool that ran on a client. */
export type ClientToolResult = { readonly output: Json } | { readonly error: string }

export interface SuspendOptions {
  /** Keys of requests: it goes on when all of them are over. Default: none, it goes on when somebody resumes it. */
  readonly waitsFor?: readonly string[]
  /** Why it waits, in words for a person. */
  readonly detail?: string
}

/** What another agent is asked. */
export type SpawnInput = Content & {
  readonly agent: AgentName
  /** Who may see it. Default: whoever sees the input of this run. */
  readonly to?: Audience
  /** What it may use. What it uses counts for this run too. */
  readonly budget?: Budget
}

/** A run that this one has started. */
export interface ChildRun {
  readonly key: string
  /** Resolves when it is over, however it ended; rejects with a `RunStopped` when this run stops first. */
  readonly ended: Promise<EndedRun>
  /** What it has written, when it is over. */
  messages(): Promise<readonly Message[]>
}

/** So much of a budget is gone. */
export type BudgetWarning = EventData['budget.warned']

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
 *   await run.step('answer', (out) => out.pipe(ask(run.prompt(), found, { signal: run.signal })))
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
   * The line of messages up to the input, oldest first, the input last. It begins where the view does, which holds the
   * newest 50 messages or so.
   */
  readonly history: readonly Message[]
  /**
   * The same line as a model should be given it: every author named, what was stopped marked, and each tool call with a
   * result.
   */
  prompt(options?: Pick<PromptOptions, 'older' | 'reasoning'>): readonly PromptMessage[]
  /** Aborts when the run must stop; its reason is a `RunStopped`. Give it to the model's SDK. */
  readonly signal: AbortSignal
  /** Why the run must stop, or `undefined`. */
  readonly stopped: StopReason | undefined
  /** Whether somebody holds the run, or a person the floor. What is written waits meanwhile, and so does who awaits it. */
  readonly paused: boolean
  /** Calls back when that changes. Returns what ends it. For agents that act on something else than the session meanwhile. */
  onPaused(listener: (paused: boolean) => void): () => void
  /**
   * Writes under a step of its own, so that another attempt replaces exactly this. Give each unit of work its own id. Steps
   * may run side by side.
   *
   * @param id - 1 to 128 characters of `A–Z a–z 0–9 . _ : -`; `main` is the step of everything outside of steps
   */
  step<T>(id: string, work: (out: Output) => Promise<T>): Promise<T>
  /**
   * An output for some eyes only: `operators`, `agents`, or these participants.
   *
   * @example
   * ```ts
   * async function handler(run: AgentRun): Promise<void> {
   *   await run.only('operators').text('The customer has asked three times.')
   *   await run.text('Let me look at that.')
   * }
   * ```
   */
  only(to: Audience): Output
  /**
   * Asks somebody and waits for the answer. Asking again under the same key, also in a later attempt, gives the same answer.
   *
   * @throws HeadraceError `request_closed` when it was withdrawn
   * @throws RunStopped when the run must stop
   */
  request(key: string, spec: RequestSpec): Promise<Answer>
  /** The answer to a request of this run, if it has one by now; also one that an earlier attempt has asked. */
  answerTo(key: string): Answer | undefined
  /** Takes a request back. */
  withdraw(key: string, detail?: string): void
  /**
   * Asks whether an action may be done. The answer is for exactly this action.
   *
   * @param action - the whole action as JSON: what is not in it was not approved
   * @returns whether somebody approved; `false` also when nobody answered in time, unless `onExpiry` says otherwise
   * @throws HeadraceError `request_closed` when it was withdrawn
   * @throws RunStopped when the run must stop
   * @example
   * ```ts
   * async function handler(run: AgentRun): Promise<void> {
   *   const action = { tool: 'refund', order: 4711, euros: 30 }
   *   if (await run.approve(action, { title: 'Refund 30 € for order 4711?' })) await run.text('Refunded.')
   *   else await run.text('I did not refund it.')
   * }
   * ```
   */
  approve(action: Json, options?: ApproveOptions): Promise<boolean>
  /**
   * Asks a question.
   *
   * @param schema - JSON Schema that the answer must fit. Default: any JSON
   * @returns the answer; `undefined` when somebody declined, or nobody answered in time
   * @throws HeadraceError `request_closed` when it was withdrawn
   * @throws RunStopped when the run must stop
   */
  ask(title: string, schema?: JsonObject, options?: AskOptions): Promise<Json | undefined>
  /**
   * Has a tool run on a client that offers it: on one, once.
   *
   * @throws HeadraceError `request_closed` when it was withdrawn
   * @throws RunStopped when the run must stop
   */
  clientTool(name: string, input?: Json, options?: ClientToolOptions): Promise<ClientToolResult>
  /**
   * Lets go of the run, so that it holds no worker while it waits for hours: the run stops here, and when what it waits
   * for has happened a later attempt, of any worker, begins the handler again. What was written stays, each step until the
   * same step writes again. A tool call that is open gets its result from the later attempt.
   *
   * @throws RunStopped always: let it end the handler
   * @example
   * ```ts
   * async function handler(run: AgentRun): Promise<void> {
   *   void run.request('deploy', { kind: 'approval', title: 'Deploy?', action: { deploy: 'v2' } })
   *   const answer = run.answerTo('deploy') ?? (await run.suspend({ waitsFor: ['deploy'] }))
   *   await run.text('decision' in answer && answer.decision === 'approve' ? 'Deploying.' : 'I leave it.')
   * }
   * ```
   */
  suspend(options?: SuspendOptions): Promise<never>
  /**
   * What people say to this run while it works: those that wait, then each that comes, until the run is over.
   *
   * @example
   * ```ts
   * async function handler(run: AgentRun): Promise<void> {
   *   for await (const steer of run.steers) {
   *     await run.text(`Understood: ${textOf(steer)}`)
   *     run.consume(steer)
   *     return
   *   }
   * }
   * ```
   */
  readonly steers: AsyncIterable<Message>
  /** Those of them that wait now. For a loop that looks between two steps. */
  readonly pendingSteers: readonly Message[]
  /** Calls back for each that comes from now on. Returns what ends it. */
  onSteer(listener: (message: Message) => void): () => void
  /**
   * Says that the agent has taken a steer into account. One that was not becomes the next input when the run ends, unless
   * its sender did not want that.
   */
  consume(steer: MessageId | Pick<Message, 'id'>, step?: string): void
  /**
   * Asks another agent, under this run: stopping the subtree stops both, and what the other uses counts here too. A later
   * attempt that spawns under the same key finds the run that is there.
   *
   * @example
   * ```ts
   * async function handler(run: AgentRun): Promise<void> {
   *   const child = run.spawn('facts', { agent: 'researcher', text: 'Find three facts.' })
   *   const { reason } = await child.ended
   *   if (reason === 'complete') await run.text((await child.messages()).map(textOf).join(''))
   * }
   * ```
   */
  spawn(key: string, input: SpawnInput): ChildRun
  /** Reports what was used since the last report, as a `usage` chunk does. Budgets count it at once. */
  usage(report: Usage): void
  /** Calls back when 50, 75 and 80 % of a budget are gone. At the limit the run ends, as `lost` here. */
  onBudget(listener: (warning: BudgetWarning) => void): () => void
}

/** What a handler may return. */
export interface RunResult {
  /** What the run used beyond what was reported. */
  readonly usage?: Usage
}

/** Does the work of a run. The run ends `complete` when it returns and `failed` when it throws. */
export type RunHandler = (run: AgentRun) => Promise<RunResult | void> | RunResult | void
