import type { JsonObject } from '@headrace/core'

export type ModelProtocol = 'openai-responses' | 'openai-chat' | 'anthropic' | 'gemini'

/**
 * How a request ended. `complete`: it was answered as the script says. `aborted`: the client went first. `cut`: the script
 * reset it, or broke it off.
 */
export type ModelEnd = 'complete' | 'aborted' | 'cut'

/** What a client says came of a tool. */
export interface ToolResult {
  readonly callId: string
  readonly output: string
}

/** A request as the server saw it. */
export interface ModelRequest {
  readonly protocol: ModelProtocol
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: JsonObject
  readonly model: string
  readonly isStreaming: boolean
  /** The newest words of a person. */
  readonly prompt: string
  /** What came of tools after that, oldest first. */
  readonly toolResults: readonly ToolResult[]
  /** Names of the tools that the model may call. */
  readonly tools: readonly string[]
  /** Pieces of the answer that the client's side of the connection has taken so far. */
  readonly sentPieces: number
  readonly ended: Promise<ModelEnd>
}

/** What the protocols have in common, read out of a body. */
export type Asked = Pick<ModelRequest, 'model' | 'isStreaming' | 'prompt' | 'toolResults' | 'tools'>
