import type { ModelProtocol, ModelRequest } from './model-request.ts'
import type { Stop, ToolCall, TurnUsage } from './script.ts'

/** One event of a stream. */
export interface Frame {
  /** For the `event:` line; without one there is none. */
  readonly event?: string
  /** Sent as JSON; text is sent as it is. */
  readonly data: unknown
}

export type NamedCall = Required<ToolCall>

/** What the model says when it has said everything. */
export interface Ending {
  readonly stop: Stop | undefined
  readonly usage: Required<TurnUsage>
}

/**
 * How one protocol says things. A dialect is for one answer: it counts what it has said, and can give it as a whole to who
 * wants no stream.
 */
export interface Dialect {
  begin(usage: Required<TurnUsage>): Iterable<Frame>
  text(pieces: readonly string[]): Iterable<Frame>
  reasoning(pieces: readonly string[]): Iterable<Frame>
  tools(calls: readonly NamedCall[]): Iterable<Frame>
  end(ending: Ending): Iterable<Frame>
  /** An error in the middle of a stream. */
  error(message: string): Frame
  /** The whole answer, after `end`. */
  whole(): unknown
}

/** The body of an HTTP error. */
export function errorBody(protocol: ModelProtocol, status: number, message: string): unknown {
  switch (protocol) {
    case 'openai-responses':
    case 'openai-chat':
      return { error: { message, type: status === 429 ? 'rate_limit_error' : 'server_error', param: null, code: null } }
    case 'anthropic':
      return { type: 'error', error: { type: anthropicErrors[status] ?? 'api_error', message }, request_id: 'req_1' }
    case 'gemini':
      return { error: { code: status, message, status: status === 429 ? 'RESOURCE_EXHAUSTED' : 'INTERNAL' } }
    default:
      return protocol satisfies never
  }
}

const anthropicErrors: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

/** What a dialect must know of the request, and an id that no other answer has. */
export interface Answering {
  readonly request: Pick<ModelRequest, 'model' | 'body'>
  readonly id: string
}

/** The input of a call as it is sent. */
export function inputText({ input }: ToolCall): string {
  return typeof input === 'string' ? input : JSON.stringify(input)
}

export function inputJson(call: ToolCall): unknown {
  try {
    return JSON.parse(inputText(call)) as unknown
  } catch {
    return {}
  }
}

/** Cuts text into pieces of a few characters, never within a character. */
export function pieces(text: string | readonly string[], chars = 8): readonly string[] {
  if (typeof text !== 'string') return text
  const all = Array.from(text)
  return Array.from({ length: Math.ceil(all.length / chars) }, (_, index) =>
    all.slice(index * chars, (index + 1) * chars).join(''),
  )
}
