import { createMessagesDecoder } from '@headrace/formats/anthropic'
import { DecodedStream } from './decoded-stream.ts'
import type { Chunk } from '@headrace/formats'
import type { Stream } from '../agent/source.ts'

/** Wide on purpose, so that new kinds of events don't break the build. */
interface AnthropicEvent {
  readonly type: string
}

/**
 * Turns a stream of Anthropic's SDK into chunks for `run.pipe()`: text, thinking, tool calls with their streamed input, what
 * Anthropic's own tools did, sources, and what was used.
 *
 * A stream that fails, or breaks off, ends it as `upstream_failed`. When the run must stop, the request is aborted.
 *
 * @param stream - of `client.messages.create` with `stream: true`, or of `client.messages.stream`
 * @example
 * ```ts
 * async function handler(run: AgentRun) {
 *   const question = { role: 'user', content: textOf(run.input) } as const
 *   const stream = anthropic.messages.stream({ model: 'claude-sonnet-5-5', max_tokens: 1_024, messages: [question] })
 *   await run.pipe(fromAnthropic(stream))
 * }
 * ```
 */
export function fromAnthropic(stream: Stream<AnthropicEvent>): AsyncIterable<Chunk> {
  return new DecodedStream<AnthropicEvent>(stream, createMessagesDecoder())
}
