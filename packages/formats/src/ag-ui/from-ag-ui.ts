/**
 * What an AG-UI agent streams, as chunks for a run.
 *
 *   waiting ──RUN_STARTED──▶ running ──RUN_FINISHED──▶ finished        RUN_ERROR, and an end before the end, throw
 *
 * Text, reasoning and calls come in three forms: begun and ended, as chunks that continue what came before, and whole in a
 * snapshot of messages. All three give the same chunks, once.
 */
import { HeadraceError, PatchFailure, applyPatch, type Json, type JsonPatch } from '@headrace/core'
import type { Chunk } from '../chunk.ts'
import type { Decoder } from '../decoder.ts'
import { guarded } from '../guarded.ts'
import type { AgUiEvent, AgUiEventOf, AgUiOutcome, AgUiUsage } from './events.ts'
import { known } from './event-shapes.ts'
import type { AgUiContent, AgUiMessage } from './messages.ts'

export interface FromAgUiOptions {
  /** Messages that were sent with the request: a snapshot repeats them. */
  readonly sent?: readonly Pick<AgUiMessage, 'id'>[]
  /** The state that was sent. Default none. */
  readonly state?: Json
}

/** A decoder that also knows what a chunk can't say. */
export interface AgUiDecoder extends Decoder<unknown> {
  /** How the run ended; `undefined` before. `interrupt`: it waits for answers, and goes on by a run that brings them. */
  readonly outcome: AgUiOutcome | undefined
  /** What the run gave as its result, if it did. */
  readonly result: Json | undefined
  /** The agent's state as it is now; `undefined` if there never was one. */
  readonly state: Json | undefined
}

/**
 * Reads the events of an AG-UI agent of version 1.0, or of an earlier one. Events of types that are not known say nothing.
 *
 * @returns the decoder of one run
 * @example
 * ```ts
 * const decoder = fromAgUi({ sent: input.messages })
 * const chunks = [...events.flatMap((event) => decoder.push(event)), ...decoder.end()]
 * ```
 */
export function fromAgUi(options: FromAgUiOptions = {}): AgUiDecoder {
  const reader = new AgUiReader(options)
  const decoder = guarded('The agent', reader)
  return {
    push: (event) => decoder.push(event),
    end: () => decoder.end(),
    get outcome() {
      return reader.outcome
    },
    get result() {
      return reader.result
    },
    get state() {
      return reader.state
    },
  }
}

interface Call {
  readonly name: string
  text: string
  isOpen: boolean
}

/** Calls, messages and activities that one run of an agent may have. */
const maxEntities = 100_000

class AgUiReader implements AgUiDecoder {
  #phase: 'waiting' | 'running' | 'finished' = 'waiting'
  readonly #seen: Set<string>
  /** Open text messages; `false`: of a role that is not the agent's. */
  readonly #texts = new Map<string, boolean>()
  readonly #reasoning = new Set<string>()
  readonly #calls = new Map<string, Call>()
  readonly #activities = new Map<string, Json>()
  #text: string | undefined
  #thought: string | undefined
  #call: string | undefined
  outcome: AgUiOutcome | undefined
  result: Json | undefined
  state: Json | undefined

  constructor({ sent = [], state }: FromAgUiOptions) {
    this.#seen = new Set(sent.map(({ id }) => id))
    this.state = state
  }

  push(value: unknown): readonly Chunk[] {
    const event = known(value)
    if (!event) return []
    if (event.type === 'RUN_ERROR') throw this.#failed(event)
    if (this.#phase === 'waiting' && event.type !== 'RUN_STARTED') throw fault(`${event.type} came before RUN_STARTED`)
    if (this.#phase === 'finished') throw fault(`${event.type} came after RUN_FINISHED`)
    if (this.#seen.size + this.#calls.size + this.#activities.size > maxEntities) {
      throw fault(`the run has more than ${maxEntities} messages, calls and activities`)
    }
    return [...this.#read(event)]
  }

  end(): readonly Chunk[] {
    if (this.#phase !== 'finished') throw fault('the stream ended before RUN_FINISHED')
    return []
  }

  *#read(event: AgUiEvent): Generator<Chunk, void, undefined> {
    switch (event.type) {
      case 'RUN_STARTED':
        if (this.#phase === 'running') throw fault('RUN_STARTED came twice')
        this.#phase = 'running'
        return
      case 'RUN_FINISHED':
        yield* this.#finish(event)
        return
      case 'TEXT_MESSAGE_START':
        this.#openText(event.messageId, event.role)
        return
      case 'TEXT_MESSAGE_CONTENT':
        if (!this.#texts.has(event.messageId)) throw fault(`TEXT_MESSAGE_CONTENT is for ${event.messageId}, not begun`)
        yield* this.#addText(event.messageId, event.delta)
        return
      case 'TEXT_MESSAGE_END':
        if (!this.#texts.delete(event.messageId)) throw fault(`TEXT_MESSAGE_END is for ${event.messageId}, not begun`)
        return
      case 'TEXT_MESSAGE_CHUNK': {
        const id = (this.#text = event.messageId ?? this.#text)
        if (id === undefined) throw fault('the first TEXT_MESSAGE_CHUNK has no messageId')
        if (!this.#texts.has(id)) this.#openText(id, event.role)
        yield* this.#addText(id, event.delta ?? '')
        return
      }
      case 'REASONING_MESSAGE_START':
        this.#reasoning.add(event.messageId)
        this.#seen.add(event.messageId)
        return
      case 'REASONING_MESSAGE_CONTENT':
        if (!this.#reasoning.has(event.messageId)) {
          throw fault(`REASONING_MESSAGE_CONTENT is for ${event.messageId}, not begun`)
        }
        if (event.delta !== '') yield { type: 'reasoning', text: event.delta, id: event.messageId }
        return
      case 'REASONING_MESSAGE_END':
        this.#reasoning.delete(event.messageId)
        return
      case 'REASONING_MESSAGE_CHUNK': {
        const id = (this.#thought = event.messageId ?? this.#thought)
        if (id === undefined) throw fault('the first REASONING_MESSAGE_CHUNK has no messageId')
        this.#seen.add(id)
        if (event.delta) yield { type: 'reasoning', text: event.delta, id }
        return
      }
      case 'TOOL_CALL_START':
        yield* this.#openCall(event.toolCallId, event.toolCallName)
        return
      case 'TOOL_CALL_ARGS':
        yield* this.#addInput(event.toolCallId, event.delta)
        return
      case 'TOOL_CALL_END':
        yield* this.#closeCall(event.toolCallId)
        return
      case 'TOOL_CALL_CHUNK':
        yield* this.#callChunk(event)
        return
      case 'TOOL_CALL_RESULT':
        this.#seen.add(event.messageId)
        yield* this.#closeChunkedCall()
        yield { type: 'tool-result', callId: event.toolCallId, output: valueOf(event.content) }
        return
      case 'STATE_SNAPSHOT':
        this.state = event.snapshot
        return
      case 'STATE_DELTA':
        this.state = patched(event.type, this.state ?? {}, event.delta)
        return
      case 'MESSAGES_SNAPSHOT':
        yield* this.#readSnapshot(event.messages)
        return
      case 'ACTIVITY_SNAPSHOT':
        if (event.replace === false && this.#activities.has(event.messageId)) return
        this.#activities.set(event.messageId, event.content)
        yield { type: 'data', name: nameOf(event.activityType), value: event.content }
        return
      case 'ACTIVITY_DELTA': {
        const before = this.#activities.get(event.messageId)
        if (before === undefined) throw fault(`ACTIVITY_DELTA is for ${event.messageId}, not begun`)
        const value = patched(event.type, before, event.patch)
        this.#activities.set(event.messageId, value)
        yield { type: 'data', name: nameOf(event.activityType), value }
        return
      }
      case 'CUSTOM':
        yield { type: 'data', name: nameOf(event.name), value: event.value }
        return
      // Brackets around what is said by other events, and what only its own protocol reads.
      case 'RAW':
      case 'STEP_STARTED':
      case 'STEP_FINISHED':
      case 'REASONING_START':
      case 'REASONING_END':
      case 'REASONING_ENCRYPTED_VALUE':
      case 'SUBAGENT_STARTED':
      case 'SUBAGENT_FINISHED':
      case 'SUBAGENT_ERROR':
      case 'RUN_ERROR': // thrown before this
        return
      default:
        event satisfies never
    }
  }

  *#finish({ outcome, result, usage }: AgUiEventOf<'RUN_FINISHED'>): Generator<Chunk, void, undefined> {
    yield* this.#closeChunkedCall()
    const open = [...this.#calls].find(([, call]) => call.isOpen)
    if (open) throw fault(`RUN_FINISHED came while the call ${open[0]} was open`)
    if (usage && usage.length > 0) yield { type: 'usage', usage: sum(usage) }
    this.#phase = 'finished'
    this.outcome = outcomeOf(outcome)
    this.result = result
    if (this.outcome.type === 'cancelled') throw new HeadraceError('upstream_failed', 'The agent was stopped.')
  }

  #openText(id: string, role = 'assistant'): void {
    if (this.#texts.has(id)) throw fault(`TEXT_MESSAGE_START came twice for ${id}`)
    this.#texts.set(id, role === 'assistant')
    this.#seen.add(id)
  }

  *#addText(id: string, text: string): Generator<Chunk, void, undefined> {
    if (text !== '' && this.#texts.get(id)) yield { type: 'text', text, id }
  }

  *#openCall(id: string, name: string): Generator<Chunk, void, undefined> {
    yield* this.#closeChunkedCall()
    if (this.#calls.get(id)?.isOpen) throw fault(`TOOL_CALL_START came twice for ${id}`)
    this.#calls.set(id, { name, text: '', isOpen: true })
    yield { type: 'tool-input', callId: id, name, text: '' }
  }

  *#addInput(id: string, text: string): Generator<Chunk, void, undefined> {
    const call = this.#calls.get(id)
    if (!call?.isOpen) throw fault(`TOOL_CALL_ARGS is for ${id}, not begun`)
    call.text += text
    if (text !== '') yield { type: 'tool-input', callId: id, name: call.name, text }
  }

  *#closeCall(id: string): Generator<Chunk, void, undefined> {
    const call = this.#calls.get(id)
    if (!call?.isOpen) throw fault(`TOOL_CALL_END is for ${id}, not begun`)
    call.isOpen = false
    yield { type: 'tool-call', callId: id, name: call.name, input: inputOf(call.text) }
  }

  *#callChunk(event: AgUiEventOf<'TOOL_CALL_CHUNK'>): Generator<Chunk, void, undefined> {
    const id = event.toolCallId ?? this.#call
    if (id === undefined) throw fault('the first TOOL_CALL_CHUNK has no toolCallId')
    if (id !== this.#call) {
      if (event.toolCallName === undefined) throw fault(`the first TOOL_CALL_CHUNK of ${id} has no toolCallName`)
      yield* this.#openCall(id, event.toolCallName)
      this.#call = id
    }
    yield* this.#addInput(id, event.delta ?? '')
  }

  /** A call that came in chunks ends where something else begins. */
  *#closeChunkedCall(): Generator<Chunk, void, undefined> {
    const id = this.#call
    this.#call = undefined
    if (id !== undefined) yield* this.#closeCall(id)
  }

  /** What a snapshot says after the last words of a person, and nobody has said yet. */
  *#readSnapshot(messages: readonly AgUiMessage[]): Generator<Chunk, void, undefined> {
    const from = messages.findLastIndex(({ role }) => role === 'user') + 1
    for (const message of messages.slice(from)) {
      if (this.#seen.has(message.id)) continue
      this.#seen.add(message.id)
      yield* this.#readMessage(message)
    }
  }

  *#readMessage(message: AgUiMessage): Generator<Chunk, void, undefined> {
    switch (message.role) {
      case 'assistant':
        if (message.content) yield { type: 'text', text: message.content, id: message.id }
        for (const { id, function: fn } of message.toolCalls ?? []) {
          if (this.#calls.has(id)) continue
          this.#calls.set(id, { name: fn.name, text: fn.arguments, isOpen: false })
          yield { type: 'tool-call', callId: id, name: fn.name, input: inputOf(fn.arguments) }
        }
        return
      case 'tool': {
        const { toolCallId: callId, content, error } = message
        yield error === undefined
          ? { type: 'tool-result', callId, output: valueOf(content) }
          : { type: 'tool-error', callId, error }
        return
      }
      case 'reasoning':
        if (message.content !== '') yield { type: 'reasoning', text: message.content, id: message.id }
        return
      case 'activity':
        this.#activities.set(message.id, message.content)
        yield { type: 'data', name: nameOf(message.activityType), value: message.content }
        return
      case 'user':
      case 'system':
      case 'developer':
        return
      default:
        message satisfies never
    }
  }

  #failed({ message, code }: AgUiEventOf<'RUN_ERROR'>): HeadraceError {
    this.#phase = 'finished'
    return new HeadraceError('upstream_failed', `The agent failed: ${message.slice(0, 1_000)}`, {
      ...(code !== undefined && { detail: { code: code.slice(0, 256) } }),
    })
  }
}

/** A kind that is not known yet is taken for what an absent one is. */
function outcomeOf(outcome: AgUiOutcome | undefined): AgUiOutcome {
  if (outcome?.type === 'cancelled') return outcome
  if (outcome?.type !== 'interrupt') return { ...outcome, type: 'success' }
  const isWhole = Array.isArray(outcome.interrupts) && outcome.interrupts.every(isInterrupt)
  if (!isWhole) throw fault('RUN_FINISHED has interrupts without id or reason')
  return outcome
}

function isInterrupt(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return 'id' in value && typeof value.id === 'string' && 'reason' in value && typeof value.reason === 'string'
}

function fault(what: string): HeadraceError {
  return new HeadraceError('upstream_failed', `The agent does not speak AG-UI as it must: ${what.slice(0, 500)}.`)
}

function patched(type: string, before: Json, patch: JsonPatch): Json {
  try {
    return applyPatch(before, patch)
  } catch (thrown) {
    if (thrown instanceof PatchFailure) throw fault(`${type} can't be applied, ${thrown.message}`)
    throw thrown
  }
}

/** Models write what they like; a call with an input that is no JSON is still a call. */
function inputOf(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A result is text or parts; JSON in text is what it says. */
function valueOf(content: string | readonly AgUiContent[]): unknown {
  if (typeof content !== 'string') return content
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

function nameOf(name: string): string {
  return name.slice(0, 256) || 'ag-ui'
}

function sum(usages: readonly AgUiUsage[]): {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cachedTokens?: number
} {
  const of = (field: 'inputTokens' | 'outputTokens' | 'cachedInputTokens'): number | undefined => {
    const counts = usages
      .map((usage) => usage[field])
      .filter((count) => Number.isSafeInteger(count) && Number(count) >= 0)
    return counts.length === 0 ? undefined : counts.reduce<number>((total, count) => total + Number(count), 0)
  }
  const [inputTokens, outputTokens, cachedTokens] = [of('inputTokens'), of('outputTokens'), of('cachedInputTokens')]
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
  }
}
