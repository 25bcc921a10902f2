import type { Json, JsonObject } from '@headrace/core'
import type { Asked, ModelProtocol, ToolResult } from './model-request.ts'

/** Reads what every protocol has in a place of its own. */
export function asked(protocol: ModelProtocol, body: JsonObject, path: string): Asked {
  switch (protocol) {
    case 'openai-responses':
      return { ...common(body), ...conversation(itemsOf(body['input'])) }
    case 'openai-chat':
    case 'anthropic':
      return { ...common(body), ...conversation(list(body['messages']).flatMap(messageItems)) }
    case 'gemini':
      return {
        model: /models\/([^:]+):/.exec(path)?.[1] ?? 'unknown',
        isStreaming: path.includes(':streamGenerateContent'),
        tools: list(body['tools']).flatMap((tool) => list(tool['functionDeclarations']).map(({ name }) => text(name))),
        ...conversation(list(body['contents']).flatMap(geminiItems)),
      }
    default:
      return protocol satisfies never
  }
}

function common(body: JsonObject): Pick<Asked, 'model' | 'isStreaming' | 'tools'> {
  const tools = list(body['tools']).map((tool) =>
    text(tool['name'] ?? object(tool['function'])['name'] ?? tool['type']),
  )
  return { model: text(body['model'] ?? 'unknown'), isStreaming: body['stream'] === true, tools }
}

/** One thing of a conversation that matters here. */
type Item = { readonly prompt: string } | { readonly result: ToolResult }

function conversation(items: readonly Item[]): Pick<Asked, 'prompt' | 'toolResults'> {
  const newest = items.findLastIndex((item) => 'prompt' in item)
  const said = items[newest]
  const toolResults = items.slice(newest + 1).flatMap((item) => ('result' in item ? [item.result] : []))
  return { prompt: said && 'prompt' in said ? said.prompt : '', toolResults }
}

function itemsOf(input: Json | undefined): readonly Item[] {
  if (typeof input === 'string') return [{ prompt: input }]
  return list(input).flatMap((item): readonly Item[] => {
    const type = text(item['type'] ?? 'message')
    if (type.endsWith('_output')) return [{ result: { callId: text(item['call_id']), output: asText(item['output']) } }]
    return item['role'] === 'user' ? [{ prompt: asText(item['content']) }] : []
  })
}

/** A message of Chat Completions, whose results are messages, or of Anthropic, whose results are in what people say. */
function messageItems(message: JsonObject): readonly Item[] {
  const { role, content } = message
  if (role === 'tool') return [{ result: { callId: text(message['tool_call_id']), output: asText(content ?? null) } }]
  if (role !== 'user') return []
  const blocks = list(content)
  const results = blocks
    .filter(({ type }) => type === 'tool_result')
    .map((block): Item => ({ result: { callId: text(block['tool_use_id']), output: asText(block['content']) } }))
  // Agents put reminders of their own beside results: those are no new prompt.
  return results.length > 0 ? results : [{ prompt: asText(content ?? null) }]
}

function geminiItems({ role, parts }: JsonObject): readonly Item[] {
  if (role === 'model') return []
  const results = list(parts)
    .map((part) => object(part['functionResponse']))
    .filter((response) => response['name'] !== undefined)
    .map((response): Item => {
      return {
        result: { callId: text(response['id'] ?? response['name']), output: JSON.stringify(response['response']) },
      }
    })
  return results.length > 0 ? results : [{ prompt: asText(parts) }]
}

/** The words of content in any form. */
function asText(content: Json | undefined): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => text(part['text'] ?? ''))
    .join('\n')
}

function list(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item: Json) => isObject(item)) : []
}

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
}
