import type { Json, PromptPart } from '@headrace/core'
import type { Settled } from '../wire-format.ts'

type ToolCall = Extract<PromptPart, { readonly kind: 'tool' }>

/** What came of a call: by whoever it waited for in this run, else as it stands in the session. */
export function outcomeOf(
  { callId, output, error }: ToolCall,
  settled: ReadonlyMap<string, Settled>,
): { readonly output: Json } | { readonly error: string } {
  const known = settled.get(callId)
  if (known?.type === 'output') return { output: known.output }
  if (known?.type === 'error') return { error: known.error }
  if (output !== undefined) return { output }
  if (known?.type === 'approval' && !known.approved) return { error: known.reason ?? 'The call was denied.' }
  return { error: error ?? 'The call has no result.' }
}

/** The same as text, for formats whose results are nothing else. */
export function resultText(call: ToolCall, settled: ReadonlyMap<string, Settled>): string {
  const outcome = outcomeOf(call, settled)
  if ('error' in outcome) return `Error: ${outcome.error}`
  return typeof outcome.output === 'string' ? outcome.output : JSON.stringify(outcome.output)
}
