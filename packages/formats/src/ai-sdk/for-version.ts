import type { UiChunk } from './ui-message.ts'

/** Major versions of `ai` whose chats can be served. */
export type AiSdkVersion = 6 | 7

/** The chunk as a version of the AI SDK understands it; `undefined` where it has no word for it: an unknown one breaks it. */
export function forVersion(chunk: UiChunk, version: AiSdkVersion): UiChunk | undefined {
  if (version === 7) return chunk
  switch (chunk.type) {
    case 'reset-step':
    case 'custom':
    case 'tool-approval-response':
      return undefined
    case 'tool-approval-request': {
      const { reason: _, ...known } = chunk
      return known
    }
    case 'finish':
      return chunk.finishReason === 'interrupted' ? { type: 'finish', finishReason: 'other' } : chunk
    default:
      return chunk
  }
}
