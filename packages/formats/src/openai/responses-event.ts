/**
 * The stream events of the OpenAI Responses API that become output, as shapes: what is not read here is left out. A test
 * holds them against the types of `openai`.
 */

export interface ResponsesUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly input_tokens_details?: { readonly cached_tokens?: number }
}

/** The answer as a whole, as the last event has it. */
export interface ResponseShape {
  readonly usage?: ResponsesUsage | null
  readonly error?: { readonly code: string; readonly message: string } | null
  readonly incomplete_details?: { readonly reason?: string } | null
}

export interface MessageItem {
  readonly type: 'message'
  readonly id: string
  readonly content?: readonly (
    | { readonly type: 'output_text'; readonly text: string }
    | { readonly type: 'refusal'; readonly refusal: string }
  )[]
}

export interface FunctionCallItem {
  readonly type: 'function_call'
  readonly id?: string
  readonly call_id: string
  readonly name: string
  readonly arguments: string
}

export interface CustomCallItem {
  readonly type: 'custom_tool_call'
  readonly id?: string
  readonly call_id: string
  readonly name: string
  readonly input: string
}

/** A tool that the provider runs itself. */
export type ProviderCallItem =
  | { readonly type: 'web_search_call'; readonly id: string; readonly status: string; readonly action?: unknown }
  | {
      readonly type: 'file_search_call'
      readonly id: string
      readonly status: string
      readonly queries: readonly string[]
      readonly results?: unknown
    }
  | {
      readonly type: 'code_interpreter_call'
      readonly id: string
      readonly status: string
      readonly code: string | null
      readonly outputs: unknown
    }
  | {
      readonly type: 'image_generation_call'
      readonly id: string
      readonly status: string
      readonly result: string | null
      readonly output_format?: string | null
      readonly revised_prompt?: string | null
    }
  | {
      readonly type: 'mcp_call'
      readonly id: string
      readonly name: string
      readonly server_label: string
      readonly arguments: string
      readonly output?: string | null
      readonly error?: unknown
    }

/** A tool of the provider's design that the application runs. */
export interface ActionCallItem {
  readonly type: 'computer_call' | 'local_shell_call' | 'shell_call' | 'apply_patch_call'
  readonly id: string
  readonly call_id: string
  readonly action?: unknown
  readonly operation?: unknown
}

/** An MCP server waits for leave to do something: answer in the next request, as `mcp_approval_response`. */
export interface McpApprovalItem {
  readonly type: 'mcp_approval_request'
  readonly id: string
  readonly name: string
  readonly server_label: string
  readonly arguments: string
}

export type OutputItem =
  | MessageItem
  | FunctionCallItem
  | CustomCallItem
  | ProviderCallItem
  | ActionCallItem
  | McpApprovalItem
  | { readonly type: 'reasoning' }

export type Annotation =
  | { readonly type: 'url_citation'; readonly url: string; readonly title: string }
  | { readonly type: 'file_citation' | 'container_file_citation'; readonly file_id: string; readonly filename: string }
  | { readonly type: 'file_path'; readonly file_id: string }

interface OfItem {
  readonly item_id: string
}

interface OfContent extends OfItem {
  readonly content_index: number
}

export type ResponsesEvent =
  | { readonly type: 'response.output_item.added'; readonly item: OutputItem }
  | { readonly type: 'response.output_item.done'; readonly item: OutputItem }
  | ({ readonly type: 'response.output_text.delta'; readonly delta: string } & OfContent)
  | ({ readonly type: 'response.output_text.done'; readonly text: string } & OfContent)
  | ({ readonly type: 'response.output_text.annotation.added'; readonly annotation: Annotation | null } & OfContent)
  | ({ readonly type: 'response.refusal.delta'; readonly delta: string } & OfContent)
  | ({
      readonly type: 'response.reasoning_summary_text.delta'
      readonly delta: string
      readonly summary_index: number
    } & OfItem)
  | ({ readonly type: 'response.reasoning_text.delta'; readonly delta: string } & OfContent)
  | ({ readonly type: 'response.function_call_arguments.delta'; readonly delta: string } & OfItem)
  | ({ readonly type: 'response.function_call_arguments.done'; readonly arguments: string } & OfItem)
  | ({ readonly type: 'response.custom_tool_call_input.delta'; readonly delta: string } & OfItem)
  | ({ readonly type: 'response.mcp_call_arguments.delta'; readonly delta: string } & OfItem)
  | { readonly type: 'response.completed'; readonly response: ResponseShape }
  | { readonly type: 'response.incomplete'; readonly response: ResponseShape }
  | { readonly type: 'response.failed'; readonly response: ResponseShape }
  | { readonly type: 'error'; readonly code: string | null; readonly message: string }
