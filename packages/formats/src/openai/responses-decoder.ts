/**
 * The stream of one answer of the OpenAI Responses API.
 *
 *   (output_item.added ─▶ deltas ─▶ output_item.done)* ─▶ completed | incomplete | failed
 *
 * Items run side by side and are named by their id. What a `done` event repeats is held against what was streamed: text
 * that was lost on the way is no answer.
 */
import { brokeOff, failed, notAllowed } from '../failure.ts'
import { guarded, type DecoderOptions, type RawEvent } from '../guarded.ts'
import { stopReason } from '../stop-reason.ts'
import { UsageMeter } from '../usage-meter.ts'
import { callOf, completed } from './called-item.ts'
import type { HeadraceError } from '@headrace/core'
import type { Chunk } from '../chunk.ts'
import type { Decoder } from '../decoder.ts'
import type { ToolInput } from '../tool-input.ts'
import type { Annotation, MessageItem, OutputItem, ResponseShape, ResponsesEvent } from './responses-event.ts'

const from = 'The OpenAI stream'

/**
 * Reads the stream events of the OpenAI Responses API, as `JSON.parse` gives them or as the SDK does.
 *
 * Reasoning and its summaries become reasoning, without what is encrypted; tools that the provider ran come with their
 * results; what is cited by address becomes a source; a refusal is text. A model that stopped early leaves a `data` part
 * named `stop-reason`, an MCP server that waits for leave one named `approval-request`.
 */
export function createResponsesDecoder(options?: DecoderOptions): Decoder<unknown> {
  return guarded(from, new ResponsesDecoder(), options)
}

class ResponsesDecoder implements Decoder<RawEvent> {
  readonly #calls = new Map<string, ToolInput>()
  readonly #texts = new Map<string, string>()
  readonly #usage = new UsageMeter()
  #held: Chunk[] = []
  #hasRefused = false
  #isOver = false
  #failure: HeadraceError | undefined

  push(raw: RawEvent): readonly Chunk[] {
    const event = raw as unknown as ResponsesEvent // told apart by `type`; the guard catches what is not as promised
    if (this.#failure) throw this.#failure
    if (this.#isOver) throw notAllowed(from, 'went on after its end')
    switch (event.type) {
      case 'response.output_item.added':
        return this.#begin(event.item)
      case 'response.output_item.done':
        return this.#finish(event.item)
      case 'response.refusal.delta':
        this.#hasRefused = true
        return this.#grow(textId(event.item_id, event.content_index), event.delta)
      case 'response.output_text.delta':
        return this.#grow(textId(event.item_id, event.content_index), event.delta)
      case 'response.output_text.done':
        return this.#complete(textId(event.item_id, event.content_index), event.text)
      case 'response.output_text.annotation.added':
        // After the text: in the middle of it, each would cut it in two.
        if (event.annotation) this.#held.push(...cited(event.annotation))
        return []
      case 'response.reasoning_summary_text.delta':
        return [{ type: 'reasoning', text: event.delta, id: `${event.item_id}.s${event.summary_index}` }]
      case 'response.reasoning_text.delta':
        return [{ type: 'reasoning', text: event.delta, id: textId(event.item_id, event.content_index) }]
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
      case 'response.mcp_call_arguments.delta':
        return this.#call(event.item_id).push(event.delta)
      case 'response.function_call_arguments.done':
        return this.#call(event.item_id).done(event.arguments)
      case 'response.completed':
        return this.#end(event.response)
      case 'response.incomplete':
        return [...this.#end(event.response), incomplete(event.response.incomplete_details?.reason)]
      case 'response.failed': {
        const { error } = event.response
        this.#failure = failed(from, error?.message, error ? { code: String(error.code) } : {})
        const used = this.#used(event.response)
        if (used.length === 0) throw this.#failure
        return used // to be counted; the failure is told when it is asked for more
      }
      case 'error':
        throw failed(from, event.message, { code: String(event.code) })
      default:
        event satisfies never // about the protocol's own workings, repeats what came in pieces, or from a newer version
        return []
    }
  }

  end(): readonly Chunk[] {
    if (this.#failure) throw this.#failure
    if (!this.#isOver) throw brokeOff(from)
    return []
  }

  #begin(item: OutputItem): readonly Chunk[] {
    const call = callOf(item)
    if (!call) return []
    // Servers that are only like this one leave the id of the item out, and name the call.
    this.#calls.set(call.item.id ?? call.input.callId, call.input)
    return [call.input.begin()]
  }

  #finish(item: OutputItem): readonly Chunk[] {
    if (item.type === 'message') return [...this.#completeMessage(item), ...this.#release()]
    const call = callOf(item)
    if (!call) return []
    const begun = this.#calls.get(call.item.id ?? call.input.callId)
    return begun ? completed(call.item, begun) : [call.input.begin(), ...completed(call.item, call.input)]
  }

  #completeMessage({ id, content = [] }: MessageItem): readonly Chunk[] {
    return content.flatMap((part, index) => {
      if (part.type === 'refusal') this.#hasRefused = true
      return this.#complete(textId(id, index), part.type === 'refusal' ? part.refusal : part.text)
    })
  }

  #call(item: string): ToolInput {
    const call = this.#calls.get(item)
    if (!call) throw notAllowed(from, `sent input of a call that it has not begun (item ${String(item)})`)
    return call
  }

  #grow(id: string, delta: string): readonly Chunk[] {
    this.#texts.set(id, (this.#texts.get(id) ?? '') + delta)
    return [{ type: 'text', text: delta, id }]
  }

  /** Servers that are only like this one may send a text as a whole, or trim it in the end. */
  #complete(id: string, whole: string): readonly Chunk[] {
    const streamed = this.#texts.get(id) ?? ''
    if (streamed.trimEnd() === whole.trimEnd()) return []
    if (!whole.startsWith(streamed)) throw notAllowed(from, 'lost text on the way: what it repeats in the end differs')
    return this.#grow(id, whole.slice(streamed.length))
  }

  #release(): readonly Chunk[] {
    const held = this.#held
    this.#held = []
    return held
  }

  #end(response: ResponseShape): readonly Chunk[] {
    this.#isOver = true
    const refusal = this.#hasRefused ? [stopReason('refusal', 'refusal')] : []
    return [...this.#release(), ...refusal, ...this.#used(response)]
  }

  #used({ usage }: ResponseShape): readonly Chunk[] {
    if (!usage) return []
    return this.#usage.report({
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
      cachedTokens: usage.input_tokens_details?.cached_tokens,
    })
  }
}

function textId(item: string, content: number): string {
  return `${item}.${content}`
}

function incomplete(raw = 'unknown'): Chunk {
  if (raw === 'max_output_tokens') return stopReason('length', raw)
  if (raw === 'content_filter') return stopReason('content-filter', raw)
  return stopReason('other', raw)
}

function cited(annotation: Annotation): readonly Chunk[] {
  switch (annotation.type) {
    case 'url_citation':
      return [{ type: 'source', url: annotation.url, title: annotation.title }]
    case 'file_citation':
    case 'container_file_citation': {
      const { file_id: fileId, filename } = annotation
      return [{ type: 'data', name: 'source-document', value: { title: filename, filename, fileId } }]
    }
    case 'file_path':
      return [
        { type: 'data', name: 'source-document', value: { title: annotation.file_id, fileId: annotation.file_id } },
      ]
    default:
      annotation satisfies never // from a newer version
      return []
  }
}
