/**
 * The messages and stream chunks of the AI SDK (`ai` version 7) as far as sessions make them, as shapes: this package does
 * not depend on `ai`. A test holds them against the real types. Not readonly where the real ones are not.
 */
import type { JsonObject } from '@headrace/core'

/** `signature`: the digest of the action that was shown. `requestReason`: what was asked; it stays when it is decided. */
interface UiApproval {
  id: string
  requestReason?: string
  signature?: string
}

interface UiDecision<Approved extends boolean> extends UiApproval {
  approved: Approved
  reason?: string
}

export type UiToolState =
  | { state: 'input-streaming'; input?: unknown; rawInput?: string }
  | { state: 'input-available'; input: unknown }
  | { state: 'approval-requested'; input: unknown; approval: UiApproval }
  | { state: 'approval-responded'; input: unknown; approval: UiDecision<boolean> }
  | {
      state: 'output-available'
      input: unknown
      output: unknown
      preliminary?: boolean
      approval?: UiDecision<true>
    }
  | {
      state: 'output-error'
      input: unknown
      errorText: string
      approval?: UiDecision<true>
    }
  | { state: 'output-denied'; input: unknown; approval: UiDecision<false> }

export type UiToolPart = { type: `tool-${string}`; toolCallId: string } & UiToolState

/** By the name of the provider. */
export type ProviderMetadata = Record<string, JsonObject>

export type UiPart =
  | { type: 'text'; text: string; state?: 'streaming' | 'done' }
  | { type: 'reasoning'; id?: string; text: string; state?: 'streaming' | 'done' }
  | { type: 'file'; mediaType: string; url: string; filename?: string }
  | { type: 'source-url'; sourceId: string; url: string; title?: string }
  | { type: 'source-document'; sourceId: string; mediaType: string; title: string; filename?: string }
  | { type: 'custom'; kind: `${string}.${string}`; providerMetadata?: ProviderMetadata }
  | { type: 'step-start' }
  | { type: `data-${string}`; id?: string; data: unknown }
  | UiToolPart

/** A message as `useChat` shows it. */
export interface UiMessage {
  id: string
  role: 'system' | 'user' | 'assistant'
  metadata?: unknown
  parts: UiPart[]
}

export type UiChunk =
  | { type: 'start'; messageId: string; messageMetadata?: unknown }
  | { type: 'start-step' }
  | { type: 'reset-step' }
  | { type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; id: string }
  | { type: 'text-delta' | 'reasoning-delta'; id: string; delta: string }
  | { type: 'tool-input-start'; toolCallId: string; toolName: string }
  | { type: 'tool-input-delta'; toolCallId: string; inputTextDelta: string }
  | { type: 'tool-input-available'; toolCallId: string; toolName: string; input: unknown }
  | { type: 'tool-approval-request'; toolCallId: string; approvalId: string; reason?: string; signature?: string }
  | { type: 'tool-approval-response'; approvalId: string; approved: boolean; reason?: string }
  | { type: 'tool-output-available'; toolCallId: string; output: unknown; preliminary?: boolean }
  | { type: 'tool-output-error'; toolCallId: string; errorText: string }
  | { type: 'tool-output-denied'; toolCallId: string }
  | { type: 'file'; url: string; mediaType: string }
  | { type: 'source-url'; sourceId: string; url: string; title?: string }
  | { type: 'source-document'; sourceId: string; mediaType: string; title: string; filename?: string }
  | { type: 'custom'; kind: `${string}.${string}`; providerMetadata?: ProviderMetadata }
  | { type: `data-${string}`; id: string; data: unknown }
  | { type: 'message-metadata'; messageMetadata: unknown }
  | { type: 'error'; errorText: string }
  | { type: 'abort'; reason?: string }
  | { type: 'finish'; finishReason?: 'stop' | 'tool-calls' | 'interrupted' | 'other' }

/** Whether a part is a tool call; of any message, also one that the page made. */
export function isToolPart(part: { readonly type: string }): part is UiToolPart {
  // Tool parts are told by the prefix; a `dynamic-tool` has the same fields.
  return (part.type.startsWith('tool-') || part.type === 'dynamic-tool') && 'toolCallId' in part
}
