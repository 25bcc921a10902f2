import type { JsonObject } from '@headrace/core'
import {
  fromAgUi,
  fromInterrupt,
  toResume,
  toRunAgentInput,
  type AgUiInterrupt,
  type AgUiMessage,
} from '@headrace/formats/ag-ui'
import { toJson } from '../../to-json.ts'
import { createJsonReader, textAt } from './json-reader.ts'
import type { AnswerReader, Ask, Conversation, WireFormat } from '../wire-format.ts'

/** An agent that speaks AG-UI 1.0, or an earlier version. Its interrupts are resumed with what was answered here. */
export const agUi: WireFormat = {
  accept: ['text/event-stream'],
  defaults: { state: {}, forwardedProps: {} },
  body(conversation) {
    const { session, run, attempt, messages } = conversation
    const resume = [...conversation.interrupts].map(([id, answer]) =>
      answer ? toResume(id, answer) : { interruptId: id, status: 'cancelled' as const },
    )
    const input = toRunAgentInput(messages, {
      threadId: session,
      runId: `${run}.${attempt}`,
      ...(resume.length > 0 && { resume }),
    })
    // A call that waits for the answer to an interrupt has no result yet.
    const told = { ...input, messages: input.messages.filter((message) => !isPending(message, conversation)) }
    return toJson(told) as JsonObject // an object before, and so after
  },
  read: (body) => createAgUiReader(body),
}

function isPending(message: AgUiMessage, { pending }: Conversation): boolean {
  return message.role === 'tool' && pending.has(message.toolCallId)
}

function createAgUiReader(body: JsonObject): AnswerReader {
  const sent = body['messages'] as unknown as readonly AgUiMessage[] // made above
  const decoder = fromAgUi({ sent })
  const elsewhere = new Set<string>()
  const json = createJsonReader({ decoder, look: (event) => textAt(event, 'type') === 'RUN_FINISHED' })
  const interrupts = (): readonly AgUiInterrupt[] =>
    decoder.outcome?.type === 'interrupt' ? decoder.outcome.interrupts : []
  return {
    push: (event) => json.push(event),
    end: () => json.end(),
    get isOver() {
      return json.isOver
    },
    get asks(): readonly Ask[] {
      return interrupts().map((interrupt) => ({ type: 'interrupt', id: interrupt.id, spec: fromInterrupt(interrupt) }))
    },
    get elsewhere() {
      for (const { toolCallId } of interrupts()) if (toolCallId !== undefined) elsewhere.add(toolCallId)
      return elsewhere
    },
  }
}
