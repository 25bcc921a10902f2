/** What a chat of the AI SDK sends: its whole history, of which the last message counts. */
import { HeadraceError, sessionId, type JsonObject, type Schema } from '@headrace/core'
import type { AiSdkVersion, GivenMessage, UiPart } from '@headrace/formats/ai-sdk'

export interface AiSdkChat {
  /** Id of the chat: the session's. */
  readonly id: string
  readonly messages: readonly GivenMessage[]
  readonly trigger: 'submit-message' | 'regenerate-message'
  /** The message that is sent anew, or the answer that is wanted again. */
  readonly messageId?: string
  /** What the page says beside it. */
  readonly agent?: unknown
  readonly policy?: unknown
}

const maxMessages = 10_000
const roles: ReadonlySet<unknown> = new Set(['system', 'user', 'assistant'])

/** The body of the stock transports; fields that pages add are none of ours. */
export const aiSdkChat: Schema<AiSdkChat> = {
  parse(value, path = 'body') {
    const { id, messages, trigger = 'submit-message', messageId, agent, policy } = objectAt(value, path)
    if (trigger !== 'submit-message' && trigger !== 'regenerate-message')
      throw wrong(`${path}.trigger`, 'submit-message or regenerate-message')
    if (messageId !== undefined && messageId !== null && !isId(messageId))
      throw wrong(`${path}.messageId`, 'an id of 1 to 256 characters')
    return {
      id: sessionId.parse(id, `${path}.id`),
      messages: messagesAt(messages, `${path}.messages`),
      trigger,
      ...(isId(messageId) && { messageId }),
      ...(agent !== undefined && { agent }),
      ...(policy !== undefined && { policy }),
    }
  },
  json: {
    type: 'object',
    required: ['id', 'messages'],
    properties: {
      id: sessionId.json,
      messages: { type: 'array', maxItems: maxMessages, items: { type: 'object', required: ['id', 'role', 'parts'] } },
      trigger: { enum: ['submit-message', 'regenerate-message'] },
      messageId: { type: ['string', 'null'] },
      agent: { type: 'string' },
      policy: { type: 'string' },
    },
  },
}

function messagesAt(value: unknown, path: string): readonly GivenMessage[] {
  if (!Array.isArray(value)) throw wrong(path, 'a list of messages')
  if (value.length > maxMessages) throw wrong(path, `a list of at most ${maxMessages} messages`)
  const list: readonly unknown[] = value
  return list.map((entry, index) => {
    const at = `${path}[${index}]`
    const { id, role, parts } = objectAt(entry, at)
    if (!isId(id)) throw wrong(`${at}.id`, 'an id of 1 to 256 characters')
    if (!roles.has(role)) throw wrong(`${at}.role`, 'system, user or assistant')
    if (!Array.isArray(parts) || !parts.every(isPart)) throw wrong(`${at}.parts`, 'a list of parts with a type')
    return { id, role, parts } as GivenMessage // looked at above
  })
}

function isPart(value: unknown): value is { readonly type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 256
}

function objectAt(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object')
  return value as JsonObject // out of JSON
}

function wrong(path: string, expected: string): HeadraceError {
  return new HeadraceError('bad_request', `${path} must be ${expected}.`, { detail: { path } })
}

const toolStates: ReadonlySet<unknown> = new Set([
  'input-streaming',
  'input-available',
  'approval-requested',
  'approval-responded',
  'output-available',
  'output-error',
  'output-denied',
])

/**
 * What a chat says that it has of an answer. It is believed: whoever says something else gets chunks that don't fit, and
 * nobody else does.
 */
export function knownParts({ parts }: GivenMessage): readonly UiPart[] {
  return parts.filter((part): part is UiPart => {
    if (part.type === 'text' || part.type === 'reasoning') return 'text' in part && typeof part.text === 'string'
    if (!part.type.startsWith('tool-')) return true
    return 'toolCallId' in part && typeof part.toolCallId === 'string' && 'state' in part && toolStates.has(part.state)
  })
}

/** The header by which a page says which version of the AI SDK it has. */
export const versionHeader = 'Headrace-Ai-Sdk'

/** @throws HeadraceError `bad_request` for a version that is not served */
export function readVersion(value: unknown): AiSdkVersion {
  if (value === undefined || value === '7') return 7
  if (value === '6') return 6
  throw new HeadraceError('bad_request', `${versionHeader} must be 6 or 7: the major version of the package ai.`, {
    detail: { path: versionHeader },
  })
}
