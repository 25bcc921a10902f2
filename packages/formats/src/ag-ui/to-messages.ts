import type { JsonObject, Message, RunId } from '@headrace/core'
import { toContent } from './content.ts'
import type { AgUiMessage, AgUiToolCall } from './messages.ts'
import { activityOf, argumentsOf, partId, resultId, resultOf, segmentsOf } from './segments.ts'

export interface ToAgUiMessagesOptions {
  /** The run of a subagent, for messages of runs that another run has started. Default: none is one. */
  readonly subagentOf?: (run: RunId) => string | undefined
}

/**
 * Messages of a session as messages of AG-UI. People's keep their ids; one of an agent becomes several, with ids made of
 * its own. What AG-UI has no place for (who wrote it, whether it was interrupted) is in `metadata.headrace`.
 *
 * @param messages - as the reader sees them, in order
 * @example
 * ```ts
 * const messages = toAgUiMessages(branch(view.messages, view.head))
 * ```
 */
export function toAgUiMessages(
  messages: readonly Message[],
  options: ToAgUiMessagesOptions = {},
): readonly AgUiMessage[] {
  return messagesWith(new CallIds(), messages, options)
}

/** The same, with the ids of calls that a stream has given already. */
export function messagesWith(
  calls: CallIds,
  messages: readonly Message[],
  options: ToAgUiMessagesOptions,
): readonly AgUiMessage[] {
  return messages.flatMap((message) =>
    message.role === 'user' ? [fromPerson(message)] : fromAgent(message, calls, options),
  )
}

/**
 * Ids of calls. A model numbers them as it likes, and an attempt that begins again may say the same ones again: whoever
 * comes later gets another id, or its arguments would be put behind those of the first.
 */
export class CallIds {
  readonly #owners = new Map<string, string>()

  idOf(message: string, part: { readonly id: string; readonly callId: string }): string {
    const own = partId(message, part.id)
    const owner = this.#owners.get(part.callId)
    if (owner === undefined) this.#owners.set(part.callId, own)
    return owner === undefined || owner === own ? part.callId : `${part.callId}~${own}`
  }
}

function fromPerson(message: Message): AgUiMessage {
  const { id, name, parts } = message
  return {
    id,
    role: 'user',
    content: message.redacted ? '' : toContent(parts),
    ...(name !== undefined && { name }),
    metadata: { headrace: about(message) },
  }
}

function about({ author, status, redacted, parts }: Message): JsonObject {
  const data = parts.flatMap((part) =>
    part.kind === 'data' && !part.redacted ? [{ name: part.name, value: part.value }] : [],
  )
  return {
    author,
    ...(status === 'interrupted' && { interrupted: true }),
    ...(redacted && { redacted }),
    ...(data.length > 0 && { data }),
  }
}

function fromAgent(message: Message, calls: CallIds, { subagentOf }: ToAgUiMessagesOptions): readonly AgUiMessage[] {
  const made: AgUiMessage[] = []
  const places = new Map<string, number>()
  const segments = segmentsOf(message)
  const subagentRunId = message.run === undefined ? undefined : subagentOf?.(message.run)
  const of = subagentRunId !== undefined && { subagentRunId }
  for (const part of message.parts) {
    const id = partId(message.id, part.id)
    switch (part.kind) {
      case 'text':
        places.set(id, made.length)
        made.push({ id, role: 'assistant', content: shown(part), ...called(message), ...of })
        break
      case 'reasoning':
        made.push({ id, role: 'reasoning', content: shown(part), ...of })
        break
      case 'tool': {
        const segment = segments.get(part.id) ?? id
        const call: AgUiToolCall = {
          id: calls.idOf(message.id, part),
          type: 'function',
          function: { name: part.name, arguments: argumentsOf(part) },
        }
        addCall(made, places, { segment, call, with: { ...called(message), ...of } })
        const content = resultOf(part)
        if (content === undefined) break
        const result = { id: resultId(message.id, part.id), role: 'tool' as const, toolCallId: call.id, content }
        insertResult(made, places, { at: places.get(segment) ?? 0, result: { ...result, ...of } })
        break
      }
      case 'file':
      case 'source':
      case 'data':
        made.push({ id, role: 'activity', ...activityOf(part), ...of })
        break
      default:
        part satisfies never
    }
  }
  return made
}

/** Filler says nothing. */
function shown(part: { readonly text: string; readonly redacted?: true }): string {
  return part.redacted ? '' : part.text
}

function called({ name, author, run }: Message): { readonly name?: string } {
  // A person who speaks in an agent's place.
  return run === undefined ? { name: name ?? author } : name === undefined ? {} : { name }
}

interface CallPlace {
  readonly segment: string
  readonly call: AgUiToolCall
  readonly with: { readonly name?: string; readonly subagentRunId?: string }
}

function addCall(made: AgUiMessage[], places: Map<string, number>, { segment, call, with: also }: CallPlace): void {
  const at = places.get(segment)
  const before = at === undefined ? undefined : made[at]
  if (at === undefined || before?.role !== 'assistant') {
    places.set(segment, made.length)
    made.push({ id: segment, role: 'assistant', toolCalls: [call], ...also })
    return
  }
  made[at] = { ...before, toolCalls: [...(before.toolCalls ?? []), call] }
}

/** Right behind the message with its call, and behind the results that are there already: as models want them. */
function insertResult(
  made: AgUiMessage[],
  places: Map<string, number>,
  { at, result }: { readonly at: number; readonly result: AgUiMessage },
): void {
  let place = at + 1
  while (made[place]?.role === 'tool') place += 1
  made.splice(place, 0, result)
  for (const [id, other] of places) if (other >= place) places.set(id, other + 1)
}
