/** Keeps what is open on a stream of AG-UI, so that everything that is opened is closed, once, before the run is. */
import type { Message, Part } from '@headrace/core'
import type { AgUiEvent } from './events.ts'
import { activityOf, argumentsOf, partId, resultId, resultOf, segmentsOf } from './segments.ts'
import type { CallIds } from './to-messages.ts'

type Open =
  | { readonly kind: 'text' | 'reasoning'; readonly id: string; readonly of: Attribution }
  | { readonly kind: 'tool'; readonly id: string; readonly of: Attribution; readonly hasArguments: boolean }

type Attribution = { readonly subagentRunId?: string }

/** Where a part is. */
export interface PartPlace {
  readonly message: Message
  readonly part: Part
  readonly of: Attribution
  /** The reader has what came so far, by a snapshot. */
  readonly isKnown: boolean
}

export class OpenParts {
  readonly #open = new Map<string, Open>()
  /** Calls whose result has not come. */
  readonly #waiting = new Set<string>()
  readonly #calls: CallIds

  constructor(calls: CallIds) {
    this.#calls = calls
  }

  isOpen(id: string): boolean {
    return this.#open.has(id)
  }

  /** A part as it is now, and open from here on if it is. */
  *begin({ message, part, of, isKnown }: PartPlace): Generator<AgUiEvent, void, undefined> {
    const id = partId(message.id, part.id)
    const goesOn = part.status === 'open'
    switch (part.kind) {
      case 'text': {
        if (isKnown && !goesOn) return
        const named = message.name !== undefined && { name: message.name }
        yield { type: 'TEXT_MESSAGE_START', messageId: id, role: 'assistant', ...named, ...of }
        this.#open.set(id, { kind: 'text', id, of })
        if (!isKnown) yield* this.delta(id, part.redacted ? '' : part.text)
        break
      }
      case 'reasoning':
        if (isKnown && !goesOn) return
        yield { type: 'REASONING_START', messageId: id, ...of }
        yield { type: 'REASONING_MESSAGE_START', messageId: id, role: 'reasoning', ...of }
        this.#open.set(id, { kind: 'reasoning', id, of })
        if (!isKnown) yield* this.delta(id, part.redacted ? '' : part.text)
        break
      case 'tool': {
        const toolCallId = this.#calls.idOf(message.id, part)
        const isComplete = part.input !== undefined || !goesOn
        if (!(isKnown && isComplete)) {
          const parentMessageId = segmentsOf(message).get(part.id) ?? id
          yield { type: 'TOOL_CALL_START', toolCallId, toolCallName: part.name, parentMessageId, ...of }
          const text = argumentsOf(part)
          this.#open.set(id, { kind: 'tool', id: toolCallId, of, hasArguments: text !== '' })
          if (!isKnown && text !== '') yield { type: 'TOOL_CALL_ARGS', toolCallId, delta: text, ...of }
          if (isComplete) yield* this.end(id)
        }
        this.#waiting.add(id)
        if (!isKnown) yield* this.result(message, part, of)
        else if (resultOf(part) !== undefined) this.#waiting.delete(id)
        return
      }
      case 'file':
      case 'source':
      case 'data':
        if (!isKnown) yield { type: 'ACTIVITY_SNAPSHOT', messageId: id, ...activityOf(part), ...of }
        return
      default:
        part satisfies never
    }
    if (!goesOn) yield* this.end(id)
  }

  *delta(id: string, text: string): Generator<AgUiEvent, void, undefined> {
    const open = this.#open.get(id)
    if (!open || text === '') return
    switch (open.kind) {
      case 'text':
        yield { type: 'TEXT_MESSAGE_CONTENT', messageId: id, delta: text, ...open.of }
        return
      case 'reasoning':
        yield { type: 'REASONING_MESSAGE_CONTENT', messageId: id, delta: text, ...open.of }
        return
      case 'tool':
        this.#open.set(id, { ...open, hasArguments: true })
        yield { type: 'TOOL_CALL_ARGS', toolCallId: open.id, delta: text, ...open.of }
        return
      default:
        open satisfies never
    }
  }

  /** The input of a call is whole. */
  *input(id: string, json: string): Generator<AgUiEvent, void, undefined> {
    const open = this.#open.get(id)
    if (open?.kind === 'tool' && !open.hasArguments) yield* this.delta(id, json)
    yield* this.end(id)
  }

  /** What a call gave, once. */
  *result(
    message: Message,
    part: Extract<Part, { readonly kind: 'tool' }>,
    of: Attribution,
  ): Generator<AgUiEvent, void, undefined> {
    const content = resultOf(part)
    if (content === undefined || !this.#waiting.delete(partId(message.id, part.id))) return
    const toolCallId = this.#calls.idOf(message.id, part)
    const messageId = resultId(message.id, part.id)
    yield { type: 'TOOL_CALL_RESULT', messageId, toolCallId, content, role: 'tool', ...of }
  }

  *end(id: string): Generator<AgUiEvent, void, undefined> {
    const open = this.#open.get(id)
    if (!open) return
    this.#open.delete(id)
    switch (open.kind) {
      case 'text':
        yield { type: 'TEXT_MESSAGE_END', messageId: id, ...open.of }
        return
      case 'reasoning':
        yield { type: 'REASONING_MESSAGE_END', messageId: id, ...open.of }
        yield { type: 'REASONING_END', messageId: id, ...open.of }
        return
      case 'tool':
        yield { type: 'TOOL_CALL_END', toolCallId: open.id, ...open.of }
        return
      default:
        open satisfies never
    }
  }

  /** Closes what `isOver` says is over. */
  *sweep(isOver: (id: string) => boolean): Generator<AgUiEvent, void, undefined> {
    for (const id of this.#open.keys()) if (isOver(id)) yield* this.end(id)
  }
}
