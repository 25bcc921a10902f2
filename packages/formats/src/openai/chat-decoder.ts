/**
 * The stream of one answer of the OpenAI Chat Completions API, and of the many servers that speak it: deltas, then one with
 * a `finish_reason`, then maybe one with the usage. Tool calls run side by side and are named by their index.
 */
import { brokeOff, failed, notAllowed } from '../failure.ts'
import { guarded, type DecoderOptions, type RawEvent } from '../guarded.ts'
import { stopReason } from '../stop-reason.ts'
import { ToolInput } from '../tool-input.ts'
import { UsageMeter } from '../usage-meter.ts'
import type { Chunk } from '../chunk.ts'
import type { Decoder } from '../decoder.ts'
import type { ChatChunk, ChatDelta, ChatToolCall } from './chat-chunk.ts'

const from = 'The chat completion stream'

/**
 * Reads the chunks of the OpenAI Chat Completions API, as `JSON.parse` gives them or as the SDK does; `[DONE]` is not one
 * of them. Of several choices it reads the first. Ask for `stream_options: { include_usage: true }`, or the provider does
 * not say what was used.
 *
 * What other servers stream as `reasoning` or `reasoning_content` becomes reasoning; a refusal is text. A model that stopped
 * early leaves a `data` part named `stop-reason`.
 */
export function createChatDecoder(options?: DecoderOptions): Decoder<unknown> {
  return guarded(from, new ChatDecoder(), options)
}

class ChatDecoder implements Decoder<RawEvent> {
  readonly #calls = new Map<number, ToolInput>()
  readonly #usage = new UsageMeter()
  #sources: Chunk[] = []
  #hasRefused = false
  #isOver = false

  push(raw: RawEvent): readonly Chunk[] {
    const event = raw as unknown as ChatChunk // the guard catches what is not as promised
    if (event.error !== undefined && event.error !== null) throw failure(event.error)
    const choice = event.choices?.find(({ index }) => (index ?? 0) === 0)
    const { usage } = event
    const used = this.#usage.report({
      inputTokens: usage?.prompt_tokens,
      outputTokens: usage?.completion_tokens,
      cachedTokens: usage?.prompt_tokens_details?.cached_tokens,
    })
    if (!choice) return used
    const said = this.#said(choice.delta ?? {}, event.id)
    if (this.#isOver && said.length > 0) throw notAllowed(from, 'went on after its end')
    return [...said, ...(choice.finish_reason ? this.#finish(choice.finish_reason) : []), ...used]
  }

  end(): readonly Chunk[] {
    if (!this.#isOver) throw brokeOff(from)
    return []
  }

  #said(delta: ChatDelta, id: string): readonly Chunk[] {
    const { content, refusal, audio, tool_calls = [], function_call } = delta
    const chunks: Chunk[] = []
    const thought = delta.reasoning_content ?? delta.reasoning
    if (thought) chunks.push({ type: 'reasoning', text: thought })
    for (const text of [content, refusal, audio?.transcript]) if (text) chunks.push({ type: 'text', text })
    if (refusal) this.#hasRefused = true
    for (const { url_citation } of delta.annotations ?? [])
      if (url_citation) this.#sources.push({ type: 'source', url: url_citation.url, title: url_citation.title })
    for (const call of tool_calls ?? []) chunks.push(...this.#called(call, id))
    if (function_call) chunks.push(...this.#called({ index: 0, function: function_call }, id))
    return chunks
  }

  #called(call: ChatToolCall, id: string): readonly Chunk[] {
    const index = call.index ?? 0
    const text = call.function?.arguments ?? call.custom?.input ?? ''
    const name = call.function?.name ?? call.custom?.name
    const known = this.#calls.get(index)
    // Some servers give every call the index 0, each with an id of its own.
    const isNext = known && call.id && call.id !== known.callId && name
    if (known && !isNext) return known.push(text)
    if (!name) throw notAllowed(from, `sent input of a call that it has not begun (index ${index})`)
    const begun = new ToolInput(call.id || `${id}.${index}`, name, call.custom ? 'plain' : 'json')
    this.#calls.set(index, begun)
    return [...(known?.done() ?? []), begun.begin(text)]
  }

  #finish(raw: string): readonly Chunk[] {
    if (this.#isOver) return []
    this.#isOver = true
    const called = [...this.#calls.values()].flatMap((call) => call.done())
    return [...called, ...this.#sources, ...stopped(this.#hasRefused ? 'refusal' : raw)]
  }
}

function stopped(raw: string): readonly Chunk[] {
  switch (raw) {
    case 'stop':
    case 'tool_calls':
    case 'function_call':
      return []
    case 'length':
      return [stopReason('length', raw)]
    case 'content_filter':
      return [stopReason('content-filter', raw)]
    case 'refusal':
      return [stopReason('refusal', raw)]
    default:
      return [stopReason('other', raw)]
  }
}

function failure(error: NonNullable<ChatChunk['error']>): Error {
  if (typeof error === 'string') return failed(from, error)
  return failed(from, error.message, error.code ? { code: String(error.code) } : {})
}
