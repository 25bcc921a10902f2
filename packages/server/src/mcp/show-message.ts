import { textOf, type Json, type Message, type Part } from '@headrace/core'
import { clip, clipJson } from './clip.ts'

export interface ShowOptions {
  /** Most characters of its text. */
  readonly textChars: number
  /** Most characters of what a tool call takes or gives, or of other data. */
  readonly dataChars: number
  /** Where its text begins. Default 0. */
  readonly from?: number
}

/** A message as a model reads it: without empty fields, times as text, and long content cut with a note. */
export function showMessage(message: Message, { textChars, dataChars, from = 0 }: ShowOptions): Json {
  const { seq, id, at, role, author, name, status, run, edits, to, redacted } = message
  const { text, ...cut } = clip(textOf(message), textChars, from)
  const parts = message.parts.flatMap((part) => showPart(part, dataChars))
  return {
    seq,
    id,
    at: new Date(at).toISOString(),
    role,
    author,
    ...(name !== undefined && { name }),
    ...(status !== 'complete' && { status }),
    ...(run !== undefined && { run }),
    ...(edits !== undefined && { edits }),
    ...(to !== undefined && { to: typeof to === 'string' ? to : [...to] }),
    ...(redacted && { redacted }),
    ...(text !== '' && { text }),
    ...(cut.next !== undefined && { cut: { ...cut, advice: `read_message with seq ${seq} and from ${cut.next}` } }),
    ...(parts.length > 0 && { parts }),
  }
}

/** What is not text. Reasoning is left out: it is the agent's own. */
function showPart(part: Part, dataChars: number): readonly Json[] {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
      return []
    case 'tool': {
      const { name, input, output, error } = part
      return [
        {
          tool: name,
          ...(input !== undefined && { input: clipJson(input, dataChars) }),
          ...(output !== undefined && { output: clipJson(output, dataChars) }),
          ...(error !== undefined && { error: clip(error, dataChars).text }),
        },
      ]
    }
    case 'file':
      return [{ file: clip(part.url, dataChars).text, mediaType: part.mediaType, ...named(part.name) }]
    case 'source':
      return [{ source: clip(part.url, dataChars).text, ...named(part.title) }]
    case 'data':
      return [{ data: part.name, value: clipJson(part.value, dataChars) }]
    default:
      return part satisfies never
  }
}

function named(name: string | undefined): { readonly name?: string } {
  return name === undefined ? {} : { name }
}
