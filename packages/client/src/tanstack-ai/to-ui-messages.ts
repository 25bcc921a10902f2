import type { Message } from '@headrace/core'
import { toAgUiMessages, type AgUiMessage } from '@headrace/formats/ag-ui'
import type { UIMessage } from '@tanstack/ai-client'

type Part = UIMessage['parts'][number]

/** Messages of a session as a chat of TanStack AI has them: with the ids that a stream gives them. */
export function toUiMessages(messages: readonly Message[]): UIMessage[] {
  const made: UIMessage[] = []
  const thoughts: Part[] = []
  for (const message of toAgUiMessages(messages)) {
    if (message.role === 'reasoning') thoughts.push({ type: 'thinking', content: message.content })
    else if (message.role === 'tool') addResult(made, message)
    else if (message.role === 'user' || message.role === 'assistant') {
      const before = message.role === 'assistant' ? thoughts.splice(0) : []
      made.push({ id: message.id, role: message.role, parts: [...before, ...partsOf(message)] })
    }
  }
  return made
}

function partsOf(message: Extract<AgUiMessage, { readonly role: 'user' | 'assistant' }>): Part[] {
  const { content = '' } = message
  const text =
    typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : []
  return [
    ...(text === '' ? [] : [{ type: 'text' as const, content: text }]),
    ...calls.map(({ id, function: { name, arguments: input } }) => ({
      type: 'tool-call' as const,
      id,
      name,
      arguments: input,
      state: 'input-complete' as const,
    })),
  ]
}

function addResult(made: UIMessage[], { toolCallId, content }: Extract<AgUiMessage, { readonly role: 'tool' }>): void {
  const at = made.findLastIndex(({ parts }) =>
    parts.some((part) => part.type === 'tool-call' && part.id === toolCallId),
  )
  const owner = made[at]
  if (!owner) return
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  const result = { type: 'tool-result' as const, toolCallId, content: text, state: 'complete' as const }
  made[at] = { ...owner, parts: [...owner.parts, result] }
}
