import type { Json, Usage } from '@headrace/core'

/**
 * One piece of an agent's output. Text and reasoning grow a part: a chunk of the other kind, or of the same kind with
 * another `id`, begins a new one. Values that JSON can't hold are written as JSON would write them.
 */
export type Chunk =
  | { readonly type: 'text'; readonly text: string; readonly id?: string }
  | { readonly type: 'reasoning'; readonly text: string; readonly id?: string }
  /** A piece of a tool call's input as the model writes it: JSON text. */
  | { readonly type: 'tool-input'; readonly callId: string; readonly name: string; readonly text: string }
  /** A tool call with its whole input. */
  | { readonly type: 'tool-call'; readonly callId: string; readonly name: string; readonly input: unknown }
  /** `preliminary`: a later result of the same call replaces it. */
  | { readonly type: 'tool-result'; readonly callId: string; readonly output: unknown; readonly preliminary?: boolean }
  | { readonly type: 'tool-error'; readonly callId: string; readonly error: string }
  | { readonly type: 'source'; readonly url: string; readonly title?: string }
  /** A file by address. Big content belongs elsewhere: an address has at most 8,192 characters. */
  | { readonly type: 'file'; readonly url: string; readonly mediaType: string; readonly name?: string }
  /** A value of the application's own. */
  | { readonly type: 'data'; readonly name: string; readonly value: Json }
  /** What was used since the last such chunk; the run reports the sum. */
  | { readonly type: 'usage'; readonly usage: Usage }
