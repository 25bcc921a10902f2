import type { JsonObject, PromptMessage, PromptPart } from '@headrace/core'
import { createUiChunkDecoder } from '@headrace/formats/ai-sdk'
import { toJson } from '../../to-json.ts'
import { createJsonReader, fieldAt, textAt } from './json-reader.ts'
import { isAddress } from './speakers.ts'
import type { ToolCall } from './result-text.ts'
import type { AnswerReader, Approval, Ask, Conversation, WireFormat } from '../wire-format.ts'

/**
 * A route for `useChat` of the AI SDK: the whole conversation as UI messages, and a UI message stream as the answer. When an
 * approval or a client's tool was waited for, the message that asked comes last, with what came of it, as `useChat` sends it.
 */
export const aiSdk: WireFormat = {
  accept: ['text/event-stream'],
  body: (conversation) => {
    const messages = conversation.messages.map((message) => toUiMessage(message, conversation))
    const last = conversation.messages.at(-1)
    const isContinued = last?.role === 'assistant'
    return {
      id: conversation.session,
      messages,
      trigger: 'submit-message',
      ...(isContinued && { messageId: last.id }),
    }
  },
  read: createUiReader,
}

interface KnownCall {
  readonly name: string
  readonly input: unknown
}

type ApprovalAsk = Extract<Ask, { readonly type: 'approval' }>

function createUiReader(): AnswerReader {
  const calls = new Map<string, KnownCall>()
  const approvals = new Map<string, ApprovalAsk>()
  const elsewhere = new Set<string>()
  const decoder = createUiChunkDecoder()
  let isFinished = false
  const look = (event: unknown): boolean => {
    const callId = textAt(event, 'toolCallId') ?? ''
    switch (textAt(event, 'type')) {
      case 'tool-input-available':
        calls.set(callId, { name: textAt(event, 'toolName') ?? 'a tool', input: fieldAt(event, 'input') })
        if (fieldAt(event, 'providerExecuted') === true) elsewhere.add(callId)
        return false
      case 'tool-approval-request': {
        const approval = approvalOf(event, callId, calls.get(callId))
        approvals.set(approval.id, approval)
        return false
      }
      case 'tool-approval-response':
        // It was decided there.
        approvals.delete(textAt(event, 'approvalId') ?? '')
        return false
      case 'finish':
        isFinished = true
        return false
      default:
        return false
    }
  }
  const json = createJsonReader({ decoder, look, elsewhere })
  return {
    push: (event) => json.push(event),
    end() {
      // Streams that are written by hand often end with `[DONE]` only.
      if (json.isOver && !isFinished) decoder.push({ type: 'finish' })
      return json.end()
    },
    get isOver() {
      return json.isOver
    },
    get asks() {
      return [...approvals.values()]
    },
    elsewhere,
  }
}

function approvalOf(event: unknown, callId: string, call: KnownCall | undefined): ApprovalAsk {
  const reason = textAt(event, 'reason')
  return {
    type: 'approval',
    id: textAt(event, 'approvalId') ?? '',
    callId,
    name: call?.name ?? 'a tool',
    input: toJson(call?.input ?? null),
    ...(reason !== undefined && { reason }),
    extra: {
      ...kept(event, 'signature', 'signature'),
      ...kept(event, 'reason', 'requestReason'),
      ...kept(event, 'approvalDescriptor', 'descriptor'),
      ...kept(event, 'inputSchemaInput', 'inputSchemaInput'),
    },
  }
}

/** A field of the request that goes back with the answer, under the name that it has there. */
function kept(event: unknown, from: string, to: string): JsonObject {
  const value = fieldAt(event, from)
  return value === undefined ? {} : { [to]: toJson(value) }
}

function toUiMessage({ id, role, author, name, parts }: PromptMessage, { approvals }: Conversation): JsonObject {
  return {
    id,
    role,
    ...(role === 'user' && { metadata: { author, name } }),
    parts: steps(parts).flatMap((part) => (part === 'step' ? { type: 'step-start' } : toUiPart(part, approvals))),
  }
}

/** What a model says after the results of its tools is a step of its own. */
function steps(parts: readonly PromptPart[]): readonly (PromptPart | 'step')[] {
  const all: (PromptPart | 'step')[] = []
  for (const [index, part] of parts.entries()) {
    if (parts[index - 1]?.kind === 'tool' && part.kind !== 'tool') all.push('step')
    all.push(part)
  }
  return all
}

function toUiPart(part: PromptPart, approvals: ReadonlyMap<string, Approval>): readonly JsonObject[] {
  switch (part.kind) {
    case 'text':
      return [{ type: 'text', text: part.text, state: 'done' }]
    case 'reasoning':
      return [{ type: 'reasoning', text: part.text, state: 'done' }]
    case 'file': {
      const { url, mediaType, name } = part
      return isAddress(url) ? [{ type: 'file', url, mediaType, ...(name !== undefined && { filename: name }) }] : []
    }
    case 'source': {
      const { url, title } = part
      return [{ type: 'source-url', sourceId: url, url, ...(title !== undefined && { title }) }]
    }
    case 'data':
      return [{ type: `data-${part.name}`, data: part.value }]
    case 'tool':
      return [toToolPart(part, approvals.get(part.callId))]
    default:
      return part satisfies never
  }
}

function toToolPart({ callId, name, input, output, error }: ToolCall, decided: Approval | undefined): JsonObject {
  const part = { type: `tool-${name}`, toolCallId: callId, input }
  if (output !== undefined) return { ...part, state: 'output-available', output }
  const errorText = error ?? 'The call has no result.'
  if (!decided) return { ...part, state: 'output-error', errorText }
  const { id, approved, reason, extra, isNew } = decided
  const approval = { ...extra, id, approved, ...(reason !== undefined && { reason }) }
  if (isNew) return { ...part, state: 'approval-responded', approval }
  return approved
    ? { ...part, state: 'output-error', errorText, approval }
    : { ...part, state: 'output-denied', approval }
}
