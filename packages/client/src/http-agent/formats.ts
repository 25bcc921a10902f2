import { HeadraceError } from '@headrace/core'
import { agentFormats, type AgentFormat } from '@headrace/formats'
import { agUi } from './formats/ag-ui.ts'
import { aiSdk } from './formats/ai-sdk.ts'
import { anthropic } from './formats/anthropic.ts'
import { openAiChat } from './formats/openai-chat.ts'
import { openAiResponses } from './formats/openai-responses.ts'
import { sseText } from './formats/sse-text.ts'
import type { WireFormat } from './wire-format.ts'

const formats: Readonly<Record<AgentFormat, WireFormat>> = {
  'ai-sdk': aiSdk,
  'ag-ui': agUi,
  'openai-chat': openAiChat,
  'openai-responses': openAiResponses,
  anthropic,
  'sse-text': sseText,
}

/** @throws HeadraceError `bad_request` */
export function formatOf(name: AgentFormat): WireFormat {
  // A caller without types may say anything.
  if (Object.hasOwn(formats, name)) return formats[name]
  throw new HeadraceError('bad_request', `There is no format ${String(name)}. Formats: ${agentFormats.join(', ')}.`)
}
