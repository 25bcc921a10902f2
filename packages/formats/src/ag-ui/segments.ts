/**
 * Which messages of AG-UI a message of ours is. Ours holds text, reasoning, calls and results in the order in which they
 * came; one of AG-UI holds a text and calls, and results and reasoning are messages of their own:
 *
 *   ours      reasoning  text  call  call  reasoning  call
 *   AG-UI     R1         A1────┴─────┘     R2         A2       and a tool message after each call that has a result
 *
 * The ids follow from the parts alone, so a stream and a snapshot name the same things the same.
 */
import type { JsonObject, Message, Part, ToolPart } from '@headrace/core'

/** Id of what one part becomes. */
export function partId(message: string, part: string): string {
  return `${message}/${part}`
}

/** Id of the message that the result of a call is. */
export function resultId(message: string, part: string): string {
  return `${message}/${part}/result`
}

/** For each text and call of a message: the id of the message of AG-UI that it is in. */
export function segmentsOf({ id, parts }: Pick<Message, 'id' | 'parts'>): ReadonlyMap<string, string> {
  const segments = new Map<string, string>()
  let segment: string | undefined
  let step: string | undefined
  for (const part of parts) {
    // What another step says was said to other results.
    if (part.step !== step) segment = undefined
    step = part.step
    if (part.kind === 'reasoning') segment = undefined
    if (part.kind === 'text') segment = partId(id, part.id)
    if (part.kind !== 'text' && part.kind !== 'tool') continue
    segment ??= partId(id, part.id)
    segments.set(part.id, segment)
  }
  return segments
}

/** What a part is that is no text, reasoning or call: something that a page shows. */
export function activityOf(part: Extract<Part, { readonly kind: 'file' | 'source' | 'data' }>): {
  readonly activityType: string
  readonly content: JsonObject
} {
  switch (part.kind) {
    case 'file': {
      const { url, mediaType, name } = part
      return { activityType: 'headrace.file', content: { url, mediaType, ...(name !== undefined && { name }) } }
    }
    case 'source': {
      const { url, title } = part
      return { activityType: 'headrace.source', content: { url, ...(title !== undefined && { title }) } }
    }
    case 'data': {
      const { name, value } = part
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
      return { activityType: name, content: isObject ? (value as JsonObject) : { value } } // an object that is no array
    }
    default:
      return part satisfies never
  }
}

/** The input of a call as JSON text. */
export function argumentsOf({ text, input }: ToolPart): string {
  return text !== '' || input === undefined ? text : JSON.stringify(input)
}

/** What a call gave, as text; `undefined` while it has not. */
export function resultOf({ output, error, status }: ToolPart): string | undefined {
  if (error !== undefined) return error
  if (output === undefined || status === 'open') return undefined
  return typeof output === 'string' ? output : JSON.stringify(output)
}
