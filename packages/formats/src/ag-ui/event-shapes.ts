/** Checks what came over the wire as an event of AG-UI. */
import { HeadraceError } from '@headrace/core'
import type { AgUiEvent } from './events.ts'

type Field = 'text' | 'text?' | 'json' | 'object' | 'object?' | 'list' | 'list?' | 'patch' | 'content'

/** The fields that are read of each type; others may be there. */
const shapes: Readonly<Record<AgUiEvent['type'], Readonly<Record<string, Field>>>> = {
  RUN_STARTED: {},
  RUN_FINISHED: { outcome: 'object?', usage: 'list?' },
  RUN_ERROR: { message: 'text', code: 'text?' },
  STEP_STARTED: {},
  STEP_FINISHED: {},
  TEXT_MESSAGE_START: { messageId: 'text', role: 'text?' },
  TEXT_MESSAGE_CONTENT: { messageId: 'text', delta: 'text' },
  TEXT_MESSAGE_END: { messageId: 'text' },
  TEXT_MESSAGE_CHUNK: { messageId: 'text?', role: 'text?', delta: 'text?' },
  TOOL_CALL_START: { toolCallId: 'text', toolCallName: 'text' },
  TOOL_CALL_ARGS: { toolCallId: 'text', delta: 'text' },
  TOOL_CALL_END: { toolCallId: 'text' },
  TOOL_CALL_CHUNK: { toolCallId: 'text?', toolCallName: 'text?', delta: 'text?' },
  TOOL_CALL_RESULT: { messageId: 'text', toolCallId: 'text', content: 'content' },
  STATE_SNAPSHOT: { snapshot: 'json' },
  STATE_DELTA: { delta: 'patch' },
  MESSAGES_SNAPSHOT: { messages: 'list' },
  ACTIVITY_SNAPSHOT: { messageId: 'text', activityType: 'text', content: 'object' },
  ACTIVITY_DELTA: { messageId: 'text', activityType: 'text', patch: 'patch' },
  RAW: {},
  CUSTOM: { name: 'text', value: 'json' },
  REASONING_START: {},
  REASONING_END: {},
  REASONING_MESSAGE_START: { messageId: 'text' },
  REASONING_MESSAGE_CONTENT: { messageId: 'text', delta: 'text' },
  REASONING_MESSAGE_END: { messageId: 'text' },
  REASONING_MESSAGE_CHUNK: { messageId: 'text?', delta: 'text?' },
  REASONING_ENCRYPTED_VALUE: {},
  SUBAGENT_STARTED: {},
  SUBAGENT_FINISHED: {},
  SUBAGENT_ERROR: {},
}

/** Names of version 0 for what has another one now. */
const formerly: Readonly<Record<string, AgUiEvent['type']>> = {
  THINKING_TEXT_MESSAGE_CONTENT: 'REASONING_MESSAGE_CHUNK',
}

/**
 * The event, or `undefined` when it is of a type that is not known.
 *
 * @throws HeadraceError `upstream_failed` when it is no event, or lacks what its type must have
 */
export function known(value: unknown): AgUiEvent | undefined {
  if (!isObject(value)) throw malformed('an event is no object')
  const { type } = value
  if (typeof type !== 'string' || type === '') throw malformed('an event has no type')
  const former = Object.hasOwn(formerly, type) ? formerly[type] : undefined
  const event = former ? { ...value, type: former, messageId: value['messageId'] ?? 'thinking' } : value
  const shape = Object.hasOwn(shapes, former ?? type) ? shapes[(former ?? type) as AgUiEvent['type']] : undefined // it is one of them
  if (!shape) return undefined
  for (const [field, kind] of Object.entries(shape)) {
    // Some agents write `null` for what they leave out.
    const given = (event as Record<string, unknown>)[field]
    if (kind.endsWith('?') ? given !== undefined && given !== null && !fits(given, kind) : !fits(given, kind))
      throw malformed(`${type}.${field} is not what it must be`)
  }
  return withoutNull(event) as unknown as AgUiEvent // what is read of it was checked
}

function withoutNull(event: object): object {
  return Object.fromEntries(
    Object.entries(event).filter(([key, value]) => value !== null || key === 'value' || key === 'snapshot'),
  )
}

function fits(value: unknown, kind: Field): boolean {
  switch (kind) {
    case 'text':
    case 'text?':
      return typeof value === 'string'
    case 'json':
      return value !== undefined
    case 'object':
    case 'object?':
      return isObject(value)
    case 'list':
      return Array.isArray(value) && value.every(isMessage)
    case 'list?':
      return Array.isArray(value) && value.every(isObject)
    case 'content':
      return typeof value === 'string' || (Array.isArray(value) && value.every(isObject))
    case 'patch':
      return isPatch(value)
    default:
      return kind satisfies never
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isMessage(value: unknown): boolean {
  if (!isObject(value) || typeof value['id'] !== 'string' || typeof value['role'] !== 'string') return false
  switch (value['role']) {
    case 'assistant': {
      const { content, toolCalls } = value
      const isText = content === undefined || content === null || typeof content === 'string'
      return (
        isText &&
        (toolCalls === undefined || toolCalls === null || (Array.isArray(toolCalls) && toolCalls.every(isCall)))
      )
    }
    case 'tool':
      return typeof value['toolCallId'] === 'string' && fits(value['content'], 'content')
    case 'reasoning':
      return typeof value['content'] === 'string'
    case 'activity':
      return typeof value['activityType'] === 'string' && isObject(value['content'])
    default:
      return true
  }
}

function isCall(value: unknown): boolean {
  if (!isObject(value) || typeof value['id'] !== 'string') return false
  const fn = value['function']
  return isObject(fn) && typeof fn['name'] === 'string' && typeof fn['arguments'] === 'string'
}

/** RFC 6902 has whatever else is in an operation ignored. */
function isPatch(value: unknown): boolean {
  return Array.isArray(value) && value.every(isOperation)
}

function isOperation(value: unknown): boolean {
  if (!isObject(value) || typeof value['path'] !== 'string') return false
  switch (value['op']) {
    case 'add':
    case 'replace':
    case 'test':
      return value['value'] !== undefined
    case 'move':
    case 'copy':
      return typeof value['from'] === 'string'
    default:
      return value['op'] === 'remove'
  }
}

function malformed(what: string): HeadraceError {
  return new HeadraceError('upstream_failed', `The agent does not speak AG-UI as it must: ${what}.`)
}
