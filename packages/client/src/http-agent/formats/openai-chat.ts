import type { JsonObject, PromptMessage } from '@headrace/core'
import { createChatDecoder } from '@headrace/formats/openai'
import { createJsonReader } from './json-reader.ts'
import { resultText } from './result-text.ts'
import { isAddress, wordsOf } from './speakers.ts'
import type { Conversation, WireFormat } from '../wire-format.ts'

/** The Chat Completions API of OpenAI, and the many servers that speak it. */
export const openAiChat: WireFormat = {
  accept: ['text/event-stream'],
  body: (conversation) => ({
    messages: conversation.messages.flatMap((message) => toMessages(message, conversation)),
    stream: true,
  }),
  read: () => createJsonReader({ decoder: createChatDecoder() }),
}

function toMessages(message: PromptMessage, { messages }: Conversation): readonly JsonObject[] {
  const text = wordsOf(message, messages)
  if (message.role === 'user') {
    const images = message.parts.flatMap((part) =>
      part.kind === 'file' && part.mediaType.startsWith('image/') && isAddress(part.url)
        ? [{ type: 'image_url', image_url: { url: part.url } }]
        : [],
    )
    if (images.length === 0) return text === '' ? [] : [{ role: 'user', content: text }]
    return [{ role: 'user', content: [...(text === '' ? [] : [{ type: 'text', text }]), ...images] }]
  }
  const calls = message.parts.filter((part) => part.kind === 'tool')
  if (calls.length === 0) return text === '' ? [] : [{ role: 'assistant', content: text }]
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      tool_calls: calls.map(({ callId, name, input }) => ({
        id: callId,
        type: 'function',
        function: { name, arguments: JSON.stringify(input) },
      })),
    },
    ...calls.map((call) => ({ role: 'tool', tool_call_id: call.callId, content: resultText(call) })),
  ]
}
