import type { JsonObject, PromptMessage, PromptPart } from '@headrace/core'
import { createMessagesDecoder } from '@headrace/formats/anthropic'
import { createJsonReader, fieldAt, textAt } from './json-reader.ts'
import { resultText } from './result-text.ts'
import { isAddress, wordsOf } from './speakers.ts'
import type { Conversation, WireFormat } from '../wire-format.ts'

/** The API needs a bound; the registration may name another one in `body`. */
const maxTokens = 8_192

/** The Messages API of Anthropic. */
export const anthropic: WireFormat = {
  headers: { 'anthropic-version': '2023-06-01' },
  accept: ['text/event-stream'],
  defaults: { max_tokens: maxTokens },
  body: (conversation) => ({
    messages: joined(conversation.messages.flatMap((message) => toTurns(message, conversation))),
    stream: true,
  }),
  read() {
    const elsewhere = new Set<string>()
    const look = (event: unknown): boolean => {
      if (textAt(event, 'type') === 'content_block_start') {
        const block = fieldAt(event, 'content_block')
        const type = textAt(block, 'type')
        if (type === 'server_tool_use' || type === 'mcp_tool_use') elsewhere.add(textAt(block, 'id') ?? '')
      }
      return textAt(event, 'type') === 'message_stop'
    }
    return createJsonReader({ decoder: createMessagesDecoder(), look, elsewhere })
  },
}

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: readonly JsonObject[]
}

function toTurns(message: PromptMessage, { messages }: Conversation): readonly Turn[] {
  const text = wordsOf(message, messages)
  const said = text === '' ? [] : [{ type: 'text', text }]
  if (message.role === 'user') return [{ role: 'user', content: [...message.parts.flatMap(fileOf), ...said] }]
  const calls = message.parts.filter((part) => part.kind === 'tool')
  const uses = calls.map(({ callId, name, input }) => ({ type: 'tool_use', id: callId, name, input }))
  const results = calls.map((call) => ({
    type: 'tool_result',
    tool_use_id: call.callId,
    content: resultText(call),
    ...(call.output === undefined && { is_error: true }),
  }))
  return [
    { role: 'assistant', content: [...said, ...uses] },
    { role: 'user', content: results },
  ]
}

/** The API wants people and model to take turns, and a person to begin. */
function joined(turns: readonly Turn[]): readonly JsonObject[] {
  const all: { role: Turn['role']; content: JsonObject[] }[] = []
  for (const { role, content } of turns) {
    const last = all.at(-1)
    if (content.length === 0 || (!last && role === 'assistant')) continue
    if (last?.role === role) last.content.push(...content)
    else all.push({ role, content: [...content] })
  }
  return all.map(({ role, content }) => ({ role, content }))
}

function fileOf(part: PromptPart): readonly JsonObject[] {
  if (part.kind !== 'file' || !isAddress(part.url)) return []
  const type = part.mediaType.startsWith('image/') ? 'image' : 'document'
  const data = /^data:([^;,]*);base64,(.*)$/s.exec(part.url)
  const source = data
    ? { type: 'base64', media_type: data[1] ?? part.mediaType, data: data[2] ?? '' }
    : { type: 'url', url: part.url }
  return [{ type, source }]
}
