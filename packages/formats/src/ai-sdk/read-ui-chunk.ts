/**
 * The chunks of the AI SDK's `UIMessageChunk` (versions 6 and 7) that become output, as shapes: what is not read here is
 * left out. A test holds them against the types of `ai`.
 */

interface OfCall {
  readonly toolCallId: string
}

export type ReadUiChunk =
  | { readonly type: 'start-step' }
  | { readonly type: 'text-start'; readonly id: string }
  | { readonly type: 'text-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'text-end'; readonly id: string }
  | { readonly type: 'reasoning-start'; readonly id: string }
  | { readonly type: 'reasoning-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'reasoning-end'; readonly id: string }
  | ({ readonly type: 'tool-input-start'; readonly toolName: string } & OfCall)
  | ({ readonly type: 'tool-input-delta'; readonly inputTextDelta: string } & OfCall)
  | ({ readonly type: 'tool-input-available'; readonly toolName: string; readonly input: unknown } & OfCall)
  | ({
      readonly type: 'tool-input-error'
      readonly toolName: string
      readonly input: unknown
      readonly errorText: string
    } & OfCall)
  | ({ readonly type: 'tool-output-available'; readonly output: unknown; readonly preliminary?: boolean } & OfCall)
  | ({ readonly type: 'tool-output-error'; readonly errorText: string } & OfCall)
  | ({ readonly type: 'tool-output-denied' } & OfCall)
  | { readonly type: 'source-url'; readonly url: string; readonly title?: string }
  | {
      readonly type: 'source-document'
      readonly mediaType: string
      readonly title: string
      readonly filename?: string
    }
  | { readonly type: 'file'; readonly url: string; readonly mediaType: string }
  | { readonly type: 'reasoning-file'; readonly url: string; readonly mediaType: string }
  | { readonly type: 'custom'; readonly kind: string; readonly providerMetadata?: unknown }
  | { readonly type: 'start'; readonly messageMetadata?: unknown }
  | { readonly type: 'message-metadata'; readonly messageMetadata: unknown }
  | { readonly type: 'finish'; readonly finishReason?: string; readonly messageMetadata?: unknown }
  | { readonly type: 'error'; readonly errorText: string }
  | { readonly type: 'abort'; readonly reason?: string }

/** Of the application's own: `data-<name>`. */
export interface ReadDataChunk {
  readonly type: `data-${string}`
  readonly id?: string
  readonly data: unknown
  readonly transient?: boolean
}
