/**
 * The stream events of the Anthropic Messages API that become output, as shapes: what is not read here is left out. A test
 * holds them against the types of `@anthropic-ai/sdk`.
 */

export interface MessagesUsage {
  readonly input_tokens?: number | null
  readonly output_tokens?: number | null
  readonly cache_creation_input_tokens?: number | null
  readonly cache_read_input_tokens?: number | null
}

/** A tool that the model calls: of the application's, of the provider's own, or of an MCP server. */
export interface ToolUseBlock {
  readonly type: 'tool_use' | 'server_tool_use' | 'mcp_tool_use'
  readonly id: string
  readonly name: string
  readonly input: unknown
}

/** What came of a tool that the provider ran: `web_search_tool_result` and its like. */
export interface ToolResultBlock {
  readonly type: `${string}_tool_result`
  readonly tool_use_id: string
  readonly content: unknown
  readonly is_error?: boolean
}

export type ContentBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string }
  | { readonly type: 'redacted_thinking' }
  | ToolUseBlock
  | ToolResultBlock
  | { readonly type: 'container_upload'; readonly file_id: string }

export type Citation =
  | { readonly type: 'web_search_result_location'; readonly url: string; readonly title: string | null }
  | { readonly type: 'search_result_location'; readonly source: string; readonly title: string | null }
  | {
      readonly type: 'char_location' | 'page_location' | 'content_block_location'
      readonly document_title: string | null
      readonly document_index: number
    }

export type ContentDelta =
  | { readonly type: 'text_delta'; readonly text: string }
  | { readonly type: 'thinking_delta'; readonly thinking: string }
  | { readonly type: 'signature_delta' }
  | { readonly type: 'input_json_delta'; readonly partial_json: string }
  | { readonly type: 'citations_delta'; readonly citation: Citation }

export type MessagesEvent =
  | { readonly type: 'message_start'; readonly message: { readonly usage?: MessagesUsage | null } }
  | { readonly type: 'content_block_start'; readonly index: number; readonly content_block: ContentBlock }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: ContentDelta }
  | { readonly type: 'content_block_stop'; readonly index: number }
  | {
      readonly type: 'message_delta'
      readonly delta: {
        readonly stop_reason: string | null
        readonly stop_details?: { readonly explanation?: string | null } | null
      }
      readonly usage?: MessagesUsage | null
    }
  | { readonly type: 'message_stop' }
  | { readonly type: 'ping' }
  | { readonly type: 'error'; readonly error: { readonly type: string; readonly message: string } }
