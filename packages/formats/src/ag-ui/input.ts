import {
  HeadraceError,
  array,
  object,
  oneOf,
  optional,
  string,
  type Json,
  type JsonObject,
  type Schema,
} from '@headrace/core'
import type { AgUiContent, AgUiMessage } from './messages.ts'

/** A tool that the client runs, as it is told to the agent. */
export interface AgUiTool {
  readonly name: string
  readonly description: string
  /** JSON Schema of its input. */
  readonly parameters?: Json
}

/** Something that the agent should know beside the conversation. */
export interface AgUiContext {
  readonly description: string
  readonly value: string
}

/** The answer to an interrupt. */
export interface AgUiResume {
  readonly interruptId: string
  readonly status: 'resolved' | 'cancelled'
  readonly payload?: Json
  readonly metadata?: JsonObject
}

/** `RunAgentInput`: what a client asks an agent with. */
export interface AgUiInput {
  readonly threadId: string
  readonly runId: string
  readonly protocolVersion?: string
  readonly parentRunId?: string
  readonly state?: Json
  readonly messages: readonly AgUiMessage[]
  readonly tools: readonly AgUiTool[]
  readonly context: readonly AgUiContext[]
  readonly forwardedProps?: Json
  readonly resume?: readonly AgUiResume[]
}

/** As AG-UI allows what it does not describe, so does this: unknown fields are left out. */
function open<T extends object>(shape: Schema<T>): Schema<T> {
  const known = new Set(Object.keys(shape.json['properties'] as JsonObject)) // the shape of an object
  return {
    parse(value, path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return shape.parse(value, path)
      // Some clients write `null` for what they leave out.
      const entries = Object.entries(value).filter(([key, field]) => field !== null && known.has(key))
      return shape.parse(Object.fromEntries(entries), path)
    },
    json: { ...shape.json, additionalProperties: true },
  }
}

const anyJson: Schema<Json> = {
  parse: (value) => value as Json, // it came out of JSON.parse
  json: {},
}
const anyObject: Schema<JsonObject> = {
  parse(value, path) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject // as above
    throw fault(path, 'an object')
  },
  json: { type: 'object' },
}
const text: Schema<string> = string({})

const tool: Schema<AgUiTool> = open(
  object({ name: string({ min: 1, max: 256 }), description: text, parameters: optional(anyJson) }),
)
const context: Schema<AgUiContext> = open(object({ description: text, value: text }))
const resume: Schema<AgUiResume> = open(
  object({
    interruptId: string({ min: 1, max: 512 }),
    status: oneOf('resolved', 'cancelled'),
    payload: optional(anyJson),
    metadata: optional(anyObject),
  }),
)

const roles = ['developer', 'system', 'user', 'assistant', 'tool', 'activity', 'reasoning'] as const

/** Only what is read of a message is checked: its content may be of a kind that a later version knows. */
const message: Schema<AgUiMessage> = {
  parse(value, path) {
    const fields = anyObject.parse(value, path)
    string({ min: 1, max: 1_024 }).parse(fields['id'], `${path}.id`)
    const role = oneOf(...roles).parse(fields['role'], `${path}.role`)
    if (role === 'user' || role === 'tool') contentOf(fields['content'], `${path}.content`)
    if (role === 'tool') string({ min: 1, max: 1_024 }).parse(fields['toolCallId'], `${path}.toolCallId`)
    return fields as unknown as AgUiMessage // what is read of it was checked
  },
  json: {
    type: 'object',
    properties: { id: { type: 'string' }, role: { enum: roles } },
    required: ['id', 'role'],
    additionalProperties: true,
  },
}

const kinds = ['text', 'image', 'audio', 'video', 'document'] as const

function contentOf(value: unknown, path: string): void {
  if (typeof value === 'string') return
  if (!Array.isArray(value)) throw fault(path, 'text or a list of parts')
  for (const [index, part] of value.entries()) checkPart(part, `${path}[${index}]`)
}

function checkPart(value: unknown, path: string): asserts value is AgUiContent {
  const part = anyObject.parse(value, path)
  const type = oneOf(...kinds).parse(part['type'], `${path}.type`)
  if (type === 'text') {
    text.parse(part['text'], `${path}.text`)
    return
  }
  const source = anyObject.parse(part['source'], `${path}.source`)
  const kind = oneOf('data', 'url', 'file').parse(source['type'], `${path}.source.type`)
  text.parse(source['value'], `${path}.source.value`)
  if (kind === 'data' || source['mimeType'] !== undefined) text.parse(source['mimeType'], `${path}.source.mimeType`)
}

function fault(path = '', expected: string): HeadraceError {
  return new HeadraceError('bad_request', `${path} must be ${expected}.`, { detail: { path } })
}

const input = open(
  object({
    threadId: string({ min: 1, max: 256 }),
    runId: string({ min: 1, max: 512 }),
    protocolVersion: optional(text),
    parentRunId: optional(text),
    state: optional(anyJson),
    messages: array(message, { max: 100_000 }),
    tools: optional(array(tool, { max: 1_000 })),
    context: optional(array(context, { max: 1_000 })),
    forwardedProps: optional(anyJson),
    resume: optional(array(resume, { max: 100 })),
  }),
)

/** The shape of `RunAgentInput`. Fields that it does not describe are left out. */
export const agUiInput: Schema<AgUiInput> = {
  parse: (value, path) => ({ tools: [], context: [], ...input.parse(value, path) }),
  json: input.json,
}
