import { isOpen, type Answer, type Request } from '@headrace/core'
import { toJson } from '../to-json.ts'
import { callOf } from './to-ui-messages.ts'
import { isToolPart, type UiToolPart } from './ui-message.ts'
import type { GivenMessage } from './from-ui-message.ts'

const maxErrorChars = 65_536

/** What somebody has answered on a page. */
export interface GivenAnswer {
  readonly request: Request
  readonly answer: Answer
  /** The action that was looked at. */
  readonly digest?: string
}

/**
 * The answers in these messages (`addToolApprovalResponse`, `addToolOutput`) to requests that are open.
 *
 * @param requests - of the session, as it is now
 */
export function givenAnswers(messages: readonly GivenMessage[], requests: readonly Request[]): readonly GivenAnswer[] {
  const open = requests.filter(isOpen)
  if (open.length === 0) return []
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? message.parts.filter(isToolPart) : []))
  return open.flatMap((request) => {
    for (const call of calls) {
      const given = givenBy(call, request)
      if (given) return [given]
    }
    return []
  })
}

function givenBy(call: UiToolPart, request: Request): GivenAnswer | undefined {
  const { id, spec, digest } = request
  if (spec.kind === 'approval') {
    if (call.state !== 'approval-responded' || call.approval.id !== id) return undefined
    const { approved, reason, signature = digest } = call.approval
    return {
      request,
      answer: { decision: approved ? 'approve' : 'deny', ...(reason !== undefined && { reason }) },
      ...(signature !== undefined && { digest: signature }),
    }
  }
  if (call.toolCallId !== id && call.toolCallId !== callOf(request)) return undefined
  if (call.state === 'output-available' && call.preliminary !== true) {
    const output = toJson(call.output)
    return { request, answer: spec.kind === 'question' ? { value: output } : { output } }
  }
  if (call.state !== 'output-error') return undefined
  const error = call.errorText.slice(0, maxErrorChars) || 'The tool failed and did not say why.'
  return { request, answer: spec.kind === 'question' ? { decision: 'deny', reason: error.slice(0, 4_096) } : { error } }
}
