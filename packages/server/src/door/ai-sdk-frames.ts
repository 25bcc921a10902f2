/** The frames of the AI SDK's `WebSocketChatTransport`. */
import { HeadraceError } from '@headrace/core'
import type { UiChunk } from '@headrace/formats/ai-sdk'
import { aiSdkChat, type AiSdkChat } from './ai-sdk-chat.ts'

interface Headers {
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** What a chat sends. */
export type AiSdkFrame =
  | ({ readonly type: 'send'; readonly requestId: string; readonly chat: AiSdkChat } & Headers)
  | ({ readonly type: 'resume'; readonly requestId: string; readonly chat: Pick<AiSdkChat, 'id'> } & Headers)
  | { readonly type: 'abort'; readonly requestId: string }

/** What it is sent. */
export type AiSdkReply =
  | { readonly type: 'start' | 'end' | 'no-active'; readonly requestId: string }
  | { readonly type: 'chunk'; readonly requestId: string; readonly sequence: number; readonly chunk: UiChunk }
  | { readonly type: 'error'; readonly requestId: string; readonly errorText: string }

/** The request that a frame belongs to, if that can be told. */
export function requestIdOf(value: unknown): string | undefined {
  const id = isObject(value) ? value['requestId'] : undefined
  return typeof id === 'string' && id.length > 0 && id.length <= 256 ? id : undefined
}

/** @throws HeadraceError `bad_request` with the first field that is wrong */
export function readFrame(value: unknown): AiSdkFrame {
  const requestId = requestIdOf(value)
  if (!isObject(value) || requestId === undefined) throw wrong('requestId', 'a text of 1 to 256 characters')
  const { type, id, trigger, messageId, messages, headers = {}, body = {} } = value
  if (type === 'abort') return { type, requestId }
  if (type !== 'send' && type !== 'resume') throw wrong('type', 'send, resume or abort')
  if (!isObject(body)) throw wrong('body', 'an object')
  const known = readHeaders(headers)
  const { agent, policy } = body
  const all = { id, messages: type === 'resume' ? [] : messages, trigger, messageId, agent, policy }
  return { type, requestId, headers: known, chat: aiSdkChat.parse(all, type) }
}

function readHeaders(headers: unknown): Readonly<Record<string, string>> {
  if (!isObject(headers)) throw wrong('headers', 'an object')
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    if (typeof value !== 'string') throw wrong(`headers.${name.slice(0, 100)}`, 'a text')
    return [name.toLowerCase(), value]
  })
  return Object.fromEntries(entries)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(path: string, expected: string): HeadraceError {
  return new HeadraceError('bad_request', `${path} must be ${expected}.`, { detail: { path } })
}
