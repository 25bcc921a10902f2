import type { Audience } from './audience.ts'
import type { Json, JsonObject } from './json.ts'
import { json, object, optional, string, tagged, type Schema } from './schema.ts'

/** What a part is: streamed text, streamed reasoning, a tool call, a file, a cited source, or data of the app's own. */
export type PartKind = 'text' | 'reasoning' | 'tool' | 'file' | 'source' | 'data'

/**
 * `open`: more may come. `closed`: complete. `interrupted`: its run ended, or its attempt was lost, before the part was
 * closed; what had arrived stays.
 */
export type PartStatus = 'open' | 'closed' | 'interrupted'

interface PartBase {
  /** Unique within the message. */
  readonly id: string
  readonly status: PartStatus
  /** The attempt of the run that opened it; absent on messages of people. */
  readonly attempt?: number
  /** A later attempt that opens a part under the same step replaces this one. */
  readonly step?: string
  /** Who may see it; absent: whoever sees the message. */
  readonly to?: Audience
  /** Its content was taken out of the session; what stands there is filler of the same length. */
  readonly redacted?: true
}

export interface TextPart extends PartBase {
  readonly kind: 'text'
  readonly text: string
}

export interface ReasoningPart extends PartBase {
  readonly kind: 'reasoning'
  readonly text: string
}

/** A tool call. `text` is the input as the model streams it (JSON text); `input` is the parsed whole. */
export interface ToolPart extends PartBase {
  readonly kind: 'tool'
  readonly name: string
  readonly callId: string
  readonly text: string
  readonly input?: Json
  readonly output?: Json
  /** Set when the call failed. */
  readonly error?: string
}

/** A file by reference. Big content lives elsewhere; the log holds its address. */
export interface FilePart extends PartBase {
  readonly kind: 'file'
  readonly url: string
  readonly mediaType: string
  readonly name?: string
}

export interface SourcePart extends PartBase {
  readonly kind: 'source'
  readonly url: string
  readonly title?: string
}

/** A JSON value of the application's own, with a name that tells the reader how to show it. */
export interface DataPart extends PartBase {
  readonly kind: 'data'
  readonly name: string
  readonly value: Json
}

export type Part = TextPart | ReasoningPart | ToolPart | FilePart | SourcePart | DataPart

/** What opens a part: its kind and what must be known from the start. */
export type PartStart =
  | { readonly kind: 'text'; readonly text?: string }
  | { readonly kind: 'reasoning'; readonly text?: string }
  | { readonly kind: 'tool'; readonly name: string; readonly callId: string; readonly input?: Json }
  | { readonly kind: 'file'; readonly url: string; readonly mediaType: string; readonly name?: string }
  | { readonly kind: 'source'; readonly url: string; readonly title?: string }
  | { readonly kind: 'data'; readonly name: string; readonly value: Json }

/** What may still change on an open part: a tool call's input, output or error, and a data part's value. */
export interface PartFields {
  readonly input?: Json
  readonly output?: Json
  readonly error?: string
  readonly value?: Json
}

/** What each kind of part may still set. Text and reasoning only grow by deltas. */
const settable: Readonly<Record<PartKind, readonly (keyof PartFields)[]>> = {
  text: [],
  reasoning: [],
  tool: ['input', 'output', 'error'],
  file: [],
  source: [],
  data: ['value'],
}

const url: Schema<string> = string({ min: 1, max: 8_192 })
const title: Schema<string> = string({ max: 1_024 })
const name: Schema<string> = string({ min: 1, max: 256 })

export const partStart: Schema<PartStart> = tagged('kind', {
  text: object({ text: optional(string()) }),
  reasoning: object({ text: optional(string()) }),
  tool: object({ name, callId: string({ min: 1, max: 256 }), input: optional(json()) }),
  file: object({ url, mediaType: name, name: optional(title) }),
  source: object({ url, title: optional(title) }),
  data: object({ name, value: json() }),
})

export const partFields: Schema<PartFields> = object({
  input: optional(json()),
  output: optional(json()),
  error: optional(string({ max: 65_536 })),
  value: optional(json()),
})

/** The first field that a part of this kind can't set, if there is one. */
export function unsettable(kind: PartKind, fields: PartFields): string | undefined {
  return Object.keys(fields).find((key) => !settable[kind].some((allowed) => allowed === key))
}

/** Whether deltas can be appended to a part of this kind. */
export function streams(kind: PartKind): kind is 'text' | 'reasoning' | 'tool' {
  return kind === 'text' || kind === 'reasoning' || kind === 'tool'
}

interface PartOrigin {
  readonly id: string
  readonly status: PartStatus
  readonly attempt?: number
  readonly step?: string
  readonly to?: Audience
}

/** The part that a start makes. */
export function startPart(start: PartStart, origin: PartOrigin): Part {
  switch (start.kind) {
    case 'text':
      return { ...origin, kind: 'text', text: start.text ?? '' }
    case 'reasoning':
      return { ...origin, kind: 'reasoning', text: start.text ?? '' }
    case 'tool':
      return { ...origin, ...start, text: '' }
    case 'file':
    case 'source':
    case 'data':
      return { ...origin, ...start }
    default:
      // Of a newer server: a client keeps it as it is.
      return { ...origin, ...(start satisfies never as object) } as never
  }
}

/** Parts never change, and their JSON is dear to make again for each delta of another one. */
const sizes = new WeakMap<Part | PartStart, number>()

/** Rough size of a part's content in characters, for the bound on hot messages. */
export function partChars(part: Part | PartStart): number {
  if (part.kind !== 'tool' && part.kind !== 'data') return countChars(part)
  const known = sizes.get(part)
  if (known !== undefined) return known
  const chars = countChars(part)
  sizes.set(part, chars)
  return chars
}

function countChars(part: Part | PartStart): number {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
      return part.text?.length ?? 0
    case 'tool':
      return ('text' in part ? part.text.length : 0) + fieldChars(part)
    case 'file':
    case 'source':
      return part.url.length
    case 'data':
      return fieldChars(part)
    default:
      return (part satisfies never, 0)
  }
}

/** Rough size of a part's settable content in characters. */
export function fieldChars(fields: PartFields | JsonObject): number {
  let chars = 0
  for (const key of ['input', 'output', 'error', 'value'] as const) {
    const value = fields[key]
    if (value !== undefined) chars += JSON.stringify(value).length
  }
  return chars
}
