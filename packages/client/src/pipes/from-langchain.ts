import { createLangChainDecoder } from '@headrace/formats/langchain'
import { DecodedStream } from './decoded-stream.ts'
import type { Chunk } from '@headrace/formats'
import type { Stream } from '../agent/source.ts'

/**
 * Turns a stream of LangChain or LangGraph into chunks for `run.pipe()`: text, reasoning, tool calls with their streamed
 * input, what came of them, and what was used. An interrupt of a graph becomes a `data` part named `interrupt`: ask by
 * `run.ask` or `run.approve`, and resume the graph with the answer.
 *
 * Give the graph the signal of the run: it goes on when nobody reads any more.
 *
 * @param stream - of `streamEvents(…, { version: 'v2' })`, or of `stream` of a graph in the modes `messages`, `updates` and
 *   `custom`, alone or together; what comes in two modes is said once
 * @example
 * ```ts
 * async function handler(run: AgentRun) {
 *   const input = { messages: [{ role: 'user', content: textOf(run.input) }] }
 *   const stream = await graph.stream(input, { streamMode: ['messages', 'updates'], signal: run.signal })
 *   await run.pipe(fromLangChain(stream))
 * }
 * ```
 */
export function fromLangChain(stream: Stream<object>): AsyncIterable<Chunk> {
  return new DecodedStream<object>(stream, createLangChainDecoder())
}
