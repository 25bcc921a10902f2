/** The OpenAI Chat Completions API: deltas of one message; the usage comes last, and only to who asks for it. */
import { inputText, pieces, type Answering, type Dialect, type Ending, type Frame, type NamedCall } from './dialect.ts'
import type { Stop, TurnUsage } from './script.ts'

type Fields = Readonly<Record<string, unknown>>

export class OpenAiChat implements Dialect {
  readonly #answering: Answering
  readonly #calls: NamedCall[] = []
  #content = ''
  #reasoning = ''
  #refusal = ''
  #whole: unknown

  constructor(answering: Answering) {
    this.#answering = answering
  }

  *begin(): Iterable<Frame> {
    yield this.#delta({ role: 'assistant', content: '' })
  }

  *text(parts: readonly string[]): Iterable<Frame> {
    for (const content of parts) {
      this.#content += content
      yield this.#delta({ content })
    }
  }

  /** Not in OpenAI's own API; DeepSeek, vLLM and others stream it so. */
  *reasoning(parts: readonly string[]): Iterable<Frame> {
    for (const piece of parts) {
      this.#reasoning += piece
      yield this.#delta({ reasoning_content: piece })
    }
  }

  *tools(calls: readonly NamedCall[]): Iterable<Frame> {
    const open = calls.map((call) => ({ call, index: this.#calls.push(call) - 1, parts: pieces(inputText(call)) }))
    for (const { call, index } of open) {
      const begun = { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }
      yield this.#delta({ tool_calls: [begun] })
    }
    const longest = Math.max(0, ...open.map(({ parts }) => parts.length))
    for (let round = 0; round < longest; round += 1)
      for (const { index, parts } of open)
        if (parts[round] !== undefined)
          yield this.#delta({ tool_calls: [{ index, function: { arguments: parts[round] } }] })
  }

  *end({ stop, usage }: Ending): Iterable<Frame> {
    if (stop === 'refusal')
      for (const refusal of pieces('I will not do that.')) {
        this.#refusal += refusal
        yield this.#delta({ refusal })
      }
    const reason = stop ? reasons[stop] : this.#calls.length > 0 ? 'tool_calls' : 'stop'
    yield this.#delta({}, reason)
    const options = this.#answering.request.body['stream_options']
    const wantsUsage = typeof options === 'object' && options !== null && 'include_usage' in options
    if (wantsUsage) yield { data: { ...this.#base('chat.completion.chunk'), choices: [], usage: usageOf(usage) } }
    yield { data: '[DONE]' }
    const message = {
      role: 'assistant',
      content: this.#content === '' ? null : this.#content,
      refusal: this.#refusal === '' ? null : this.#refusal,
      ...(this.#reasoning !== '' && { reasoning_content: this.#reasoning }),
      ...(this.#calls.length > 0 && { tool_calls: this.#calls.map(callOf) }),
    }
    const choices = [{ index: 0, message, finish_reason: reason, logprobs: null }]
    this.#whole = { ...this.#base('chat.completion'), choices, usage: usageOf(usage) }
  }

  error(message: string): Frame {
    return { data: { error: { message, type: 'server_error', param: null, code: null } } }
  }

  whole(): unknown {
    return this.#whole
  }

  #delta(delta: Fields, finish_reason: string | null = null): Frame {
    const choices = [{ index: 0, delta, finish_reason, logprobs: null }]
    return { data: { ...this.#base('chat.completion.chunk'), choices } }
  }

  #base(object: string): Fields {
    const { request, id } = this.#answering
    return { id: `chatcmpl-${id}`, object, created: 1_700_000_000, model: request.model }
  }
}

const reasons: Readonly<Record<Stop, string>> = {
  length: 'length',
  'content-filter': 'content_filter',
  refusal: 'stop',
}

function callOf(call: NamedCall): Fields {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: inputText(call) } }
}

function usageOf({ inputTokens, outputTokens, cachedTokens }: Required<TurnUsage>): Fields {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  }
}
