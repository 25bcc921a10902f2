/** The Anthropic Messages API: blocks one after the other, each with its index. */
import {
  inputJson,
  inputText,
  pieces,
  type Answering,
  type Dialect,
  type Ending,
  type Frame,
  type NamedCall,
} from './dialect.ts'
import type { Stop, TurnUsage } from './script.ts'

type Fields = Readonly<Record<string, unknown>>

/** Text or thinking that more may be added to. */
interface Growing {
  readonly kind: 'text' | 'thinking'
  readonly index: number
  readonly texts: string[]
}

/** By which the provider knows its own thoughts again. */
const signature = 'c2lnbmVk'

export class Anthropic implements Dialect {
  readonly #answering: Answering
  readonly #content: Fields[] = []
  #open: Growing | undefined
  #calls = 0
  #whole: unknown

  constructor(answering: Answering) {
    this.#answering = answering
  }

  *begin(usage: Required<TurnUsage>): Iterable<Frame> {
    const message = this.#message(null, { ...usageOf(usage), output_tokens: Math.min(1, usage.outputTokens) })
    yield frame('message_start', { message: { ...message, content: [] } })
  }

  *text(parts: readonly string[]): Iterable<Frame> {
    const { index, texts } = yield* this.#growing('text')
    for (const text of parts) {
      texts.push(text)
      yield frame('content_block_delta', { index, delta: { type: 'text_delta', text } })
    }
  }

  *reasoning(parts: readonly string[]): Iterable<Frame> {
    const { index, texts } = yield* this.#growing('thinking')
    for (const thinking of parts) {
      texts.push(thinking)
      yield frame('content_block_delta', { index, delta: { type: 'thinking_delta', thinking } })
    }
  }

  /** The block that grows: the one that is open, if it is of this kind. */
  *#growing(kind: Growing['kind']): Generator<Frame, Growing> {
    if (this.#open?.kind === kind) return this.#open
    yield* this.#settle()
    const content_block = kind === 'text' ? { type: kind, text: '' } : { type: kind, thinking: '', signature: '' }
    this.#open = { kind, index: this.#content.push({}) - 1, texts: [] }
    yield frame('content_block_start', { index: this.#open.index, content_block })
    return this.#open
  }

  /** Ends the block that grows. */
  *#settle(): Iterable<Frame> {
    const open = this.#open
    this.#open = undefined
    if (!open) return
    const { kind, index } = open
    const text = open.texts.join('')
    this.#content[index] = kind === 'text' ? { type: kind, text } : { type: kind, thinking: text, signature }
    if (kind === 'thinking')
      yield frame('content_block_delta', { index, delta: { type: 'signature_delta', signature } })
    yield frame('content_block_stop', { index })
  }

  *tools(calls: readonly NamedCall[]): Iterable<Frame> {
    yield* this.#settle()
    for (const call of calls) {
      this.#calls += 1
      const { id, name } = call
      const index = this.#content.push({ type: 'tool_use', id, name, input: inputJson(call) }) - 1
      yield frame('content_block_start', { index, content_block: { type: 'tool_use', id, name, input: {} } })
      for (const partial_json of pieces(inputText(call)))
        yield frame('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } })
      yield frame('content_block_stop', { index })
    }
  }

  *end({ stop, usage }: Ending): Iterable<Frame> {
    yield* this.#settle()
    const stop_reason = stop ? reasons[stop] : this.#calls > 0 ? 'tool_use' : 'end_turn'
    yield frame('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: usageOf(usage) })
    yield frame('message_stop', {})
    this.#whole = this.#message(stop_reason, usageOf(usage))
  }

  error(message: string): Frame {
    return frame('error', { error: { type: 'overloaded_error', message } })
  }

  whole(): unknown {
    return this.#whole
  }

  #message(stop_reason: string | null, usage: Fields): Fields {
    const { request, id } = this.#answering
    return {
      id: `msg_${id}`,
      type: 'message',
      role: 'assistant',
      model: request.model,
      content: this.#content,
      stop_reason,
      stop_sequence: null,
      usage,
    }
  }
}

const reasons: Readonly<Record<Stop, string>> = {
  length: 'max_tokens',
  'content-filter': 'refusal',
  refusal: 'refusal',
}

function frame(type: string, fields: Fields): Frame {
  return { event: type, data: { type, ...fields } }
}

function usageOf({ inputTokens, outputTokens, cachedTokens }: Required<TurnUsage>): Fields {
  return {
    input_tokens: inputTokens - cachedTokens,
    cache_read_input_tokens: cachedTokens,
    cache_creation_input_tokens: 0,
    output_tokens: outputTokens,
  }
}
