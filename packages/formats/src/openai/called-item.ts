import { ToolInput, parseInput } from '../tool-input.ts'
import type { Json } from '@headrace/core'
import type { Chunk } from '../chunk.ts'
import type {
  ActionCallItem,
  CustomCallItem,
  FunctionCallItem,
  McpApprovalItem,
  OutputItem,
  ProviderCallItem,
} from './responses-event.ts'

/** An item that is a call of a tool: by the application, by the provider, by an MCP server that the provider asks. */
export type CallItem = FunctionCallItem | CustomCallItem | ProviderCallItem | ActionCallItem | McpApprovalItem

/** The call that an item begins; `undefined` when it is something else. */
export function callOf(item: OutputItem): { readonly item: CallItem; readonly input: ToolInput } | undefined {
  switch (item.type) {
    case 'function_call':
      return { item, input: new ToolInput(item.call_id, item.name) }
    case 'custom_tool_call':
      return { item, input: new ToolInput(item.call_id, item.name, 'plain') }
    case 'mcp_call':
    case 'mcp_approval_request':
      return { item, input: new ToolInput(item.id, item.name) }
    case 'web_search_call':
    case 'file_search_call':
    case 'code_interpreter_call':
    case 'image_generation_call':
      return { item, input: new ToolInput(item.id, toolName(item.type)) }
    case 'computer_call':
    case 'local_shell_call':
    case 'shell_call':
    case 'apply_patch_call':
      return { item, input: new ToolInput(item.call_id, toolName(item.type)) }
    case 'message':
    case 'reasoning':
      return undefined
    default:
      item satisfies never // from a newer version
      return undefined
  }
}

function toolName(type: string): string {
  return type.replace(/_call$/, '')
}

/** What a call says when it is complete: its whole input and, of a tool that the provider ran, what came of it. */
export function completed(item: CallItem, input: ToolInput): readonly Chunk[] {
  switch (item.type) {
    case 'function_call':
      return input.done(item.arguments)
    case 'custom_tool_call':
      return input.done(item.input)
    case 'mcp_approval_request': {
      const value = { callId: item.id, tool: item.name, server: item.server_label, input: jsonOf(item.arguments) }
      return [...input.done(item.arguments), { type: 'data', name: 'approval-request', value }]
    }
    case 'mcp_call':
      return [...input.done(item.arguments), outcome(item, item.output ?? null, item.error)]
    case 'web_search_call':
      return [...input.done(JSON.stringify(item.action ?? {})), outcome(item, { status: item.status })]
    case 'file_search_call':
      return [
        ...input.done(JSON.stringify({ queries: item.queries })),
        outcome(item, { results: item.results ?? null }),
      ]
    case 'code_interpreter_call':
      return [...input.done(JSON.stringify({ code: item.code })), outcome(item, { outputs: item.outputs ?? null })]
    case 'image_generation_call': {
      const format = item.output_format ?? 'png'
      const mediaType = format === 'svg' ? 'image/svg+xml' : `image/${format}`
      const file: Chunk = { type: 'file', url: `data:${mediaType};base64,${item.result ?? ''}`, mediaType }
      const prompt = item.revised_prompt ?? null
      return [
        ...input.done(JSON.stringify({ prompt })),
        outcome(item, { status: item.status }),
        ...(item.result ? [file] : []),
      ]
    }
    case 'computer_call':
    case 'local_shell_call':
    case 'shell_call':
    case 'apply_patch_call':
      return input.done(JSON.stringify(item.action ?? item.operation ?? {}))
    default:
      return item satisfies never
  }
}

function outcome(item: ProviderCallItem, output: unknown, error?: unknown): Chunk {
  const failed = 'status' in item && item.status === 'failed'
  if (error === undefined || error === null)
    return failed
      ? { type: 'tool-error', callId: item.id, error: 'The tool failed.' }
      : { type: 'tool-result', callId: item.id, output }
  return { type: 'tool-error', callId: item.id, error: messageOf(error) }
}

function messageOf(error: unknown): string {
  if (typeof error === 'string') return error
  const isTold = typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  return isTold ? String(error.message) : JSON.stringify(error)
}

function jsonOf(text: string): Json {
  return (parseInput(text)?.value ?? text) as Json // JSON.parse made it
}
