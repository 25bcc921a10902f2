import type { JsonObject, PromptMessage, PromptPart } from '@headrace/core'
import { createResponsesDecoder } from '@headrace/formats/openai'
import { createJsonReader, fieldAt, textAt } from './json-reader.ts'
import { resultText, type ToolCall } from './result-text.ts'
import { isAddress, wordsOf } from './speakers.ts'
import { toJson } from '../../to-json.ts'
import type { Approval, Ask, Conversation, WireFormat } from '../wire-format.ts'

/** Calls of these the endpoint itself, or its provider, runs: nobody here is to answer them. */
const ofProvider =
  /^(?:web_search|file_search|code_interpreter|image_generation|mcp|computer|local_shell|shell|apply_patch)_call$/

/** The Responses API of OpenAI. */
export const openAiResponses: WireFormat = {
  accept: ['text/event-stream'],
  body: (conversation) => ({
    input: conversation.messages.flatMap((message) => toItems(message, conversation)),
    stream: true,
  }),
  read() {
    const asks: Ask[] = []
    const elsewhere = new Set<string>()
    const look = (event: unknown): boolean => {
      const kind = textAt(event, 'type')
      if (kind !== 'response.output_item.done') return kind === 'response.completed' || kind === 'response.incomplete'
      const item = fieldAt(event, 'item')
      const type = textAt(item, 'type') ?? ''
      const id = textAt(item, 'id') ?? ''
      if (type === 'mcp_approval_request') asks.push(approvalOf(item, id))
      else if (ofProvider.test(type)) for (const name of [id, textAt(item, 'call_id') ?? '']) elsewhere.add(name)
      return false
    }
    return createJsonReader({ decoder: createResponsesDecoder(), look, asks, elsewhere })
  },
}

function approvalOf(item: unknown, id: string): Ask {
  const server = textAt(item, 'server_label') ?? ''
  return {
    type: 'approval',
    id,
    callId: id,
    name: textAt(item, 'name') ?? 'a tool',
    input: toJson(textAt(item, 'arguments') ?? ''),
    ...(server !== '' && { reason: `It is a tool of ${server}.` }),
    extra: { arguments: textAt(item, 'arguments') ?? '', server },
  }
}

function toItems(message: PromptMessage, { messages, approvals }: Conversation): readonly JsonObject[] {
  const text = wordsOf(message, messages)
  const isOwn = message.role === 'assistant'
  const content = [
    ...(text === '' ? [] : [{ type: isOwn ? 'output_text' : 'input_text', text }]),
    ...(isOwn ? [] : message.parts.flatMap(fileOf)),
  ]
  const calls = message.parts.filter((part) => part.kind === 'tool')
  return [
    ...(content.length === 0 ? [] : [{ type: 'message', role: message.role, content }]),
    ...calls.flatMap((call) => callItems(call, approvals.get(call.callId))),
  ]
}

function callItems(call: ToolCall, approval: Approval | undefined): readonly JsonObject[] {
  const { callId, name, input } = call
  if (approval) {
    const { id, approved, reason, extra } = approval
    return [
      {
        type: 'mcp_approval_request',
        id,
        name,
        server_label: extra['server'] ?? '',
        arguments: extra['arguments'] ?? '',
      },
      {
        type: 'mcp_approval_response',
        approval_request_id: id,
        approve: approved,
        ...(reason !== undefined && { reason }),
      },
    ]
  }
  return [
    { type: 'function_call', call_id: callId, name, arguments: JSON.stringify(input) },
    { type: 'function_call_output', call_id: callId, output: resultText(call) },
  ]
}

function fileOf(part: PromptPart): readonly JsonObject[] {
  if (part.kind !== 'file' || !isAddress(part.url)) return []
  if (part.mediaType.startsWith('image/')) return [{ type: 'input_image', image_url: part.url, detail: 'auto' }]
  return part.url.startsWith('data:')
    ? [{ type: 'input_file', file_data: part.url, filename: part.name ?? 'file' }]
    : [{ type: 'input_file', file_url: part.url }]
}
