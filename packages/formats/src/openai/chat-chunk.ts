/**
 * The chunks of the OpenAI Chat Completions API that become output, as shapes, and what servers that speak it have added:
 * what is not read here is left out. A test holds them against the types of `openai`.
 */

export interface ChatUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null
}

export interface ChatToolCall {
  readonly index: number
  readonly id?: string
  readonly function?: { readonly name?: string; readonly arguments?: string }
  readonly custom?: { readonly name?: string; readonly input?: string }
}

export interface ChatDelta {
  readonly content?: string | null
  readonly refusal?: string | null
  readonly tool_calls?: readonly ChatToolCall[]
  /** What `tool_calls` was before there could be several. */
  readonly function_call?: { readonly name?: string; readonly arguments?: string }
  /** Spoken answers: only their words are read. */
  readonly audio?: { readonly transcript?: string }
  /** What models think, as DeepSeek and vLLM have it. */
  readonly reasoning_content?: string | null
  /** The same, as OpenRouter and others have it. */
  readonly reasoning?: string | null
  readonly annotations?: readonly {
    readonly type: string
    readonly url_citation?: { readonly url: string; readonly title: string }
  }[]
}

export interface ChatChunk {
  readonly id: string
  readonly choices: readonly {
    readonly index: number
    readonly delta: ChatDelta
    readonly finish_reason: string | null
  }[]
  readonly usage?: ChatUsage | null
  /** A stream that fails half-way says so in a chunk of its own. */
  readonly error?: { readonly message?: string; readonly code?: string | number | null } | string
}
