import type { JsonObject } from '@headrace/core'

/** Where the bytes of a media part are. */
export type AgUiSource =
  | { readonly type: 'data'; readonly value: string; readonly mimeType: string }
  | { readonly type: 'url'; readonly value: string; readonly mimeType?: string }
  /** At the model's provider, by a handle of its own. */
  | { readonly type: 'file'; readonly value: string; readonly provider?: string; readonly mimeType?: string }

/** A piece of what a person sent, or of what a tool gave. */
export type AgUiContent =
  | { readonly type: 'text'; readonly text: string; readonly id?: string }
  | {
      readonly type: 'image' | 'audio' | 'video' | 'document'
      readonly source: AgUiSource
      readonly id?: string
      readonly metadata?: JsonObject
    }

/** A call as a message has it; `arguments` is JSON text. */
export interface AgUiToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

interface Base {
  readonly id: string
  readonly subagentRunId?: string
  readonly metadata?: JsonObject
}

/** A message of AG-UI. What one of our messages holds side by side, these hold one after the other. */
export type AgUiMessage =
  | ({ readonly role: 'developer' | 'system'; readonly content: string; readonly name?: string } & Base)
  | ({ readonly role: 'user'; readonly content: string | readonly AgUiContent[]; readonly name?: string } & Base)
  | ({
      readonly role: 'assistant'
      readonly content?: string
      readonly name?: string
      readonly toolCalls?: readonly AgUiToolCall[]
    } & Base)
  | ({
      readonly role: 'tool'
      readonly toolCallId: string
      readonly content: string | readonly AgUiContent[]
      readonly error?: string
    } & Base)
  | ({ readonly role: 'activity'; readonly activityType: string; readonly content: JsonObject } & Base)
  | ({ readonly role: 'reasoning'; readonly content: string } & Base)
