import { DecodedStream } from '../pipes/decoded-stream.ts'
import { AiSdkDecoder } from './ai-sdk-decoder.ts'
import type { Chunk } from '@headrace/formats'
import type { Stream } from '../agent/source.ts'
import type { FileOptions } from '../pipes/file-options.ts'

/** Wide on purpose, so that new kinds of parts don't break the build. */
interface AiSdkStreamPart {
  readonly type: string
}

/**
 * Turns the stream of an AI SDK result into chunks for `run.pipe()`: text, reasoning, tool calls with their streamed
 * input, results and errors, sources, files, and what each step used. An `error` part ends it with that error, an `abort`
 * part with an `AbortError`, a model that breaks off with `upstream_failed`. Parts that are about the AI SDK's own workings
 * are left out. Give `streamText` the signal of the run: the AI SDK goes on with its request when nobody reads any more.
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
export function fromAiSdk(stream: Stream<AiSdkStreamPart>, options?: FileOptions): AsyncIterable<Chunk> {
  return new DecodedStream<AiSdkStreamPart>(stream, new AiSdkDecoder(), options)
}
