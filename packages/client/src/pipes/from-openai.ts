import { createOpenAiDecoder } from '@headrace/formats/openai'
import { DecodedStream } from './decoded-stream.ts'
import type { Chunk } from '@headrace/formats'
import type { Stream } from '../agent/source.ts'
import type { FileOptions } from './file-options.ts'

/** An event of either API. Wide on purpose, so that new kinds of events don't break the build. */
type OpenAiEvent = { readonly type: string } | { readonly choices: readonly object[] }

/**
 * Turns a stream of OpenAI's SDK into chunks for `run.pipe()`: text, reasoning, tool calls with their streamed input, what
 * OpenAI's own tools did, sources, files, and what was used. Chat Completions says that only when it is asked with
 * `stream_options: { include_usage: true }`.
 *
 * A stream that fails, or breaks off, ends it as `upstream_failed`. When the run must stop, the request is aborted.
 *
 * @param stream - of `client.responses.create` or `client.chat.completions.create` with `stream: true`, or of their
 *   `stream` methods; or of any server that speaks the same
 * @example
 * ```ts
 * async function handler(run: AgentRun) {
 *   const stream = await openai.responses.create({ model: 'gpt-6-astra', input: textOf(run.input), stream: true })
 *   await run.pipe(fromOpenAi(stream))
 * }
 * ```
 */
export function fromOpenAi(stream: Stream<OpenAiEvent>, options?: FileOptions): AsyncIterable<Chunk> {
  return new DecodedStream<OpenAiEvent>(stream, createOpenAiDecoder({ bigFiles: 'whole' }), options)
}
