import { HeadraceError } from '@headrace/core'
import { agentFormats, type AgentFormat } from '@headrace/formats'
import { aiSdk } from './formats/ai-sdk.ts'
import { anthropic } from './formats/anthropic.ts'
import { openAiChat } from './formats/openai-chat.ts'
import { openAiResponses } from './formats/openai-responses.ts'
import { sseText } from './formats/sse-text.ts'
import type { WireFormat } from './wire-format.ts'

const formats: Readonly<Partial<Record<AgentFormat, WireFormat>>> = {
  'ai-sdk': aiSdk,
  'openai-chat': openAiChat,
  'openai-responses': openAiResponses,
  anthropic,
  'sse-text': sseText,
}

/** @throws HeadraceError `bad_request` */
export function formatOf(name: AgentFormat): WireFormat {
  const format = formats[name]
  if (format) return format
  throw new HeadraceError('bad_request', `There is no format ${String(name)}. Formats: ${agentFormats.join(', ')}.`)
}
