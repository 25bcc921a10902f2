import { HeadraceError, type Usage } from '@headrace/core'
import { stopReason, type Chunk, type Decoder } from '@headrace/formats'
import type { AiSdkPart, AiSdkUsage } from './parts.ts'

/** Reads the parts of an AI SDK stream. Files come whole, as `data:` addresses. */
export class AiSdkDecoder implements Decoder<{ readonly type: string }> {
  readonly #toolNames = new Map<string, string>()
  /** Providers number their text parts anew in every step. */
  #step = 0
  #isInterrupted = false

  push(item: { readonly type: string }): readonly Chunk[] {
    const part = item as AiSdkPart // told apart by `type`; kinds that are not listed fall through to the default
    if (this.#isInterrupted) throw brokeOff()
    switch (part.type) {
      case 'start-step':
        this.#step += 1
        return []
      case 'text-delta':
        return [{ type: 'text', text: part.text, id: `${this.#step}.${part.id}` }]
      case 'reasoning-delta':
        return [{ type: 'reasoning', text: part.text, id: `${this.#step}.${part.id}` }]
      case 'tool-input-start':
        this.#toolNames.set(part.id, part.toolName)
        return [{ type: 'tool-input', callId: part.id, name: part.toolName, text: '' }]
      case 'tool-input-delta': {
        const name = this.#toolNames.get(part.id) ?? 'unknown'
        return [{ type: 'tool-input', callId: part.id, name, text: part.delta }]
      }
      case 'tool-call':
        return [{ type: 'tool-call', callId: part.toolCallId, name: part.toolName, input: part.input }]
      case 'tool-result': {
        const preliminary = part.preliminary === true && { preliminary: true }
        return [{ type: 'tool-result', callId: part.toolCallId, output: part.output, ...preliminary }]
      }
      case 'tool-error':
        return [{ type: 'tool-error', callId: part.toolCallId, error: toError(part.error).message }]
      case 'tool-output-denied':
        return [{ type: 'tool-error', callId: part.toolCallId, error: 'The call was denied.' }]
      case 'source':
        return [sourceChunk(part)]
      case 'file':
      case 'reasoning-file': {
        const { base64, mediaType } = part.file
        return [{ type: 'file', url: `data:${mediaType};base64,${base64}`, mediaType }]
      }
      case 'finish-step':
        this.#isInterrupted = part.finishReason === 'interrupted'
        // Summed up step by step, so that a run which is stopped has counted what it finished.
        return [{ type: 'usage', usage: toUsage(part.usage) }, ...stopped(part)]
      case 'error':
        throw toError(part.error)
      case 'abort':
        throw new DOMException(part.reason ?? 'The model was stopped.', 'AbortError')
      default:
        part satisfies never // from a newer version, or about the AI SDK's own workings
        return []
    }
  }

  end(): readonly Chunk[] {
    if (this.#isInterrupted) throw brokeOff()
    return []
  }
}

/** The AI SDK ends as if nothing had happened. */
function brokeOff(): HeadraceError {
  return new HeadraceError('upstream_failed', 'The stream of the model broke off before it was complete.')
}

function stopped({
  finishReason,
  rawFinishReason: raw,
}: Extract<AiSdkPart, { readonly type: 'finish-step' }>): readonly Chunk[] {
  switch (finishReason) {
    case 'length':
    case 'content-filter':
      return [stopReason(finishReason, raw ?? finishReason)]
    case 'other':
      return [stopReason('other', raw ?? finishReason)]
    default:
      return [] // it is done, waits for its tools, or the stream says more
  }
}

function sourceChunk(part: Extract<AiSdkPart, { readonly type: 'source' }>): Chunk {
  if (part.sourceType === 'url')
    return { type: 'source', url: part.url, ...(part.title !== undefined && { title: part.title }) }
  const { mediaType, title, filename } = part
  return {
    type: 'data',
    name: 'source-document',
    value: { mediaType, title, ...(filename !== undefined && { filename }) },
  }
}

function toUsage({ inputTokens, outputTokens, inputTokenDetails }: AiSdkUsage): Usage {
  const cachedTokens = inputTokenDetails?.cacheReadTokens
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
  }
}

/** Model providers throw all kinds of things; only an Error has a message to show. */
function toError(error: unknown): Error {
  if (error instanceof Error) return error
  return new Error(typeof error === 'string' ? error : JSON.stringify(error), { cause: error })
}
