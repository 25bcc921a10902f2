/**
 * The parts of the AI SDK's `TextStreamPart` (version 7) that become output, as shapes: this package does not depend on
 * `ai`. A test holds them against the real types.
 */

interface Tool {
  readonly toolCallId: string
  readonly toolName: string
}

export interface AiSdkFile {
  readonly base64: string
  readonly mediaType: string
}

export interface AiSdkUsage {
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly inputTokenDetails?: { readonly cacheReadTokens: number | undefined }
}

export type AiSdkPart =
  | { readonly type: 'start-step' }
  | {
      readonly type: 'finish-step'
      readonly usage: AiSdkUsage
      readonly finishReason: string
      readonly rawFinishReason: string | undefined
    }
  | { readonly type: 'text-delta'; readonly id: string; readonly text: string }
  | { readonly type: 'reasoning-delta'; readonly id: string; readonly text: string }
  | { readonly type: 'tool-input-start'; readonly id: string; readonly toolName: string }
  | { readonly type: 'tool-input-delta'; readonly id: string; readonly delta: string }
  | ({ readonly type: 'tool-call'; readonly input: unknown } & Tool)
  | ({ readonly type: 'tool-result'; readonly output: unknown; readonly preliminary?: boolean | undefined } & Tool)
  | ({ readonly type: 'tool-error'; readonly error: unknown } & Tool)
  | ({ readonly type: 'tool-output-denied' } & Tool)
  | { readonly type: 'source'; readonly sourceType: 'url'; readonly url: string; readonly title?: string | undefined }
  | {
      readonly type: 'source'
      readonly sourceType: 'document'
      readonly mediaType: string
      readonly title: string
      readonly filename?: string | undefined
    }
  | { readonly type: 'file'; readonly file: AiSdkFile }
  | { readonly type: 'reasoning-file'; readonly file: AiSdkFile }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'abort'; readonly reason?: string | undefined }
