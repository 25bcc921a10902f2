/**
 * The streams of LangChain and LangGraph. What an item is shows in its form:
 *
 *   {event: 'on_…', run_id, data}          streamEvents, version 2
 *   [message, metadata]                    stream mode `messages`
 *   {node: {messages: […]}}                stream mode `updates`
 *   [mode, item], [namespace, mode, item], [namespace, item]     several modes, subgraphs
 */
import { brokeOff } from '../failure.ts'
import { guarded, type DecoderOptions, type RawEvent } from '../guarded.ts'
import { isObject, messageOf } from './message.ts'
import { MessageReader } from './message-reader.ts'
import type { Json } from '@headrace/core'
import type { Chunk } from '../chunk.ts'
import type { Decoder } from '../decoder.ts'

const from = 'The LangChain stream'

/** An event of `streamEvents`, as a shape. */
export interface LangChainEvent {
  readonly event: string
  readonly name: string
  readonly run_id: string
  readonly data: {
    readonly input?: unknown
    readonly output?: unknown
    readonly chunk?: unknown
    readonly error?: unknown
  }
}

/**
 * Reads what `streamEvents` (version 2) of LangChain gives, and the streams of LangGraph in the modes `messages`, `updates`
 * and `custom`, alone or together: text, reasoning, tool calls with their streamed input, what came of them, and what was
 * used. What comes in two modes is said once. An interrupt becomes a `data` part named `interrupt`, what a graph writes in
 * the mode `custom` one named `custom`, an event of one's own one under its name.
 */
export function createLangChainDecoder(options?: DecoderOptions): Decoder<unknown> {
  const decoder = new LangChainDecoder()
  // Items of LangGraph are often arrays, and the guard takes objects.
  const inner = guarded(from, { push: ({ item }) => decoder.push(item), end: () => decoder.end() }, options)
  return { push: (item) => inner.push({ item }), end: () => inner.end() }
}

const modes = new Set(['messages', 'updates', 'custom', 'values', 'debug', 'tasks', 'checkpoints', 'tools'])

class LangChainDecoder {
  readonly #messages = new MessageReader()
  /** The run of which a stream of events is about; it must end. */
  #root: string | undefined
  #isOver = false

  push(item: unknown): readonly Chunk[] {
    if (Array.isArray(item)) return this.#listed(item)
    if (!isObject(item)) throw new TypeError('an item that is no object')
    if (typeof item['event'] === 'string') return this.#event(item as unknown as LangChainEvent) // the guard catches others
    return this.#updates(item)
  }

  end(): readonly Chunk[] {
    if (this.#root !== undefined && !this.#isOver) throw brokeOff(from)
    return this.#messages.end()
  }

  #listed(item: readonly unknown[]): readonly Chunk[] {
    const [first, second, third] = item
    if (Array.isArray(first)) return item.length === 3 ? this.#listed([second, third]) : this.push(second)
    if (typeof first === 'string') return modes.has(first) ? this.#mode(first, second) : []
    const message = messageOf(first)
    return message ? this.#messages.piece(message, message.id ?? runOf(second)) : []
  }

  #mode(mode: string, item: unknown): readonly Chunk[] {
    switch (mode) {
      case 'messages':
        return Array.isArray(item) ? this.#listed(item) : []
      case 'updates':
        return isObject(item) ? this.#updates(item) : []
      case 'custom':
        return [{ type: 'data', name: 'custom', value: item as Json }] // made JSON where it is written
      default:
        return [] // the whole state again and again, or about the graph's own workings
    }
  }

  #updates(nodes: RawEvent): readonly Chunk[] {
    return Object.entries(nodes).flatMap(([node, update]) => {
      if (node === '__interrupt__') return interrupts(update)
      const messages = isObject(update) ? update['messages'] : undefined
      const list: readonly unknown[] = Array.isArray(messages) ? messages : [messages]
      return list.flatMap((value, index) => {
        const message = messageOf(value)
        return message ? this.#messages.whole(message, message.id ?? `${node}.${index}`) : []
      })
    })
  }

  #event({ event, name, run_id: run, data }: LangChainEvent): readonly Chunk[] {
    this.#root ??= run
    if (run === this.#root && /_(end|error)$/.test(event)) this.#isOver = true
    switch (event) {
      // Named by the call of the model: the ids of pieces and whole are often different ones.
      case 'on_chat_model_stream': {
        const message = messageOf(data.chunk)
        return message ? this.#messages.piece(message, run) : []
      }
      case 'on_chat_model_end': {
        const message = messageOf(data.output)
        return message ? this.#messages.whole(message, run) : []
      }
      case 'on_llm_stream': {
        const text = isObject(data.chunk) ? data.chunk['text'] : undefined
        return typeof text === 'string' && text !== '' ? [{ type: 'text', text, id: run }] : []
      }
      case 'on_tool_end': {
        const message = messageOf(data.output)
        if (message?.type === 'tool') return this.#messages.whole(message, run)
        return this.#messages.toolResult(run, name, inputOf(data.input), { output: data.output })
      }
      case 'on_tool_error':
        return this.#messages.toolResult(run, name, inputOf(data.input), { error: String(data.error) })
      case 'on_custom_event':
        return [{ type: 'data', name, value: data as Json }] // made JSON where it is written
      default:
        return []
    }
  }
}

/** The checkpoint names the call of the model that a piece is of, where the piece does not. */
function runOf(metadata: unknown): string {
  const run = isObject(metadata) ? (metadata['run_id'] ?? metadata['langgraph_checkpoint_ns']) : undefined
  return typeof run === 'string' ? run : 'message'
}

/** Tools are told their input as text in an object. */
function inputOf(input: unknown): unknown {
  return isObject(input) && typeof input['input'] === 'string' ? input['input'] : input
}

function interrupts(update: unknown): readonly Chunk[] {
  const list: readonly unknown[] = Array.isArray(update) ? update : []
  return list.filter(isObject).map((interrupt) => {
    const { id, value } = interrupt as { readonly id?: Json; readonly value?: Json } // LangGraph keeps them as JSON
    return { type: 'data', name: 'interrupt', value: { id: id ?? null, value: value ?? null } }
  })
}
