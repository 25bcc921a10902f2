/**
 * The stream of one answer of the Anthropic Messages API.
 *
 *   message_start ─▶ (content_block_start ─▶ content_block_delta* ─▶ content_block_stop)* ─▶ message_delta+ ─▶ message_stop
 *
 * Blocks are named by their index. `ping` may come anywhere, `error` too, and it is the last.
 */
import { ownData } from '../ai-sdk/own-data.ts'
import { brokeOff, failed, notAllowed } from '../failure.ts'
import { guarded, type DecoderOptions, type RawEvent } from '../guarded.ts'
import { stopReason } from '../stop-reason.ts'
import { ToolInput } from '../tool-input.ts'
import { UsageMeter } from '../usage-meter.ts'
import { toolResult } from './tool-result.ts'
import type { Chunk } from '../chunk.ts'
import type { Decoder } from '../decoder.ts'
import type {
  Citation,
  ContentBlock,
  ContentDelta,
  MessagesEvent,
  MessagesUsage,
  ToolUseBlock,
} from './messages-event.ts'

const from = 'The Anthropic stream'

/**
 * Reads the stream events of the Anthropic Messages API, as `JSON.parse` gives them or as the SDK does.
 *
 * Thinking becomes reasoning, without its signature; tools that the provider ran come with their results; what is cited by
 * address becomes a source. A model that stopped early leaves a `data` part named `stop-reason`.
 */
export function createMessagesDecoder(options?: DecoderOptions): Decoder<unknown> {
  return guarded(from, new MessagesDecoder(), options)
}

interface OpenBlock {
  readonly block: ContentBlock
  readonly input?: ToolInput
}

class MessagesDecoder implements Decoder<RawEvent> {
  readonly #open = new Map<number, OpenBlock>()
  readonly #usage = new UsageMeter()
  readonly #cited = new Set<string>()
  #held: Chunk[] = []
  #isOver = false

  push(raw: RawEvent): readonly Chunk[] {
    const event = raw as unknown as MessagesEvent // told apart by `type`; the guard catches what is not as promised
    if (this.#isOver && event.type !== 'ping') throw notAllowed(from, 'went on after its end')
    switch (event.type) {
      case 'message_start':
        return this.#used(event.message.usage)
      case 'content_block_start':
        return this.#begin(event.index, event.content_block)
      case 'content_block_delta':
        return this.#grow(event.index, event.delta)
      case 'content_block_stop': {
        const { input } = this.#block(event.index)
        this.#open.delete(event.index)
        return input?.done() ?? []
      }
      case 'message_delta':
        return [...this.#sources(), ...this.#used(event.usage), ...stopped(event.delta)]
      case 'message_stop':
        this.#isOver = true
        return this.#sources()
      case 'ping':
        return []
      case 'error':
        throw failed(from, event.error.message, { type: String(event.error.type) })
      default:
        event satisfies never // from a newer version
        return []
    }
  }

  end(): readonly Chunk[] {
    if (!this.#isOver) throw brokeOff(from)
    return []
  }

  #begin(index: number, block: ContentBlock): readonly Chunk[] {
    if (this.#open.has(index)) throw notAllowed(from, `began block ${index} twice`)
    // What is cited is a block of its own, in the middle of a sentence: blocks of text in a row are one text.
    if (block.type === 'text') {
      this.#open.set(index, { block })
      return [{ type: 'text', text: block.text }]
    }
    return [...this.#sources(), ...this.#beginOther(index, block)]
  }

  #beginOther(index: number, block: Exclude<ContentBlock, { readonly type: 'text' }>): readonly Chunk[] {
    switch (block.type) {
      case 'thinking':
        this.#open.set(index, { block })
        return [{ type: 'reasoning', text: block.thinking, id: String(index) }]
      case 'tool_use':
      case 'server_tool_use':
      case 'mcp_tool_use':
        return this.#call(index, block)
      case 'container_upload':
        this.#open.set(index, { block })
        return [{ type: 'data', name: 'container-file', value: { fileId: block.file_id } }]
      case 'redacted_thinking':
        this.#open.set(index, { block })
        return []
      default:
        // The results of the provider's tools, each with a type of its own; or from a newer version.
        this.#open.set(index, { block })
        return 'tool_use_id' in block && block.tool_use_id !== undefined ? [toolResult(block)] : []
    }
  }

  #call(index: number, block: ToolUseBlock): readonly Chunk[] {
    const input = new ToolInput(block.id, block.name)
    this.#open.set(index, { block, input })
    // Empty when it is streamed, whole when it is not.
    const isWhole = typeof block.input === 'object' && block.input !== null && Object.keys(block.input).length > 0
    return [input.begin(isWhole ? JSON.stringify(block.input) : '')]
  }

  #grow(index: number, delta: ContentDelta): readonly Chunk[] {
    const { input } = this.#block(index)
    switch (delta.type) {
      case 'text_delta':
        return [{ type: 'text', text: delta.text }]
      case 'thinking_delta':
        return [{ type: 'reasoning', text: delta.thinking, id: String(index) }]
      case 'input_json_delta':
        if (!input) throw notAllowed(from, `sent input to block ${index}, which is no tool call`)
        return input.push(delta.partial_json)
      case 'citations_delta':
        this.#cite(delta.citation)
        return []
      case 'signature_delta':
        return []
      default:
        delta satisfies never // from a newer version
        return []
    }
  }

  /** Each once: the same page is cited sentence by sentence. */
  #cite(citation: Citation): void {
    const chunk = sourceChunk(citation)
    const key = JSON.stringify(chunk)
    if (!chunk || this.#cited.has(key)) return
    this.#cited.add(key)
    this.#held.push(chunk)
  }

  /** What was cited, after the text: in the middle of it, each would cut it in two. */
  #sources(): readonly Chunk[] {
    const held = this.#held
    this.#held = []
    return held
  }

  #block(index: number): OpenBlock {
    const open = this.#open.get(index)
    if (!open) throw notAllowed(from, `sent more of block ${String(index)}, which is not open`)
    return open
  }

  #used(usage: MessagesUsage | null | undefined): readonly Chunk[] {
    if (!usage) return []
    const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usage
    const isInput = input_tokens !== undefined && input_tokens !== null
    // The provider counts what it read from its cache, and what it wrote there, apart from the rest of the input.
    const cached = (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0)
    return this.#usage.report({
      inputTokens: isInput ? input_tokens + cached : undefined,
      outputTokens: output_tokens,
      cachedTokens: cache_read_input_tokens,
    })
  }
}

function stopped({
  stop_reason: raw,
  stop_details,
}: Extract<MessagesEvent, { readonly type: 'message_delta' }>['delta']): readonly Chunk[] {
  switch (raw) {
    case null:
    case undefined:
    case 'end_turn':
    case 'stop_sequence':
    case 'tool_use':
      return []
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return [stopReason('length', raw)]
    case 'refusal':
      return [stopReason('refusal', raw, stop_details?.explanation)]
    case 'pause_turn':
      return [stopReason('pause', raw)]
    default:
      return [stopReason('other', raw)]
  }
}

function sourceChunk(citation: Citation): Chunk | undefined {
  switch (citation.type) {
    case 'web_search_result_location':
      return { type: 'source', url: citation.url, ...(citation.title !== null && { title: citation.title }) }
    case 'search_result_location':
      return { type: 'source', url: citation.source, ...(citation.title !== null && { title: citation.title }) }
    case 'char_location':
    case 'page_location':
    case 'content_block_location': {
      const { document_title: title, document_index: index } = citation
      // Only a PDF has pages; the others are text.
      const mediaType = citation.type === 'page_location' ? 'application/pdf' : 'text/plain'
      return { type: 'data', name: ownData.document, value: { mediaType, title: title ?? `Document ${index + 1}` } }
    }
    default:
      citation satisfies never // from a newer version
      return undefined
  }
}
