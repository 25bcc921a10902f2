import type { Usage } from '@headrace/core'
import type { Chunk } from '@headrace/formats'
import type { AiSdkFile, AiSdkPart, AiSdkUsage } from './parts.ts'

/** A file that a model made. */
export interface GeneratedFile {
  readonly base64: string
  /** IANA media type. */
  readonly mediaType: string
}

export interface FromAiSdkOptions {
  /**
   * Stores a file that the model made and returns its address. Default: a `data:` address while that has at most 8,192
   * characters; a bigger file is left out, and a `data` part named `file-omitted` stands in its place.
   */
  readonly storeFile?: (file: GeneratedFile) => string | Promise<string>
}

/** What the AI SDK streams: an object with a `type`. Wide on purpose, so that new kinds of parts don't break the build. */
type AiSdkStream = AsyncIterable<{ readonly type: string }> | ReadableStream<{ readonly type: string }>

const maxUrlChars = 8_192

/**
 * Turns the stream of an AI SDK result into chunks for `run.pipe()`: text, reasoning, tool calls with their streamed
 * input, results and errors, sources, files, and what each step used. An `error` part ends it with that error, an `abort`
 * part with an `AbortError`. Parts that are about the AI SDK's own workings are left out.
 *
 * @param stream - `result.fullStream`, or `result.stream`, of `streamText` in `ai` version 7
 * @example
 * ```ts
 * async function handler(run: AgentRun) {
 *   const result = streamText({ model, messages, abortSignal: run.signal })
 *   await run.pipe(fromAiSdk(result.fullStream))
 * }
 * ```
 */
export async function* fromAiSdk(
  stream: AiSdkStream,
  options: FromAiSdkOptions = {},
): AsyncGenerator<Chunk, void, undefined> {
  const toolNames = new Map<string, string>()
  // Providers number their text parts anew in every step.
  let step = 0
  for await (const item of iterate(stream)) {
    const part = item as AiSdkPart // told apart by `type`; kinds that are not listed fall through to the default
    switch (part.type) {
      case 'start-step':
        step += 1
        break
      case 'text-delta':
        yield { type: 'text', text: part.text, id: `${step}.${part.id}` }
        break
      case 'reasoning-delta':
        yield { type: 'reasoning', text: part.text, id: `${step}.${part.id}` }
        break
      case 'tool-input-start':
        toolNames.set(part.id, part.toolName)
        yield { type: 'tool-input', callId: part.id, name: part.toolName, text: '' }
        break
      case 'tool-input-delta':
        yield { type: 'tool-input', callId: part.id, name: toolNames.get(part.id) ?? 'unknown', text: part.delta }
        break
      case 'tool-call':
        yield { type: 'tool-call', callId: part.toolCallId, name: part.toolName, input: part.input }
        break
      case 'tool-result': {
        const preliminary = part.preliminary === true && { preliminary: true }
        yield { type: 'tool-result', callId: part.toolCallId, output: part.output, ...preliminary }
        break
      }
      case 'tool-error':
        yield { type: 'tool-error', callId: part.toolCallId, error: toError(part.error).message }
        break
      case 'tool-output-denied':
        yield { type: 'tool-error', callId: part.toolCallId, error: 'The call was denied.' }
        break
      case 'source':
        yield sourceChunk(part)
        break
      case 'file':
      case 'reasoning-file':
        yield await fileChunk(part.file, options)
        break
      case 'finish-step':
        // Summed up step by step, so that a run which is stopped has counted what it finished.
        yield { type: 'usage', usage: toUsage(part.usage) }
        break
      case 'error':
        throw toError(part.error)
      case 'abort':
        throw new DOMException(part.reason ?? 'The model was stopped.', 'AbortError')
      default:
        part satisfies never // from a newer version, or about the AI SDK's own workings
    }
  }
}

/** Not every browser can iterate a ReadableStream. */
async function* iterate<T>(stream: AsyncIterable<T> | ReadableStream<T>): AsyncGenerator<T, void, undefined> {
  if (!('getReader' in stream)) {
    yield* stream
    return
  }
  const reader = stream.getReader()
  let finished = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      finished = done
      if (done) return
      yield value
    }
  } finally {
    // Left early: whoever reads has stopped, and the source must know it.
    if (!finished) await reader.cancel()
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

async function fileChunk({ base64, mediaType }: AiSdkFile, { storeFile }: FromAiSdkOptions): Promise<Chunk> {
  const url = storeFile ? await storeFile({ base64, mediaType }) : `data:${mediaType};base64,${base64}`
  if (url.length <= maxUrlChars) return { type: 'file', url, mediaType }
  return { type: 'data', name: 'file-omitted', value: { mediaType, base64Chars: base64.length } }
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
