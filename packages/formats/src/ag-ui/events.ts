/**
 * The events of AG-UI 1.0, as shapes: this package does not depend on `@ag-ui/core`. A test holds them against the real
 * types. https://docs.ag-ui.com
 */
import type { Json, JsonObject, JsonPatch } from '@headrace/core'
import type { AgUiContent, AgUiMessage } from './messages.ts'
import type { AgUiInput } from './input.ts'

interface Base {
  /** Milliseconds since 1970. */
  readonly timestamp?: number
  readonly metadata?: JsonObject
}

/** What a subagent may have caused. */
interface Attributed extends Base {
  readonly subagentRunId?: string
}

/** Something that a run needs from outside before it can go on. */
export interface AgUiInterrupt {
  readonly id: string
  readonly reason: string
  readonly message?: string
  readonly toolCallId?: string
  /** JSON Schema of the answer's payload. */
  readonly responseSchema?: JsonObject
  /** ISO 8601. */
  readonly expiresAt?: string
  readonly subagentRunId?: string
  readonly metadata?: JsonObject
}

/** Why a run ended that did not fail. */
export type AgUiOutcome =
  | { readonly type: 'success'; readonly pendingToolCallIds?: readonly string[] }
  | { readonly type: 'interrupt'; readonly interrupts: readonly AgUiInterrupt[] }
  | { readonly type: 'cancelled' }

/** What one model used. The parts of a total are named apart and are in the total. */
export interface AgUiUsage {
  readonly provider?: string
  readonly model?: string
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly totalTokens?: number
  readonly reasoningTokens?: number
  readonly cachedInputTokens?: number
  readonly cacheWriteInputTokens?: number
}

type TextRole = 'developer' | 'system' | 'assistant' | 'user'

/** An event of AG-UI: all 31 types of version 1.0. */
export type AgUiEvent =
  | ({
      readonly type: 'RUN_STARTED'
      readonly threadId: string
      readonly runId: string
      readonly protocolVersion?: string
      readonly parentRunId?: string
      readonly input?: AgUiInput
    } & Base)
  | ({
      readonly type: 'RUN_FINISHED'
      readonly threadId: string
      readonly runId: string
      readonly result?: Json
      /** Absent: success. */
      readonly outcome?: AgUiOutcome
      readonly usage?: readonly AgUiUsage[]
    } & Base)
  | ({
      readonly type: 'RUN_ERROR'
      readonly message: string
      readonly code?: string
      readonly usage?: readonly AgUiUsage[]
    } & Base)
  | ({ readonly type: 'STEP_STARTED' | 'STEP_FINISHED'; readonly stepName: string } & Attributed)
  | ({
      readonly type: 'TEXT_MESSAGE_START'
      readonly messageId: string
      readonly role?: TextRole
      readonly name?: string
    } & Attributed)
  | ({ readonly type: 'TEXT_MESSAGE_CONTENT'; readonly messageId: string; readonly delta: string } & Attributed)
  | ({ readonly type: 'TEXT_MESSAGE_END'; readonly messageId: string } & Attributed)
  | ({
      readonly type: 'TEXT_MESSAGE_CHUNK'
      readonly messageId?: string
      readonly role?: TextRole
      readonly delta?: string
      readonly name?: string
    } & Attributed)
  | ({
      readonly type: 'TOOL_CALL_START'
      readonly toolCallId: string
      readonly toolCallName: string
      readonly parentMessageId?: string
    } & Attributed)
  | ({ readonly type: 'TOOL_CALL_ARGS'; readonly toolCallId: string; readonly delta: string } & Attributed)
  | ({ readonly type: 'TOOL_CALL_END'; readonly toolCallId: string } & Attributed)
  | ({
      readonly type: 'TOOL_CALL_CHUNK'
      readonly toolCallId?: string
      readonly toolCallName?: string
      readonly parentMessageId?: string
      readonly delta?: string
    } & Attributed)
  | ({
      readonly type: 'TOOL_CALL_RESULT'
      readonly messageId: string
      readonly toolCallId: string
      readonly content: string | readonly AgUiContent[]
      readonly role?: 'tool'
    } & Attributed)
  | ({ readonly type: 'STATE_SNAPSHOT'; readonly snapshot: Json } & Attributed)
  | ({ readonly type: 'STATE_DELTA'; readonly delta: JsonPatch } & Attributed)
  | ({ readonly type: 'MESSAGES_SNAPSHOT'; readonly messages: readonly AgUiMessage[] } & Base)
  | ({
      readonly type: 'ACTIVITY_SNAPSHOT'
      readonly messageId: string
      readonly activityType: string
      readonly content: JsonObject
      /** `false`: only if there is none yet. Default `true`. */
      readonly replace?: boolean
    } & Attributed)
  | ({
      readonly type: 'ACTIVITY_DELTA'
      readonly messageId: string
      readonly activityType: string
      readonly patch: JsonPatch
    } & Attributed)
  | ({ readonly type: 'RAW'; readonly event: Json; readonly source?: string } & Attributed)
  | ({ readonly type: 'CUSTOM'; readonly name: string; readonly value: Json } & Attributed)
  | ({ readonly type: 'REASONING_START' | 'REASONING_END'; readonly messageId: string } & Attributed)
  | ({
      readonly type: 'REASONING_MESSAGE_START'
      readonly messageId: string
      readonly role: 'reasoning'
    } & Attributed)
  | ({ readonly type: 'REASONING_MESSAGE_CONTENT'; readonly messageId: string; readonly delta: string } & Attributed)
  | ({ readonly type: 'REASONING_MESSAGE_END'; readonly messageId: string } & Attributed)
  | ({ readonly type: 'REASONING_MESSAGE_CHUNK'; readonly messageId?: string; readonly delta?: string } & Attributed)
  | ({
      readonly type: 'REASONING_ENCRYPTED_VALUE'
      readonly subtype: 'tool-call' | 'message'
      readonly entityId: string
      readonly encryptedValue: string
    } & Attributed)
  | ({
      readonly type: 'SUBAGENT_STARTED'
      readonly subagentRunId: string
      readonly name: string
      readonly description?: string
      readonly parentSubagentRunId?: string
      readonly parentToolCallId?: string
      readonly parentMessageId?: string
    } & Base)
  | ({
      readonly type: 'SUBAGENT_FINISHED'
      readonly subagentRunId: string
      readonly result?: Json
      readonly outcome?:
        | { readonly type: 'success' }
        | { readonly type: 'suspended'; readonly interruptIds?: readonly string[] }
    } & Base)
  | ({
      readonly type: 'SUBAGENT_ERROR'
      readonly subagentRunId: string
      readonly message: string
      readonly code?: string
    } & Base)

export type AgUiEventOf<T extends AgUiEvent['type']> = Extract<AgUiEvent, { readonly type: T }>
