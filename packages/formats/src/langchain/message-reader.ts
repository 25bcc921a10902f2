/**
 * Messages of LangChain, which come in pieces, whole, or both: first in pieces, then once more as a whole. Several may come at the same time.
 */
import { stopReason } from '../stop-reason.ts'
import { ToolInput, parseInput } from '../tool-input.ts'
import { UsageMeter } from '../usage-meter.ts'
import type { Chunk } from '../chunk.ts'
import type { LangChainMessage, MessageBlock, MessageCall, MessageCallChunk } from './message.ts'

interface Begun {
  /** By the index of the call in its message. */
  readonly calls: Map<string, ToolInput>
  readonly usage: UsageMeter
  isSaid: boolean
  isStopped: boolean
}

export class MessageReader {
  readonly #begun = new Map<string, Begun>()
  readonly #called = new Map<string, ToolInput>()
  readonly #answered = new Set<string>()

  /** @param name - the same for all pieces of a message, and for the whole */
  piece(message: LangChainMessage, name: string): readonly Chunk[] {
    if (message.type === 'tool') return this.whole(message, name)
    if (message.type !== 'ai') return []
    const begun = this.#begin(name)
    const said = contentOf(message, name)
    if (said.length > 0) begun.isSaid = true
    const { tool_call_chunks: pieces = [], tool_calls: calls = [] } = message
    const called =
      pieces.length > 0
        ? pieces.flatMap((piece) => this.#callPiece(begun, name, piece))
        : calls.flatMap((call, index) => this.#call(begun, name, call, index))
    return [...said, ...called, ...used(begun, message), ...this.#stopped(begun, message)]
  }

  /** A whole message: what came in pieces before is not said again. */
  whole(message: LangChainMessage, name: string): readonly Chunk[] {
    if (message.type === 'tool') return this.#result(message)
    if (message.type !== 'ai') return []
    const begun = this.#begin(name)
    const said = begun.isSaid ? [] : contentOf(message, name)
    begun.isSaid = true
    const calls = (message.tool_calls ?? []).flatMap((call, index) => this.#call(begun, name, call, index))
    return [...said, ...calls, ...used(begun, message), ...this.#stopped(begun, message)]
  }

  /** A tool that says itself that it runs, not a message: it may be called by no model. */
  toolResult(
    callId: string,
    name: string,
    input: unknown,
    result: { output: unknown } | { error: string },
  ): readonly Chunk[] {
    const call = new ToolInput(callId, name)
    return [
      call.begin(),
      ...call.done(typeof input === 'string' ? input : JSON.stringify(input ?? {})),
      ended(callId, result),
    ]
  }

  /** The input of every call is complete. */
  end(): readonly Chunk[] {
    return [...this.#called.values()].flatMap((call) => call.done())
  }

  #begin(name: string): Begun {
    const known = this.#begun.get(name)
    if (known) return known
    const begun = { calls: new Map(), usage: new UsageMeter(), isSaid: false, isStopped: false }
    this.#begun.set(name, begun)
    return begun
  }

  #callPiece(begun: Begun, message: string, { id, name, args = '', index = 0 }: MessageCallChunk): readonly Chunk[] {
    const known = begun.calls.get(String(index))
    if (known && (id === undefined || id === known.callId)) return known.push(args)
    // What is called follows with the first piece; what has no name yet is nothing to show.
    if (!name) return []
    const call = new ToolInput(id ?? `${message}.${index}`, name)
    begun.calls.set(String(index), call)
    this.#called.set(call.callId, call)
    return [...(known?.done() ?? []), call.begin(args)]
  }

  #call(begun: Begun, message: string, { id, name, args }: MessageCall, index: number): readonly Chunk[] {
    const callId = id ?? `${message}.${index}`
    const known = this.#called.get(callId)
    if (known) return known.done(JSON.stringify(args))
    const call = new ToolInput(callId, name)
    begun.calls.set(String(index), call)
    this.#called.set(callId, call)
    return [call.begin(), ...call.done(JSON.stringify(args))]
  }

  #result({ tool_call_id: callId, content, status }: LangChainMessage): readonly Chunk[] {
    if (callId === undefined || this.#answered.has(callId)) return []
    this.#answered.add(callId)
    const text = typeof content === 'string' ? content : undefined
    const result = status === 'error' ? { error: text ?? JSON.stringify(content) } : { output: outputOf(text, content) }
    return [...(this.#called.get(callId)?.done() ?? []), ended(callId, result)]
  }

  #stopped(begun: Begun, { response_metadata: said }: LangChainMessage): readonly Chunk[] {
    const raw = said?.finish_reason ?? said?.stop_reason
    if (typeof raw !== 'string' || raw === '' || begun.isStopped) return []
    begun.isStopped = true
    const done = [...begun.calls.values()].flatMap((call) => call.done())
    const reason = reasons[raw]
    return reason === undefined ? done : [...done, stopReason(reason, raw)]
  }
}

/** The words of the providers that LangChain passes on; others are about an answer that is complete. */
const reasons: Readonly<Record<string, Parameters<typeof stopReason>[0]>> = {
  length: 'length',
  max_tokens: 'length',
  MAX_TOKENS: 'length',
  model_context_window_exceeded: 'length',
  content_filter: 'content-filter',
  SAFETY: 'content-filter',
  refusal: 'refusal',
  pause_turn: 'pause',
}

function ended(callId: string, result: { readonly output: unknown } | { readonly error: string }): Chunk {
  return 'error' in result ? { type: 'tool-error', callId, ...result } : { type: 'tool-result', callId, ...result }
}

/** Tools answer models in text, which is often JSON. */
function outputOf(text: string | undefined, content: unknown): unknown {
  if (text === undefined) return content
  const parsed = /^\s*[[{]/.test(text) ? parseInput(text) : undefined
  return parsed ? parsed.value : text
}

function contentOf({ content, additional_kwargs: more }: LangChainMessage, id: string): readonly Chunk[] {
  const thought = more?.reasoning_content
  const before: Chunk[] =
    typeof thought === 'string' && thought !== '' ? [{ type: 'reasoning', text: thought, id }] : []
  if (typeof content === 'string') return content === '' ? before : [...before, { type: 'text', text: content, id }]
  return [...before, ...content.flatMap((block) => blockChunks(block, id))]
}

function blockChunks(block: MessageBlock, id: string): readonly Chunk[] {
  switch (block.type) {
    case 'text':
    case 'text_delta':
      return block.text ? [{ type: 'text', text: block.text, id }] : []
    case 'thinking':
    case 'reasoning': {
      const text = block.thinking ?? block.reasoning
      return text ? [{ type: 'reasoning', text, id }] : []
    }
    default:
      return [] // calls come beside the content
  }
}

function used(begun: Begun, { usage_metadata: usage }: LangChainMessage): readonly Chunk[] {
  if (!usage) return []
  return begun.usage.report({
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cachedTokens: usage.input_token_details?.cache_read,
  })
}
