import type { Json, PromptMessage, PromptPart } from '@headrace/core'
import { toMedia } from './content.ts'
import type { AgUiContext, AgUiInput, AgUiResume, AgUiTool } from './input.ts'
import type { AgUiContent, AgUiMessage, AgUiToolCall } from './messages.ts'
import { agUiVersion } from './encoder.ts'

export interface ToRunAgentInputOptions {
  /** Id of the conversation: the session's. */
  readonly threadId: string
  /** Id of the run, another one for each call. */
  readonly runId: string
  /** The run that this one goes on from. */
  readonly parentRunId?: string
  readonly state?: Json
  readonly tools?: readonly AgUiTool[]
  readonly context?: readonly AgUiContext[]
  readonly forwardedProps?: Json
  /** Answers to the interrupts that the run before ended with: {@link toResume}. */
  readonly resume?: readonly AgUiResume[]
}

/**
 * What an AG-UI agent is asked with, from what an agent of a session is given.
 *
 * @param prompt - `run.prompt()` or `promptView()`
 * @example
 * ```ts
 * const input = toRunAgentInput(run.prompt(), { threadId: session, runId: `${run.id}.${run.attempt}` })
 * ```
 */
export function toRunAgentInput(prompt: readonly PromptMessage[], options: ToRunAgentInputOptions): AgUiInput {
  const { tools = [], context = [], ...rest } = options
  return { protocolVersion: agUiVersion, messages: prompt.flatMap(toMessages), tools, context, ...rest }
}

function toMessages(message: PromptMessage): readonly AgUiMessage[] {
  return message.role === 'user' ? [fromOthers(message)] : fromSelf(message)
}

function fromOthers({ id, name, parts }: PromptMessage): AgUiMessage {
  const content = parts.flatMap((part) => contentOf(part))
  const [only] = content
  const isText = content.length === 1 && only?.type === 'text'
  return { id, role: 'user', name, content: isText ? only.text : content.length === 0 ? '' : content }
}

function contentOf(part: PromptPart): readonly AgUiContent[] {
  switch (part.kind) {
    case 'text':
      return [{ type: 'text', text: part.text }]
    case 'file':
      return [toMedia(part.url, part.mediaType)]
    case 'source':
      return [{ type: 'text', text: part.title === undefined ? part.url : `${part.title}: ${part.url}` }]
    case 'data':
      return [{ type: 'text', text: `${part.name}: ${JSON.stringify(part.value)}` }]
    // What another agent thought and called is no part of the conversation.
    case 'reasoning':
    case 'tool':
      return []
    default:
      return part satisfies never
  }
}

/** One message for each text with the calls behind it, and one for each result: as models want them. */
function fromSelf({ id, parts }: PromptMessage): readonly AgUiMessage[] {
  const made: AgUiMessage[] = []
  let calls: AgUiToolCall[] = []
  let results: AgUiMessage[] = []
  let text: string | undefined
  const flush = (): void => {
    if (text !== undefined || calls.length > 0) {
      const said = { ...(text !== undefined && { content: text }), ...(calls.length > 0 && { toolCalls: calls }) }
      made.push({ id: `${id}/${made.length}`, role: 'assistant', ...said }, ...results)
    }
    text = undefined
    calls = []
    results = []
  }
  for (const [index, part] of parts.entries()) {
    switch (part.kind) {
      case 'tool': {
        const { callId, name, input, output, error } = part
        calls.push({ id: callId, type: 'function', function: { name, arguments: JSON.stringify(input) } })
        const result = { id: `${id}/result/${index}`, role: 'tool' as const, toolCallId: callId }
        if (error !== undefined) results.push({ ...result, content: error, error })
        else results.push({ ...result, content: typeof output === 'string' ? output : JSON.stringify(output ?? null) })
        break
      }
      case 'reasoning':
        flush()
        made.push({ id: `${id}/${made.length}`, role: 'reasoning', content: part.text })
        break
      case 'text':
      case 'file':
      case 'source':
      case 'data':
        flush()
        text = contentOf(part)
          .map((content) => (content.type === 'text' ? content.text : part.kind === 'file' ? part.url : ''))
          .join('')
        break
      default:
        part satisfies never
    }
  }
  flush()
  return made
}
