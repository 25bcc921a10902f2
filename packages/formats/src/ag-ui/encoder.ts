/**
 * A run of a session as a run of AG-UI.
 *
 *   begin ─▶ RUN_STARTED, state, messages, what is open ─▶ push, push, … ─▶ the last event: isDone
 *
 * A run of AG-UI ends where ours does, and also where ours waits for somebody who reads this: with the interrupts that
 * they may answer, or with the calls that their client runs. Ours goes on regardless, and the next run of AG-UI shows what
 * came of it. Runs that it starts are subagents.
 *
 * Nothing is taken back on a stream of AG-UI. So where a session does (a step begins again, a message is redacted), all
 * that is open is closed, the messages are sent whole, and what is still open is opened again.
 */
import {
  branch,
  cooled,
  foldView,
  isOpen,
  type EndedRun,
  type EventOf,
  type HiddenEvent,
  type JsonObject,
  type Message,
  type MessageId,
  type Part,
  type Request,
  type Run,
  type RunBase,
  type RunId,
  type SessionEvent,
  type SessionView,
  type Usage,
} from '@headrace/core'
import type { AgUiEvent, AgUiInterrupt, AgUiUsage } from './events.ts'
import { keyOf, toInterrupt } from './interrupts.ts'
import type { AgUiMessage } from './messages.ts'
import { OpenParts } from './open-parts.ts'
import { activityOf, partId } from './segments.ts'
import { CallIds, messagesWith } from './to-messages.ts'

/** The version of AG-UI that is spoken. */
export const agUiVersion = '1.0'

export interface AgUiEncoderOptions {
  readonly threadId: string
  /** Id of the run as the client of AG-UI named it. */
  readonly runId: string
  /** The session as the reader sees it. */
  readonly view: SessionView
  /** Messages that have left the view, oldest first, for the snapshot. Default: none. */
  readonly older?: readonly Message[]
  /** Whose run it is: the one that answers a message, or the one with an id. Without: there is none, and it is over at once. */
  readonly follow?: { readonly message: MessageId } | { readonly run: RunId }
  /** Names of the tools that the client runs. Default: none. */
  readonly clientTools?: readonly string[]
  /** Whether the reader may answer a request: the run ends with those as interrupts. Default: all. */
  readonly mayAnswer?: (request: Request) => boolean
  /**
   * What it begins with. `snapshot`: all messages as they are, then what comes. `whole`: the run from its beginning, for
   * who has the rest. `rest`: only what comes, for who has the run up to here. Default `snapshot`.
   */
  readonly from?: 'snapshot' | 'whole' | 'rest'
}

export interface AgUiEncoder {
  /** The session after all that was pushed. */
  readonly view: SessionView
  /** The run of AG-UI is over; nothing more is said. */
  readonly isDone: boolean
  /** What comes first. Once. */
  begin(): readonly AgUiEvent[]
  /** What events of the session say, as the reader sees them: all of them, in order, after those of `view`. */
  push(events: readonly (SessionEvent | HiddenEvent)[]): readonly AgUiEvent[]
}

/**
 * Makes an encoder.
 *
 * @example
 * ```ts
 * const encoder = createAgUiEncoder({ threadId: view.id, runId, view, follow: { message: input } })
 * const events = [...encoder.begin(), ...encoder.push(log)]
 * ```
 */
export function createAgUiEncoder(options: AgUiEncoderOptions): AgUiEncoder {
  return new Encoder(options)
}

interface PartOfRun {
  readonly message: Message
  readonly part: Part
  readonly run: RunId
}

type Events = Generator<AgUiEvent, void, undefined>

class Encoder implements AgUiEncoder {
  readonly #options: AgUiEncoderOptions
  readonly #calls = new CallIds()
  readonly #parts = new OpenParts(this.#calls)
  readonly #older: Message[]
  readonly #steps = new Map<RunId, string>()
  /** Subagents that were begun, and whether they are still at work. */
  readonly #subagents = new Map<RunId, 'open' | 'over'>()
  /** What the last event has made go cold. */
  #gone: readonly Message[] = []
  #view: SessionView
  #main: Run | undefined
  #status: string | undefined
  /** Something came that this stream has not shown: the messages are sent again when it is over. */
  #missed = false
  isDone = false

  constructor(options: AgUiEncoderOptions) {
    this.#options = options
    this.#view = options.view
    this.#older = [...(options.older ?? [])]
  }

  get view(): SessionView {
    return this.#view
  }

  begin(): readonly AgUiEvent[] {
    return [...this.#begin()]
  }

  push(events: readonly (SessionEvent | HiddenEvent)[]): readonly AgUiEvent[] {
    return this.isDone ? [] : [...this.#push(events)]
  }

  *#begin(): Events {
    const { threadId, runId, from = 'snapshot' } = this.#options
    this.#main = this.#findMain()
    const headrace: JsonObject = { seq: this.#view.seq, ...(this.#main && { run: this.#main.id }) }
    yield { type: 'RUN_STARTED', threadId, runId, protocolVersion: agUiVersion, metadata: { headrace } }
    yield { type: 'STATE_SNAPSHOT', snapshot: this.#view.document.value }
    if (from === 'snapshot') yield this.#snapshot()
    yield* this.#beginParts(from !== 'whole')
    yield* this.#settle()
  }

  *#beginParts(isKnown: boolean): Events {
    for (const run of this.#view.runs) if (run.status !== 'ended') yield* this.#beginSubagent(run.id)
    for (const message of this.#view.messages) {
      if (message.run === undefined || message.role !== 'assistant' || !this.#isShown(message.run)) continue
      for (const part of message.parts) {
        if (part.status === 'open') yield* this.#enterStep(message.run, part.step)
        yield* this.#parts.begin({ message, part, of: this.#of(message.run), isKnown })
      }
    }
  }

  *#push(events: readonly (SessionEvent | HiddenEvent)[]): Events {
    for (const event of events) {
      const before = this.#view
      this.#view = foldView(before, event)
      if (event.type === 'hidden') continue
      const hasCooled = this.#view.older !== before.older || this.#view.olderFor !== before.olderFor
      this.#gone = hasCooled ? cooled(before, event) : []
      this.#older.push(...this.#gone)
      this.#main = endedBy(event, this.#findMain())
      yield* this.#show(event)
      if ((this.#options.from ?? 'snapshot') === 'snapshot' && hasLeftBranch(before, this.#view)) yield* this.#resync()
    }
    yield* this.#settle()
  }

  *#show(event: SessionEvent): Events {
    switch (event.type) {
      case 'part.opened':
        yield* this.#openPart(event)
        return
      case 'part.delta': {
        const id = partId(event.data.message, event.data.part)
        if (!this.#parts.isOpen(id)) this.#missed = true
        yield* this.#parts.delta(id, event.data.text)
        return
      }
      case 'part.changed':
      case 'part.closed':
        yield* this.#changePart(event)
        return
      case 'message.added':
      case 'message.opened':
        this.#missed ||= event.run === undefined || !this.#isShown(event.run) || event.type === 'message.added'
        return
      case 'document.patched':
        this.#missed = true // the version of the document is told with the messages
        yield { type: 'STATE_DELTA', delta: event.data.patch, timestamp: event.at }
        return
      case 'step.restarted':
      case 'content.redacted':
        yield* this.#resync()
        return
      case 'run.queued':
        yield* this.#beginSubagent(event.data.id)
        return
      case 'message.closed':
      case 'run.lapsed':
      case 'run.undelivered':
      case 'run.suspended':
        yield* this.#settleParts(event.run)
        return
      case 'run.ended':
        yield* this.#settleParts(event.run)
        if (event.run !== undefined) yield* this.#endSubagent(event.run)
        return
      default: // nothing that a stream of AG-UI shows
    }
  }

  *#openPart({ data }: EventOf<'part.opened'>): Events {
    const place = this.#place(data)
    if (!place) return
    const { message, part, run } = place
    yield* this.#enterStep(run, part.step)
    yield* this.#parts.begin({ message, part, of: this.#of(run), isKnown: false })
  }

  *#changePart({ type, data }: EventOf<'part.changed' | 'part.closed'>): Events {
    const place = this.#place(data)
    if (!place) return
    const { message, part, run } = place
    const id = partId(message.id, part.id)
    const of = this.#of(run)
    if (part.kind === 'data' && data.fields?.value !== undefined)
      yield { type: 'ACTIVITY_SNAPSHOT', messageId: id, ...activityOf(part), ...of }
    if (part.kind === 'tool' && part.input !== undefined) yield* this.#parts.input(id, JSON.stringify(part.input))
    if (type !== 'part.closed') return
    yield* this.#parts.end(id)
    if (part.kind === 'tool') yield* this.#parts.result(message, part, of)
  }

  /** A run is in one step at a time: the next one ends it. */
  *#enterStep(run: RunId, step: string | undefined): Events {
    const before = this.#steps.get(run)
    if (step === before) return
    const of = this.#of(run)
    if (before !== undefined) yield { type: 'STEP_FINISHED', stepName: before, ...of }
    if (step === undefined) {
      this.#steps.delete(run)
      return
    }
    this.#steps.set(run, step)
    yield { type: 'STEP_STARTED', stepName: step, ...of }
  }

  *#leaveStep(run: RunId): Events {
    yield* this.#enterStep(run, undefined)
  }

  *#beginSubagent(id: RunId): Events {
    const run = this.#run(id)
    if (!run || run.id === this.#main?.id || !this.#isShown(id) || this.#subagents.has(id)) return
    this.#subagents.set(id, 'open')
    const above = run.parent !== undefined && this.#subagents.has(run.parent) && { parentSubagentRunId: run.parent }
    yield { type: 'SUBAGENT_STARTED', subagentRunId: id, name: run.agent, ...above }
  }

  *#endSubagent(id: RunId): Events {
    if (this.#subagents.get(id) !== 'open') return
    this.#subagents.set(id, 'over')
    yield* this.#leaveStep(id)
    const run = this.#run(id)
    if (run?.status === 'ended' && failed(run)) {
      yield { type: 'SUBAGENT_ERROR', subagentRunId: id, message: whyOf(run), code: run.reason }
      return
    }
    const waits = this.#view.requests.filter((request) => request.run === id && isOpen(request))
    const outcome =
      run?.status === 'ended'
        ? ({ type: 'success' } as const)
        : ({ type: 'suspended', interruptIds: waits.map((request) => request.id) } as const)
    yield { type: 'SUBAGENT_FINISHED', subagentRunId: id, outcome }
  }

  /** Parts that were open are not any more, without a word about each. */
  *#settleParts(run: RunId | undefined): Events {
    if (run !== undefined && !this.#isShown(run)) this.#missed = true
    yield* this.#sweep()
  }

  *#sweep(): Events {
    const open = new Set(
      this.#view.messages.flatMap(({ id, parts }) =>
        parts.flatMap((part) => (part.status === 'open' ? [partId(id, part.id)] : [])),
      ),
    )
    yield* this.#parts.sweep((id) => !open.has(id))
    for (const message of [...this.#gone, ...this.#view.messages])
      for (const part of message.parts)
        if (part.kind === 'tool' && message.run !== undefined)
          yield* this.#parts.result(message, part, this.#of(message.run))
  }

  *#resync(): Events {
    yield* this.#parts.sweep(() => true)
    yield this.#snapshot()
    yield* this.#beginParts(true)
  }

  /** Ends the run of AG-UI where ours is over or waits for the reader. */
  *#settle(): Events {
    const run = this.#main
    if (!run) {
      if (this.#options.follow === undefined) yield* this.#finish()
      return
    }
    yield* this.#tellStatus(run)
    if (run.status === 'ended') {
      yield* this.#finish(run)
      return
    }
    const waiting = this.#view.requests.filter(
      (request) => isOpen(request) && this.#isShown(request.run) && (this.#options.mayAnswer?.(request) ?? true),
    )
    const asked = waiting.filter(({ spec }) => spec.kind !== 'tool')
    if (asked.length > 0) {
      const interrupts = asked.map((request) => this.#interrupt(request))
      yield* this.#close()
      yield this.#finished({ outcome: { type: 'interrupt', interrupts } })
      return
    }
    const calls = waiting.filter(
      ({ spec, status }) =>
        status === 'open' && spec.kind === 'tool' && this.#options.clientTools?.includes(spec.name) === true,
    )
    if (calls.length > 0) yield* this.#handOver(calls)
  }

  *#tellStatus({ id, agent, status, paused }: Run): Events {
    const shown = paused ? 'paused' : status
    if (shown === this.#status) return
    this.#status = shown
    yield { type: 'CUSTOM', name: 'headrace.run', value: { run: id, agent, status: shown } }
  }

  /** Calls of tools that the client runs: it answers with messages of the role `tool`. */
  *#handOver(requests: readonly Request[]): Events {
    yield* this.#close()
    const pendingToolCallIds: string[] = []
    for (const request of requests) {
      const { spec } = request
      if (spec.kind !== 'tool') continue
      const written = this.#callOf(request)
      const toolCallId = written ?? request.id
      pendingToolCallIds.push(toolCallId)
      if (written !== undefined) continue
      const of = this.#of(request.run)
      yield { type: 'TOOL_CALL_START', toolCallId, toolCallName: spec.name, ...of }
      yield { type: 'TOOL_CALL_ARGS', toolCallId, delta: JSON.stringify(spec.input ?? {}), ...of }
      yield { type: 'TOOL_CALL_END', toolCallId, ...of }
    }
    yield this.#finished({ outcome: { type: 'success', pendingToolCallIds } })
  }

  #interrupt(request: Request): AgUiInterrupt {
    const toolCallId = this.#callOf(request)
    return toInterrupt(request, { ...(toolCallId !== undefined && { toolCallId }), ...this.#of(request.run) })
  }

  /** The call that a request is about: the one under whose id its run asked. */
  #callOf(request: Request): string | undefined {
    const key = keyOf(request)
    for (const message of this.#view.messages) {
      if (message.run !== request.run) continue
      const part = message.parts.find((candidate) => candidate.kind === 'tool' && candidate.callId === key)
      if (part?.kind === 'tool') return this.#calls.idOf(message.id, part)
    }
    return undefined
  }

  *#finish(run?: EndedRun): Events {
    yield* this.#close()
    const usage = run && usageOf(run)
    if (run && failed(run)) {
      this.isDone = true
      yield { type: 'RUN_ERROR', message: whyOf(run), code: run.reason, ...usage }
      return
    }
    const outcome = run?.reason === 'cancelled' ? ({ type: 'cancelled' } as const) : ({ type: 'success' } as const)
    yield this.#finished({ outcome, ...usage })
  }

  /** Everything is closed, and everything is shown. */
  *#close(): Events {
    yield* this.#parts.sweep(() => true)
    for (const id of [...this.#subagents.keys()].reverse()) yield* this.#endSubagent(id)
    for (const run of this.#steps.keys()) yield* this.#leaveStep(run)
    if (this.#missed && (this.#options.from ?? 'snapshot') === 'snapshot') yield this.#snapshot()
  }

  #finished(how: Pick<Extract<AgUiEvent, { type: 'RUN_FINISHED' }>, 'outcome' | 'usage'>): AgUiEvent {
    const { threadId, runId } = this.#options
    this.isDone = true
    return { type: 'RUN_FINISHED', threadId, runId, ...how, metadata: { headrace: { seq: this.#view.seq } } }
  }

  /** All messages, and with the last one which version of the document came with them. */
  #snapshot(): AgUiEvent {
    const messages = messagesWith(this.#calls, this.#line(), { subagentOf: (run) => this.#of(run).subagentRunId })
    const last = messages.at(-1)
    return {
      type: 'MESSAGES_SNAPSHOT',
      messages: last ? [...messages.slice(0, -1), withVersion(last, this.#view.document.version)] : messages,
      // What the client made up itself stays; what is gone here goes there too.
      metadata: { '@ag-ui/client': { authoritativeActivityTypes: null } },
    }
  }

  /** The line of the conversation, with what the runs that are shown have to do with. */
  #line(): readonly Message[] {
    const hot = new Set(this.#view.messages.map(({ id }) => id))
    const all = [...this.#older.filter(({ id }) => !hot.has(id)), ...this.#view.messages]
    const input = this.#main?.input
    const shown = new Set([
      ...branch(all, this.#view.head),
      ...(input === undefined ? [] : branch(all, input)),
      ...all.filter(({ run, role }) => run !== undefined && role === 'assistant' && this.#isShown(run)),
    ])
    const steers = new Set(this.#main?.steers?.map(({ message }) => message))
    return all.filter((message) => shown.has(message) || steers.has(message.id)).sort((a, b) => a.seq - b.seq)
  }

  #findMain(): Run | undefined {
    const { follow } = this.#options
    if (!follow) return undefined
    if ('run' in follow) return this.#run(follow.run) ?? this.#main
    const { message } = follow
    const answers = this.#view.runs.findLast((run) => run.input === message && run.parent === undefined)
    if (answers) return answers
    for (const run of this.#view.runs) {
      const steer = run.steers?.find((candidate) => candidate.message === message)
      if (steer) return steer.next === undefined ? run : (this.#run(steer.next) ?? run)
    }
    return this.#main
  }

  #isShown(id: RunId): boolean {
    for (let run = this.#run(id); run; run = run.parent === undefined ? undefined : this.#run(run.parent))
      if (run.id === this.#main?.id) return true
    return false
  }

  #of(run: RunId): { readonly subagentRunId?: string } {
    return run === this.#main?.id || !this.#isShown(run) ? {} : { subagentRunId: run }
  }

  #run(id: RunId): Run | undefined {
    return this.#view.runs.find((run) => run.id === id)
  }

  /** Where a part is, if this stream shows it. */
  #place(at: { readonly message: MessageId; readonly part: string }): PartOfRun | undefined {
    const message = this.#view.messages.findLast(({ id }) => id === at.message)
    const part = message?.parts.find(({ id }) => id === at.part)
    if (message?.run !== undefined && part && this.#isShown(message.run)) return { message, part, run: message.run }
    this.#missed = true
    return undefined
  }
}

/** A run that leaves the view with its last event is over all the same. */
function endedBy(event: SessionEvent, run: Run | undefined): Run | undefined {
  if (!run || event.type !== 'run.ended' || run.id !== event.run || run.status === 'ended') return run
  const { reason, detail } = event.data
  const base: RunBase = run
  return { ...base, status: 'ended', reason, endedAt: event.at, ...(detail !== undefined && { detail }) }
}

function withVersion(message: AgUiMessage, document: number): AgUiMessage {
  const headrace = (message.metadata?.['headrace'] ?? {}) as JsonObject // `toAgUiMessages` writes nothing else there
  return { ...message, metadata: { ...message.metadata, headrace: { ...headrace, document } } }
}

function failed({ reason }: EndedRun): boolean {
  return reason !== 'complete' && reason !== 'cancelled'
}

function whyOf({ reason, detail }: EndedRun): string {
  if (detail !== undefined && detail !== '') return detail
  switch (reason) {
    case 'lost':
      return 'The agent went silent.'
    case 'budget':
      return 'The run has used all that it might.'
    case 'complete':
    case 'cancelled':
    case 'failed':
      return 'The agent failed.'
    default:
      return reason satisfies never
  }
}

/** Whether what was the end of the conversation is not in it any more: an answer is given anew, or another one is chosen. */
function hasLeftBranch(before: SessionView, after: SessionView): boolean {
  if (before.head === null || after.head === before.head) return false
  const head = after.messages.find(({ id }) => id === after.head)
  if (head?.parent === before.head) return false
  return !branch(after.messages, after.head).some(({ id }) => id === before.head)
}

function usageOf({ usage }: EndedRun): { readonly usage?: readonly AgUiUsage[] } {
  const counted = usage && tokensOf(usage)
  return counted && Object.keys(counted).length > 0 ? { usage: [counted] } : {}
}

function tokensOf({ inputTokens, outputTokens, cachedTokens }: Usage): AgUiUsage {
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cachedTokens !== undefined && { cachedInputTokens: cachedTokens }),
  }
}
