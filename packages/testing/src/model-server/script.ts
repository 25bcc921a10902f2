import type { ModelRequest } from './model-request.ts'

/** A tool that the model calls. */
export interface ToolCall {
  readonly name: string
  /** Sent as JSON; text is sent as it is, also when it is no JSON. */
  readonly input: unknown
  /** Default: made up, another one for each call. */
  readonly id?: string
}

/**
 * What goes wrong in the middle.
 *
 * - `reset`: the connection is reset
 * - `hang`: nothing more comes, until the client goes
 * - `break-off`: the response ends in good order, without what the protocol ends with
 */
export type Fault = 'reset' | 'hang' | 'break-off'

/**
 * One thing that the model does. Text and reasoning are streamed in pieces: those given, or pieces of a few characters. Text
 * after text, and whatever goes wrong between, is in the same text.
 */
export type Step =
  | { readonly type: 'text'; readonly text: string | readonly string[] }
  | { readonly type: 'reasoning'; readonly text: string | readonly string[] }
  /** Several are called in parallel: where the protocol can, their inputs come interleaved. */
  | { readonly type: 'tools'; readonly calls: readonly ToolCall[] }
  /** Waits, so many milliseconds or until the test says so. */
  | { readonly type: 'wait'; readonly for: number | Promise<unknown> }
  /** Says in the stream that it failed, and ends. */
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: Fault }
  /** An event of the protocol as it is: for what this language has no word for. */
  | { readonly type: 'event'; readonly data: unknown; readonly event?: string }
  /** Bytes as they are, between two events: for what no server should send. */
  | { readonly type: 'bytes'; readonly bytes: string | Uint8Array }

/** Why the model stops, in the words of each protocol. Default: because it is done, or waits for its tools. */
export type Stop = 'length' | 'content-filter' | 'refusal'

export interface TurnUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Part of `inputTokens`. */
  readonly cachedTokens?: number
}

/** What the server answers to one request. */
export interface Turn {
  readonly steps: readonly Step[]
  readonly stop?: Stop
  /** Default: 10 in, 5 out. */
  readonly usage?: TurnUsage
  /** Milliseconds between two pieces. Default 0. */
  readonly everyMs?: number
}

/** A request that is refused before anything is streamed. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number
  readonly message?: string
  /** Seconds, for the `retry-after` header. */
  readonly retryAfter?: number
}

/** Decides what is answered. It should look at the request alone: clients repeat requests. */
export type Script = (request: ModelRequest) => Turn | Refusal | Promise<Turn | Refusal>

export function isRefusal(answer: Turn | Refusal): answer is Refusal {
  return 'status' in answer
}
