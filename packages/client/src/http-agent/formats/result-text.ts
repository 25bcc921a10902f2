import type { PromptPart } from '@headrace/core'

export type ToolCall = Extract<PromptPart, { readonly kind: 'tool' }>

/** What came of a call, for formats whose results are text. */
export function resultText({ output, error }: ToolCall): string {
  if (output === undefined) return `Error: ${error ?? 'The call has no result.'}`
  return typeof output === 'string' ? output : JSON.stringify(output)
}
