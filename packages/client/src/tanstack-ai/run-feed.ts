/**
 * A run of a session as the chat sees it: one run of its own, and another one after each time that it waited for somebody.
 *
 *   told ──it waits for somebody──▶ held ──somebody resumes it, or it goes on by itself──▶ told ──▶ over
 *
 * While it is held it is followed and nothing is told, so whoever answers, from wherever, the chat goes on.
 */
import {
  mayAnswer,
  type Actor,
  type HiddenEvent,
  type JsonObject,
  type RunId,
  type SessionEvent,
  type SessionView,
} from '@headrace/core'
import { createAgUiEncoder, type AgUiEncoder, type AgUiEvent, type AgUiInterrupt } from '@headrace/formats/ag-ui'

export interface RunFeedOptions {
  readonly threadId: string
  readonly view: SessionView
  readonly run: RunId
  /** Id by which the chat knows it. Default: the run's own. */
  readonly runId?: string
  /** `rest`: the chat has the run up to here, and what it waits for. */
  readonly from: 'whole' | 'rest'
  readonly actor: Actor | undefined
}

/**
 * Texts that were open when the run began to wait. The chat has closed them by then, and would put what comes in their
 * place: it gets what comes as messages of their own, if anything does.
 */
class ReopenedTexts {
  readonly #names = new Map<string, string>()
  readonly #starts = new Map<string, AgUiEvent>()

  add(said: readonly AgUiEvent[], count: number): void {
    for (const event of said)
      if (event.type === 'TEXT_MESSAGE_START') this.#names.set(event.messageId, `${event.messageId}~${count}`)
  }

  rename(said: readonly AgUiEvent[]): readonly AgUiEvent[] {
    return this.#names.size === 0 ? said : said.flatMap((event) => this.#rename(event))
  }

  #rename(event: AgUiEvent): readonly AgUiEvent[] {
    if (event.type === 'TOOL_CALL_START' && event.parentMessageId !== undefined)
      return [{ ...event, parentMessageId: this.#names.get(event.parentMessageId) ?? event.parentMessageId }]
    if (!('messageId' in event) || event.messageId === undefined) return [event]
    const messageId = this.#names.get(event.messageId)
    if (messageId === undefined) return [event]
    switch (event.type) {
      case 'TEXT_MESSAGE_START':
        this.#starts.set(messageId, { ...event, messageId })
        return []
      case 'TEXT_MESSAGE_CONTENT': {
        const start = this.#starts.get(messageId)
        this.#starts.delete(messageId)
        return [...(start ? [start] : []), { ...event, messageId }]
      }
      case 'TEXT_MESSAGE_END':
        return this.#starts.delete(messageId) ? [] : [{ ...event, messageId }]
      default:
        return [event]
    }
  }
}

export class RunFeed {
  readonly run: RunId
  readonly #options: RunFeedOptions
  readonly #told = new Set<string>()
  readonly #reopened: ReopenedTexts = new ReopenedTexts()
  #encoder: AgUiEncoder
  #runId: string
  #before: string | undefined
  #held: AgUiEvent[] | undefined
  #count = 1
  isOver = false

  constructor(options: RunFeedOptions) {
    this.#options = options
    this.run = options.run
    this.#runId = options.runId ?? options.run
    if (options.from === 'rest') for (const { id } of options.view.requests) this.#told.add(id)
    this.#encoder = this.#encode(options.view, options.from)
  }

  begin(): readonly AgUiEvent[] {
    if (this.#options.from === 'whole') return this.#tell(this.#encoder.begin())
    this.#hold()
    return this.#encoder.isDone ? this.resume(this.#runId) : []
  }

  push(event: SessionEvent | HiddenEvent): readonly AgUiEvent[] {
    const said = this.#encoder.push([event])
    if (!this.#held) return this.#tell(said)
    if (said.length === 0) return []
    this.#held.push(...said)
    return this.resume(`${this.#runId}.${(this.#count += 1)}`)
  }

  /** The chat goes on with it, as a run of this id. */
  resume(runId: string): readonly AgUiEvent[] {
    const held = this.#held
    if (!held) return []
    this.#held = undefined
    this.#before = this.#runId
    this.#runId = runId
    return this.#tell(held)
  }

  #tell(said: readonly AgUiEvent[]): readonly AgUiEvent[] {
    const told = this.#reopened.rename(said).map((event) => this.#named(event))
    if (!this.#encoder.isDone) return told
    const last = said.at(-1)
    if (last?.type !== 'RUN_FINISHED' || last.outcome?.type !== 'interrupt') {
      this.isOver = true
      return told
    }
    for (const { id } of last.outcome.interrupts) this.#told.add(id)
    this.#encoder = this.#encode(this.#encoder.view, 'rest')
    this.#hold()
    return told
  }

  #hold(): void {
    const said = this.#encoder.begin()
    this.#reopened.add(said, this.#count)
    this.#held = [...said]
  }

  #encode(view: SessionView, from: 'whole' | 'rest'): AgUiEncoder {
    const { threadId, run, actor } = this.#options
    return createAgUiEncoder({
      threadId,
      runId: run,
      view,
      follow: { run },
      from,
      mayAnswer: ({ id, answerers }) => actor !== undefined && mayAnswer(actor, answerers) && !this.#told.has(id),
    })
  }

  /** With the ids by which the chat knows its runs. */
  #named(event: AgUiEvent): AgUiEvent {
    const runId = this.#runId
    switch (event.type) {
      case 'RUN_STARTED':
        return { ...event, runId, ...(this.#before !== undefined && { parentRunId: this.#before }) }
      case 'RUN_FINISHED': {
        const { outcome } = event
        if (outcome?.type !== 'interrupt') return { ...event, runId }
        const interrupts = outcome.interrupts.map((interrupt) => bound(interrupt, runId))
        return { ...event, runId, outcome: { type: 'interrupt', interrupts } }
      }
      case 'RUN_ERROR':
        return { ...event, metadata: { ...event.metadata, tanstack: { runId } } }
      default:
        return event
    }
  }
}

/**
 * As the chat knows interrupts that it may answer: with whatever payload, by the run that ended with them. The schema of the
 * answer is in `metadata.headrace`: where it stands by itself the chat would want it signed by its own server.
 */
export function bound({ responseSchema, ...interrupt }: AgUiInterrupt, runId: string): AgUiInterrupt {
  const { id, expiresAt, metadata } = interrupt
  const binding = {
    v: 1,
    kind: 'generic',
    interruptId: id,
    interruptedRunId: runId,
    generation: 0,
    ...(expiresAt !== undefined && { expiresAt }),
  }
  const headrace = { ...(metadata?.['headrace'] as JsonObject), ...(responseSchema && { responseSchema }) } // `toInterrupt` put it there
  return { ...interrupt, metadata: { ...metadata, headrace, 'tanstack:interruptBinding': binding } }
}
