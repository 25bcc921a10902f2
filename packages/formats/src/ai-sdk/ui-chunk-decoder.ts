/**
 * The stream of one message as the AI SDK gives it to `useChat`.
 *
 *   start ─▶ (start-step ─▶ text, reasoning, tools, files, data ─▶ finish-step)* ─▶ finish
 *
 * Parts are named by ids that are good for one step. `error` may come anywhere and is the last.
 */
import { brokeOff, failed, notAllowed } from '../failure.ts'
import { guarded, type DecoderOptions, type RawEvent } from '../guarded.ts'
import { stopReason } from '../stop-reason.ts'
import { ownData } from './own-data.ts'
import type { Json } from '@headrace/core'
import type { Chunk } from '../chunk.ts'
import type { Decoder } from '../decoder.ts'
import type { ReadDataChunk, ReadUiChunk } from './read-ui-chunk.ts'

const from = 'The AI SDK stream'

/**
 * Reads the chunks of a UI message stream, as `JSON.parse` gives them: what `toUIMessageStreamResponse()` and
 * `createUIMessageStream()` send. `[DONE]` is not one of them.
 *
 * Data that is transient is left out; of data that is sent again under its id the first and the last become parts. Approvals
 * of tools are for whoever calls: they are no output.
 */
export function createUiChunkDecoder(options?: DecoderOptions): Decoder<unknown> {
  return guarded(from, new UiChunkDecoder(), options)
}

class UiChunkDecoder implements Decoder<RawEvent> {
  readonly #texts = new Set<string>()
  readonly #tools = new Map<string, string>()
  /** By name and id: whether a later value waits for the end. */
  readonly #data = new Map<string, Chunk | undefined>()
  #step = 0
  #isOver = false

  push(raw: RawEvent): readonly Chunk[] {
    const type = typeof raw['type'] === 'string' ? raw['type'] : ''
    if (type === '') throw new TypeError('type is no text')
    if (type.startsWith('data-')) return this.#dataPart(raw as unknown as ReadDataChunk) // by its type
    const chunk = raw as unknown as ReadUiChunk // told apart by `type`; the guard catches what is not as promised
    switch (chunk.type) {
      case 'start-step':
        this.#step += 1
        return []
      case 'text-start':
      case 'reasoning-start':
        this.#texts.add(this.#nameOf(chunk))
        return []
      case 'text-end':
      case 'reasoning-end':
        this.#texts.delete(this.#nameOf(chunk))
        return []
      case 'text-delta':
      case 'reasoning-delta': {
        const name = this.#nameOf(chunk)
        if (!this.#texts.has(name)) throw notAllowed(from, `sent more of ${quote(name)}, which is not open`)
        const kind = chunk.type === 'text-delta' ? 'text' : 'reasoning'
        return [{ type: kind, text: chunk.delta, id: `${this.#step}.${chunk.id}` }]
      }
      case 'tool-input-start':
        this.#tools.set(chunk.toolCallId, chunk.toolName)
        return [{ type: 'tool-input', callId: chunk.toolCallId, name: chunk.toolName, text: '' }]
      case 'tool-input-delta': {
        const name = this.#tools.get(chunk.toolCallId)
        if (name === undefined)
          throw notAllowed(from, `sent input of a call ${quote(chunk.toolCallId)} that it had not begun`)
        return [{ type: 'tool-input', callId: chunk.toolCallId, name, text: chunk.inputTextDelta }]
      }
      case 'tool-input-available':
        return [this.#call(chunk)]
      case 'tool-input-error':
        return [this.#call(chunk), { type: 'tool-error', callId: chunk.toolCallId, error: chunk.errorText }]
      case 'tool-output-available': {
        const preliminary = chunk.preliminary === true && { preliminary: true }
        return [{ type: 'tool-result', callId: chunk.toolCallId, output: chunk.output, ...preliminary }]
      }
      case 'tool-output-error':
        return [{ type: 'tool-error', callId: chunk.toolCallId, error: chunk.errorText }]
      case 'tool-output-denied':
        return [{ type: 'tool-error', callId: chunk.toolCallId, error: 'The call was denied.' }]
      case 'source-url':
        return [{ type: 'source', url: chunk.url, ...(typeof chunk.title === 'string' && { title: chunk.title }) }]
      case 'source-document': {
        const { mediaType, title, filename } = chunk
        const value = { mediaType, title, ...(filename !== undefined && { filename }) }
        return [{ type: 'data', name: ownData.document, value }]
      }
      case 'file':
      case 'reasoning-file':
        return [{ type: 'file', url: chunk.url, mediaType: chunk.mediaType }]
      case 'custom': {
        const { kind, providerMetadata } = chunk
        const value = { kind, ...(providerMetadata !== undefined && { providerMetadata }) }
        return [{ type: 'data', name: ownData.custom, value: value as Json }] // out of JSON
      }
      case 'start':
      case 'message-metadata':
        return metadata(chunk.messageMetadata)
      case 'finish':
        this.#isOver = true
        return [...metadata(chunk.messageMetadata), ...stopped(chunk.finishReason)]
      case 'error':
        throw failed(from, chunk.errorText)
      case 'abort':
        throw failed(from, typeof chunk.reason === 'string' ? chunk.reason : 'The agent stopped by itself.')
      default:
        chunk satisfies never // about the protocol's own workings, or from a newer version
        return []
    }
  }

  end(): readonly Chunk[] {
    if (!this.#isOver) throw brokeOff(from)
    return [...this.#data.values()].flatMap((chunk) => chunk ?? [])
  }

  #nameOf({ type, id }: { readonly type: string; readonly id: string }): string {
    return `${type.slice(0, type.indexOf('-'))} ${id}`
  }

  #call({ toolCallId, toolName, input }: Extract<ReadUiChunk, { readonly input: unknown }>): Chunk {
    this.#tools.set(toolCallId, toolName)
    return { type: 'tool-call', callId: toolCallId, name: toolName, input }
  }

  #dataPart({ type, id, data, transient }: ReadDataChunk): readonly Chunk[] {
    if (transient === true) return []
    const chunk: Chunk = { type: 'data', name: type.slice('data-'.length), value: (data ?? null) as Json } // out of JSON
    if (id === undefined) return [chunk]
    const key = `${type} ${id}`
    if (this.#data.has(key)) {
      this.#data.set(key, chunk)
      return []
    }
    this.#data.set(key, undefined)
    return [chunk]
  }
}

function metadata(value: unknown): readonly Chunk[] {
  if (value === undefined || value === null) return []
  return [{ type: 'data', name: ownData.metadata, value: value as Json }] // out of JSON
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}

function stopped(reason: string | undefined): readonly Chunk[] {
  switch (reason) {
    case undefined:
    case 'stop':
    case 'tool-calls':
    case 'unknown':
      return []
    case 'length':
      return [stopReason('length', reason)]
    case 'content-filter':
      return [stopReason('content-filter', reason)]
    default:
      return [stopReason('other', String(reason).slice(0, 100))]
  }
}
