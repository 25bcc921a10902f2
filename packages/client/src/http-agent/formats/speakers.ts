import type { PromptMessage, PromptPart } from '@headrace/core'

/**
 * The words of a message for formats that have nothing but roles: where several people or agents speak, who said it stands
 * before it; what was stopped says so.
 */
export function wordsOf(message: PromptMessage, all: readonly PromptMessage[]): string {
  const text = message.parts.flatMap(words).join('')
  const said = message.interrupted ? `${text}\n\n(This was interrupted.)`.trim() : text
  if (message.role === 'assistant' || said === '') return said
  const speakers = new Set(all.filter(({ role }) => role === 'user').map(({ author }) => author))
  return speakers.size > 1 ? `${message.name}: ${said}` : said
}

function words(part: PromptPart): readonly string[] {
  switch (part.kind) {
    case 'text':
      return [part.text]
    case 'file':
      return isAddress(part.url) ? [] : [`[file: ${part.name ?? part.mediaType}]`]
    case 'reasoning':
    case 'tool':
    case 'source':
    case 'data':
      return []
    default:
      return part satisfies never
  }
}

/** Whether an endpoint elsewhere can read a file there: what this server keeps needs a token. */
export function isAddress(url: string): boolean {
  return /^(?:https?:\/\/|data:)/.test(url)
}
