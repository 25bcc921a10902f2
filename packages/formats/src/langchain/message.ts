import type { RawEvent } from '../guarded.ts'

/** A block of a message whose content is a list: what is not read here is left out. */
export interface MessageBlock {
  readonly type: string
  readonly text?: string
  readonly thinking?: string
  readonly reasoning?: string
}

export interface MessageCall {
  readonly id?: string
  readonly name: string
  readonly args: unknown
}

/** A piece of a call: the first has the name. */
export interface MessageCallChunk {
  readonly id?: string
  readonly name?: string
  readonly args?: string
  readonly index?: number
}

export interface MessageUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly input_token_details?: { readonly cache_read?: number }
}

/**
 * A message of LangChain, or a piece of one, as a shape: what is not read here is left out. A test holds it against the
 * types of `@langchain/core`.
 */
export interface LangChainMessage {
  readonly type: string
  readonly id?: string | undefined
  readonly content: string | readonly MessageBlock[]
  readonly tool_calls?: readonly MessageCall[]
  readonly tool_call_chunks?: readonly MessageCallChunk[]
  readonly usage_metadata?: MessageUsage
  readonly additional_kwargs?: { readonly reasoning_content?: unknown }
  readonly response_metadata?: { readonly finish_reason?: unknown; readonly stop_reason?: unknown }
  /** Of what came of a tool. */
  readonly tool_call_id?: string
  readonly status?: 'success' | 'error'
}

/** A message, as an object of LangChain or as LangChain writes it as JSON; `undefined` when it is something else. */
export function messageOf(value: unknown): LangChainMessage | undefined {
  if (!isObject(value)) return undefined
  const { lc, id, kwargs } = value
  if (lc === 1 && Array.isArray(id) && isObject(kwargs)) {
    const type = types[String(id.at(-1)).replace(/(Chunk)?$/, '')]
    return type === undefined ? undefined : ({ ...kwargs, type } as unknown as LangChainMessage) // written by its class
  }
  const isMessage = typeof value['type'] === 'string' && 'content' in value
  return isMessage ? (value as unknown as LangChainMessage) : undefined // the guard catches what is not as promised
}

const types: Readonly<Record<string, string>> = { AIMessage: 'ai', ToolMessage: 'tool', HumanMessage: 'human' }

export function isObject(value: unknown): value is RawEvent {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
